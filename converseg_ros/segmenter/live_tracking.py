"""Between answers a mask follows the scene at camera rate: the tracker's two threads round one instruction.

One thread takes every new frame and moves the mask to it. The other brings each new answer, which is for
a frame of the past, through the frames since; that may take longer than a frame, and delays nobody.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from converseg_core.images import ImageError
from converseg_core.tracking import CaughtUp, FrameHistory, MaskTracker, SmallFrame, TrackerSettings
from converseg_ros.camera.depth_input import stamp_ns
from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox
from converseg_ros.questions.instruction_queue import Question
from converseg_ros.questions.reply import Reply

POLL_S = 0.2
"""Longest time from :meth:`LiveTracking.stop` to the end of its threads, beside the frame they are at."""
LATE_NS = 1_000_000_000
"""A frame whose stamp goes back by less came late and is left out; by more, the clock was set back."""


def time_ns(frame: Frame) -> int:
    """Time of a frame: its stamp; where the camera gives none, its arrival by the steady clock."""
    return stamp_ns(frame.message.header) or round(frame.arrival_s * 1e9)


class LiveTracking:
    """Follows the answers to one standing instruction, from :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        question: Question,
        *,
        mailbox: FrameMailbox,
        show: Callable[[Reply], None],
        max_side: Callable[[], int],
        is_on: Callable[[], bool],
        on_fault: Callable[[str], None],
        settings: TrackerSettings | None = None,
    ) -> None:
        """Make one; no thread yet.

        Args:
            question: the standing instruction.
            mailbox: the camera's frames.
            show: given each propagated mask, or LOST; called from a thread of this object.
            max_side: longest side of a frame that is decoded, pixels.
            is_on: whether frames are followed at present.
            on_fault: told what should not happen.
            settings: of the tracker.
        """
        self._question, self._mailbox, self._show = question, mailbox, show
        self._max_side, self._is_on, self._on_fault = max_side, is_on, on_fault
        self._settings = settings or TrackerSettings()
        self._history = FrameHistory(self._settings)
        self._tracker = MaskTracker(self._settings)
        self._changed = threading.Condition()
        self._answer: Reply | None = None
        self._caught: tuple[CaughtUp, Frame] | None = None
        self._answered: Frame | None = None
        self._last: Frame | None = None
        self._is_stopped = False
        self._told = ""
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for work, name in ((self._follow, "converseg-follow"), (self._catch_up, "converseg-catch"))
        ]

    def start(self) -> None:
        """Start to take frames."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the threads end; does not wait for them."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def answered(self, reply: Reply) -> None:
        """Take over a new answer; returns at once. What is no answer (ERROR, say) changes nothing."""
        if reply.answer.status.is_answer and reply.frame is not None:
            with self._changed:
                self._answer = reply  # of two that wait, the newer counts
                self._changed.notify_all()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Work until stopped; after a fault the target is forgotten, and found again by the next answer."""
        while not self._is_stopped:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - tracking goes on with the next frame
                if str(error) != self._told:  # a fault at camera rate would fill the log
                    self._told = str(error)
                    self._on_fault(f"while following {self._question.echo!r}: {traceback.format_exc()}")
                self._forget()
        self._release()

    def _release(self) -> None:
        """Let go of all pictures: tens of megabytes that would wait for Python's collector of cycles."""
        self._forget()
        self._history.clear()
        self._answer = self._answered = self._last = None
        if self._question.standing is not None:
            self._question.standing.last_frame = None

    def _forget(self) -> None:
        with self._changed:
            self._caught = None
        self._tracker.reset()

    def _small(self, frame: Frame) -> SmallFrame:
        """The frame as the tracker keeps it, made once of the picture that was decoded once."""
        rgb = frame.rgb(max_side=self._max_side())
        small: SmallFrame = frame.made(
            "small", lambda: SmallFrame.of(rgb, stamp_ns=time_ns(frame), settings=self._settings)
        )
        return small

    def _follow(self) -> None:
        while not self._is_stopped:
            frame = self._mailbox.take_after(self._last, POLL_S)
            if frame is None or not self._is_on():
                continue
            self._last = frame
            try:
                self._step(frame)
            except ImageError:
                continue  # the model's answer on it says what is wrong

    def _step(self, frame: Frame) -> None:
        start_s = time.monotonic()
        age_s = frame.age_s(start_s)
        newest = self._history.newest
        if newest is not None and time_ns(frame) <= newest.stamp_ns:
            if time_ns(frame) > newest.stamp_ns - LATE_NS:
                return
            self._forget()
        small = self._small(frame)
        self._history.push(small)
        with self._changed:
            caught, self._caught = self._caught, None
        if caught is not None and caught[0].frame.stamp_ns <= small.stamp_ns:
            shown = self._tracker.adopt(caught[0], self._history.after(caught[0].frame.stamp_ns))
            self._answered = caught[1]
        elif self._tracker.started:
            shown = self._tracker.advance(small)
        else:
            return
        if not shown.propagated:
            return  # the model's own answer was for this frame
        timings = {"track": time.monotonic() - start_s}
        self._show(
            Reply(
                question=self._question,
                answer=replace(shown.answer, timings_s=timings),
                frame=frame,
                frame_age_s=age_s,
                rgb=frame.rgb(max_side=self._max_side()),
                propagated=True,
                answered=self._answered,
            )
        )

    def _catch_up(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped or self._answer is not None)
                reply, self._answer = self._answer, None
            if self._is_stopped or reply is None or reply.frame is None:
                return
            asked, newest = self._small(reply.frame), self._history.newest
            if newest is not None and newest.stamp_ns < asked.stamp_ns - LATE_NS:
                continue  # the clock was set back since
            caught = self._tracker.catch_up(asked, reply.answer, self._history.after(asked.stamp_ns))
            with self._changed:
                self._caught = (caught, reply.frame)
