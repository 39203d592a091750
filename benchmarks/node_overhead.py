"""What the node costs beside the model: answer latency minus model time, on a raw 640x480 camera at 30 Hz.

    python benchmarks/node_overhead.py [--model sim-tiny] [--num-questions 200]

Three processes over real DDS on a domain of their own: a camera (best effort, with the profile for large
images), the segmenter with its default parameters, and this client. A question is asked when the one before
has its answer, after a pause of random length, so that it falls anywhere between two frames. Latency: from
just before the publication of the question to the arrival of the answer, mask included. Model time: the
answer's own stages without ``queued`` and ``convert``. The rest is the overhead: middleware both ways,
scheduling, conversion to RGB, filling the message.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import results

HEIGHT, WIDTH, RATE_HZ = 480, 640, 30.0
NODE_STAGES = ("queued", "convert")


def run_camera() -> None:
    """Publish raw frames at 30 Hz until killed."""
    from converseg_ros.transport.profile import use_large_image_profile

    use_large_image_profile()
    import rclpy
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    from converseg_core.images import from_rgb
    from converseg_ros.transport.messages import image_message

    rclpy.init()
    node = rclpy.create_node("camera")
    publisher = node.create_publisher(Image, "image", qos_profile_sensor_data)
    pictures = np.random.default_rng(1).integers(0, 256, (8, HEIGHT, WIDTH, 3), dtype=np.uint8)
    due_s = time.monotonic()
    index = 0
    while rclpy.ok():
        header = Header(frame_id="camera", stamp=node.get_clock().now().to_msg())
        publisher.publish(image_message(from_rgb(pictures[index % len(pictures)]), header))
        index += 1
        due_s += 1 / RATE_HZ
        time.sleep(max(0.0, due_s - time.monotonic()))


def measure(num_questions: int, prompt: str) -> tuple[list[dict[str, float]], dict[str, str]]:
    """Ask; returns latency, model time and overhead of each answer in ms, and the last diagnostics."""
    import rclpy
    from converseg.msg import Segmentation
    from diagnostic_msgs.msg import DiagnosticArray
    from std_msgs.msg import String

    rclpy.init()
    node = rclpy.create_node("client")
    received: list[tuple[float, Any]] = []
    diagnostics: list[Any] = []
    publisher = node.create_publisher(String, "instruction", 10)
    node.create_subscription(
        Segmentation,
        "segmenter/segmentation",
        lambda message: received.append((time.monotonic(), message)),
        10,
    )
    node.create_subscription(DiagnosticArray, "/diagnostics", diagnostics.append, 10)

    def ask() -> tuple[float, Any]:
        received.clear()
        start_s = time.monotonic()
        publisher.publish(String(data=prompt))
        while not received:
            rclpy.spin_once(node, timeout_sec=0.5)
            if time.monotonic() - start_s > 60:
                raise SystemExit("no answer within 60 s; is the model there?")
        return received[0][0] - start_s, received[0][1]

    while publisher.get_subscription_count() == 0 or node.count_publishers("image") == 0:
        rclpy.spin_once(node, timeout_sec=0.1)
    for _ in range(20):
        ask()
    rows, last_stamp = [], None
    pause = random.Random(1)
    for _ in range(num_questions):
        time.sleep(pause.uniform(0.0, 2 / RATE_HZ))
        latency_s, answer = ask()
        if answer.status not in (Segmentation.STATUS_OK, Segmentation.STATUS_NO_TARGET):
            raise SystemExit(f"no answer: {answer.status_text}")
        stages = dict(zip(answer.stage_names, answer.stage_durations_s, strict=True))
        stamp = (answer.header.stamp.sec, answer.header.stamp.nanosec)
        shared = ("preprocess", "encode") if stamp == last_stamp else ()
        last_stamp = stamp
        model_s = sum(value for name, value in stages.items() if name not in (*NODE_STAGES, *shared))
        rows.append(
            {
                "latency": latency_s * 1e3,
                "model": model_s * 1e3,
                "overhead": (latency_s - model_s) * 1e3,
                "queued": stages["queued"] * 1e3,
                "convert": stages["convert"] * 1e3,
                "frame age": answer.frame_age_s * 1e3,
            }
        )
    num_seen = len(diagnostics)
    while len(diagnostics) <= num_seen:
        rclpy.spin_once(node, timeout_sec=0.5)
    values = {pair.key: pair.value for pair in diagnostics[-1].status[0].values}
    rclpy.shutdown()
    return rows, values


def main() -> None:
    """Start the processes, measure, write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="sim-tiny")
    parser.add_argument("--prompt", default="the red mug")
    parser.add_argument("--num-questions", type=int, default=200)
    parser.add_argument("--camera", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.camera:
        run_camera()
        return
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 101)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    environment = {key: value for key, value in os.environ.items() if key != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    commands = [
        [sys.executable, str(Path(__file__).resolve()), "--camera"],
        [sys.executable, "-m", "converseg_ros.segmenter_node", "--ros-args", "-p", f"model:={options.model}"],
    ]
    facts = results.machine()
    children = [subprocess.Popen(command, env=environment) for command in commands]
    try:
        measured, diagnostics = measure(options.num_questions, options.prompt)
    finally:
        for child in children:
            child.send_signal(signal.SIGKILL if child is children[0] else signal.SIGTERM)
        for child in children:
            child.wait(10)
    facts |= {
        "model": diagnostics["model_id"],
        "image": f"{WIDTH}x{HEIGHT} rgb8, raw, {RATE_HZ:g} Hz, best effort",
        "num_questions": options.num_questions,
        "frames received": diagnostics["frames received"],
    }
    rows = []
    for name in measured[0]:
        values = np.array([row[name] for row in measured])
        p50, p95, p99 = (float(np.percentile(values, share)) for share in (50, 95, 99))
        rows.append({"ms": name, "p50": p50, "p95": p95, "p99": p99, "max": float(values.max())})
    results.write("node_overhead", facts, ["ms", "p50", "p95", "p99", "max"], rows)


if __name__ == "__main__":
    main()
