"""A client process that outlives others: it asks 20 times a second all the time, under our transport profile.

It says ``answered SECONDS`` (steady clock, the same for all processes of a machine) at the first good answer
of all, and at each one that ends a silence; ``silent SECONDS`` for how long each silence was; and each
second ``last SECONDS``, when the last answer came.
"""

from __future__ import annotations

import math
import re
import sys
import time

from converseg_ros.transport.profile import use_large_image_profile

PERIOD_S = 0.05
SILENCE_S = 0.3


def first_answer_s(log: str, after_s: float) -> float | None:
    """When the first answer after a moment came, by what an asker has said; None where none has."""
    times_s = (float(text) for text in re.findall(r"^answered ([\d.]+)$", log, re.MULTILINE))
    return min((time_s for time_s in times_s if time_s > after_s), default=None)


def longest_silence_s(log: str, now_s: float) -> float:
    """Longest time between two good answers, or until now (as of the last second)."""
    ended = [float(text) for text in re.findall(r"^silent ([\d.]+)$", log, re.MULTILINE)]
    last_s = float(re.findall(r"^last ([\d.]+)$", log, re.MULTILINE)[-1])
    return max([*ended, now_s - last_s - 1.0])


def main() -> None:
    """Ask."""
    words = sys.argv[1]
    use_large_image_profile()
    import rclpy
    from converseg.msg import Segmentation
    from std_msgs.msg import String

    rclpy.init(args=[])
    node = rclpy.create_node("asker")
    last_s = -math.inf

    def on_answer(message: Segmentation) -> None:
        nonlocal last_s
        if message.prompt != words or message.status != Segmentation.STATUS_OK:
            return
        now_s = time.monotonic()
        if now_s - last_s > SILENCE_S:
            print(f"answered {now_s:.4f}", flush=True)
            if last_s > -math.inf:
                print(f"silent {now_s - last_s:.4f}", flush=True)
        last_s = now_s

    node.create_subscription(Segmentation, "segmenter/segmentation", on_answer, 10)
    instructions = node.create_publisher(String, "instruction", 10)
    told_s = -math.inf
    while True:
        if time.monotonic() > told_s + 1.0:
            told_s = time.monotonic()
            print(f"last {last_s:.4f}", flush=True)
        instructions.publish(String(data=words))
        due_s = time.monotonic() + PERIOD_S
        while (left_s := due_s - time.monotonic()) > 0:
            rclpy.spin_once(node, timeout_sec=left_s)


if __name__ == "__main__":
    main()
