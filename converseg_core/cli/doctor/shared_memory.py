"""Shared memory: room for images, and what killed processes left in it."""

from __future__ import annotations

import fcntl
import re
import shutil
import sys
import time
from pathlib import Path

from converseg_core.cli.doctor.check import Check

SHARED_MEMORY_PATH = Path("/dev/shm")
_MB = 1_000_000
_LEFT_OVER_MB = 50
_SEGMENT = re.compile("fastrtps_[0-9a-z]{16}")
_PORT = re.compile(r"fastrtps_port(\d+)")
_UNFINISHED_S = 5.0
"""A port is laid out within milliseconds of its making; one that is still empty after this never will be."""


def shared_memory() -> Check:
    """Whether there is room for images."""
    try:
        usage = shutil.disk_usage("/dev/shm")
    except OSError as error:
        remedy = "mount a tmpfs there; without it Fast DDS sends images through the network stack"
        return Check("shared memory", "warn", f"/dev/shm: {error.strerror}", remedy)
    found = f"/dev/shm has {usage.free / _MB:.0f} of {usage.total / _MB:.0f} MB free"
    if usage.free < 128 * _MB:
        remedy = "Fast DDS wants 64 MB for each publisher of raw images; in Docker start with --shm-size=512m"
        return Check("shared memory", "warn", found, remedy)
    return Check("shared memory", "ok", found)


def left_over_segments(folder: Path = SHARED_MEMORY_PATH) -> dict[str, int]:
    """Fast DDS' segments whose process was killed: name -> bytes of memory held.

    Fast DDS locks ``NAME_el`` as long as the process lives. Those of other users can't be looked into.
    """
    found = {}
    for lock_path in folder.glob("fastrtps_*_el"):
        segment_path = lock_path.with_name(lock_path.name.removesuffix("_el"))
        if not _SEGMENT.fullmatch(segment_path.name):
            continue
        try:
            with lock_path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            found[segment_path.name] = segment_path.stat().st_blocks * 512
        except OSError:  # locked: its process lives; or gone meanwhile
            continue
    return found


def left_over(folder: Path = SHARED_MEMORY_PATH) -> Check:
    """A killed node's shared memory stays until somebody removes it."""
    name = "shared memory left over"
    segments = left_over_segments(folder)
    size_mb = sum(segments.values()) / _MB
    found = f"{len(segments)} segments of killed processes hold {size_mb:.0f} MB"
    if size_mb < _LEFT_OVER_MB:
        return Check(name, "ok", found)
    tool = shutil.which("fastdds") or shutil.which("fastdds", path=str(Path(sys.executable).parent))
    by_hand = "end all ROS 2 processes, then rm /dev/shm/fastrtps_* /dev/shm/sem.fastrtps_*"
    return Check(name, "warn", found, f"{tool} shm clean" if tool else by_hand)


def unfinished_ports(folder: Path = SHARED_MEMORY_PATH) -> dict[str, int]:
    """Ports of Fast DDS that a process made and was killed before it laid them out: name -> DDS domain.

    Who opens such a port waits for its maker without end (boost's ``managed_open_or_create``), so that no
    more node can start in that domain. A port's number follows from its domain (7400 + 250 * domain + ...).
    """
    found = {}
    for path in folder.glob("fastrtps_port*"):
        match = _PORT.fullmatch(path.name)
        try:
            state = path.stat()
        except OSError:  # gone meanwhile
            continue
        if match and state.st_size == 0 and time.time() - state.st_mtime > _UNFINISHED_S:
            found[path.name] = max(0, (int(match[1]) - 7400) // 250)
    return found


def unfinished(folder: Path = SHARED_MEMORY_PATH) -> Check:
    """A node that was killed while it started can keep all later ones from starting."""
    name = "shared memory unfinished"
    ports = unfinished_ports(folder)
    if not ports:
        return Check(name, "ok", "no port was left half made")
    domains = ", ".join(str(domain) for domain in sorted(set(ports.values())))
    found = f"{', '.join(sorted(ports))}: half made by a killed process; nodes in domain {domains} may hang"
    return Check(name, "fail", found, "rm " + " ".join(str(folder / port) for port in sorted(ports)))
