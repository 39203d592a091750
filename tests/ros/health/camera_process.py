"""``python -m tests.ros.health.camera_process SECONDS``: raw 640x480 pictures at 30 Hz under best effort."""

import os
import sys
import time

from sensor_msgs.msg import Image

from tests.ros.health.graph import Stranger, picture, qos

if __name__ == "__main__":
    stranger = Stranger(int(os.environ["ROS_DOMAIN_ID"]), "large_camera")
    camera = stranger.node.create_publisher(Image, "image", qos("best_effort", depth=1))
    frame = picture(480, 640)
    end_s = time.monotonic() + float(sys.argv[1])
    stranger.stream(
        lambda: time.monotonic() > end_s,
        lambda: camera.publish(stranger.stamp(frame)),
        timeout_s=float(sys.argv[1]) + 5,
    )
    stranger.close()
