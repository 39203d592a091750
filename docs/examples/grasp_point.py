"""Asks the segmenter for a thing and says where to grasp it: ``python grasp_point.py "the yellow banana"``.

The code of docs/tutorial-camera-to-grasp.md. It needs ROS 2 and the package converseg only.
"""

import sys
import time
from pathlib import Path

import rclpy
from converseg.msg import Segmentation, Target3D
from converseg.srv import Segment
from geometry_msgs.msg import PointStamped
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage


class GraspClient(Node):
    """Asks, and waits for the answer's place in space."""

    def __init__(self) -> None:
        super().__init__("grasp_client")
        self.targets: dict[str, Target3D] = {}
        self.overlays: dict[str, CompressedImage] = {}
        # The segmenter computes a place and draws a picture only while somebody listens.
        self.create_subscription(Target3D, "segmenter/target", self._on_target, 10)
        self.create_subscription(CompressedImage, "segmenter/overlay/compressed", self._on_overlay, 10)
        self.segment = self.create_client(Segment, "segmenter/segment")
        self.grasp_point = self.create_publisher(PointStamped, "grasp_point", 10)

    def _on_target(self, message: Target3D) -> None:
        self.targets[message.request_id] = message

    def _on_overlay(self, message: CompressedImage) -> None:
        self.overlays = {str(message.header.stamp): message}

    def ask(self, words: str) -> tuple[Segmentation, Target3D]:
        """One question; SystemExit with the reason where there is no place."""
        if not self.segment.wait_for_service(timeout_sec=10.0):
            raise SystemExit(
                "no service segmenter/segment; is the segmenter running, in the same ROS domain?"
            )
        future = self.segment.call_async(Segment.Request(prompts=[words]))
        rclpy.spin_until_future_complete(self, future, timeout_sec=30.0)
        if not future.done():
            raise SystemExit("no response within 30 s")
        response = future.result()
        if not response.accepted:
            raise SystemExit(f"not accepted: {response.message}")
        (answer,) = response.answers
        if answer.status != Segmentation.STATUS_OK:
            raise SystemExit(f"no mask: {answer.status_text}")
        deadline_s = time.monotonic() + 3.0
        while answer.request_id not in self.targets and time.monotonic() < deadline_s:
            rclpy.spin_once(self, timeout_sec=0.1)
        if answer.request_id not in self.targets:
            raise SystemExit("no message on segmenter/target for this answer; ask again")
        target = self.targets[answer.request_id]
        if target.status != Target3D.STATUS_OK:
            raise SystemExit(f"no place: {target.status_text}")
        return answer, target

    def wait_for_picture(self, answer: Segmentation) -> bool:
        """Write the picture of this answer; False where none came within a second."""
        deadline_s = time.monotonic() + 1.0
        while time.monotonic() < deadline_s:
            overlay = self.overlays.get(str(answer.header.stamp))
            if overlay is not None:
                Path("grasp_point.jpg").write_bytes(bytes(overlay.data))
                return True
            rclpy.spin_once(self, timeout_sec=0.1)
        return False


def report(answer: Segmentation, target: Target3D) -> str:
    """What a person wants to know, lengths in centimetres."""
    point, size, approach = target.box_center.position, target.box_size, target.approach
    free = "free" if target.approach_clear else "something is in the way"
    way = f"{approach.x:+.2f} {approach.y:+.2f} {approach.z:+.2f}"
    return (
        f"{answer.prompt!r}: confidence {answer.confidence:.2f}, {answer.area_px} pixels, "
        f"frame {answer.frame_age_s * 1000:.0f} ms old\n"
        f"grasp point  x {point.x:+.3f}  y {point.y:+.3f}  z {point.z:+.3f} m in {target.header.frame_id}\n"
        f"size         {size.x * 100:.1f} x {size.y * 100:.1f} x {size.z * 100:.1f} cm\n"
        f"approach     {target.approach_name}: {way}, {free}\n"
        f"gripper      open it {target.approach_opening * 100:.1f} cm or more\n"
        f"points       {target.num_points} of {target.num_mask} pixels had a usable depth"
    )


def main() -> None:
    """Ask, print, publish, and keep the picture."""
    words = sys.argv[1] if len(sys.argv) > 1 else "the yellow banana"
    rclpy.init()
    node = GraspClient()
    try:
        answer, target = node.ask(words)
        print(report(answer, target))
        node.grasp_point.publish(PointStamped(header=target.header, point=target.box_center.position))
        if node.wait_for_picture(answer):
            print("picture      grasp_point.jpg")
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
