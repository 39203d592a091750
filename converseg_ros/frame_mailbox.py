"""The one-slot mailbox between camera and model: the newest frame wins, nothing queues up."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_COMPARABLE_DELAY_S = 3600.0
"""A stamp further from this machine's ROS clock belongs to another clock (an old bag, an unset RTC)."""
MAX_FUTURE_S = 1.0
"""A stamp further in the future does not come from this machine's clock either."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """A camera message as it arrived, undecoded.

    Attributes:
        message: ``sensor_msgs/Image`` or ``CompressedImage``.
        arrival_s: steady clock when it arrived, seconds.
        delay_s: seconds between its header stamp and its arrival; 0 where the two clocks can't be
            compared.
    """

    message: Any
    arrival_s: float
    delay_s: float = 0.0

    def age_s(self, now_s: float) -> float:
        """Age at steady time ``now_s``, seconds since the header stamp (else: since arrival)."""
        return self.delay_s + (now_s - self.arrival_s)


def comparable_delay_s(stamp_ns: int, ros_now_ns: int) -> float:
    """Delay of a frame from its stamp to now, seconds; 0 where the stamp is from another clock."""
    delay_s = (ros_now_ns - stamp_ns) / 1e9
    if stamp_ns == 0 or not -MAX_FUTURE_S <= delay_s <= MAX_COMPARABLE_DELAY_S:
        return 0.0
    return max(0.0, delay_s)


class FrameMailbox:
    """Holds the newest frame. Thread-safe; ``put`` never blocks on the reader's work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._is_taken = True
        self._is_closed = False
        self._num_received = 0
        self._num_dropped = 0

    def put(self, frame: Frame) -> None:
        """Store a frame in place of the one before; that one counts as dropped if nobody took it."""
        with self._changed:
            self._num_received += 1
            self._num_dropped += not self._is_taken
            self._newest, self._is_taken = frame, False
            self._changed.notify_all()

    def wait_for(
        self, is_fresh: Callable[[Frame], bool], deadline_s: float, clock: Callable[[], float]
    ) -> Frame | None:
        """The newest frame as soon as it is fresh; None after ``deadline_s`` or while closed.

        A frame may be taken again and again: many questions share it.
        """
        with self._changed:
            while not self._is_closed:
                if self._newest is not None and is_fresh(self._newest):
                    self._is_taken = True
                    return self._newest
                left_s = deadline_s - clock()
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)
            return None

    def newest(self) -> Frame | None:
        """The newest frame, however old, without taking it."""
        with self._changed:
            return self._newest

    def clear(self) -> None:
        """Forget the frame, so that nothing is answered on a view of the past."""
        with self._changed:
            self._newest, self._is_taken = None, True

    def close(self) -> None:
        """End every wait, now and until :meth:`reopen`."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def reopen(self) -> None:
        """Let questions wait for frames again."""
        with self._changed:
            self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """True from :meth:`close` to :meth:`reopen`."""
        with self._changed:
            return self._is_closed

    @property
    def num_received(self) -> int:
        """Frames that arrived."""
        with self._changed:
            return self._num_received

    @property
    def num_dropped(self) -> int:
        """Frames that a newer one replaced before anybody took them."""
        with self._changed:
            return self._num_dropped

    def newest_age_s(self, now_s: float) -> float:
        """Age of the newest frame in seconds; NaN where there is none."""
        frame = self.newest()
        return math.nan if frame is None else frame.age_s(now_s)
