"""How questions about one camera come in: topic, speech, service and action, all into one bounded queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_msgs.msg import String

from converseg_core.answer import Status, failed
from converseg_ros.questions.instruction import read_instruction
from converseg_ros.questions.instruction_queue import InstructionQueue, Question
from converseg_ros.questions.reply import WITHDRAWN, Reply
from converseg_ros.questions.requests import check_request, read_request
from converseg_ros.questions.segment_action import SegmentAction
from converseg_ros.questions.segment_service import create_segment_service
from converseg_ros.segmenter import parameters
from converseg_ros.speech.live_speech import LiveSpeechFilter, subscribe
from converseg_ros.transport.qos import instruction_qos

MIN_CONFIDENCE = "live_speech_min_confidence"


class CameraQuestions:
    """Takes questions in every state, so that each is answered, also with "there is no model, because ...".

    Callbacks only store. ``num_taken`` counts the request ids that were given out.
    """

    def __init__(
        self,
        node: Node,
        prefix: str,
        *,
        new_id: Callable[[], str],
        model_id: Callable[[], str],
        answer: Callable[[Reply], None],
    ) -> None:
        """Make the topics, the service and the action.

        Args:
            node: with all parameters declared.
            prefix: of all names, empty or ending in a slash.
            new_id: gives a request id.
            model_id: of the loaded model; empty where there is none.
            answer: publishes a status that stands in place of an answer; must not block.
        """
        self._node = node
        self._new_id, self._model_id, self._answer = new_id, model_id, answer
        self.num_taken = 0
        self._queue: InstructionQueue | None = None
        self._why_not = "it is not configured; configure and activate it"
        node.create_subscription(String, f"{prefix}instruction", self._on_instruction, instruction_qos(node))
        self._speech = LiveSpeechFilter()
        self._hears = subscribe(node, f"{prefix}live_speech", self._on_live_speech) is not None
        create_segment_service(node, f"~/{prefix}segment", self._accept)
        self._action = SegmentAction(
            node,
            f"~/{prefix}segment",
            check=self._check,
            accept=self._accept,
            num_ahead=lambda question: self._queue.num_ahead(question) if self._queue else 0,
            withdraw=self._withdraw,
        )

    def configure(self) -> InstructionQueue:
        """Make the queue anew; returns it for the model's thread."""
        self._queue = InstructionQueue(max_questions=parameters.value(self._node, "queue_size"))
        return self._queue

    def open(self) -> None:
        """Queue questions from now on."""
        self._why_not = ""

    def close(self, why: str) -> None:
        """Say in every answer from now on that, and why, there is none."""
        self._why_not = why

    def cancel_waiting(self, reason: str) -> None:
        """Answer what waits with CANCELLED."""
        for question in self._queue.drain() if self._queue else []:
            self.refuse(question, Status.CANCELLED, reason)

    def free(self) -> None:
        """Forget the queue: the model's thread has ended."""
        self._queue = None

    def destroy(self) -> None:
        """Take the action off the graph."""
        self._action.destroy()

    @property
    def num_waiting(self) -> int:
        """Questions that wait."""
        return len(self._queue) if self._queue else 0

    def ready_queue(self) -> InstructionQueue:
        """The queue.

        Raises:
            ValueError: nothing can be answered now; says why.
        """
        if self._why_not or self._queue is None:
            raise ValueError(f"the segmenter can't answer: {self._why_not}")
        return self._queue

    def next_id(self) -> str:
        """A request id, counted."""
        self.num_taken += 1
        return self._new_id()

    def refuse(self, question: Question, status: Status, reason: str) -> None:
        """Answer with a status and the reason."""
        answer = failed(question.echo, status, reason, model_id=self._model_id())
        self._answer(Reply(question=question, answer=answer))

    def values(self) -> dict[str, str]:
        """For ``/diagnostics``."""
        return {
            "questions": str(self.num_taken),
            "questions waiting": str(self.num_waiting),
            "live speech": self._speech.counts() if self._hears else "hri_msgs is not installed",
        }

    def _on_instruction(self, message: String) -> None:
        self._ask(message.data, source="topic")

    def _on_live_speech(self, message: Any) -> None:
        self._speech.min_confidence = parameters.value(self._node, MIN_CONFIDENCE)
        text = self._speech.instruction(message, time.monotonic())
        if text is not None:
            self._ask(text, source="speech")

    def _ask(self, text: str, *, source: str) -> None:
        instruction = read_instruction(text)
        question = Question(
            request_id=self.next_id(),
            echo=instruction.echo,
            prompt=instruction.prompt,
            arrival_s=time.monotonic(),
            source=source,
        )
        if instruction.refusal:
            self.refuse(question, Status.REJECTED, instruction.refusal)
        elif self._why_not or self._queue is None:
            self.refuse(question, Status.ERROR, f"the segmenter can't answer: {self._why_not}")
        elif not self._queue.offer(question):
            self.refuse(question, Status.REJECTED, self._why_full())

    def _accept(self, **fields: Any) -> Question:
        """Queue a request of several questions; raises ValueError with the reason where it is refused."""
        queue = self.ready_queue()
        request = read_request(
            **fields,
            default_timeout_s=parameters.value(self._node, "answer_timeout_s"),
            arrival_s=time.monotonic(),
            new_id=self.next_id,
        )
        if not queue.offer(request):
            raise ValueError(self._why_full())
        return request

    def _check(self, **fields: Any) -> None:
        """Raise ValueError with the reason where such a request would be refused now."""
        queue = self.ready_queue()
        check_request(**fields)
        if not queue.has_room(len(fields["prompts"])):
            raise ValueError(self._why_full())

    def _withdraw(self, question: Question) -> None:
        """Answer a withdrawn request at once where it still waits; else the worker does between stages."""
        if self._queue is not None and self._queue.remove(question):
            for each in question.all:
                self.refuse(each, Status.CANCELLED, WITHDRAWN)

    def _why_full(self) -> str:
        return f"{self.num_waiting} questions already wait; ask again later"
