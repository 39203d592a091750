"""A camera process: ``python -m tests.stand_in.camera --width 1920 ...``; a red square moves over grey.

It says ``matched`` when somebody listens, then waits for a line on its standard input, publishes until the
next line (or the end of input), and says what it sent as one JSON line. ``--now`` publishes at once, until
it is killed.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import time
from collections.abc import Callable

from converseg_ros.transport.profile import use_large_image_profile

NUM_PICTURES = 8


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--height", type=int, default=48)
    parser.add_argument("--rate-hz", type=float, default=30.0)
    parser.add_argument("--reliable", action="store_true")
    parser.add_argument("--depth", action="store_true", help="publish depth (16UC1) and camera_info too")
    parser.add_argument(
        "--jpeg", action="store_true", help="publish image/compressed, with a noisy background"
    )
    parser.add_argument("--now", action="store_true")
    parser.add_argument("--namespace", default="", help="of the topics")
    return parser.parse_args()


def _has_line() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    """Publish."""
    options = _arguments()
    use_large_image_profile()
    import numpy as np
    import rclpy
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from sensor_msgs.msg import CameraInfo, CompressedImage, Image
    from std_msgs.msg import Header

    from converseg_core.images import encode_jpeg, from_rgb
    from converseg_ros.transport.messages import byte_array, image_message

    rclpy.init()
    node = rclpy.create_node("camera", namespace=options.namespace)
    reliability = ReliabilityPolicy.RELIABLE if options.reliable else ReliabilityPolicy.BEST_EFFORT
    qos = QoSProfile(depth=5, reliability=reliability)
    height, width = options.height, options.width
    kind, topic = (CompressedImage, "image/compressed") if options.jpeg else (Image, "image")
    publisher = node.create_publisher(kind, topic, qos)
    # Grey of a quarter's size, enlarged: as much detail as a photograph has.
    noise = np.random.default_rng(1).normal(120, 12, (height // 4 + 1, width // 4 + 1))
    grain = np.kron(noise, np.ones((4, 4)))[:height, :width, None].clip(0, 255).astype(np.uint8)
    side = max(1, height // 4)
    messages = []
    for index in range(NUM_PICTURES):
        rgb = np.full((height, width, 3), 120, np.uint8)
        if options.jpeg:
            rgb[:] = grain
        left = index * (width - side) // NUM_PICTURES
        rgb[height // 3 : height // 3 + side, left : left + side] = (200, 20, 20)
        header = Header(frame_id="camera")
        if options.jpeg:
            data = byte_array(encode_jpeg(rgb, 90))
            messages.append(CompressedImage(header=header, format="rgb8; jpeg compressed bgr8", data=data))
        else:
            messages.append(image_message(from_rgb(rgb), header))
    extra: list[Callable[[Header], None]] = []
    if options.depth:
        depths = node.create_publisher(Image, "depth", qos)
        infos = node.create_publisher(CameraInfo, "camera_info", qos)
        metre = byte_array(np.full((height, width), 1000, "<u2").tobytes())
        depth = Image(height=height, width=width, encoding="16UC1", step=2 * width, data=metre)
        focal = float(width)
        matrix = [focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0]
        info = CameraInfo(height=height, width=width, distortion_model="plumb_bob", d=[0.0] * 5, k=matrix)
        info.p = [focal, 0.0, width / 2, 0.0, 0.0, focal, height / 2, 0.0, 0.0, 0.0, 1.0, 0.0]

        def send_depth(header: Header) -> None:
            depth.header = info.header = header
            depths.publish(depth)
            infos.publish(info)

        extra.append(send_depth)
    if not options.now:
        while publisher.get_subscription_count() == 0:
            time.sleep(0.02)
        time.sleep(0.5)  # the listener may know of the camera a little later than the camera of it
        _say("matched")
        sys.stdin.readline()
    num_sent, worst_late_s = 0, 0.0
    _say("publishing")
    due_s = time.monotonic()
    while options.now or not _has_line():
        message = messages[num_sent % NUM_PICTURES]
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        for send in extra:
            send(message.header)
        num_sent += 1
        due_s += 1 / options.rate_hz
        left_s = due_s - time.monotonic()
        worst_late_s = max(worst_late_s, -left_s)
        if left_s > 0:
            time.sleep(left_s)
        elif left_s < -0.5:  # stopped for a while: go on at the rate, without a burst
            due_s = time.monotonic()
    _say(json.dumps({"num_sent": num_sent, "worst_late_s": worst_late_s}))


if __name__ == "__main__":
    main()
