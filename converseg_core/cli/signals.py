"""SIGINT and SIGTERM, such that neither is ever lost.

A handler that raises is not enough: Python drops an exception that arises inside a destructor, a weak
reference's callback or a fork hook. So the handler also leaves a note, and every loop that may run for
long looks at it with :func:`raise_if_stopped`.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from converseg_core.cli.errors import Terminated

_Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None

_EXCEPTIONS: dict[int, type[BaseException]] = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
_arrived: list[int] = []


@contextlib.contextmanager
def stop_signals() -> Iterator[None]:
    """While inside, SIGINT raises KeyboardInterrupt and SIGTERM raises Terminated, and both leave a note."""
    _arrived.clear()
    previous: dict[int, _Handler] = {}
    try:
        for number in _EXCEPTIONS:
            # A shell starts background jobs with SIGINT ignored, and means it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, _on_signal)
    except ValueError:  # not the main thread: whoever owns it decides about signals
        previous.clear()
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def raise_if_stopped() -> None:
    """Raise what the first signal that arrived should have raised; nothing where none did."""
    if _arrived:
        raise _EXCEPTIONS[_arrived[0]]


def _on_signal(number: int, frame: FrameType | None) -> None:
    del frame
    _arrived.append(number)
    raise _EXCEPTIONS[number]
