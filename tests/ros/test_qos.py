"""QoS by parameter, as another process sees it on the graph and by what arrives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from converseg.msg import Target3D
from rclpy.context import Context
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from converseg_ros.segmenter import parameters
from converseg_ros.transport.qos import camera_info_qos, frame_qos
from tests.ros.client import Client, segmenter
from tests.ros.domains import free_domain
from tests.ros.harness import START_S

PICTURE = np.full((40, 50, 3), 120, np.uint8)


def wanted(client: Client, topic: str) -> set[tuple[str, str]]:
    """Reliability and durability of the segmenter's subscriptions of a topic."""
    return {
        (info.qos_profile.reliability.name, info.qos_profile.durability.name)
        for info in client.node.get_subscriptions_info_by_topic(topic)
    }


def publisher(client: Client, topic: str) -> Any:
    """The one publisher of a topic, once this side knows of it."""
    client.wait_for(lambda: client.node.count_publishers(topic), what=f"for {topic}")
    (info,) = client.node.get_publishers_info_by_topic(topic)
    return info


def test_defaults_are_those_of_the_field(tmp_path: Path) -> None:
    with segmenter(tmp_path, reliability="best_effort") as (process, client):
        client.wait_for_segmenter()
        # Depth is read only while somebody listens to targets.
        client.node.create_subscription(Target3D, "segmenter/target", lambda _: None, 10)
        client.wait_for(lambda: wanted(client, "depth"), START_S)
        for topic in ("image", "image/compressed", "camera_info", "depth"):
            assert wanted(client, topic) == {("BEST_EFFORT", "VOLATILE")}, topic
        assert wanted(client, "instruction") == {("RELIABLE", "VOLATILE")}
        for topic in ("segmentation", "mask", "target", "target_points", "overlay/compressed"):
            info = publisher(client, f"segmenter/{topic}")
            assert info.qos_profile.reliability == ReliabilityPolicy.RELIABLE, topic
        assert process.stop()[0] == 0


def test_a_camera_info_sent_once_is_taken_and_outputs_may_be_best_effort(tmp_path: Path) -> None:
    parameters = {"camera_info_durability": "transient_local", "output_reliability": "best_effort"}
    with segmenter(tmp_path, **parameters) as (process, client):
        kept = QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
        )
        info = CameraInfo(height=40, width=50, k=[float(k) for k in range(9)])
        client.node.create_publisher(CameraInfo, "camera_info", kept).publish(info)
        got: list[CameraInfo] = []
        masks: list[Image] = []
        lossy = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
        client.node.create_subscription(CameraInfo, "segmenter/mask/camera_info", got.append, lossy)
        client.node.create_subscription(Image, "segmenter/mask", masks.append, lossy)
        client.wait_for(
            lambda: client.images.get_subscription_count() and client.instructions.get_subscription_count(),
            START_S,
        )
        client.wait_for(lambda: ("RELIABLE", "TRANSIENT_LOCAL") in wanted(client, "camera_info"))
        published = publisher(client, "segmenter/mask")
        assert published.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT

        def asked() -> bool:  # the node learns of listeners in its own time
            client.show(PICTURE)
            client.instructions.publish(String(data="the red mug"))
            for _ in range(5):
                client._executor.spin_once(timeout_sec=0.05)
            # Both are best effort here: either may be lost or late.
            return any(info.header == mask.header for info in got for mask in masks)

        client.wait_for(asked, START_S)
        assert got[-1].k[8] == 8.0
        assert process.stop()[0] == 0


def test_history_depth_is_that_of_pictures() -> None:
    context = Context()
    arguments = ["--ros-args", "-p", "history_depth:=7", "-p", "reliability:=reliable"]
    rclpy.init(
        args=arguments,
        context=context,
        domain_id=free_domain(),
        signal_handler_options=SignalHandlerOptions.NO,
    )
    node = rclpy.create_node("settings", context=context)
    try:
        parameters.declare(node)
        pictures = frame_qos(node)
        assert (pictures.depth, pictures.reliability) == (7, ReliabilityPolicy.RELIABLE)
        assert frame_qos(node, depth=10).depth == 10
        assert camera_info_qos(node).depth == 1
    finally:
        node.destroy_node()
        context.try_shutdown()
