"""Progress on stderr: a bar on a terminal, now and then a line where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

LINE_EVERY_S = 30.0


def new_progress() -> Progress:
    """A bar that draws only on a terminal; use it as a context manager."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=not sys.stderr.isatty(),
    )


def counted(items: Iterable[Item], title: str, *, total: int | None = None) -> Iterator[Item]:
    """Pass items through and count them."""
    with new_progress() as progress:
        yield from progress.track(items, total=total, description=title)


def time_text(seconds: float) -> str:
    """A duration as people say it: ``40 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


class Meter:
    """Progress of long work with the time left, for a night's log as well as for a terminal.

    Args:
        title: what is counted.
        total: how many there will be.
        done: how many there were already; they say nothing about the speed.
    """

    def __init__(self, title: str, total: int, done: int) -> None:
        self._title, self._total, self._first = title, total, done
        self._start_s = time.monotonic()
        self._line_s = self._start_s
        self._bar = new_progress()
        self._task = self._bar.add_task(title, total=total, completed=min(done, total))

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._bar.__exit__(kind, error, trace)

    def update(self, done: int) -> None:
        """Say how many there are now."""
        self._bar.update(self._task, completed=min(done, self._total))
        now_s = time.monotonic()
        if self._bar.disable and now_s - self._line_s >= LINE_EVERY_S:
            self._line_s = now_s
            print(self.line(done, now_s - self._start_s), file=sys.stderr, flush=True)

    def line(self, done: int, duration_s: float) -> str:
        """One line for a log: how many, how fast, how long still."""
        made = done - self._first
        text = f"{self._title}: {done} of {self._total}"
        if made <= 0 or duration_s <= 0:
            return text
        left_s = max(0, self._total - done) * duration_s / made
        return f"{text}, {60 * made / duration_s:.0f} a minute, about {time_text(left_s)} left"
