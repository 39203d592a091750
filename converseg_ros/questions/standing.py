"""The standing instruction of one camera: ``~/set_instruction``, ``~/clear``, and its life in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from converseg.srv import SetInstruction
from rclpy.node import Node
from std_srvs.srv import Trigger

from converseg_core.answer import Status
from converseg_ros.questions.instruction import read_instruction
from converseg_ros.questions.instruction_queue import InstructionQueue, Question, StandingState
from converseg_ros.questions.reply import Reply
from converseg_ros.segmenter.live_tracking import LiveTracking


class Standing:
    """Holds the services. At most one instruction stands; its end is answered CANCELLED, with the reason.

    Thread-safe: the services live in the executor, replies come from other threads.
    """

    def __init__(
        self,
        node: Node,
        prefix: str,
        *,
        ready_queue: Callable[[], InstructionQueue],
        new_id: Callable[[], str],
        refuse: Callable[[Question, Status, str], None],
        new_tracking: Callable[[Question], LiveTracking],
    ) -> None:
        """Make the services.

        Args:
            node: whose executor serves them.
            prefix: of their names, empty or ending in a slash.
            ready_queue: gives the queue; raises ValueError with the reason where nothing can be answered.
            new_id: gives a request id.
            refuse: publishes a status in place of an answer.
            new_tracking: makes what follows the answers.
        """
        self._ready_queue, self._new_id, self._refuse = ready_queue, new_id, refuse
        self._new_tracking = new_tracking
        self._lock = threading.Lock()
        self._present: tuple[Question, InstructionQueue, LiveTracking] | None = None
        node.create_service(SetInstruction, f"~/{prefix}set_instruction", self._on_set)
        node.create_service(Trigger, f"~/{prefix}clear", self._on_clear)

    def answered(self, reply: Reply) -> bool:
        """Hand over a reply of the model; True where it is to be published.

        It is not where its instruction has ended meanwhile: its CANCELLED was the last word.
        """
        state = reply.question.standing
        if state is None:
            return True
        with self._lock:
            if state.is_ended:
                return False
            present = self._present
            if present is None or present[0] is not reply.question:
                return True
            if reply.answer.status is Status.REJECTED:  # it will not be otherwise with the next frame
                self._present = None
                self._stop(*present)
                return True
        present[2].answered(reply)
        return True

    def end(self, reason: str) -> bool:
        """End the instruction; False where none stood."""
        with self._lock:
            present, self._present = self._present, None
            if present is None:
                return False
            self._stop(*present)
        self._refuse(replace(present[0], standing=None), Status.CANCELLED, reason)
        return True

    @property
    def question(self) -> Question | None:
        """What is asked at present."""
        present = self._present
        return present[0] if present else None

    @staticmethod
    def _stop(question: Question, queue: InstructionQueue, tracking: LiveTracking) -> None:
        if question.standing is not None:
            question.standing.is_ended = True
        queue.stand(None)
        tracking.stop()

    def _on_set(self, request: Any, response: Any) -> Any:
        instruction = read_instruction(request.instruction)
        if instruction.refusal:
            response.message = instruction.refusal
            return response
        try:
            queue = self._ready_queue()
        except ValueError as refusal:
            response.message = str(refusal)
            return response
        self.end("another standing instruction took its place")
        now_s = time.monotonic()
        question = Question(
            request_id=self._new_id(),
            echo=instruction.echo,
            prompt=instruction.prompt,
            arrival_s=now_s,
            source="standing",
            concept=request.concept,
            standing=StandingState(since_s=now_s),
        )
        tracking = self._new_tracking(question)
        with self._lock:
            self._present = (question, queue, tracking)
        tracking.start()
        queue.stand(question)
        response.accepted, response.request_id = True, question.request_id
        return response

    def _on_clear(self, _request: Any, response: Any) -> Any:
        response.success = True
        if not self.end("cleared"):
            response.message = "no instruction was set"
        return response
