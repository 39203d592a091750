"""DDS domains of this machine that nobody uses, one for each test."""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
from collections import deque
from contextlib import suppress

from converseg_core.cli.doctor.shared_memory import SHARED_MEMORY_PATH

_counter = itertools.count()
_reservations: deque[socket.socket] = deque(maxlen=5)


def free_domain() -> int:
    """A DDS domain in 1..101 that nobody on this machine uses: its first UDP port is free.

    It is reserved for this process while that port is still to be opened, which takes seconds. What killed
    processes left of the domain's shared memory is removed: a port that is half made, or whose lock a dead
    process holds, would keep those who come from hearing each other.
    """
    for _ in range(101):
        domain = 1 + (os.getpid() * 7 + next(_counter)) % 101
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            reservation.bind(f"\0converseg-test-domain-{domain}")  # abstract: it ends with the process
        except OSError:
            reservation.close()
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                # DDS derives a participant's first unicast port from its domain so.
                probe.bind(("127.0.0.1", 7400 + 250 * domain + 10))
            except OSError:
                reservation.close()
                continue
        if not _clear(domain):
            reservation.close()
            continue
        if len(_reservations) == _reservations.maxlen:
            _reservations[0].close()
        _reservations.append(reservation)
        return domain
    raise RuntimeError("every DDS domain from 1 to 101 is in use")


def _clear(domain: int) -> bool:
    """Remove the ports in shared memory that killed processes left; False where a living one listens."""
    ports = range(7400 + 250 * domain, 7400 + 250 * (domain + 1))
    kept = [path for path in SHARED_MEMORY_PATH.glob("fastrtps_port*") if int(_digits(path.name)) in ports]
    for path in kept:
        if path.name.endswith("_el"):
            with suppress(FileNotFoundError), path.open("rb") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
    for path in kept:
        path.unlink(missing_ok=True)
        path.with_name(f"sem.{path.name}_mutex").unlink(missing_ok=True)
    return True


def _digits(name: str) -> str:
    return name.removeprefix("fastrtps_port").removesuffix("_el")
