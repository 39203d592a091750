"""Numbered work in several processes, where a process that is killed ends the work instead of hanging it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

_PR_SET_PDEATHSIG = 1
Result = TypeVar("Result")


class WorkerDiedError(RuntimeError):
    """A worker process was ended from outside, by the system or by hand.

    Attributes:
        process_ids: the processes that died by themselves, not those that were ended because of them.
    """

    def __init__(self, process_ids: Sequence[int]) -> None:
        numbers = ", ".join(str(number) for number in process_ids)
        super().__init__(
            f"a worker process was killed (process {numbers}); the system's log may say why (memory?); run"
            " the same command again, what is done is kept"
        )
        self.process_ids = tuple(process_ids)


def die_with_parent(parent_pid: int) -> None:
    """From now on this process ends with its parent, even after kill -9 (Linux); at once if that is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it was killed before the line above
        raise SystemExit(1)


def run_in_processes(
    function: Callable[[int], Result], numbers: Sequence[int], *, num_workers: int
) -> list[Result]:
    """Call ``function`` with each number in one of several fresh processes.

    ``multiprocessing.Pool`` waits for ever for what a killed worker had in hand, and its clean-up can wait
    for a lock that the dead one held. An executor of ``concurrent.futures`` watches its workers instead.

    Args:
        function: importable and picklable.
        numbers: what to call it with.
        num_workers: processes; they are spawned, because a GL context does not survive a fork, and end with
            the calling thread.

    Returns:
        The results, in the order in which they came.

    Raises:
        WorkerDiedError: a worker was killed; the others have been ended.
        Exception: whatever a call raised first; the others have been ended.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        num_workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=die_with_parent,
        initargs=(os.getpid(),),
    )
    workers: list[multiprocessing.process.BaseProcess] = []
    try:
        futures = [pool.submit(function, number) for number in numbers]
        workers += [child for child in multiprocessing.active_children() if child not in others]
        return [future.result() for future in as_completed(futures)]
    except BrokenProcessPool as error:
        pool.shutdown(wait=True, cancel_futures=True)
        died = [worker.pid or 0 for worker in workers if worker.exitcode not in (None, 0, -signal.SIGTERM)]
        raise WorkerDiedError(died or [worker.pid or 0 for worker in workers]) from error
    except BaseException:
        # What they have in hand may take minutes, and nobody waits for it any more.
        for worker in workers:
            worker.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
