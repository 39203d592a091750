"""Memory of camera frames is used again and not given back to the kernel after each of them.

The C library gives every freed block of a frame's size back at once, and the next frame pays for fresh
pages: three times 1500 page faults for a raw 1920x1080 picture, which is more than half of what receiving it
costs. That library's own adaptation does not help, since most such blocks lie at the top of the heap.
"""

from __future__ import annotations

import ctypes
import gc
import math
import os
import sys
import time
from typing import Any

# From malloc.h: the numbers are part of glibc's ABI.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
LARGEST_BLOCK_BYTES = 32 << 20
"""Larger blocks are still mapped one by one; glibc takes no higher value. A raw 4K frame has 25 MB."""
MAX_IDLE_BYTES = 64 << 20
"""Free memory at the top of the heap above which some is given back."""
CHECK_PERIOD_S = 5.0
MAX_GROWTH_BYTES = 16 << 20
"""Growth since the smallest size seen lately above which free memory is given back."""


def keep_large_blocks() -> bool:
    """Let this process keep freed memory for the next frame; True where the C library took the settings.

    All threads then share one heap: what one frees another takes, where a heap for each would keep its own
    holes. Costs up to :data:`MAX_IDLE_BYTES` that other processes can't use. Call it before there is a second
    thread.
    """
    mallopt = _c_function("mallopt")
    return (
        mallopt is not None
        and bool(mallopt(_M_MMAP_THRESHOLD, LARGEST_BLOCK_BYTES))
        and bool(mallopt(_M_TRIM_THRESHOLD, MAX_IDLE_BYTES))
        and bool(mallopt(_M_ARENA_MAX, 1))
    )


class Housekeeper:
    """Keeps a long-running process from growing. Call :meth:`settle` once, then :meth:`tidy` each second.

    Two things grow that are no leaks. rclpy's goals and tasks refer to each other in circles, and Python
    looks for such circles only after tens of thousands of new objects: a few hold hundreds of megabytes of
    masks. And pictures of changing size leave holes between smaller blocks, which the C library keeps.
    """

    def __init__(self) -> None:
        self._checked_s = -math.inf
        self._floor_bytes = math.inf

    def settle(self) -> None:
        """Leave out from now on what exists already: modules and the model, which stay."""
        gc.collect()
        gc.freeze()

    def tidy(self) -> None:
        """Free circles, about a millisecond; where memory has grown by much, give back what is free in it."""
        gc.collect()
        now_s = time.monotonic()
        if now_s - self._checked_s < CHECK_PERIOD_S:
            return
        self._checked_s = now_s
        now_bytes = _resident_bytes()
        if now_bytes > self._floor_bytes + MAX_GROWTH_BYTES:
            _trim()
            self._floor_bytes = _resident_bytes()
        else:
            self._floor_bytes = min(self._floor_bytes, now_bytes)


def return_memory() -> None:
    """Give back what is free, once the model is no longer needed; up to 0.1 s."""
    gc.unfreeze()
    gc.collect()
    _trim()


def _resident_bytes() -> int:
    # Imported late: this module is the first that a node calls, before it can be told to stop.
    from converseg_core.live.process_meter import ProcessGoneError, resident_bytes

    try:
        return resident_bytes(os.getpid())
    except ProcessGoneError:  # there is no /proc
        return 0


def _trim() -> None:
    malloc_trim = _c_function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _c_function(name: str) -> Any:
    """A function of the C library; None where it has no such one (musl, other systems)."""
    try:
        return getattr(ctypes.CDLL(None), name) if sys.platform.startswith("linux") else None
    except (OSError, AttributeError):
        return None
