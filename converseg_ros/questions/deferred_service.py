"""Services that answer later, from another thread, while the executor goes on.

rclpy sends what a callback returns as soon as it returns. A callback that blocks stops the node, and one
that awaits makes the executor poll it in a busy loop. So the callback here returns a promise, and the
response goes out when somebody keeps it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.node import Node


class Promise:
    """A response to come. Thread-safe; the first :meth:`keep` counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._send: Callable[[Any], None] | None = None
        self._response: Any = None
        self._is_sent = False

    def keep(self, response: Any) -> None:
        """Give the response; it goes out now, or as soon as the callback has returned."""
        with self._lock:
            if self._response is None:
                self._response = response
        self._send_if_complete()

    def bind(self, send: Callable[[Any], None]) -> None:
        """Give the way back to the caller."""
        with self._lock:
            self._send = send
        self._send_if_complete()

    def _send_if_complete(self) -> None:
        with self._lock:
            if self._is_sent or self._send is None or self._response is None:
                return
            self._is_sent = True
        self._send(self._response)


def create_deferred_service(node: Node, kind: Any, name: str, callback: Callable[[Any], Promise]) -> Any:
    """A service whose ``callback(request)`` returns a :class:`Promise` at once."""
    service: Any = node.create_service(kind, name, lambda request, _response: callback(request))
    send_now = service.send_response

    def send_later(promise: Promise, header: Any) -> None:
        promise.bind(lambda response: send_now(response, header))

    service.send_response = send_later
    return service
