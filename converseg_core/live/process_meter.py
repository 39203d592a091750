"""Processor time and memory of another process, from /proc."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_SAMPLE_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a process used.

    Attributes:
        wall_s: seconds that were watched.
        cpu_s: processor time of all its threads, seconds.
        memory_bytes: resident memory, each sample.
    """

    wall_s: float
    cpu_s: float
    memory_bytes: tuple[int, ...]


class ProcessGoneError(Exception):
    """The process has ended."""


class ProcessMeter:
    """Watches a process while inside the ``with`` block; :attr:`usage` is there afterwards."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._memory_bytes: list[int] = []
        self._thread = threading.Thread(target=self._sample, name="converseg-meter", daemon=True)
        self._usage: Usage | None = None

    def __enter__(self) -> Self:
        self._start_s, self._start_cpu_s = time.monotonic(), cpu_time_s(self._pid)
        self._memory_bytes.append(resident_bytes(self._pid))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None:
            self._usage = Usage(
                wall_s=time.monotonic() - self._start_s,
                cpu_s=cpu_time_s(self._pid) - self._start_cpu_s,
                memory_bytes=tuple(self._memory_bytes),
            )

    @property
    def usage(self) -> Usage:
        """What was used, once the block has been left."""
        if self._usage is None:
            raise ValueError("usage: still measuring; read it after the with block")
        return self._usage

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            try:
                self._memory_bytes.append(resident_bytes(self._pid))
            except ProcessGoneError:
                return


def cpu_time_s(pid: int) -> float:
    """Processor time that a process has used, user and system, all threads.

    Raises:
        ProcessGoneError: there is no such process.
    """
    # The name in brackets may hold spaces and brackets itself; the fields follow the last bracket.
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM.

    Raises:
        ProcessGoneError: there is no such process.
    """
    return int(_read(pid, "statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise ProcessGoneError(f"process {pid} has ended") from error
