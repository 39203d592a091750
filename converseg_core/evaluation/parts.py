"""Work that goes on where it stopped: finished parts on disk, each there whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_STAMP = "run.json"


class Parts:
    """The finished parts of one run, in order, in a folder of their own.

    A folder that a run with other settings left behind is emptied: parts of two runs never mix.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        wanted = json.dumps(settings, sort_keys=True, ensure_ascii=False)
        stamp = folder / _STAMP
        if folder.exists() and not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
            shutil.rmtree(folder)
        if not folder.exists():
            folder.mkdir(parents=True)
            unfinished = stamp.with_suffix(".tmp")
            unfinished.write_text(wanted, encoding="utf-8")
            unfinished.replace(stamp)
        for leftover in folder.glob("*.unfinished"):
            shutil.rmtree(leftover)

    @property
    def finished(self) -> list[Path]:
        """Folders of the finished parts, in order."""
        return sorted(path for path in self._folder.iterdir() if path.is_dir() and path.suffix == ".part")

    @contextmanager
    def new(self) -> Iterator[Path]:
        """An empty folder for the next part; it counts as finished when the block ends without an error."""
        name = f"{len(self.finished):06d}"
        folder = self._folder / f"{name}.unfinished"
        folder.mkdir()
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        folder.rename(self._folder / f"{name}.part")

    def remove(self) -> None:
        """Forget the parts: their contents stand elsewhere now."""
        shutil.rmtree(self._folder)
