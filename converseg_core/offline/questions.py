"""What is asked about each frame: from the bag, from a file, or the same of every frame."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path


class QuestionsError(ValueError):
    """A file of instructions cannot be read; the message names the line and the fault."""


class Questions:
    """The questions of each frame, frames in order.

    An instruction stands from the moment it was spoken until the next one; an empty one ends it. Fixed
    prompts are asked of every frame instead.
    """

    def __init__(self, *, prompts: Sequence[str] = (), timed: Sequence[tuple[float, str]] = ()) -> None:
        self._prompts = list(prompts)
        self._timed = sorted(timed, key=lambda entry: entry[0])
        self._standing = ""
        self._start_ns: int | None = None

    def hear(self, words: str) -> None:
        """An instruction was spoken in the bag."""
        self._standing = words.strip()

    def at(self, time_ns: int) -> list[str]:
        """The questions about a frame that was recorded at this time; none where nothing was asked yet."""
        if self._prompts:
            return self._prompts
        if self._start_ns is None:
            self._start_ns = time_ns
        while self._timed and self._start_ns + round(self._timed[0][0] * 1e9) <= time_ns:
            self._standing = self._timed.pop(0)[1].strip()
        return [self._standing] if self._standing else []


def read_timed(path: Path) -> list[tuple[float, str]]:
    """Instructions from a CSV file: seconds after the first frame, words; a head line is allowed.

    Raises:
        QuestionsError: missing, or a line that is not that.
    """
    timed: list[tuple[float, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for number, cells in enumerate(csv.reader(lines), start=1):
                if not cells or not any(cell.strip() for cell in cells):
                    continue
                entry = _entry(cells)
                if entry is not None:
                    timed.append(entry)
                elif number > 1:
                    shown = ",".join(cells)[:60]
                    raise QuestionsError(f'{path}:{number}: {shown!r}; a line is SECONDS,"words"')
    except OSError as error:
        raise QuestionsError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise QuestionsError(f"{path}: is not a CSV file in UTF-8 ({error})") from error
    if not timed:
        raise QuestionsError(f'{path}: holds no instruction; a line is SECONDS,"words"')
    return timed


def _entry(cells: Sequence[str]) -> tuple[float, str] | None:
    if len(cells) != 2:
        return None
    try:
        seconds = float(cells[0])
    except ValueError:
        return None
    return (seconds, cells[1]) if math.isfinite(seconds) else None
