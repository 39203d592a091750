"""Trouble for a segmenter: everything that a careless robot does to it, each at its own rate."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import node_processes as processes
import numpy as np
import rclpy
from action_msgs.msg import GoalStatus
from converseg.action import Segment
from converseg.msg import Segmentation
from converseg.srv import Segment as SegmentService
from converseg.srv import SetInstruction
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.action import ActionClient
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from soak_ledger import STANDING, Ledger
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger

from converseg_core.images import encode_jpeg, from_rgb
from converseg_ros.transport.messages import byte_array, image_message

COLOURS = ("red", "green", "blue", "plaid")
SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080), (641, 479))
_SMALL = image_message(from_rgb(np.full((48, 64, 3), 120, np.uint8)), Header(frame_id="camera"))
BAD_FIELDS: tuple[dict[str, Any], ...] = (
    {"step": 1},
    {"step": 4_000_000_000},
    {"data": byte_array(b"short")},
    {"data": byte_array(b"")},
    {"encoding": "no_such_encoding"},
    {"encoding": ""},
    {"height": 0},
    {"width": 4_000_000_000},
    {"height": 20_000, "width": 20_000},
)
BAD_WORDS = ("", " \t\n", "\x01\x02", "x" * 600, "y" * 10_000, "\ufffd\ufffd mug", "\u200b")
NOT_UTF_8 = b"\x00\x01\x00\x00\x08\x00\x00\x00mug \xff\xfe!\x00"
PARAMETERS: tuple[tuple[str, ParameterValue, bool], ...] = (
    ("max_frame_age_s", ParameterValue(type=3, double_value=0.2), True),
    ("max_frame_age_s", ParameterValue(type=3, double_value=1.0), True),
    ("max_frame_age_s", ParameterValue(type=3, double_value=-1.0), False),
    ("wait_for_frame_s", ParameterValue(type=3, double_value=0.1), True),
    ("overlay_quality", ParameterValue(type=2, integer_value=30), True),
    ("overlay_quality", ParameterValue(type=2, integer_value=1000), False),
    ("max_image_side", ParameterValue(type=2, integer_value=1000), True),
    *[("max_image_side", ParameterValue(type=2, integer_value=8192), True)] * 4,
    ("publish_mask", ParameterValue(type=1, bool_value=False), True),
    ("publish_mask", ParameterValue(type=1, bool_value=True), True),
    ("check_stamps", ParameterValue(type=1, bool_value=False), True),
    ("check_stamps", ParameterValue(type=1, bool_value=True), True),
    ("colored_points", ParameterValue(type=1, bool_value=True), True),
    ("reliability", ParameterValue(type=4, string_value="perhaps"), False),
    ("queue_size", ParameterValue(type=4, string_value="many"), False),
)


class Trouble:
    """A client of a segmenter. Each method does one thing; :attr:`plan` says how often."""

    def __init__(self, ledger: Ledger, *, domain: int, folder: Path, seed: int) -> None:
        self.ledger, self._domain, self._folder = ledger, domain, folder
        self._random = random.Random(seed)
        self.node = rclpy.create_node("trouble")
        self.diagnostics: dict[str, str] = {}
        self.is_active = True
        self._camera: processes.NodeProcess | None = None
        node, many = self.node, QoSProfile(depth=5000)
        self.instructions = node.create_publisher(String, "instruction", many)
        self._images = node.create_publisher(Image, "image", 5)
        self._compressed = node.create_publisher(CompressedImage, "image/compressed", 5)
        self._depths = node.create_publisher(Image, "depth", 5)
        self._infos = node.create_publisher(CameraInfo, "camera_info", 5)
        node.create_subscription(Segmentation, "segmenter/segmentation", ledger.answered, many)
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        node.create_subscription(Image, "segmenter/mask", lambda _: None, 1)
        self._overlays: Any = None
        self._action = ActionClient(node, Segment, "segmenter/segment")
        self._service = node.create_client(SegmentService, "segmenter/segment")
        self._set = node.create_client(SetInstruction, "segmenter/set_instruction")
        self._clear = node.create_client(Trigger, "segmenter/clear")
        self._parameters = node.create_client(SetParameters, "segmenter/set_parameters")
        self._state = node.create_client(ChangeState, "segmenter/change_state")
        self.plan: dict[Callable[[], None], float] = {
            self.ask: 1 / 200,
            self.ask_badly: 0.1,
            self.send_goal: 0.4,
            self.call_service: 1.0,
            self.show_badly: 0.5,
            self.change_parameter: 1.0,
            self.set_standing: 7.0,
            self.restart_camera: 12.0,
            self.listen_or_not: 5.0,
            self.change_state: 17.0,
        }

    def is_ready(self) -> bool:
        """Whether everything is matched."""
        clients = (self._service, self._parameters, self._state, self._set, self._clear)
        return (
            self.instructions.get_subscription_count() > 0
            and self.node.count_publishers("segmenter/segmentation") > 0
            and self._action.server_is_ready()
            and all(client.service_is_ready() for client in clients)
            and "questions" in self.diagnostics
        )

    def ask(self) -> None:
        """A good instruction; one in forty makes the model raise."""
        number = self.ledger.num_topic
        words = f"{number} {'crash' if number % 40 == 39 else self._random.choice(COLOURS)}"
        self.ledger.asked(words)
        self.instructions.publish(String(data=words))

    def ask_badly(self) -> None:
        """An instruction that must be refused."""
        self.ledger.num_bad_topic += 1
        words = self._random.choice((*BAD_WORDS, None))
        self.instructions.publish(NOT_UTF_8 if words is None else String(data=words))

    def send_goal(self) -> None:
        """A goal of one to three questions; every second one is cancelled at some time."""
        prompts = [f"goal {self._random.choice(COLOURS)}"] * self._random.randint(1, 3)
        number = self.ledger.opened("goal")
        self.ledger.num_goals += 1
        wants_cancel = self._random.random() < 0.5
        deadline_s = self._random.choice((0.0, 0.05, 5.0))

        def on_result(future: Any) -> None:
            self.ledger.closed(number)
            result = future.result().result
            if not result.answers and result.message:  # refused after it was accepted
                self.ledger.num_ids_used_up += len(prompts) * ("already wait" in result.message)
            elif len(result.answers) != len(prompts):
                self.ledger.problem(f"a goal of {len(prompts)} got {len(result.answers)}: {result.message}")
            elif future.result().status == GoalStatus.STATUS_UNKNOWN:
                self.ledger.problem("a goal's result was lost")

        def on_goal(future: Any) -> None:
            handle = future.result()
            if not handle.accepted:
                self.ledger.closed(number)
                return
            handle.get_result_async().add_done_callback(on_result)
            if wants_cancel:
                self.ledger.num_cancels += 1
                handle.cancel_goal_async()

        goal = Segment.Goal(prompts=prompts, deadline_s=deadline_s)
        self._action.send_goal_async(goal).add_done_callback(on_goal)

    def call_service(self) -> None:
        """A request to the service, good or bad."""
        prompts = self._random.choice((["service red"], ["service red", "service plaid"], [], ["", "a"]))
        self.ledger.num_service += 1

        def on_response(response: Any) -> None:
            if response.accepted and len(response.answers) != len(prompts):
                self.ledger.problem(f"a request of {len(prompts)} got {len(response.answers)} answers")
            if not response.accepted and "already wait" in response.message:
                self.ledger.num_ids_used_up += len(prompts)

        self._call(self._service, SegmentService.Request(prompts=prompts), "service", on_response)

    def show_badly(self) -> None:
        """A broken picture, depth picture or calibration."""
        self.ledger.num_bad_pictures += 1
        header = Header(frame_id="camera", stamp=self.node.get_clock().now().to_msg())
        kind = self._random.randrange(5)
        if kind == 0:
            noise = self._random.randbytes(self._random.randint(0, 2000))
            cut = encode_jpeg(np.zeros((40, 60, 3), np.uint8), 80)[:200]
            data = self._random.choice((noise, cut, b""))
            text = self._random.choice(("jpeg", "png", "16UC1; compressedDepth", "", "?"))
            self._compressed.publish(CompressedImage(header=header, format=text, data=byte_array(data)))
        elif kind == 1:
            matrix = self._random.choice(([0.0] * 9, [float("nan")] * 9, [1e300] * 9))
            info = CameraInfo(header=header, height=1, width=1, k=matrix, distortion_model="?", d=[9.0])
            self._infos.publish(info)
        else:
            message = Image(header=header)
            for name in ("height", "width", "encoding", "step", "data"):
                setattr(message, name, getattr(_SMALL, name))
            if kind == 2:
                message.encoding = self._random.choice(("16UC1", "32FC1", "rgb8"))
            for name, value in self._random.choice(BAD_FIELDS).items():
                setattr(message, name, value)
            (self._depths if kind == 2 else self._images).publish(message)

    def change_parameter(self) -> None:
        """A parameter to a good value or a bad one."""
        name, value, is_good = self._random.choice(PARAMETERS)
        self.ledger.num_parameters += 1

        def on_response(response: Any) -> None:
            if response.results[0].successful != is_good:
                self.ledger.problem(f"parameter {name}: {response.results[0]}")

        request = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
        self._call(self._parameters, request, "set_parameters", on_response)

    def set_standing(self) -> None:
        """Set or clear the standing instruction."""
        self.ledger.num_standing += 1
        if self._random.random() < 0.3:
            self.clear_standing()
            return
        words = f"{STANDING} {self._random.choice(COLOURS)}"
        self._call(self._set, SetInstruction.Request(instruction=words), "set_instruction")

    def clear_standing(self) -> None:
        """End the standing instruction."""
        self._call(self._clear, Trigger.Request(), "clear")

    def restart_camera(self) -> None:
        """Kill the camera and start another of another size, with or without depth."""
        if self._camera is not None:
            self._camera.kill()
        self.ledger.num_camera_starts += 1
        width, height = SIZES[self.ledger.num_camera_starts % len(SIZES)]  # in turn: memory follows them
        arguments = ["--now", "--width", str(width), "--height", str(height)]
        if self.ledger.num_camera_starts % 2:
            arguments.append("--depth")
        self._camera = processes.NodeProcess(
            "tests.stand_in.camera", arguments, domain=self._domain, tmp_path=self._folder
        )

    def listen_or_not(self) -> None:
        """Subscribe to the overlay, or no longer."""
        if self._overlays is None:
            self._overlays = self.node.create_subscription(
                CompressedImage, "segmenter/overlay/compressed", lambda _: None, 1
            )
        else:
            self.node.destroy_subscription(self._overlays)
            self._overlays = None

    def change_state(self) -> None:
        """Deactivate and activate again."""
        for transition_id in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request(transition=Transition(id=transition_id))
            self._call(self._state, request, "change_state", self._check_success)

    def stop_camera(self) -> None:
        """End the camera."""
        if self._camera is not None:
            self._camera.kill()

    def _check_success(self, response: Any) -> None:
        if not response.success:
            self.ledger.problem(f"a change of state failed: {response}")

    def _call(
        self, client: Any, request: Any, what: str, on_response: Callable[[Any], None] = lambda _: None
    ) -> None:
        number = self.ledger.opened(what)

        def on_done(future: Any) -> None:
            self.ledger.closed(number)
            on_response(future.result())

        client.call_async(request).add_done_callback(on_done)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith("segmentation"):
                self.diagnostics = {pair.key: pair.value for pair in status.values}
