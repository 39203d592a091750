"""Decodes the frame that the model will want next while the model is still busy with the one before.

Decoding every frame would cost more than the model leaves, and decoding after the model has finished would
keep it waiting. So the frame is decoded just before the model is expected to finish, by its last answers.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from converseg_core.images import ImageError
from converseg_ros.camera.frame_mailbox import Frame
from converseg_ros.questions.turns import Lane

MARGIN_S = 0.003
"""Decoding is to end so long before the model does: the clock, the scheduler and the model all vary."""
KEEP_S = 0.025
"""A decoded frame that has waited longer than this gives way to a newer one, which is then decoded."""
CHEAP_S = 0.002
"""Where decoding takes less, a newer frame is worth the wait."""
_NUM_REMEMBERED = 5


class DecodeAhead:
    """A thread between the mailboxes and the model. ``begin``, ``end``, ``take`` are the model thread's."""

    def __init__(
        self,
        *,
        next_lane: Callable[[], Lane | None],
        max_side: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make one; its thread starts with the first answer.

        Args:
            next_lane: the camera whose question the model takes next; None where nobody asks.
            max_side: longest side that is decoded, pixels.
            clock: steady, seconds.
        """
        self._next_lane = next_lane
        self._max_side = max_side
        self._clock = clock
        self._changed = threading.Condition()
        self._model_s: deque[float] = deque(maxlen=_NUM_REMEMBERED)
        self._decode_s: deque[float] = deque(maxlen=_NUM_REMEMBERED)
        self._begin_s: float | None = None
        self._prepared: tuple[Lane, Frame, float] | None = None
        self._is_stopped = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """The model starts on a frame."""
        with self._changed:
            self._begin_s = self._clock()
            if self._thread is None and not self._is_stopped:
                self._thread = threading.Thread(target=self._run, name="converseg-decode", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def end(self) -> None:
        """The model is done with it."""
        with self._changed:
            if self._begin_s is not None:
                self._model_s.append(self._clock() - self._begin_s)
            self._begin_s = None
            self._changed.notify_all()

    def take(self, lane: Lane) -> Frame | None:
        """The newest frame of a camera, or one only just older that is decoded already."""
        newest = lane.mailbox.newest()
        with self._changed:
            prepared, self._prepared = self._prepared, None
        is_cheap = max(self._decode_s, default=math.inf) < CHEAP_S
        if newest is None or newest.has("rgb") or prepared is None or is_cheap:
            return lane.mailbox.take()
        of_lane, frame, since_s = prepared
        is_young = self._clock() - since_s <= KEEP_S + max(self._decode_s, default=0.0)
        return lane.mailbox.take_before(frame) if of_lane is lane and is_young else lane.mailbox.take()

    def stop(self) -> None:
        """End the thread, after the frame it is at."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _wait_until_due(self) -> bool:
        """Sleep until the model will soon be done with its present frame; False once stopped."""
        with self._changed:
            while not self._is_stopped:
                begin_s = self._begin_s
                if begin_s is None or not self._model_s:
                    self._changed.wait()
                    continue
                lead_s = max(self._decode_s, default=MARGIN_S) + MARGIN_S
                left_s = begin_s + min(self._model_s) - lead_s - self._clock()
                if left_s <= 0:
                    return True
                self._changed.wait(left_s)
            return False

    def _run(self) -> None:
        while self._wait_until_due():
            with self._changed:
                begin_s = self._begin_s
            self._decode_next()
            with self._changed:  # once for each frame that the model is at
                self._changed.wait_for(lambda was=begin_s: self._is_stopped or self._begin_s != was)  # type: ignore[misc]

    def _decode_next(self) -> None:
        lane = self._next_lane()
        frame = lane.mailbox.newest() if lane is not None else None
        if lane is None or frame is None or frame.has("rgb"):
            return
        start_s = self._clock()
        with self._changed:
            self._prepared = (lane, frame, start_s)
        try:
            frame.rgb(max_side=self._max_side())
        except (ImageError, MemoryError):
            return  # the model's thread meets the same and answers with the reason
        self._decode_s.append(self._clock() - start_s)
