"""An eye on a run: progress with time left, and which worker is at what."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from converseg_engine.progress import Meter
from converseg_engine.sim.job import Job, read_record

POLL_S = 1.0


@dataclass(frozen=True)
class InFlight:
    """A shard that is being made, by which process, and how far it is."""

    number: int
    pid: int
    num_scenes: int
    num_rows: int


def note_progress(job: Job, number: int, num_scenes: int, num_rows: int) -> None:
    """Leave word of how far a shard is; called by the worker that makes it."""
    path = job.state_path / "progress" / f"{number:05d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(f"{os.getpid()} {num_scenes} {num_rows}", encoding="ascii")
    partial_path.replace(path)


class Watch:
    """Shows progress while its ``with`` block runs."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._stop = threading.Event()
        self._num_rows: dict[int, int] = {}
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Start watching."""
        for path in (self._job.state_path / "progress").glob("*"):
            path.unlink(missing_ok=True)
        for path in (self._job.state_path / "records").glob("[0-9]*.json"):
            if (record := read_record(self._job, int(path.stem))) is not None:
                self._num_rows[int(path.stem)] = self._job.num_rows(record)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with Meter(
            f"{self._job.row_name}, {self._job.split}", self._job.rows, sum(self._num_rows.values())
        ) as meter:
            while not self._stop.wait(POLL_S):
                in_flight = self._in_flight()
                meter.update(sum(self._num_rows.values()) + sum(f.num_rows for f in in_flight))
            meter.update(sum(self._num_rows.values()) + sum(f.num_rows for f in self._in_flight()))

    def _in_flight(self) -> list[InFlight]:
        found = []
        for path in sorted((self._job.state_path / "progress").glob("[0-9]*")):
            number = int(path.name)
            if number in self._num_rows:
                continue
            if (record := read_record(self._job, number)) is not None:
                self._num_rows[number] = self._job.num_rows(record)
            else:
                pid, num_scenes, num_rows = map(int, path.read_text(encoding="ascii").split())
                found.append(InFlight(number, pid, num_scenes, num_rows))
        return found

    def shard_of(self, process_ids: Sequence[int]) -> InFlight | None:
        """The unfinished shard that one of these processes was last at; None where there is none."""
        found = [shard for shard in self._in_flight() if shard.pid in process_ids]
        return found[0] if found else None
