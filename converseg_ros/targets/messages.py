"""Targets in metres -> ROS messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from converseg.msg import Target3D as TargetMessage
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField

from converseg_core.answer import MaskHW
from converseg_core.geometry import Target3D
from converseg_core.geometry.boxes import BoxMethod
from converseg_core.geometry.point_cloud import FLOAT32, cloud_fields
from converseg_ros.transport.messages import byte_array

BOX_METHODS = {
    BoxMethod.SUPPORT: TargetMessage.BOX_ON_SUPPORT,
    BoxMethod.PRINCIPAL_AXES: TargetMessage.BOX_PRINCIPAL_AXES,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetJob:
    """A mask that is to become a target.

    Attributes:
        mask: (H, W) bool.
        header: ``std_msgs/Header`` of the frame that the mask is of.
        request_id, prompt, propagated: as in its Segmentation.
        rgb: (H, W, 3) uint8 picture, for coloured points; None where it is not at hand.
    """

    mask: MaskHW
    header: Any
    request_id: str = ""
    prompt: str = ""
    propagated: bool = False
    rgb: NDArray[np.uint8] | None = None


def target_message(job: TargetJob, target: Target3D, *, depth_offset_s: float = 0.0) -> TargetMessage:
    """The whole result; places are zero where there are none, which the status says."""
    message = TargetMessage(
        header=job.header,
        request_id=job.request_id,
        prompt=job.prompt,
        status=int(target.status),
        status_text=target.reason,
        depth_offset_s=depth_offset_s,
        num_edge=target.num_edge,
        num_points=target.num_points,
        num_other_parts=target.num_other_parts,
        num_mask=int(np.count_nonzero(job.mask)),
        propagated=job.propagated,
    )
    if target.counts is not None:
        message.num_zero = target.counts.num_zero
        message.num_nan = target.counts.num_nan
        message.num_out_of_range = target.counts.num_out_of_range
    if target.centroid_m is not None:
        message.centroid = Point(**_xyz(target.centroid_m))
    if target.box is not None:
        x, y, z, w = target.box.quaternion_xyzw()
        message.box_center = Pose(
            position=Point(**_xyz(target.box.centre_m)), orientation=Quaternion(x=x, y=y, z=z, w=w)
        )
        message.box_size = Vector3(**_xyz(target.box.size_m))
        message.box_method = BOX_METHODS[target.box.method]
        message.box_completed = target.box.is_completed
        message.box_reaches_support = target.box.reaches_support
    if target.support is not None:
        message.has_support = True
        message.support_normal = Vector3(**_xyz(target.support.normal))
        message.support_offset = target.support.offset_m
    if target.approach is not None:
        message.approach = Vector3(**_xyz(target.approach.direction))
        message.approach_name = target.approach.name
        message.approach_clear = target.approach.is_clear
        message.approach_opening = target.approach.opening_m
    return message


def cloud_message(
    header: Any, points: NDArray[np.float32], rgb: NDArray[np.uint8] | None = None
) -> PointCloud2:
    """(N, 3) points as an unordered cloud without invalid points; (N, 3) uint8 colours or None."""
    cloud = cloud_fields(points, rgb)
    return PointCloud2(
        header=header,
        height=1,
        width=cloud.num_points,
        fields=[PointField(name=name, offset=at, datatype=FLOAT32, count=1) for name, at in cloud.fields],
        is_bigendian=cloud.is_bigendian,
        point_step=cloud.point_step,
        row_step=cloud.point_step * cloud.num_points,
        data=byte_array(cloud.data),
        is_dense=True,
    )


def _xyz(vector: NDArray[np.float64]) -> dict[str, float]:
    return {"x": float(vector[0]), "y": float(vector[1]), "z": float(vector[2])}
