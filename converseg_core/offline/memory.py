"""Memory that is free is given back to the system."""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Give freed memory back to the system, where the C library can (glibc).

    A model's weights lie in the C heap, which keeps them after the model is gone; rows of predictions lie
    elsewhere and would come on top.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
