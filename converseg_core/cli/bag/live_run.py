"""Follow the driver of a live measurement, and notice every way to fail."""

from __future__ import annotations

import queue
import sys
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from converseg_core.cli.console import log
from converseg_core.cli.demo.processes import Child
from converseg_core.cli.signals import raise_if_stopped
from converseg_core.live.report import Input, Run, Search

_POLL_S = 0.05
_END_S = 5.0
_OVERHEAD_S = 1.5
"""A run begins and ends with a wait for the node's counts, which come once in a second."""


class LiveError(Exception):
    """The measurement could not be made; the message says what happened."""


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _InputEvent(_Event):
    event: Literal["input"]
    input: Input


class _BeginEvent(_Event):
    event: Literal["begin"]
    kind: str
    target_hz: float
    expected_s: float


class _RunEvent(_Event):
    event: Literal["run"]
    run: Run


class _SearchEvent(_Event):
    event: Literal["search"]
    search: Search


_EVENTS: TypeAdapter[_InputEvent | _BeginEvent | _RunEvent | _SearchEvent] = TypeAdapter(
    Annotated[_InputEvent | _BeginEvent | _RunEvent | _SearchEvent, Field(discriminator="event")]
)


@dataclass(kw_only=True)
class _Heard:
    input: Input | None = None
    search: Search | None = None
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that a driver reported."""

    input: Input
    search: Search | None
    runs: list[Run]


def follow(driver: Child, segmenter: Child) -> Found:
    """Take the driver's lines until it ends.

    Raises:
        LiveError: a process ended early, or the driver found that it can't measure.
    """
    lines = driver.lines()
    heard = _Heard()
    with _Show() as show:
        while True:
            raise_if_stopped()
            show.tick()
            try:
                line = lines.get(timeout=_POLL_S)
            except queue.Empty:
                if segmenter.exit_code is not None:
                    raise LiveError(segmenter.obituary()) from None
                continue
            if line is None:
                break
            _take(line, heard, show)
    driver.wait(_END_S)
    # The driver notices the node's end too, and may be the first.
    if driver.exit_code != 0:
        raise LiveError((segmenter if segmenter.wait(0.5) else driver).obituary())
    if heard.input is None or not heard.runs:
        raise LiveError(f"the driver reported nothing; see {driver.log_path}")
    return Found(input=heard.input, search=heard.search, runs=heard.runs)


def _take(line: bytes, heard: _Heard, show: _Show) -> None:
    try:
        event = _EVENTS.validate_json(line)
    except ValidationError as error:
        raise LiveError(f"the driver said something unexpected: {line[:200]!r}") from error
    if isinstance(event, _BeginEvent):
        show.begin(f"{event.kind.replace('_', ' ')} at {event.target_hz:.4g} Hz", event.expected_s)
    elif isinstance(event, _RunEvent):
        heard.runs.append(event.run)
        show.end(event.run)
    elif isinstance(event, _SearchEvent):
        heard.search = event.search
    else:
        heard.input = event.input


class _Show:
    """What is being measured, on stderr: a line for each run, a moving one meanwhile on a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("segmenter and driver start", total=None)
        self._begin_s = time.monotonic()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, what: str, expected_s: float) -> None:
        """A run begins."""
        self._begin_s = time.monotonic()
        self._progress.reset(self._task, description=what, total=expected_s + _OVERHEAD_S)

    def tick(self) -> None:
        """Time goes by."""
        self._progress.update(self._task, completed=time.monotonic() - self._begin_s)

    def end(self, run: Run) -> None:
        """A run has ended."""
        log(
            f"converseg: {run.kind.replace('_', ' ')} at {run.target_hz:.4g} Hz: {run.frames.dropped.num} of "
            f"{run.frames.num_published} frames dropped"
        )
