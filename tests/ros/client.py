"""A segmenter process, and a client of it that waits for events."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from converseg.msg import Segmentation
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header, String

from converseg_core.images import from_rgb
from converseg_ros.transport.messages import byte_array, image_message
from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, START_S, NodeProcess, ros_parameters
from tests.ros.known import wait_until_known

REPLY_S = 40.0
"""Longest wait for a service on a busy machine: with the node's start less than a test may take."""


class Client:
    """A camera, a person and a listener in this process, over the same real middleware."""

    def __init__(self, domain: int) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("client", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.answers: list[Segmentation] = []
        self._known: dict[str, set[object]] = {}
        reliable = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        self.images = self.node.create_publisher(Image, "image", reliable)
        self.compressed = self.node.create_publisher(CompressedImage, "image/compressed", reliable)
        self.infos = self.node.create_publisher(CameraInfo, "camera_info", reliable)
        self.instructions = self.node.create_publisher(String, "instruction", reliable)
        self.node.create_subscription(Segmentation, "segmenter/segmentation", self.answers.append, reliable)

    def listen(self, kind: Any, topic: str) -> list[Any]:
        """Collect what comes on a topic."""
        received: list[Any] = []
        qos = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        self.node.create_subscription(kind, topic, received.append, qos)
        return received

    def wait_for(self, condition: Callable[[], Any], timeout_s: float = 20.0, what: str = "") -> None:
        """Handle messages until a condition holds."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain {what}"
            self._executor.spin_once(timeout_sec=0.05)

    def wait_for_segmenter(self, *, is_active: bool = True) -> None:
        """Until all topics are matched, both ways."""
        cameras = [self.images, self.compressed, self.infos] if is_active else []
        publishers = [self.instructions, *cameras]
        self.wait_for(
            lambda: (
                all(publisher.get_subscription_count() for publisher in publishers)
                and self.node.count_publishers("segmenter/segmentation")
            ),
            START_S,
            "for the segmenter",
        )
        self.wait_until_known()

    def wait_until_known(self, other: str = "segmenter") -> None:
        """Until the other node knows all that this one has made so far; at once where nothing is new."""
        made: set[object] = set().union(
            self.node.publishers, self.node.subscriptions, self.node.clients, self.node.waitables
        )
        if not made <= self._known.setdefault(other, set()):
            wait_until_known(
                self.node,
                other,
                lambda condition: self.wait_for(condition, REPLY_S, f"until {other} knows us"),
            )
            self._known[other] = made

    def call(self, kind: Any, name: str, **fields: Any) -> Any:
        """The response of a service, with its name's first part that of its node."""
        future = self.start_call(kind, name, **fields)
        self.wait_for(future.done, REPLY_S, f"for the reply of {name}")
        return future.result()

    def start_call(self, kind: Any, name: str, **fields: Any) -> Any:
        """A future of a service's response."""
        service = self.node.create_client(kind, name)
        self.wait_for(service.service_is_ready, START_S, f"for the service {name}")
        self.wait_until_known(name.partition("/")[0])
        return service.call_async(kind.Request(**fields))

    def header(self, *, seconds_ago: float = 0.0, frame_id: str = "camera_optical") -> Header:
        now_ns = self.node.get_clock().now().nanoseconds - round(seconds_ago * 1e9)
        header = Header(frame_id=frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(now_ns, 1_000_000_000)
        return header

    def show(self, rgb: NDArray[np.uint8], header: Header | None = None, **changes: Any) -> Image:
        """Publish a raw picture; ``changes`` overwrite message fields (that is how it gets damaged)."""
        message = image_message(from_rgb(rgb), header or self.header())
        for name, value in changes.items():
            setattr(message, name, byte_array(value) if name == "data" else value)
        self.images.publish(message)
        return message

    def show_compressed(self, data: bytes, image_format: str = "jpeg") -> CompressedImage:
        message = CompressedImage(header=self.header(), format=image_format, data=byte_array(data))
        self.compressed.publish(message)
        return message

    def ask(self, text: str, timeout_s: float = 20.0) -> Segmentation:
        """Publish an instruction and wait for the one answer to it."""
        num_before = len(self.answers)
        self.instructions.publish(String(data=text))
        self.wait_for(lambda: len(self.answers) > num_before, timeout_s, f"for the answer to {text[:40]!r}")
        return self.answers[num_before]

    def ask_on(self, header: Header, text: str, timeout_s: float = 20.0) -> Segmentation:
        """Ask until the answer is on the frame with this header: topics do not arrive in order."""
        deadline_s = time.monotonic() + timeout_s
        while (answer := self.ask(text, timeout_s)).header != header:
            assert time.monotonic() < deadline_s, f"the frame never arrived; last: {answer.status_text}"
        return answer

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


@contextmanager
def segmenter(
    tmp_path: Path,
    *,
    domain: int | None = None,
    module: str = "converseg_ros.segmenter_node",
    **parameters: object,
) -> Iterator[tuple[NodeProcess, Client]]:
    """A segmenter process and a client on a domain of their own.

    The module ``tests.stand_in.segmenter_node`` also reads stand-in bundles. Frames may be a minute old where
    nothing else is asked for: on a busy machine a question may come long after its picture.
    """
    chosen = free_domain() if domain is None else domain
    values = {"model": MODEL, "reliability": "reliable", "max_frame_age_s": 60.0, **parameters}
    process = NodeProcess(module, ros_parameters(**values), domain=chosen, tmp_path=tmp_path)
    client = Client(chosen)
    try:
        yield process, client
    finally:
        client.close()
        process.kill()
