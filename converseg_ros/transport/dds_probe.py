"""Do raw images arrive? One process publishes numbered frames under best effort, the other counts.

``python -m converseg_ros.transport.dds_probe publish`` and ``... subscribe``, on the same domain;
``converseg doctor --probe-dds`` starts both. The subscriber prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

TOPIC = "dds_probe/image"
HEIGHT, WIDTH = 480, 640
NUM_FRAMES = 60
PERIOD_S = 1 / 30
WAIT_S = 15.0

_QOS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
)


def publish(node: Node) -> int:
    """Wait for a subscriber, then send numbered frames at 30 Hz until killed."""
    publisher = node.create_publisher(Image, TOPIC, _QOS)
    message: Any = Image(height=HEIGHT, width=WIDTH, encoding="rgb8", step=3 * WIDTH)
    message.data = array("B", bytes(HEIGHT * WIDTH * 3))
    deadline = time.monotonic() + WAIT_S
    while publisher.get_subscription_count() == 0:
        if time.monotonic() > deadline:
            sys.stderr.write(f"dds_probe: no subscriber within {WAIT_S:.0f} s\n")
            return 1
        time.sleep(0.02)
    end = time.monotonic() + WAIT_S
    next_time = time.monotonic()
    number = 0
    while time.monotonic() < end:
        message.header.frame_id = str(number)
        publisher.publish(message)
        number += 1
        next_time += PERIOD_S
        time.sleep(max(0.0, next_time - time.monotonic()))
    return 0


def subscribe(node: Node) -> int:
    """Count frames for as long as ``NUM_FRAMES`` take, then print what came."""
    numbers: list[int] = []

    def count(message: Any) -> None:
        numbers.append(int(message.header.frame_id))

    node.create_subscription(Image, TOPIC, count, _QOS)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    deadline = time.monotonic() + WAIT_S
    while node.count_publishers(TOPIC) == 0:
        if time.monotonic() > deadline:
            sys.stderr.write(f"dds_probe: no publisher within {WAIT_S:.0f} s\n")
            return 1
        executor.spin_once(timeout_sec=0.02)
    # The first frames of a fresh match may be lost by right; they are not counted on either side.
    settle = time.monotonic() + 0.5
    while time.monotonic() < settle:
        executor.spin_once(timeout_sec=0.02)
    numbers.clear()
    end = time.monotonic() + NUM_FRAMES * PERIOD_S
    while time.monotonic() < end:
        executor.spin_once(timeout_sec=0.02)
    # Numbers count what was sent between the first and the last that came; a lost edge is not seen, so
    # where little came the nominal count stands.
    span = max(numbers) - min(numbers) + 1 if numbers else 0
    num_sent = span if span >= NUM_FRAMES // 2 else NUM_FRAMES
    print(
        json.dumps(
            {"num_received": len(numbers), "num_sent": num_sent, "num_bytes": HEIGHT * WIDTH * 3, "hz": 30}
        )
    )
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one side; returns the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    roles = {"publish": publish, "subscribe": subscribe}
    if len(args) != 1 or args[0] not in roles:
        sys.stderr.write("usage: python -m converseg_ros.transport.dds_probe publish|subscribe\n")
        return 2
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)  # a signal just ends the process
    node = Node(f"dds_probe_{args[0]}")
    try:
        return roles[args[0]](node)
    finally:
        node.destroy_node()
        rclpy.shutdown()


if __name__ == "__main__":
    sys.exit(main())
