"""A client process to be killed: it asks without end, by topic and by action, and reads answers and masks.

It says ``asking`` when everything is matched, and ``answered SECONDS`` at the first answer after that.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import rclpy
from converseg.action import Segment
from converseg.msg import Segmentation
from rclpy.action import ActionClient
from sensor_msgs.msg import Image
from std_msgs.msg import String

from converseg_ros.transport.profile import use_large_image_profile

PERIOD_S = 0.02


def main() -> None:
    """Ask."""
    words = sys.argv[1]
    use_large_image_profile()  # its heartbeats: what it sends before it is known comes later
    rclpy.init(args=[])
    node = rclpy.create_node("talker")
    asked_s = 0.0
    answered: list[float] = []

    def on_answer(message: Any) -> None:
        if message.prompt == words and message.status == Segmentation.STATUS_OK and asked_s:
            answered.append(time.monotonic())

    node.create_subscription(Segmentation, "segmenter/segmentation", on_answer, 10)
    node.create_subscription(Image, "segmenter/mask", lambda _: None, 10)
    instructions = node.create_publisher(String, "instruction", 10)
    action = ActionClient(node, Segment, "segmenter/segment")
    while not (instructions.get_subscription_count() and node.count_publishers("segmenter/segmentation")):
        rclpy.spin_once(node, timeout_sec=0.01)
    action.wait_for_server()
    print("asking", flush=True)
    asked_s = time.monotonic()
    has_said = False
    while True:
        instructions.publish(String(data=words))
        action.send_goal_async(Segment.Goal(prompts=[words, "the cup"]), lambda _: None)
        due_s = time.monotonic() + PERIOD_S
        while (left_s := due_s - time.monotonic()) > 0:
            rclpy.spin_once(node, timeout_sec=left_s)
        if answered and not has_said:
            has_said = True
            print(f"answered {answered[0] - asked_s:.3f}", flush=True)


if __name__ == "__main__":
    main()
