"""The depth and calibration inputs of a node: kept by stamp, matched to frames, counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from converseg_core.geometry.synchroniser import Matched, StreamRule, Synchroniser, Unmatched
from converseg_ros.health.inputs import Inputs
from converseg_ros.segmenter import parameters
from converseg_ros.transport.qos import camera_info_qos, frame_qos


def stamp_ns(header: Any) -> int:
    """The header's stamp in nanoseconds."""
    return int(header.stamp.sec) * 1_000_000_000 + int(header.stamp.nanosec)


class DepthInput:
    """Subscribes to ``depth`` and ``camera_info`` while told to. Callbacks only store. Thread-safe.

    Messages are kept undecoded, as they came from the middleware: a picture that no answer needs costs
    its way here and its place, and no more.
    """

    def __init__(self, node: Node, *, prefix: str = "", on_message: Callable[[], None]) -> None:
        """Make one that is not active.

        Args:
            node: with the parameters of ``target_parameters`` declared.
            prefix: of both topics, empty or ending in a slash.
            on_message: called after each message, outside the lock; must not block.
        """
        self._node, self._prefix = node, prefix
        self._on_message = on_message
        self._lock = threading.Lock()
        self.inputs = Inputs(node)
        self._sync = self._new_sync()

    def activate(self) -> None:
        """Watch who publishes, and wait for :meth:`listen`; parameters are read anew."""
        with self._lock:
            self._sync = self._new_sync()
        # Not the newest counts, but the one of the frame: what the middleware drops can't be matched.
        depth_qos, info_qos = frame_qos(self._node, depth=10), camera_info_qos(self._node, depth=10)
        watch = partial(self.inputs.subscribe, at_once=False)
        watch(Image, f"{self._prefix}depth", self._on_depth, depth_qos)
        watch(CameraInfo, f"{self._prefix}camera_info", self._on_camera_info, info_qos)

    def listen(self, is_wanted: bool) -> None:
        """Subscribe, or drop the subscriptions and what they brought; nothing where that is so already."""
        if self.inputs.listen(is_wanted) and not is_wanted:
            with self._lock:
                self._sync.forget_messages()

    def deactivate(self) -> list[Unmatched]:
        """Unsubscribe and forget all; returns the frames that waited."""
        self.inputs.unsubscribe()
        with self._lock:
            return self._sync.clear()

    def ask(self, frame_stamp_ns: int, item: Any) -> None:
        """Ask for the depth and calibration of a frame; the result comes from :meth:`poll`."""
        with self._lock:
            self._sync.ask(frame_stamp_ns, item, time.monotonic())

    def poll(self) -> list[Matched | Unmatched]:
        """What has been decided since the last call."""
        with self._lock:
            return self._sync.poll(time.monotonic())

    @property
    def num_waiting(self) -> int:
        """Frames that wait for their depth."""
        with self._lock:
            return self._sync.num_waiting

    def counts(self) -> dict[str, int]:
        """Counts of messages and matches since the node became active."""
        with self._lock:
            return self._sync.counts()

    def _new_sync(self) -> Synchroniser:
        def value(name: str) -> Any:
            return parameters.value(self._node, name)

        rules = [
            StreamRule(name="depth", tolerance_s=value("depth_tolerance_s")),
            StreamRule(name="camera_info", any_stamp=True),
        ]
        return Synchroniser(
            rules, max_wait_s=value("depth_wait_s"), max_kept=value("depth_buffer_size"), max_waiting=30
        )

    def _on_depth(self, message: Image) -> None:
        self._add("depth", message)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._add("camera_info", message)

    def _add(self, stream: str, message: Any) -> None:
        with self._lock:
            self._sync.add(stream, stamp_ns(message.header), message)
        self._on_message()
