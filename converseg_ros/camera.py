"""One camera of a segmenter: its topics, its questions, and what is published about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from converseg_core.answer import Status, failed
from converseg_core.images import ImageError, check_fields
from converseg_ros import parameters
from converseg_ros.camera_infos import CameraInfoHistory
from converseg_ros.camera_outputs import CameraOutputs
from converseg_ros.diagnostics import Tally
from converseg_ros.frame_mailbox import Frame, FrameMailbox, comparable_delay_s
from converseg_ros.health.inputs import Inputs
from converseg_ros.health.replies import ReplyTimes
from converseg_ros.instruction import read_instruction
from converseg_ros.instruction_queue import InstructionQueue, Question
from converseg_ros.live_tracking import LiveTracking
from converseg_ros.outbox import Outbox
from converseg_ros.qos import camera_info_qos, frame_qos, instruction_qos
from converseg_ros.requests import check_request, read_request
from converseg_ros.segment_action import SegmentAction
from converseg_ros.segment_service import create_segment_service
from converseg_ros.standing import Standing
from converseg_ros.target_publisher import TargetPublisher
from converseg_ros.turns import Lane
from converseg_ros.worker import WITHDRAWN, Reply


class Camera:
    """Everything of a segmenter that exists once for each camera. Callbacks only store.

    Questions are taken in every state, so that each is answered, also with "there is no model, because ...".
    """

    def __init__(
        self,
        node: Node,
        name: str,
        *,
        new_id: Callable[[], str],
        model_id: Callable[[], str],
        on_fault: Callable[[str], None],
    ) -> None:
        """Make all topics, services and the action, but no camera subscription yet.

        Args:
            node: with all parameters declared.
            name: namespace of the camera's topics; empty for none.
            new_id: gives a request id.
            model_id: of the loaded model; empty where there is none.
            on_fault: told about what should not happen, from any thread.
        """
        self.name, self._node = name, node
        self._new_id, self._model_id, self._on_fault = new_id, model_id, on_fault
        self._prefix = f"{name}/" if name else ""
        self.tally = Tally()
        self.num_questions = 0
        self.mailbox = FrameMailbox()
        self._queue: InstructionQueue | None = None
        self._why_not = "it is not configured; configure and activate it"
        self._infos = CameraInfoHistory()
        self.inputs = Inputs(node)
        self.targets = TargetPublisher(node, prefix=self._prefix, on_fault=on_fault)
        self._outputs = CameraOutputs(
            node, self._prefix, camera_infos=self._infos, targets=self.targets, tally=self.tally
        )
        # Sending takes long for large masks; neither the model nor the callbacks should wait for it.
        self._outbox: Outbox[Reply] = Outbox(self._send, on_fault=on_fault)
        node.create_subscription(
            String, f"{self._prefix}instruction", self._on_instruction, instruction_qos(node)
        )
        create_segment_service(node, f"~/{self._prefix}segment", self._accept)
        self._action = SegmentAction(
            node,
            f"~/{self._prefix}segment",
            check=self._check,
            accept=self._accept,
            num_ahead=lambda question: self._queue.num_ahead(question) if self._queue else 0,
            withdraw=self._withdraw,
        )

        self.standing = Standing(
            node,
            self._prefix,
            ready_queue=self._ready_queue,
            new_id=self._next_id,
            refuse=self._refuse,
            new_tracking=self._new_tracking,
        )

    def configure(self) -> Lane:
        """Make mailbox and queue anew; returns what the model's thread needs."""
        self.mailbox = FrameMailbox()
        self._queue = InstructionQueue(max_questions=parameters.value(self._node, "queue_size"))
        return Lane(mailbox=self.mailbox, queue=self._queue, on_start=self._on_start)

    def activate(self) -> None:
        """Subscribe to the camera.

        Raises:
            ValueError: the parameters of targets contradict each other.
        """
        self.targets.activate()
        qos = frame_qos(self._node)
        transport = parameters.value(self._node, "transport")
        topics: list[tuple[Any, str]] = []
        if transport in ("auto", "raw"):
            topics.append((Image, "image"))
        if transport in ("auto", "compressed"):
            topics.append((CompressedImage, "image/compressed"))
        info_name = self._prefix + "camera_info"
        self.inputs.subscribe(CameraInfo, info_name, self._on_camera_info, camera_info_qos(self._node))
        for kind, topic in topics:
            self.inputs.subscribe(kind, self._prefix + topic, self._on_frame, qos, is_frame=True)
        self._why_not = ""

    def deactivate(self) -> None:
        """Drop the camera and cancel what waits."""
        self._why_not = "it is not active; activate it"
        self.inputs.unsubscribe()
        self.standing.end("the segmenter was deactivated")
        for question in self._queue.drain() if self._queue else []:
            self._refuse(question, Status.CANCELLED, "the segmenter was deactivated before it came to this")
        self.mailbox.clear()
        self._infos.clear()
        self._outputs.forget()
        self.targets.deactivate()

    def not_ready(self, why: str) -> None:
        """Say in every answer from now on that, and why, there is none; until the next activation."""
        self._why_not = why

    def free(self) -> None:
        """Forget the queue: the model's thread has ended."""
        self.standing.end("the segmenter stops")
        self._queue = None

    def close(self, timeout_s: float) -> None:
        """Send what waits and take the action off the graph."""
        self._outbox.close(timeout_s)
        self._action.destroy()

    def publish(self, reply: Reply) -> None:
        """Hand over a reply from the model's thread; waits only where many replies wait already."""
        self._outbox.put(reply)

    @property
    def times(self) -> ReplyTimes:
        """How fast answers come, and what they take."""
        return self._outputs.times

    @property
    def num_waiting(self) -> int:
        """Questions that wait."""
        return len(self._queue) if self._queue else 0

    def frame_trouble(self) -> str:
        """What is wrong with the newest frame, found without decoding it; empty where nothing is."""
        frame = self.mailbox.newest()
        try:
            if frame is not None:
                check_fields(frame.message)
        except ImageError as error:
            return f"the camera's frames can't be read: {error}"
        return ""

    def _on_frame(self, message: Image | CompressedImage) -> None:
        delay_s = 0.0
        if parameters.value(self._node, "check_stamps"):
            stamp = message.header.stamp
            delay_s = comparable_delay_s(
                stamp.sec * 1_000_000_000 + stamp.nanosec, self._node.get_clock().now().nanoseconds
            )
        self.mailbox.put(Frame(message=message, arrival_s=time.monotonic(), delay_s=delay_s))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._infos.put((message.header.stamp.sec, message.header.stamp.nanosec), message)

    def _on_instruction(self, message: String) -> None:
        instruction = read_instruction(message.data)
        question = Question(
            request_id=self._next_id(),
            echo=instruction.echo,
            prompt=instruction.prompt,
            arrival_s=time.monotonic(),
        )
        if instruction.refusal:
            self._refuse(question, Status.REJECTED, instruction.refusal)
        elif self._why_not or self._queue is None:
            self._refuse(question, Status.ERROR, f"the segmenter can't answer: {self._why_not}")
        elif not self._queue.offer(question):
            self._refuse(question, Status.REJECTED, self._why_full())

    def _accept(self, **fields: Any) -> Question:
        """Queue a request of several questions; raises ValueError with the reason where it is refused."""
        queue = self._ready_queue()
        request = read_request(
            **fields,
            default_timeout_s=parameters.value(self._node, "answer_timeout_s"),
            arrival_s=time.monotonic(),
            new_id=self._next_id,
        )
        if not queue.offer(request):
            raise ValueError(self._why_full())
        return request

    def _check(self, **fields: Any) -> None:
        """Raise ValueError with the reason where such a request would be refused now."""
        queue = self._ready_queue()
        check_request(**fields)
        if not queue.has_room(len(fields["prompts"])):
            raise ValueError(self._why_full())

    def _ready_queue(self) -> InstructionQueue:
        if self._why_not or self._queue is None:
            raise ValueError(f"the segmenter can't answer: {self._why_not}")
        return self._queue

    def _withdraw(self, question: Question) -> None:
        """Answer a withdrawn request at once where it still waits; else the worker does between stages."""
        if self._queue is not None and self._queue.remove(question):
            for each in question.all:
                self._refuse(each, Status.CANCELLED, WITHDRAWN)

    def _next_id(self) -> str:
        self.num_questions += 1
        return self._new_id()

    def _why_full(self) -> str:
        return f"{self.num_waiting} questions already wait; ask again later"

    def _refuse(self, question: Question, status: Status, reason: str) -> None:
        answer = failed(question.echo, status, reason, model_id=self._model_id())
        self._outbox.put_now(Reply(question=question, answer=answer))

    def _on_start(self, frame: Frame) -> None:
        self.targets.expect(frame.message.header)

    def _send(self, reply: Reply) -> None:
        if self.standing.answered(reply):
            self._outputs.send(reply, is_late=self._outbox.is_behind)

    def _new_tracking(self, question: Question) -> LiveTracking:
        return LiveTracking(
            question,
            mailbox=self.mailbox,
            show=self._show,
            max_side=lambda: parameters.value(self._node, "max_image_side"),
            is_on=lambda: parameters.value(self._node, "tracking"),
            on_fault=self._on_fault,
        )

    def _show(self, reply: Reply) -> None:
        """Publish a propagated mask from the tracker's thread: only the newest frame is of use."""
        if reply.question.standing is not None and not reply.question.standing.is_ended:
            self._outputs.send(reply)
