"""Run a node so that SIGINT and SIGTERM end the process within two seconds, whatever it is doing.

The node lives in a second thread; the main thread does nothing but wait for a signal, so it can act
on one even while the other thread loads a model or waits in native code.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType

GRACE_S = 0.8
"""Time for an orderly end; then the process ends anyhow."""

EXIT_GOOD, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

Body = Callable[[threading.Event], int]


class UsageError(ValueError):
    """Wrong arguments or parameters: one line for the user, exit code 2."""


def run(body: Body, *, grace_s: float = GRACE_S) -> int:
    """Call ``body(stop)`` in a thread until it returns or a signal comes; returns the exit code.

    After SIGINT or SIGTERM ``stop`` is set and the exit code is 0: being told to stop is no failure.
    A body that has not returned ``grace_s`` later is abandoned, and the process ends here.
    """
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    stop = threading.Event()
    result: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        """Nothing to do: the C handler has already written the signal's number to the pipe."""

    def guarded() -> None:
        code = EXIT_FAILED
        try:
            code = body(stop)
        except UsageError as error:
            print(f"error: {error}", file=sys.stderr)
            code = EXIT_USAGE
        except Exception:  # noqa: BLE001 - the last place where it can be reported
            if not stop.is_set():  # while being torn down, the middleware raises whatever it likes
                traceback.print_exc()
        finally:
            result.append(code)
            os.write(wake_write, b"d")

    # The kernel may hand a signal to any thread, and Python's own handlers only run in this one, which
    # sleeps: so the C handler itself has to wake it.
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    thread = threading.Thread(target=guarded, name="converseg-ros", daemon=True)
    thread.start()
    is_done = os.read(wake_read, 1) == b"d"
    stop.set()
    thread.join(grace_s)
    code = result[0] if is_done else EXIT_GOOD
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        # A thread in native code can't be ended, and tearing the interpreter down around it crashes.
        os._exit(code)
    return code
