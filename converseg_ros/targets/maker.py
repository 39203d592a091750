"""From one mask and its depth to a target and its clouds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import PointCloud2

from converseg_core.geometry import (
    CalibrationError,
    CameraModel,
    Target3D,
    TargetLocator,
    TargetSettings,
    TargetStatus,
    camera_model,
    no_target,
    raw_depth_m,
)
from converseg_core.geometry.synchroniser import Matched, Unmatched
from converseg_core.images import ImageError
from converseg_ros.segmenter import parameters
from converseg_ros.targets.messages import TargetJob, cloud_message
from converseg_ros.targets.parameters import target_settings


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """What became of a mask.

    Attributes:
        target: always there; its status says why, where nothing was found.
        depth_offset_s: stamp of the depth picture minus that of the frame, seconds.
        target_points: makes the cloud of the target; None where there is none.
        scene_points: makes the cloud of everything else; likewise.
    """

    target: Target3D
    depth_offset_s: float = 0.0
    target_points: Callable[[], PointCloud2] | None = None
    scene_points: Callable[[], PointCloud2] | None = None


class TargetMaker:
    """Holds what is worth keeping between masks: the camera's table of directions. Of one thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._locator: TargetLocator | None = None

    def make(self, job: TargetJob, result: Matched | Unmatched) -> Made:
        """The target of a mask.

        Args:
            job: the mask.
            result: its frame's depth and calibration, or why there is none.
        """
        if isinstance(result, Unmatched):
            return Made(target=no_target(*_why_unmatched(result)))
        try:
            camera = camera_model(
                result.companions["camera_info"],
                is_rectified=parameters.value(self._node, "image_is_rectified"),
            )
        except CalibrationError as error:
            return Made(target=no_target(TargetStatus.NO_CALIBRATION, f"camera_info: {error}"))
        try:
            depth_m = raw_depth_m(result.companions["depth"])
        except ImageError as error:
            return Made(target=no_target(TargetStatus.BAD_DEPTH, f"depth: {error}"))
        locator = self._locator_for(camera, target_settings(self._node))
        target = locator.locate(job.mask, depth_m)
        offset_s = result.offsets_s["depth"]
        if target.status in (TargetStatus.SIZE_MISMATCH, TargetStatus.EMPTY_MASK):
            return Made(target=target, depth_offset_s=offset_s)
        colour = job.rgb if parameters.value(self._node, "colored_points") else None
        if colour is not None and colour.shape[:2] != depth_m.shape:
            colour = None

        def cloud(pixels: Any) -> PointCloud2:
            seen = pixels & locator.has_ray
            points = locator.points(depth_m, seen)
            return cloud_message(job.header, points, None if colour is None else colour[seen])

        pixels = target.pixels
        return Made(
            target=target,
            depth_offset_s=offset_s,
            target_points=None if pixels is None else lambda: cloud(pixels),
            scene_points=lambda: cloud(locator.scene(job.mask, depth_m, target)),
        )

    def _locator_for(self, camera: CameraModel, settings: TargetSettings) -> TargetLocator:
        """A locator, made anew only where calibration or settings changed: it holds a table of directions."""
        if self._locator is None or self._locator.camera != camera:
            self._locator = TargetLocator(camera, settings)
        self._locator.settings = settings
        return self._locator


def _why_unmatched(result: Unmatched) -> tuple[TargetStatus, str]:
    missing = result.stream or "depth"
    status = TargetStatus.NO_CALIBRATION if missing == "camera_info" else TargetStatus.NO_DEPTH
    if result.reason == "nothing received":
        return status, f"no message has come on the topic '{missing}'; remap it, and compare its QoS"
    if result.reason == "none near" and result.nearest_s is not None:
        return status, (
            f"the nearest depth picture is {result.nearest_s:+.3f} s from the frame; raise "
            "depth_tolerance_s, depth_wait_s or depth_buffer_size, or align the clocks of the two"
        )
    return status, f"{missing}: {result.reason}"
