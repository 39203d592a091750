"""The last CameraInfo messages, so that each mask can go out with the one of its own frame."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

Stamp = tuple[int, int]
"""Seconds and nanoseconds of a header stamp."""


class CameraInfoHistory:
    """Remembers the newest ``max_messages`` by stamp. Thread-safe."""

    def __init__(self, *, max_messages: int = 30) -> None:
        self._lock = threading.Lock()
        self._by_stamp: OrderedDict[Stamp, Any] = OrderedDict()
        self._max_messages = max_messages

    def put(self, stamp: Stamp, message: Any) -> None:
        """Store a message; the oldest goes when there are too many."""
        with self._lock:
            self._by_stamp.pop(stamp, None)
            self._by_stamp[stamp] = message
            if len(self._by_stamp) > self._max_messages:
                self._by_stamp.popitem(last=False)

    def lookup(self, stamp: Stamp) -> tuple[Any | None, Any | None]:
        """The message of exactly this stamp, and the newest; None where there is none."""
        with self._lock:
            newest = next(reversed(self._by_stamp.values()), None)
            return self._by_stamp.get(stamp), newest

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._by_stamp.clear()
