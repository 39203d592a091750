"""Memory of camera frames is used again and not given back to the kernel after each of them.

The C library gives every freed block of a frame's size back at once, and the next frame pays for fresh
pages: three times 1500 page faults for a raw 1920x1080 picture, which is more than half of what receiving it
costs. That library's own adaptation does not help, since most such blocks lie at the top of the heap.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

# From malloc.h: the numbers are part of glibc's ABI.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK_BYTES = 32 << 20
"""Larger blocks are still mapped one by one; glibc takes no higher value. A raw 4K frame has 25 MB."""
MAX_IDLE_BYTES = 128 << 20
"""Free memory at the top of the heap above which some is given back."""


def keep_large_blocks() -> bool:
    """Let this process keep freed memory for the next frame; True where the C library took the settings.

    Costs up to :data:`MAX_IDLE_BYTES` that other processes can't use. Call it before large blocks are used.
    """
    mallopt = _c_function("mallopt")
    return (
        mallopt is not None
        and bool(mallopt(_M_MMAP_THRESHOLD, LARGEST_BLOCK_BYTES))
        and bool(mallopt(_M_TRIM_THRESHOLD, MAX_IDLE_BYTES))
    )


def return_memory() -> None:
    """Give back what is free, once the model is no longer needed; up to 0.1 s."""
    gc.collect()
    malloc_trim = _c_function("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _c_function(name: str) -> Any:
    """A function of the C library; None where it has no such one (musl, other systems)."""
    try:
        return getattr(ctypes.CDLL(None), name) if sys.platform.startswith("linux") else None
    except (OSError, AttributeError):
        return None
