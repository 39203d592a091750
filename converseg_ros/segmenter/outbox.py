"""Sends answers from a thread of its own, so that the model goes on with the next frame meanwhile."""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

MAX_WAITING = 8
"""So many answers wait at most; their memory is bounded by it, and a model that outruns it waits."""


class Outbox(Generic[Item]):
    """First in, first out; nothing is dropped. Thread-safe."""

    def __init__(self, send: Callable[[Item], None], *, on_fault: Callable[[str], None]) -> None:
        """Start the thread.

        Args:
            send: called with each item, one at a time, in order.
            on_fault: told what ``send`` raised; the next item is sent nevertheless.
        """
        self._send, self._on_fault = send, on_fault
        self._changed = threading.Condition()
        self._items: deque[Item] = deque()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="converseg-send", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Store an item; waits only while :data:`MAX_WAITING` do already."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < MAX_WAITING or self._is_closed)
            self._items.append(item)
            self._changed.notify_all()

    def put_now(self, item: Item) -> None:
        """Store an item however many wait: for threads that may not be held up."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    @property
    def is_behind(self) -> bool:
        """Whether more items wait than the one that is being sent."""
        with self._changed:
            return bool(self._items)

    def close(self, timeout_s: float) -> bool:
        """Send what waits and end; True where that was done in time."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._is_closed)
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            try:
                self._send(item)
            except Exception:  # noqa: BLE001 - one answer that can't be sent must not keep back the others
                self._on_fault(f"an answer could not be sent: {traceback.format_exc()}")
