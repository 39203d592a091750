"""One progress bar on stderr; silent where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")


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
