"""DDS domains of this machine that nobody uses, one for each test."""

from __future__ import annotations

import itertools
import os
import socket
from collections import deque

from converseg_core.cli.doctor.shared_memory import unfinished_ports

_counter = itertools.count()
_reservations: deque[socket.socket] = deque(maxlen=5)


def free_domain() -> int:
    """A DDS domain in 1..101 that nobody on this machine uses: its first UDP port is free.

    It is reserved for this process while that port is still to be opened, which takes seconds. A domain with
    a port that a killed process left half made is passed over: nobody could start in it.
    """
    spoilt = set(unfinished_ports().values())
    for _ in range(101):
        domain = 1 + (os.getpid() * 7 + next(_counter)) % 101
        if domain in spoilt:
            continue
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
        if len(_reservations) == _reservations.maxlen:
            _reservations[0].close()
        _reservations.append(reservation)
        return domain
    raise RuntimeError("every DDS domain from 1 to 101 is in use or spoilt")
