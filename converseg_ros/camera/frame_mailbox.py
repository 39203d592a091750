"""The one-slot mailbox between camera and model: the newest frame wins, nothing queues up."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from converseg_core.images import ImageError, image_size_hw, to_rgb

MAX_COMPARABLE_DELAY_S = 3600.0
"""A stamp further from this machine's ROS clock belongs to another clock (an old bag, an unset RTC)."""
MAX_FUTURE_S = 1.0
"""A stamp further in the future does not come from this machine's clock either."""


class Frame:
    """A camera message as it arrived, and what has been made of it: each thing once, when first asked for.

    Attributes:
        message: ``sensor_msgs/Image`` or ``CompressedImage``, undecoded.
        arrival_s: steady clock when it arrived, seconds.
        delay_s: seconds between its header stamp and its arrival; 0 where the two clocks can't be
            compared.
        is_taken: somebody looked at it; the mailbox's.
    """

    def __init__(self, *, message: Any, arrival_s: float, delay_s: float = 0.0) -> None:
        self.message = message
        self.arrival_s = arrival_s
        self.delay_s = delay_s
        self.is_taken = False
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}

    def age_s(self, now_s: float) -> float:
        """Age at steady time ``now_s``, seconds since the header stamp (else: since arrival)."""
        return self.delay_s + (now_s - self.arrival_s)

    def rgb(self, *, max_side: int) -> NDArray[np.uint8]:
        """(H, W, 3) picture, decoded once for all who look at it; a second thread waits for the first.

        Raises:
            ImageError: the message can't be what it says, or a side is longer than ``max_side`` pixels.
        """
        return cast(NDArray[np.uint8], self.made("rgb", lambda: _decoded(self.message, max_side)))

    def made(self, name: str, make: Callable[[], Any]) -> Any:
        """What ``make`` returns, made once for each name. What it raises is not kept."""
        if name in self._made:  # no waiting for something else that is being made
            return self._made[name]
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]

    def has(self, name: str) -> bool:
        """Whether that has been made; never waits."""
        return name in self._made


def _decoded(message: Any, max_side: int) -> NDArray[np.uint8]:
    side = max(image_size_hw(message))
    if side > max_side:
        raise ImageError(
            f"a side of {side} pixels is above max_image_side={max_side}; "
            "raise the parameter or send smaller images"
        )
    return to_rgb(message)


def comparable_delay_s(stamp_ns: int, ros_now_ns: int) -> float:
    """Delay of a frame from its stamp to now, seconds; 0 where the stamp is from another clock."""
    delay_s = (ros_now_ns - stamp_ns) / 1e9
    if stamp_ns == 0 or not -MAX_FUTURE_S <= delay_s <= MAX_COMPARABLE_DELAY_S:
        return 0.0
    return max(0.0, delay_s)


def _nobody() -> None:
    """Nobody listens."""


class FrameMailbox:
    """Holds the newest frame. Thread-safe; ``put`` never blocks on a reader's work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._num_received = 0
        self._num_dropped = 0
        self._on_frame: Callable[[], None] = _nobody

    def listen(self, on_frame: Callable[[], None]) -> None:
        """Call ``on_frame`` after each frame from now on; it must not block."""
        self._on_frame = on_frame

    def put(self, frame: Frame) -> None:
        """Store a frame in place of the one before; that one counts as dropped if nobody took it."""
        with self._changed:
            self._num_received += 1
            self._num_dropped += self._newest is not None and not self._newest.is_taken
            self._newest = frame
            self._changed.notify_all()
        self._on_frame()

    def take(self) -> Frame | None:
        """The newest frame. It may be taken again and again: many questions share it."""
        with self._changed:
            if self._newest is not None:
                self._newest.is_taken = True
            return self._newest

    def take_before(self, frame: Frame) -> Frame:
        """Take a frame that a newer one has replaced: it does not count as dropped after all."""
        with self._changed:
            if frame is not self._newest and not frame.is_taken:
                self._num_dropped -= 1
            frame.is_taken = True
            return frame

    def take_after(self, last: Frame | None, timeout_s: float) -> Frame | None:
        """The newest frame as soon as it is another than ``last``; None after ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest not in (None, last), timeout_s)
            if self._newest is None or self._newest is last:
                return None
            self._newest.is_taken = True
            return self._newest

    def newest(self) -> Frame | None:
        """The newest frame, however old, without taking it."""
        with self._changed:
            return self._newest

    def clear(self) -> None:
        """Forget the frame, so that nothing is answered on a view of the past."""
        with self._changed:
            self._newest = None

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
