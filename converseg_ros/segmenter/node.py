"""The ``segmenter`` node: the states, the model and the cameras. Callbacks only store."""

from __future__ import annotations

import math
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.context import Context
from rclpy.lifecycle import LifecycleState, Node, TransitionCallbackReturn
from rclpy.node import Node as PlainNode
from rclpy.qos import QoSProfile, ReliabilityPolicy

from converseg_core import load_model
from converseg_ros.camera.camera import Camera
from converseg_ros.camera.names import camera_names
from converseg_ros.process.allocation import Housekeeper, return_memory
from converseg_ros.process.spinning import POLL_S, spin_until
from converseg_ros.questions.reply import Limits
from converseg_ros.segmenter import parameters
from converseg_ros.segmenter.diagnostics import SegmenterDiagnostics
from converseg_ros.segmenter.worker import Worker
from converseg_ros.targets.parameters import TARGET_SPECS

DIAGNOSTICS_PERIOD_S = 1.0
STOP_S = 0.4
SEND_S = 0.2
SAME_FAULT_S = 5.0
"""The same fault is logged no more often."""

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
        self._num_ids = 0
        self._worker: Worker | None = None
        self._housekeeper = Housekeeper()
        self._is_active = False
        self._why_not_ready = ""
        self._logged_faults: dict[str, float] = {}
        parameters.declare(self, (*parameters.SPECS, *TARGET_SPECS))
        self.add_post_set_parameters_callback(lambda _: self._apply_limits())
        self._cameras = [
            Camera(self, name, new_id=self._new_id, model_id=self._model_id, on_fault=self._fault)
            for name in camera_names(self._value("cameras"))
        ]
        outputs = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        # A lifecycle node's own method makes publishers that are silent outside the active state.
        self._diagnostics = PlainNode.create_publisher(self, DiagnosticArray, "/diagnostics", outputs)
        self._health = SegmenterDiagnostics(self, self._cameras)
        # The node's own clock stands still where simulated time is wanted and missing: that must be said.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics, clock=steady)
        self._not_ready("it is not configured; configure and activate it")

    def spin_until_stopped(self) -> None:
        """Start by itself where ``autostart`` says so, then serve until the stop event is set."""
        if self._value("autostart") and self.trigger_configure() == SUCCESS:
            self.trigger_activate()
        spin_until(self, self._stop)

    def close(self) -> None:
        """Answer what waits with CANCELLED, end the worker, destroy the node."""
        self._free_model()
        for camera in self._cameras:
            camera.close(SEND_S / len(self._cameras))
        self.destroy_node()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and warm the model in the worker's thread; stays answerable to signals meanwhile."""
        name, device = self._value("model"), self._value("device")
        # ROS parameters are often paths with a tilde, which no shell has expanded.
        source = Path(name).expanduser() if "/" in name else name
        lanes = {camera.configure(): camera for camera in self._cameras}
        worker = Worker(
            load=lambda: load_model(source, device=device),
            lanes=list(lanes),
            limits=self._limits(),
            on_reply=lambda lane, reply: lanes[lane].publish(reply),
            on_fault=self._fault,
        )
        start_s = time.monotonic()
        worker.start()
        try:
            while not worker.wait_loaded(POLL_S):
                if self._stop.is_set():
                    return FAILURE
        except Exception as error:  # noqa: BLE001 - whatever a bundle raises becomes the node's state
            self._not_ready(f"model {name!r} could not be loaded: {error}")
            self._fault(self._why_not_ready)
            return FAILURE
        self._worker = worker
        self._housekeeper.settle()
        self._not_ready("it is not active; activate it")
        self.get_logger().info(
            f"model {self._model_id() or name} ready after {time.monotonic() - start_s:.2f} s"
        )
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the cameras."""
        try:
            for camera in self._cameras:
                camera.activate()
        except ValueError as error:
            for camera in self._cameras:
                camera.deactivate()
            self._not_ready(f"parameters: {error}")
            self._fault(self._why_not_ready)
            return FAILURE
        self._is_active = True
        self.get_logger().info("active: ask on the topic 'instruction'")
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the cameras and cancel what waits."""
        self._is_active = False
        self._not_ready("it is not active; activate it")
        for camera in self._cameras:
            camera.deactivate()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model."""
        self._free_model()
        self._not_ready("it is not configured; configure and activate it")
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the model and answer questions with the reason from now on."""
        if self._is_active:
            self.on_deactivate(state)
        self._free_model()
        self._not_ready("it was shut down")
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
        for camera in self._cameras:
            camera.free()
        if worker is not None:
            return_memory()

    def _not_ready(self, why: str) -> None:
        self._why_not_ready = why
        for camera in self._cameras:
            camera.not_ready(why)

    def _new_id(self) -> str:
        self._num_ids += 1
        return f"{self._run_id}-{self._num_ids}"

    def _model_id(self) -> str:
        model = self._worker.model if self._worker else None
        return model.model_id if model else ""

    def _fault(self, text: str) -> None:
        summary, now_s = text.strip().splitlines()[-1], time.monotonic()
        for camera in self._cameras:
            camera.tally.fault(summary, now_s)
        # A standing instruction may fail with every frame; each is counted, but the log is for people.
        last_s = self._logged_faults.get(summary, -math.inf)
        if now_s - last_s >= SAME_FAULT_S:
            self._logged_faults = {summary: now_s}
            self.get_logger().error(text)

    def _publish_diagnostics(self) -> None:
        self._housekeeper.tidy()
        self._diagnostics.publish(
            self._health.message(
                worker=self._worker, why_not_ready="" if self._is_active else self._why_not_ready
            )
        )
