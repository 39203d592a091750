"""The ``segmenter`` node: wires topics to the worker. Callbacks only store."""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path
from typing import Any

from converseg.msg import Segmentation
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.lifecycle import LifecycleState, Node, TransitionCallbackReturn
from rclpy.node import Node as PlainNode
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import String

from converseg_core import load_model
from converseg_core.answer import Status, failed
from converseg_core.images import ImageError, check_fields
from converseg_ros import messages, parameters
from converseg_ros.camera_infos import CameraInfoHistory
from converseg_ros.diagnostics import Tally, diagnostic_array
from converseg_ros.frame_mailbox import Frame, FrameMailbox, comparable_delay_s
from converseg_ros.instruction import read_instruction
from converseg_ros.instruction_queue import InstructionQueue, Question
from converseg_ros.requests import check_request, read_request
from converseg_ros.segment_action import SegmentAction
from converseg_ros.segment_service import create_segment_service
from converseg_ros.spinning import POLL_S, spin_until
from converseg_ros.worker import WITHDRAWN, Limits, Reply, Worker

DIAGNOSTICS_PERIOD_S = 1.0
STOP_S = 0.4

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class SegmenterNode(Node):
    """Lifecycle node: model in configure, subscriptions in activate, freed in cleanup.

    Instructions and diagnostics are served in every state, so that each question is answered, also
    with "there is no model, because ...".
    """

    def __init__(self, *, context: Context | None = None, stop: threading.Event | None = None) -> None:
        super().__init__("segmenter", context=context)
        self._stop = stop or threading.Event()
        self._run_id = uuid.uuid4().hex[:8]
        self._num_questions = 0
        self._tally = Tally()
        self._worker: Worker | None = None
        self._mailbox = FrameMailbox()
        self._queue: InstructionQueue | None = None
        self._is_active = False
        self._why_not_ready = "it is not configured; configure and activate it"
        self._camera_infos = CameraInfoHistory()
        self._camera_subscriptions: list[Any] = []
        parameters.declare(self)
        self.add_post_set_parameters_callback(lambda _: self._apply_limits())

        outputs = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        self._segmentation = PlainNode.create_publisher(self, Segmentation, "~/segmentation", outputs)
        self._mask = PlainNode.create_publisher(self, Image, "~/mask", outputs)
        self._mask_info = PlainNode.create_publisher(self, CameraInfo, "~/mask/camera_info", outputs)
        self._overlay = PlainNode.create_publisher(self, CompressedImage, "~/overlay/compressed", outputs)
        self._diagnostics = PlainNode.create_publisher(self, DiagnosticArray, "/diagnostics", outputs)
        inputs = QoSProfile(depth=max(100, self._value("queue_size")), reliability=ReliabilityPolicy.RELIABLE)
        self.create_subscription(String, "instruction", self._on_instruction, inputs)
        create_segment_service(self, self._accept)
        self._action = SegmentAction(
            self,
            check=self._check,
            accept=self._accept,
            num_ahead=lambda question: self._queue.num_ahead(question) if self._queue else 0,
            withdraw=self._withdraw,
        )
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    def spin_until_stopped(self) -> None:
        """Start by itself where ``autostart`` says so, then serve until the stop event is set."""
        if self._value("autostart") and self.trigger_configure() == SUCCESS:
            self.trigger_activate()
        spin_until(self, self._stop)

    def close(self) -> None:
        """Answer what waits with CANCELLED, end the worker, destroy the node."""
        self._free_model()
        self._action.destroy()
        self.destroy_node()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm the model in the worker's thread; stays answerable to signals meanwhile."""
        name, device = self._value("model"), self._value("device")
        # ROS parameters are often paths with a tilde, which no shell has expanded.
        source = Path(name).expanduser() if "/" in name else name
        self._mailbox = FrameMailbox()
        self._queue = InstructionQueue(max_questions=self._value("queue_size"))
        worker = Worker(
            load=lambda: load_model(source, device=device),
            mailbox=self._mailbox,
            queue=self._queue,
            limits=self._limits(),
            on_reply=self._publish,
            on_fault=self._fault,
        )
        start_s = time.monotonic()
        worker.start()
        try:
            while not worker.wait_loaded(POLL_S):
                if self._stop.is_set():
                    return FAILURE
        except Exception as error:  # noqa: BLE001 - whatever a bundle raises becomes the node's state
            self._why_not_ready = f"model {name!r} could not be loaded: {error}"
            self._fault(self._why_not_ready)
            return FAILURE
        self._worker = worker
        self._why_not_ready = "it is not active; activate it"
        model_id = worker.model.model_id if worker.model else name
        self.get_logger().info(f"model {model_id} ready after {time.monotonic() - start_s:.2f} s")
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the camera."""
        reliability = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}
        qos = QoSProfile(
            depth=1, history=HistoryPolicy.KEEP_LAST, reliability=reliability[self._value("reliability")]
        )
        transport = self._value("transport")
        topics: list[tuple[Any, str, Any]] = [(CameraInfo, "camera_info", self._on_camera_info)]
        if transport in ("auto", "raw"):
            topics.append((Image, "image", self._on_frame))
        if transport in ("auto", "compressed"):
            topics.append((CompressedImage, "image/compressed", self._on_frame))
        self._camera_subscriptions = [
            self.create_subscription(kind, topic, callback, qos) for kind, topic, callback in topics
        ]
        self._mailbox.reopen()
        self._is_active = True
        self.get_logger().info("active: ask on the topic 'instruction'")
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the camera and cancel what waits."""
        self._is_active = False
        self._why_not_ready = "it is not active; activate it"
        for subscription in self._camera_subscriptions:
            self.destroy_subscription(subscription)
        self._camera_subscriptions = []
        for question in self._queue.drain() if self._queue else []:
            self._refuse(question, Status.CANCELLED, "the segmenter was deactivated before it came to this")
        self._mailbox.close()  # cancels the question that waits for a frame
        self._mailbox.clear()
        self._camera_infos.clear()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free_model()
        self._why_not_ready = "it is not configured; configure and activate it"
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model and answer questions with the reason from now on."""
        if self._is_active:
            self.on_deactivate(state)
        self._free_model()
        self._why_not_ready = "it was shut down"
        return SUCCESS

    def _value(self, name: str) -> Any:
        return parameters.value(self, name)

    def _limits(self) -> Limits:
        return Limits(
            max_frame_age_s=self._value("max_frame_age_s"),
            wait_for_frame_s=self._value("wait_for_frame_s"),
            max_image_side=self._value("max_image_side"),
        )

    def _apply_limits(self) -> None:
        if self._worker is not None:
            self._worker.limits = self._limits()

    def _free_model(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None and not worker.stop(STOP_S):
            self.get_logger().warning("the model did not finish in time and is left behind")
        self._queue = None

    def _on_frame(self, message: Image | CompressedImage) -> None:
        delay_s = 0.0
        if self._value("check_stamps"):
            stamp = message.header.stamp
            delay_s = comparable_delay_s(
                stamp.sec * 1_000_000_000 + stamp.nanosec, self.get_clock().now().nanoseconds
            )
        self._mailbox.put(Frame(message=message, arrival_s=time.monotonic(), delay_s=delay_s))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera_infos.put((message.header.stamp.sec, message.header.stamp.nanosec), message)

    def _on_instruction(self, message: String) -> None:
        instruction = read_instruction(message.data)
        question = Question(
            request_id=self._new_id(),
            echo=instruction.echo,
            prompt=instruction.prompt,
            arrival_s=time.monotonic(),
        )
        if instruction.refusal:
            self._refuse(question, Status.REJECTED, instruction.refusal)
        elif not self._is_active or self._queue is None:
            self._refuse(question, Status.ERROR, f"the segmenter can't answer: {self._why_not_ready}")
        elif not self._queue.offer(question):
            self._refuse(question, Status.REJECTED, self._why_full())

    def _accept(self, **fields: Any) -> Question:
        """Queue a request of several questions; raises ValueError with the reason where it is refused."""
        if not self._is_active or self._queue is None:
            raise ValueError(f"the segmenter can't answer: {self._why_not_ready}")
        default_s = self._value("answer_timeout_s")
        request = read_request(
            **fields, default_timeout_s=default_s, arrival_s=time.monotonic(), new_id=self._new_id
        )
        if not self._queue.offer(request):
            raise ValueError(self._why_full())
        return request

    def _check(self, **fields: Any) -> None:
        """Raise ValueError with the reason where such a request would be refused now."""
        if not self._is_active or self._queue is None:
            raise ValueError(f"the segmenter can't answer: {self._why_not_ready}")
        check_request(**fields)
        if not self._queue.has_room(len(fields["prompts"])):
            raise ValueError(self._why_full())

    def _withdraw(self, question: Question) -> None:
        """Answer a withdrawn request at once where it still waits; else the worker does between stages."""
        if self._queue is not None and self._queue.remove(question):
            for each in question.all:
                self._refuse(each, Status.CANCELLED, WITHDRAWN)

    def _new_id(self) -> str:
        self._num_questions += 1
        return f"{self._run_id}-{self._num_questions}"

    def _why_full(self) -> str:
        waiting = len(self._queue) if self._queue else 0
        return f"{waiting} questions already wait; ask again later"

    def _refuse(self, question: Question, status: Status, reason: str) -> None:
        model = self._worker.model if self._worker else None
        model_id = model.model_id if model else ""
        self._publish(
            Reply(question=question, answer=failed(question.echo, status, reason, model_id=model_id))
        )

    def _publish(self, reply: Reply) -> None:
        """Send a reply; called from the worker's thread and from callbacks."""
        if reply.question.on_reply is not None:
            reply.question.on_reply(reply)
        self._segmentation.publish(messages.segmentation_message(reply))
        self._tally.answered(reply.answer.status)
        header = messages.header_of(reply)
        if reply.answer.mask is not None and self._value("publish_mask"):
            if self._mask.get_subscription_count() > 0:
                self._mask.publish(messages.mask_message(reply.answer, header))
            if self._mask_info.get_subscription_count() > 0:
                self._publish_mask_info(header)
        if self._value("publish_overlay") and self._overlay.get_subscription_count() > 0:
            overlay = messages.overlay_message(reply, self._value("overlay_quality"))
            if overlay is not None:
                self._overlay.publish(overlay)

    def _publish_mask_info(self, header: Any) -> None:
        exact, newest = self._camera_infos.lookup((header.stamp.sec, header.stamp.nanosec))
        info = messages.camera_info_for(header, exact, newest)
        if info is not None:
            self._mask_info.publish(info)

    def _fault(self, text: str) -> None:
        self._tally.fault(text.strip().splitlines()[-1], time.monotonic())
        self.get_logger().error(text)

    def _check_newest_frame(self) -> str:
        """What is wrong with the newest frame, found without decoding it; empty where nothing is."""
        frame = self._mailbox.newest()
        try:
            if frame is not None:
                check_fields(frame.message)
        except ImageError as error:
            return f"the camera's frames can't be read: {error}"
        return ""

    def _publish_diagnostics(self) -> None:
        now_s = time.monotonic()
        worker, mailbox = self._worker, self._mailbox
        model = worker.model if worker else None
        trouble = self._tally.recent_fault(now_s) or (self._check_newest_frame() if self._is_active else "")
        if not self._is_active:
            level, text = DiagnosticStatus.ERROR, f"can't answer: {self._why_not_ready}"
        elif trouble:
            level, text = DiagnosticStatus.ERROR, trouble
        elif mailbox.num_received == 0:
            level, text = DiagnosticStatus.WARN, "active, but no frame has arrived"
        else:
            level, text = DiagnosticStatus.OK, "answering"
        values = {
            "model": self._value("model"),
            "model_id": model.model_id if model else "",
            "device": str(model.info.get("device", self._value("device")))
            if model
            else self._value("device"),
            "frames received": str(mailbox.num_received),
            "frames dropped": str(mailbox.num_dropped),
            "last frame age s": f"{mailbox.newest_age_s(now_s):.3f}",
            "questions": str(self._num_questions),
            "questions waiting": str(len(self._queue) if self._queue else 0),
            "frames encoded": str(worker.num_encodes if worker else 0),
            **self._tally.values(),
        }
        self._diagnostics.publish(
            diagnostic_array(
                name=f"{self.get_name()}: segmentation",
                level=level,
                message=text,
                hardware_id=self.get_fully_qualified_name(),
                values=values,
                stamp=self.get_clock().now().to_msg(),
            )
        )
