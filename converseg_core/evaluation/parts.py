"""Work that goes on where it stopped: finished parts on disk, each there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_STAMP = "run.json"


class Parts:
    """The finished parts of one run, in order, in a folder of their own.

    A folder that a run with other settings left behind is emptied: parts of two runs never mix. One process
    at a time: a second one that writes to the same place is refused.

    Raises:
        BlockingIOError: another process works in this folder.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock_path = folder.with_name(f".{folder.name}.lock")
        self._lock = self._lock_path.open("w")
        try:
            # The system drops the lock when the process ends, however it ends.
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BlockingIOError(
                errno.EAGAIN,
                "another run is writing here; wait for its end or give another --out",
                str(folder.parent),
            ) from error
        wanted = json.dumps(settings, sort_keys=True, ensure_ascii=False)
        stamp = folder / _STAMP
        if folder.exists() and not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
            self._discard()
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
        self._discard()
        self._lock_path.unlink(missing_ok=True)
        self._lock.close()

    def _discard(self) -> None:
        # The stamp first: killed half way, what is left is no part of any run.
        (self._folder / _STAMP).unlink(missing_ok=True)
        shutil.rmtree(self._folder)
