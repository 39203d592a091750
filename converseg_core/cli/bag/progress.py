"""How far a bag has been read; nobody knows how many frames it holds before its end."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class FrameBar:
    """Counts frames on stderr; silent where stderr is not a terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("Frames {task.completed:.0f}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("Frames", total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, num_frames: int) -> None:
        """Frames seen so far."""
        self._progress.update(self._task, completed=num_frames)
