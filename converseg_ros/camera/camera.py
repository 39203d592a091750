"""One camera of a segmenter: its topics, its questions, and what is published about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from converseg_core.images import ImageError, check_fields
from converseg_ros.camera.frame_mailbox import Frame, FrameMailbox, comparable_delay_s
from converseg_ros.camera.infos import CameraInfoHistory
from converseg_ros.camera.outputs import CameraOutputs
from converseg_ros.camera.questions import CameraQuestions
from converseg_ros.health.diagnostics import Tally
from converseg_ros.health.inputs import Inputs
from converseg_ros.health.replies import ReplyTimes
from converseg_ros.questions.instruction_queue import Question
from converseg_ros.questions.reply import Reply
from converseg_ros.questions.standing import Standing
from converseg_ros.questions.turns import Lane
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.live_tracking import LiveTracking
from converseg_ros.segmenter.outbox import Outbox
from converseg_ros.targets.publisher import TargetPublisher
from converseg_ros.transport.qos import camera_info_qos, frame_qos


class Camera:
    """Everything of a segmenter that exists once for each camera. Callbacks only store."""

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
        self._on_fault = on_fault
        self._prefix = f"{name}/" if name else ""
        self.tally = Tally()
        self.mailbox = FrameMailbox()
        self._infos = CameraInfoHistory()
        self.inputs = Inputs(node)
        self.targets = TargetPublisher(node, prefix=self._prefix, on_fault=on_fault)
        self._outputs = CameraOutputs(
            node, self._prefix, camera_infos=self._infos, targets=self.targets, tally=self.tally
        )
        # Sending takes long for large masks; neither the model nor the callbacks should wait for it.
        self._outbox: Outbox[Reply] = Outbox(self._send, on_fault=on_fault)
        self.questions = CameraQuestions(
            node, self._prefix, new_id=new_id, model_id=model_id, answer=self._outbox.put_now
        )
        self.standing = Standing(
            node,
            self._prefix,
            ready_queue=self.questions.ready_queue,
            new_id=self.questions.next_id,
            refuse=self.questions.refuse,
            new_tracking=self._new_tracking,
        )

    def configure(self) -> Lane:
        """Make mailbox and queue anew; returns what the model's thread needs."""
        self.mailbox = FrameMailbox()
        return Lane(mailbox=self.mailbox, queue=self.questions.configure(), on_start=self._on_start)

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
        self.questions.open()

    def deactivate(self) -> None:
        """Drop the camera and cancel what waits."""
        self.questions.close("it is not active; activate it")
        self.inputs.unsubscribe()
        self.standing.end("the segmenter was deactivated")
        self.questions.cancel_waiting("the segmenter was deactivated before it came to this")
        self.mailbox.clear()
        self._infos.clear()
        self._outputs.forget()
        self.targets.deactivate()

    def not_ready(self, why: str) -> None:
        """Say in every answer from now on that, and why, there is none; until the next activation."""
        self.questions.close(why)

    def free(self) -> None:
        """Forget the queue: the model's thread has ended."""
        self.standing.end("the segmenter stops")
        self.questions.free()

    def close(self, timeout_s: float) -> None:
        """Send what waits and take the action off the graph."""
        self._outbox.close(timeout_s)
        self.questions.destroy()

    def publish(self, reply: Reply) -> None:
        """Hand over a reply from the model's thread; waits only where many replies wait already."""
        self._outbox.put(reply)

    @property
    def times(self) -> ReplyTimes:
        """How fast answers come, and what they take."""
        return self._outputs.times

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
