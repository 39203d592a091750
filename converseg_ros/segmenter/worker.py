"""The one thread that owns the model: takes a question, takes the newest frame, answers.

Nothing here knows rclpy: frames, questions and replies pass through mailboxes, queues and a function.
Decoding the next frame and sending the last answer are the work of other threads.
"""

from __future__ import annotations

import math
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status, failed
from converseg_core.images import ImageError
from converseg_core.model import EncodedFrame, SegmentationModel
from converseg_ros.camera.decode_ahead import DecodeAhead
from converseg_ros.camera.frame_mailbox import Frame
from converseg_ros.questions.instruction_queue import Question
from converseg_ros.questions.reply import WITHDRAWN, Limits, Reply
from converseg_ros.questions.turns import AT_ONCE, Lane, Turns

Clock = Callable[[], float]

_JUST_AFTER_S = 1e-3
_STOPPING = "the segmenter stops before it came to this; ask again once it is active"


class _Unanswerable(Exception):  # noqa: N818 - a status, not a fault
    """Why no answer is attempted."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _check_wanted(question: Question, now_s: float) -> None:
    if question.withdrawn is not None and question.withdrawn.is_set():
        raise _Unanswerable(Status.CANCELLED, WITHDRAWN)
    if now_s >= question.deadline_s:
        spent_s = now_s - question.arrival_s
        raise _Unanswerable(
            Status.TIMEOUT,
            f"its deadline passed {spent_s:.2f} s after it was asked; allow more time or ask less at once",
        )


class Worker:
    """Loads a model in its own thread, then answers questions until stopped."""

    def __init__(
        self,
        *,
        load: Callable[[], SegmentationModel],
        lanes: Sequence[Lane],
        limits: Limits,
        on_reply: Callable[[Lane, Reply], None],
        on_fault: Callable[[str], None],
        clock: Clock = time.monotonic,
    ) -> None:
        self.limits = limits
        self.num_encodes = 0
        self._load = load
        self._turns = Turns(lanes, ready_at=self._ready_at, clock=clock)
        self._ahead = DecodeAhead(next_lane=self._turns.next_lane, max_side=self._max_side, clock=clock)
        self._on_reply = on_reply
        self._on_fault = on_fault
        self._clock = clock
        self._model: SegmentationModel | None = None
        self._encoded: tuple[Frame, NDArray[np.uint8], EncodedFrame] | None = None
        self._load_error: Exception | None = None
        self._loaded = threading.Event()
        # A daemon: a model that hangs in native code must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="converseg-model", daemon=True)

    def start(self) -> None:
        """Start the thread, which begins to load the model."""
        self._thread.start()

    def wait_loaded(self, timeout_s: float) -> bool:
        """True once loading has ended, well or badly; raises what went wrong.

        Raises:
            Exception: whatever loading or warming the model raised.
        """
        if not self._loaded.wait(timeout_s):
            return False
        if self._load_error is not None:
            raise self._load_error
        return True

    @property
    def model(self) -> SegmentationModel | None:
        """The loaded model, for its id and facts only: it belongs to the worker's thread."""
        return self._model

    def stop(self, timeout_s: float) -> bool:
        """Ask the thread to end after the answer it is at; True where it has ended in time."""
        self._ahead.stop()
        for lane, question in self._turns.close():
            answer = self._failed(question, Status.CANCELLED, _STOPPING)
            self._send(lane, Reply(question=question, answer=answer))
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            model = self._load()
            # The first run pays for memory and lazy initialisation; no person should wait for that.
            model.encode(np.zeros((64, 64, 3), np.uint8)).segment(["warm up"])
            self._model = model
        except Exception as error:  # noqa: BLE001 - handed to whoever waits in wait_loaded
            self._load_error = error
            return
        finally:
            self._loaded.set()
        while (turn := self._turns.take()) is not None:
            self._answer(model, *turn)
        # This object takes part in cycles of references, and the model is too large to wait for their end.
        self._encoded = self._model = None

    def _max_side(self) -> int:
        return self.limits.max_image_side

    def _ready_at(self, lane: Lane, question: Question) -> float:
        """When a question is taken: once there is a young frame, or when it is too late for one."""
        frame, now_s = lane.mailbox.newest(), self._clock()
        is_fresh = frame is not None and frame.age_s(now_s) <= self.limits.max_frame_age_s
        standing = question.standing
        if standing is not None:
            if is_fresh and frame is not standing.last_frame:
                return AT_ONCE
            if standing.is_stale_told:
                return math.inf
            silent_s = standing.since_s + self.limits.wait_for_frame_s
            if frame is None or not is_fresh:
                return silent_s
            return max(silent_s, now_s + self.limits.max_frame_age_s - frame.age_s(now_s) + _JUST_AFTER_S)
        if is_fresh or (question.withdrawn is not None and question.withdrawn.is_set()):
            return AT_ONCE
        return min(question.arrival_s + self.limits.wait_for_frame_s, question.deadline_s)

    def _answer(self, model: SegmentationModel, lane: Lane, request: Question) -> None:
        """Answer all questions of a request on one frame."""
        try:
            frame = self._frame_for(lane, request)
        except _Unanswerable as reason:
            for question in request.all:
                answer = self._failed(question, reason.status, str(reason))
                self._send(lane, Reply(question=question, answer=answer))
            return
        if request.standing is not None:
            request.standing.last_frame, request.standing.is_stale_told = frame, False
        try:
            lane.on_start(frame)
        except Exception:  # noqa: BLE001 - what goes beside the answer must not cost it
            self._on_fault(f"at the start on a frame: {traceback.format_exc()}")
        self._ahead.begin()
        for question in request.all:
            self._send(lane, self._reply_to(model, question, frame))
        self._ahead.end()
        if request.standing is not None:
            request.standing.since_s = self._clock()

    def _tell(self, question: Question, stage: str) -> None:
        if question.on_stage is not None:
            try:
                question.on_stage(stage)
            except Exception:  # noqa: BLE001 - progress that can't be told must not cost the answer
                self._on_fault(f"progress could not be told: {traceback.format_exc()}")

    def _send(self, lane: Lane, reply: Reply) -> None:
        try:
            self._on_reply(lane, reply)
        except Exception:  # noqa: BLE001 - one reply that can't be sent must not end the thread
            self._on_fault(f"a reply could not be sent: {traceback.format_exc()}")

    def _frame_for(self, lane: Lane, request: Question) -> Frame:
        now_s = self._clock()
        _check_wanted(request, now_s)
        frame = self._ahead.take(lane)
        if frame is not None and frame.age_s(now_s) <= self.limits.max_frame_age_s:
            return frame
        if request.standing is not None:
            request.standing.is_stale_told = True
        raise _Unanswerable(Status.STALE_FRAME, self._why_stale(lane, self.limits))

    def _reply_to(self, model: SegmentationModel, question: Question, frame: Frame) -> Reply:
        try:
            return self._look(model, question, frame)
        except _Unanswerable as reason:
            answer = self._failed(question, reason.status, str(reason))
            return Reply(question=question, answer=answer, frame=frame)
        except ImageError as error:
            return self._error(question, frame, f"the frame can't be read: {error}")
        except Exception as error:  # noqa: BLE001 - a question gets an answer whatever happens
            self._on_fault(f"while answering {question.echo!r}: {traceback.format_exc()}")
            return self._error(question, frame, f"{type(error).__name__}: {error}")

    def _look(self, model: SegmentationModel, question: Question, frame: Frame) -> Reply:
        start_s = self._clock()
        _check_wanted(question, start_s)
        if self._encoded is None or self._encoded[0] is not frame:
            self._tell(question, "encode")
            self._encoded = None  # frees the old picture before the new one is decoded
            rgb = frame.rgb(max_side=self.limits.max_image_side)
            converted_s = self._clock()
            self._encoded = (frame, rgb, model.encode(rgb))
            self.num_encodes += 1
        else:
            converted_s = start_s
        age_s = frame.age_s(converted_s)
        _, rgb, encoded = self._encoded
        _check_wanted(question, self._clock())
        self._tell(question, "segment")
        (answer,) = encoded.segment([question.prompt])
        asked_s = question.arrival_s if question.standing is None else question.standing.since_s
        stages = {
            "queued": start_s - asked_s,
            "convert": converted_s - start_s,
            **answer.timings_s,
        }
        answer = replace(answer, prompt=question.echo, timings_s=stages)
        return Reply(question=question, answer=answer, frame=frame, frame_age_s=age_s, rgb=rgb)

    def _why_stale(self, lane: Lane, limits: Limits) -> str:
        newest = lane.mailbox.newest()
        if newest is None:
            return (
                f"no frame arrived within {limits.wait_for_frame_s:g} s; check the camera, the remapping, "
                "and for large raw images the parameter reliability"
            )
        age_s = newest.age_s(self._clock())
        return (
            f"the newest frame is {age_s:.2f} s old, above max_frame_age_s={limits.max_frame_age_s:g} "
            f"(it took {newest.delay_s:.2f} s from its stamp to here); check the camera and the clocks"
        )

    def _error(self, question: Question, frame: Frame, reason: str) -> Reply:
        answer = self._failed(question, Status.ERROR, reason)
        return Reply(question=question, answer=answer, frame=frame, frame_age_s=frame.age_s(self._clock()))

    def _failed(self, question: Question, status: Status, reason: str) -> Answer:
        model_id = self._model.model_id if self._model is not None else ""
        return failed(question.echo, status, reason, model_id=model_id)
