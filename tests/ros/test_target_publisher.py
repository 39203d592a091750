"""A small real node with a TargetPublisher, over real DDS: depth in, targets and clouds out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import rclpy
from converseg.msg import Target3D
from rclpy.context import Context
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from converseg_core.images import from_depth_m, from_rgb
from converseg_ros.process.spinning import spin_until
from converseg_ros.segmenter import parameters
from converseg_ros.targets.messages import TargetJob
from converseg_ros.targets.parameters import TARGET_SPECS
from converseg_ros.targets.publisher import TargetPublisher
from converseg_ros.transport.messages import image_message
from tests.core.geometry.made import CAMERA, Made, table_with_box
from tests.ros.client import Client
from tests.ros.domains import free_domain

MADE = table_with_box((0.12, 0.07, 0.09))


class Rig:
    """The node, and a client with depth, calibration and three listeners."""

    def __init__(self) -> None:
        domain = free_domain()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = Node("holder", context=self._context)
        parameters.declare(self.node, (*parameters.SPECS, *TARGET_SPECS))
        self.node.set_parameters([rclpy.Parameter("reliability", value="reliable")])
        self.faults: list[str] = []
        self.publisher = TargetPublisher(self.node, on_fault=self.faults.append)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=spin_until, args=(self.node, self._stop), daemon=True)
        self._thread.start()
        self.client = Client(domain)
        self.depth = self.client.node.create_publisher(Image, "depth", 10)
        self.targets: list[Target3D] = self.client.listen(Target3D, "holder/target")

    def start(self, **values: Any) -> None:
        changes = [rclpy.Parameter(name, value=value) for name, value in values.items()]
        assert all(result.successful for result in self.node.set_parameters(changes))
        self.publisher.activate()
        self.client.wait_for(lambda: self.depth.get_subscription_count() and self.publisher.is_wanted)
        self.client.wait_for(lambda: self.client.infos.get_subscription_count())
        self.client.wait_until_known("holder")

    def send(self, publisher: Any, message: Any, what: str) -> None:
        """Publish, and wait until the node has it: of two topics, what is sent first need not come first."""
        key = f"sync {what} received"
        num_before = int(self.publisher.values()[key])
        publisher.publish(message)
        self.client.wait_for(lambda: int(self.publisher.values()[key]) > num_before, what=f"for {what}")

    def calibrate(self, header: Any, **changes: Any) -> None:
        message = CameraInfo(
            header=header, width=CAMERA.width, height=CAMERA.height, k=CAMERA.matrix.ravel().tolist()
        )
        for name, value in changes.items():
            setattr(message, name, value)
        self.send(self.client.infos, message, "camera_info")

    def measure(self, header: Any, made: Made = MADE, encoding: str = "32FC1") -> None:
        self.send(self.depth, image_message(from_depth_m(made.depth_m, encoding), header), "depth")

    def next_target(self, job: TargetJob) -> Target3D:
        num_before = len(self.targets)
        self.publisher.offer(job)
        self.client.wait_for(lambda: len(self.targets) > num_before, what="for the target")
        return self.targets[num_before]

    def close(self) -> None:
        self.publisher.deactivate()
        self._stop.set()
        self._thread.join(5)
        self.client.close()
        self.node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def job(header: Any, **changes: Any) -> TargetJob:
    fields = {"mask": MADE.mask, "header": header, "request_id": "r-1", "prompt": "the box"}
    return TargetJob(**{**fields, **changes})


def cloud_array(cloud: PointCloud2) -> np.ndarray:
    return np.frombuffer(cloud.data, np.float32).reshape(cloud.width, cloud.point_step // 4)


def test_target_and_clouds_in_both_depth_encodings(rig: Rig) -> None:
    near = rig.client.listen(PointCloud2, "holder/target_points")
    far = rig.client.listen(PointCloud2, "holder/scene_points")
    rig.start(colored_points=True)
    rgb = np.zeros((*MADE.mask.shape, 3), np.uint8)
    rgb[..., 0] = 200
    for number, encoding in enumerate(("32FC1", "16UC1"), start=1):
        header = rig.client.header()
        rig.calibrate(header)
        rig.measure(header, encoding=encoding)
        target = rig.next_target(job(header, rgb=rgb))
        assert target.status == Target3D.STATUS_OK, target.status_text
        assert target.header == header
        assert (target.request_id, target.prompt) == ("r-1", "the box")
        size = [target.box_size.x, target.box_size.y, target.box_size.z]
        np.testing.assert_allclose(size, [0.12, 0.07, 0.09], atol=0.003)
        centre = target.box_center.position
        expected = MADE.in_camera(np.array([0, 0, 0.045]))
        np.testing.assert_allclose([centre.x, centre.y, centre.z], expected, atol=0.003)
        assert target.box_method == Target3D.BOX_ON_SUPPORT
        assert target.has_support
        assert target.num_mask == MADE.mask.sum() == target.num_points + target.num_edge
        rig.client.wait_for(lambda number=number: len(near) == number and len(far) == number)
    assert near[-1].header == target.header
    points = cloud_array(near[-1])
    assert [each.name for each in near[-1].fields] == ["x", "y", "z", "rgb"]
    assert len(points) == target.num_points
    mean = [target.centroid.x, target.centroid.y, target.centroid.z]
    np.testing.assert_allclose(points[:, :3].mean(axis=0), mean, atol=1e-3)
    assert (points[:, 3].copy().view(np.uint32) == 200 << 16).all()
    assert 0.9 * (~MADE.mask).sum() < far[-1].width <= (~MADE.mask).sum()
    assert rig.faults == []


def test_depth_that_comes_late_is_waited_for_and_depth_that_came_long_ago_is_kept(rig: Rig) -> None:
    rig.start(depth_wait_s=5.0, depth_buffer_size=3)
    header = rig.client.header()
    rig.publisher.offer(job(header))
    rig.calibrate(header)
    rig.measure(header)
    rig.client.wait_for(lambda: len(rig.targets) == 1)
    assert rig.targets[0].status == Target3D.STATUS_OK
    # The model takes long: more depth pictures come meanwhile than the buffer holds.
    slow = rig.client.header()
    rig.publisher.expect(slow)
    rig.measure(slow)
    rig.client.wait_for(lambda: rig.publisher.values().get("sync matched exactly") == "2")
    for _ in range(5):
        rig.measure(rig.client.header())
    rig.client.wait_for(lambda: rig.publisher.values()["sync depth received"] == "7")
    assert rig.next_target(job(slow)).status == Target3D.STATUS_OK


def test_what_is_missing_is_named(rig: Rig) -> None:
    rig.start(depth_wait_s=0.2)
    header = rig.client.header()
    target = rig.next_target(job(header))
    assert target.status == Target3D.STATUS_NO_DEPTH
    assert "topic 'depth'" in target.status_text
    assert "topic 'depth'" in rig.publisher.trouble()
    rig.measure(header)
    target = rig.next_target(job(rig.client.header()))
    assert target.status == Target3D.STATUS_NO_DEPTH
    assert "depth_tolerance_s" in target.status_text
    again = rig.client.header()
    rig.measure(again)
    target = rig.next_target(job(again))
    assert target.status == Target3D.STATUS_NO_CALIBRATION
    assert "camera_info" in target.status_text
    for changes, text in (({"k": [0.0] * 9}, "calibrate"), ({"width": 100}, "100x240")):
        other = rig.client.header()
        rig.calibrate(other, **changes)
        rig.measure(other)
        target = rig.next_target(job(other))
        assert target.status in (Target3D.STATUS_NO_CALIBRATION, Target3D.STATUS_SIZE_MISMATCH)
        assert text in target.status_text


def test_bad_depth_and_bad_masks_have_their_own_status(rig: Rig) -> None:
    rig.start()
    header = rig.client.header()
    rig.calibrate(header)
    rig.send(rig.depth, image_message(from_rgb(np.zeros((240, 320, 3), np.uint8)), header), "depth")
    target = rig.next_target(job(header))
    assert target.status == Target3D.STATUS_BAD_DEPTH
    assert "16UC1" in target.status_text
    good = rig.client.header()
    rig.measure(good)
    assert rig.next_target(job(good, mask=np.zeros_like(MADE.mask))).status == Target3D.STATUS_EMPTY_MASK
    assert rig.next_target(job(good, mask=MADE.mask[1:])).status == Target3D.STATUS_SIZE_MISMATCH
    few = np.zeros_like(MADE.mask)
    few[100:103, 100:103] = True
    target = rig.next_target(job(good, mask=few))
    assert target.status == Target3D.STATUS_TOO_FEW_POINTS
    assert rig.faults == []


def test_deactivation_answers_what_waits_and_nothing_is_lost(rig: Rig) -> None:
    rig.start(depth_wait_s=10.0)
    for number in range(3):
        rig.publisher.offer(job(rig.client.header(), request_id=str(number)))
    rig.publisher.deactivate()
    rig.client.wait_for(lambda: len(rig.targets) == 3)
    assert {target.request_id for target in rig.targets} == {"0", "1", "2"}
    assert all(target.status == Target3D.STATUS_NO_DEPTH for target in rig.targets)
    rig.client.wait_for(lambda: rig.depth.get_subscription_count() == 0)
    rig.publisher.offer(job(rig.client.header()))
    assert rig.publisher.values()["targets not wanted"] == "1"
    rig.start()
    header = rig.client.header()
    rig.calibrate(header)
    rig.measure(header)
    assert rig.next_target(job(header)).status == Target3D.STATUS_OK


def test_of_propagated_masks_the_newest_wins(rig: Rig) -> None:
    rig.start(depth_wait_s=1.0)
    header = rig.client.header()
    rig.calibrate(header)
    rig.measure(header)
    for number in range(60):
        rig.publisher.offer(job(header, request_id=str(number), propagated=True))
    rig.client.wait_for(lambda: any(target.request_id == "59" for target in rig.targets))
    values = rig.publisher.values()
    assert int(values["targets OK"]) + int(values["targets replaced by a newer"]) == 60
    assert all(target.propagated for target in rig.targets)


def test_contradicting_parameters_are_refused_at_activation(rig: Rig) -> None:
    changes = [rclpy.Parameter("min_depth_m", value=3.0), rclpy.Parameter("max_depth_m", value=1.0)]
    rig.node.set_parameters(changes)
    with pytest.raises(ValueError, match="max_depth_m"):
        rig.publisher.activate()


def test_depth_is_read_only_while_somebody_listens_to_targets(rig: Rig) -> None:
    node, subscriptions = rig.client.node, {each.topic_name: each for each in rig.client.node.subscriptions}
    node.destroy_subscription(subscriptions["/holder/target"])
    rig.client.wait_for(lambda: not rig.publisher.is_wanted)
    rig.publisher.activate()
    header = rig.client.header()
    for _ in range(5):
        rig.depth.publish(image_message(from_depth_m(MADE.depth_m, "32FC1"), header))
    assert rig.depth.get_subscription_count() == 0
    assert {row["subscribed"] for _, row in rig.publisher.inputs.values()} == {"no: nobody needs it now"}
    rig.publisher.offer(job(header))
    assert rig.publisher.values()["targets not wanted"] == "1"
    for kind, topic in ((PointCloud2, "scene_points"), (PointCloud2, "target_points"), (Target3D, "target")):
        listener = node.create_subscription(kind, f"holder/{topic}", rig.targets.append, 10)
        rig.client.wait_for(lambda: rig.depth.get_subscription_count() == 1, what=f"for depth: {topic}")
        assert {row["subscribed"] for _, row in rig.publisher.inputs.values()} == {"yes"}
        node.destroy_subscription(listener)
        rig.client.wait_for(lambda: rig.depth.get_subscription_count() == 0, what=f"to end: {topic}")
    rig.targets.clear()
    rig.publisher.deactivate()
    node.create_subscription(Target3D, "holder/target", rig.targets.append, 10)
    rig.start()
    header = rig.client.header()
    rig.calibrate(header)
    rig.measure(header)
    assert rig.next_target(job(header)).status == Target3D.STATUS_OK
