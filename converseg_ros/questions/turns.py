"""What the model does next: cameras take turns, and within a camera those who ask."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox
from converseg_ros.questions.instruction_queue import InstructionQueue, Question


def _nothing(_frame: Frame) -> None:
    """Nobody needs to know."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Lane:
    """One camera, as the model sees it.

    Attributes:
        mailbox: its frames.
        queue: the questions about it.
        on_start: told each frame when the model starts on it; must not block.
    """

    mailbox: FrameMailbox
    queue: InstructionQueue
    on_start: Callable[[Frame], None] = _nothing


ReadyAt = Callable[[Lane, Question], float]
"""Steady time at which a question is to be taken if nothing changes before."""
AT_ONCE = -math.inf


class Turns:
    """Picks questions from several lanes. A lane whose camera is silent holds nobody up. Thread-safe."""

    def __init__(
        self, lanes: Sequence[Lane], *, ready_at: ReadyAt, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not lanes:
            raise ValueError("lanes: empty; give one for each camera")
        self._lanes = list(lanes)
        self._ready_at = ready_at
        self._clock = clock
        self._changed = threading.Condition()
        self._has_news = False
        self._is_closed = False
        for lane in lanes:
            lane.mailbox.listen(self._notify)
            lane.queue.listen(self._notify)

    def take(self) -> tuple[Lane, Question] | None:
        """Wait for the next question that is ready; None once closed."""
        while True:
            with self._changed:
                if self._is_closed:
                    return None
                self._has_news = False
            now_s = self._clock()
            for lane in self._lanes:
                question = lane.queue.take(self._is_ready(lane, now_s))
                if question is not None:
                    self._lanes.remove(lane)
                    self._lanes.append(lane)
                    return lane, question
            times = [self._ready_at(lane, each) for lane in self._lanes for each in lane.queue.heads()]
            left_s = min(times, default=math.inf) - self._clock()
            with self._changed:
                if not self._has_news and not self._is_closed and left_s > 0:
                    self._changed.wait(min(left_s, threading.TIMEOUT_MAX))

    def next_lane(self) -> Lane | None:
        """The lane whose turn it is, where a question is ready there; nothing is taken."""
        now_s = self._clock()
        for lane in list(self._lanes):
            if any(map(self._is_ready(lane, now_s), lane.queue.heads())):
                return lane
        return None

    def close(self) -> list[tuple[Lane, Question]]:
        """End every wait; returns the questions that still waited, each camera's oldest first."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        return [(lane, question) for lane in list(self._lanes) for question in lane.queue.close()]

    def _is_ready(self, lane: Lane, now_s: float) -> Callable[[Question], bool]:
        return lambda question: self._ready_at(lane, question) <= now_s

    def _notify(self) -> None:
        with self._changed:
            self._has_news = True
            self._changed.notify_all()
