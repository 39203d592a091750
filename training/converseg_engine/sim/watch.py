"""An eye on a run: progress with time left, and workers that were killed from outside."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from converseg_engine.progress import Meter
from converseg_engine.sim.job import Job, read_record

POLL_S = 1.0


@dataclass(frozen=True)
class _InFlight:
    """A shard that is being made."""

    number: int
    pid: int
    num_scenes: int
    num_questions: int


def note_progress(job: Job, number: int, num_scenes: int, num_questions: int) -> None:
    """Leave word of how far a shard is; called by the worker that makes it."""
    path = job.state_path / "progress" / f"{number:05d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(f"{os.getpid()} {num_scenes} {num_questions}", encoding="ascii")
    partial_path.replace(path)


class Watch:
    """While its ``with`` block runs: shows progress, and interrupts the block when a worker is dead.

    A pool whose worker is killed (by the system, for memory) waits for ever for the lost task. The
    interruption arrives as KeyboardInterrupt, with :attr:`dead_shard` set.

    Attributes:
        dead_shard: the shard at which a worker died; None while none has.
        dead_scene: how many scenes of it were done.
    """

    def __init__(self, job: Job) -> None:
        self.dead_shard: int | None = None
        self.dead_scene = 0
        self._job = job
        self._stop = threading.Event()
        self._num_rows: dict[int, int] = {}
        self._suspects: set[int] = set()
        # Only the main thread can be interrupted; elsewhere the watch just shows progress.
        main = threading.main_thread()
        self._main_id = main.ident if threading.current_thread() is main else None
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Start watching."""
        for path in (self._job.state_path / "progress").glob("*"):
            path.unlink(missing_ok=True)
        for path in (self._job.state_path / "records").glob("[0-9]*.json"):
            if (record := read_record(self._job, int(path.stem))) is not None:
                self._num_rows[int(path.stem)] = record.num_questions
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        title = f"rows of questions, {self._job.split}"
        with Meter(title, self._job.rows, sum(self._num_rows.values())) as meter:
            while not self._stop.wait(POLL_S):
                in_flight = self._in_flight()
                meter.update(sum(self._num_rows.values()) + sum(f.num_questions for f in in_flight))
                if self._main_id is not None and self._find_dead(in_flight):
                    signal.pthread_kill(self._main_id, signal.SIGINT)
                    return
            meter.update(sum(self._num_rows.values()) + sum(f.num_questions for f in self._in_flight()))

    def _in_flight(self) -> list[_InFlight]:
        found = []
        for path in sorted((self._job.state_path / "progress").glob("[0-9]*")):
            number = int(path.name)
            if number in self._num_rows:
                continue
            if (record := read_record(self._job, number)) is not None:
                self._num_rows[number] = record.num_questions
            else:
                pid, num_scenes, num_questions = map(int, path.read_text(encoding="ascii").split())
                found.append(_InFlight(number, pid, num_scenes, num_questions))
        return found

    def _find_dead(self, in_flight: list[_InFlight]) -> bool:
        """Whether a worker is gone that was at work on a shard; seen twice, so that none is just ending."""
        gone = {flight.number for flight in in_flight if not _is_alive(flight.pid)}
        certain = sorted(gone & self._suspects)
        self._suspects = gone
        if not certain:
            return False
        self.dead_scene = next(f.num_scenes for f in in_flight if f.number == certain[0])
        self.dead_shard = certain[0]
        return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
