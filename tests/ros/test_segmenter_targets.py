"""The segmenter with simulated depth: each answered mask becomes a target in metres and two clouds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from converseg.msg import Segmentation, Target3D
from converseg.srv import SetInstruction
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import String

from converseg_core.answer import Status
from converseg_core.images import from_depth_m
from converseg_ros.transport.messages import image_message
from tests.core.geometry.made import CAMERA, table_with_box
from tests.ros.client import segmenter
from tests.ros.harness import START_S
from tests.stand_in.model import Settings, write_bundle

MADE = table_with_box((0.12, 0.07, 0.09))
TOPICS = ("target", "target_points", "scene_points")


def test_targets_of_answers_and_of_propagated_masks(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle", Settings(encode_s=1.5))
    # Reliable: the client is not set up for large pictures, and it is not the transport that is tested.
    values = {"model": bundle, "depth_wait_s": 5.0, "depth_buffer_size": 10}
    values["reliability"] = "reliable"
    with segmenter(tmp_path, module="tests.stand_in.segmenter_node", **values) as (process, client):
        depths = client.node.create_publisher(Image, "depth", 10)
        targets: list[Target3D] = client.listen(Target3D, "segmenter/target")
        near: list[PointCloud2] = client.listen(PointCloud2, "segmenter/target_points")
        far: list[PointCloud2] = client.listen(PointCloud2, "segmenter/scene_points")
        client.wait_for(
            lambda: (
                depths.get_subscription_count()
                and all(client.node.count_publishers(f"segmenter/{topic}") for topic in TOPICS)
            ),
            START_S,
        )
        client.wait_for_segmenter()
        rgb = np.full((*MADE.mask.shape, 3), 100, np.uint8)
        rgb[MADE.mask] = (220, 20, 20)

        def show() -> None:
            header = client.header()
            client.infos.publish(
                CameraInfo(
                    header=header, width=CAMERA.width, height=CAMERA.height, k=CAMERA.matrix.ravel().tolist()
                )
            )
            depths.publish(image_message(from_depth_m(MADE.depth_m, "32FC1"), header))
            client.show(rgb, header)

        def of(request_id: str, *, propagated: bool = False) -> list[Target3D]:
            return [
                each for each in targets if (each.request_id, each.propagated) == (request_id, propagated)
            ]

        def ask() -> tuple[Segmentation, Target3D]:
            num_before = len(client.answers)
            client.instructions.publish(String(data="the red box"))
            client.wait_for(
                lambda: len(client.answers) > num_before and of(client.answers[num_before].request_id), 60.0
            )
            (target,) = of(client.answers[num_before].request_id)
            return client.answers[num_before], target

        timer = client.node.create_timer(0.1, show)
        client.wait_for(lambda: ask()[1].status == Target3D.STATUS_OK, 60.0, "for depth")
        # More depth pictures come while the model thinks than the buffer holds: the answer's own is kept.
        answer, target = ask()
        assert answer.status == Status.OK
        assert target.status == Target3D.STATUS_OK, target.status_text
        assert (target.header, target.prompt) == (answer.header, "the red box")
        assert target.depth_offset_s == 0.0
        size = [target.box_size.x, target.box_size.y, target.box_size.z]
        np.testing.assert_allclose(size, [0.12, 0.07, 0.09], atol=0.003)
        centre = target.box_center.position
        expected = MADE.in_camera(np.array([0, 0, 0.045]))
        np.testing.assert_allclose([centre.x, centre.y, centre.z], expected, atol=0.003)

        def is_its_own(cloud: PointCloud2) -> bool:
            return bool(cloud.header == answer.header)

        client.wait_for(lambda: any(map(is_its_own, near)) and any(map(is_its_own, far)))
        assert next(filter(is_its_own, near)).width == target.num_points
        assert 0.9 * (~MADE.mask).sum() < next(filter(is_its_own, far)).width <= (~MADE.mask).sum()

        # From here on a slow camera, with which a busy machine keeps up.
        timer.cancel()
        timer = client.node.create_timer(0.3, show)

        # Nothing in view: said so, without a place.
        client.instructions.publish(String(data="the blue box"))
        client.wait_for(lambda: any(each.prompt == "the blue box" for each in targets), 60.0)
        empty = next(each for each in targets if each.prompt == "the blue box")
        assert empty.status == Target3D.STATUS_EMPTY_MASK

        # A standing instruction: places at camera rate too.
        reply = client.call(SetInstruction, "segmenter/set_instruction", instruction="the red box")
        request_id = reply.request_id

        def followed() -> list[Target3D]:
            # On a machine that is behind, the depth of a frame may be gone when its mask is there: that is
            # said, and no place is made up.
            found = of(request_id, propagated=True)
            assert {each.status for each in found} <= {Target3D.STATUS_OK, Target3D.STATUS_NO_DEPTH}
            return [each for each in found if each.status == Target3D.STATUS_OK]

        client.wait_for(lambda: of(request_id) and len(followed()) >= 3, 60.0)
        timer.cancel()
        for each in followed():
            centre = each.box_center.position
            np.testing.assert_allclose([centre.x, centre.y, centre.z], expected, atol=0.01)
        assert process.stop()[0] == 0
        assert "Traceback" not in process.log


def test_contradicting_parameters_keep_it_inactive_and_are_named(tmp_path: Path) -> None:
    with segmenter(tmp_path, min_depth_m=3.0, max_depth_m=1.0) as (process, client):
        client.wait_for_segmenter(is_active=False)
        process.wait_for_log("parameters: ")
        answer = client.ask("the red mug")
        assert answer.status == Status.ERROR
        assert "max_depth_m" in answer.status_text
        assert client.images.get_subscription_count() == 0
        assert process.stop()[0] == 0
