"""The QoS of a segmenter's topics, from its parameters."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from converseg_ros.segmenter import parameters

_RELIABILITIES = {"reliable": ReliabilityPolicy.RELIABLE, "best_effort": ReliabilityPolicy.BEST_EFFORT}


def frame_qos(node: Node, *, depth: int | None = None) -> QoSProfile:
    """Of pictures and depth, by ``reliability``; history by ``history_depth`` where no ``depth`` is given."""
    return QoSProfile(
        depth=parameters.value(node, "history_depth") if depth is None else depth,
        history=HistoryPolicy.KEEP_LAST,
        reliability=_RELIABILITIES[parameters.value(node, "reliability")],
    )


def camera_info_qos(node: Node, *, depth: int = 1) -> QoSProfile:
    """Of CameraInfo: as of pictures; where it is sent once and kept (``transient_local``), reliable too.

    A kept message is handed over under reliable only.
    """
    qos = frame_qos(node, depth=depth)
    if parameters.value(node, "camera_info_durability") == "transient_local":
        qos.durability = DurabilityPolicy.TRANSIENT_LOCAL
        qos.reliability = ReliabilityPolicy.RELIABLE
    return qos


def instruction_qos(node: Node) -> QoSProfile:
    """Of instructions: none may be lost before the queue can refuse it."""
    return QoSProfile(
        depth=max(100, parameters.value(node, "queue_size")), reliability=ReliabilityPolicy.RELIABLE
    )


def output_qos(node: Node) -> QoSProfile:
    """Of all that is published, by ``output_reliability``."""
    return QoSProfile(depth=10, reliability=_RELIABILITIES[parameters.value(node, "output_reliability")])
