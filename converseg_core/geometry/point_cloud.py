"""Points as the bytes of a ``sensor_msgs/PointCloud2``: x, y, z, and rgb where there is a picture."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT32 = 7
"""``sensor_msgs/PointField.FLOAT32``."""


@dataclass(frozen=True, kw_only=True)
class CloudFields:
    """Field values for a ``sensor_msgs/PointCloud2`` of unordered, finite points.

    Attributes:
        fields: (name, offset in bytes) of each float32 field.
        point_step: bytes of a point.
        num_points: points.
        data: num_points * point_step bytes; shares memory with the points where they have no colour.
    """

    fields: tuple[tuple[str, int], ...]
    point_step: int
    num_points: int
    data: memoryview
    is_bigendian: bool = sys.byteorder == "big"


def cloud_fields(points: NDArray[np.float32], rgb: NDArray[np.uint8] | None = None) -> CloudFields:
    """Points to the bytes of a cloud; not copied where there is no colour.

    Args:
        points: (N, 3) float32 metres.
        rgb: (N, 3) uint8, their colours; packed into the float32 field ``rgb`` as PCL and RViz read it.

    Raises:
        ValueError: wrong shapes or types.
    """
    if points.ndim != 2 or points.shape[1] != 3 or points.dtype != np.float32:
        raise ValueError(f"points: must be (N, 3) float32, not {points.dtype}{points.shape}")
    xyz = (("x", 0), ("y", 4), ("z", 8))
    if rgb is None:
        return CloudFields(fields=xyz, point_step=12, num_points=len(points), data=_bytes_of(points))
    if rgb.shape != points.shape or rgb.dtype != np.uint8:
        raise ValueError(f"rgb: must be {points.shape} uint8, not {rgb.dtype}{rgb.shape}")
    packed = np.empty((len(points), 4), np.float32)
    packed[:, :3] = points
    colour: NDArray[Any] = packed[:, 3].view(np.uint32)
    colour[:] = rgb[:, 0].astype(np.uint32) << 16
    colour |= rgb[:, 1].astype(np.uint32) << 8
    colour |= rgb[:, 2]
    return CloudFields(
        fields=(*xyz, ("rgb", 12)), point_step=16, num_points=len(points), data=_bytes_of(packed)
    )


def _bytes_of(array: NDArray[np.float32]) -> memoryview:
    """The array's own memory as bytes; an empty array has none that could be viewed."""
    flat: Any = np.ascontiguousarray(array).reshape(-1)
    return memoryview(flat).cast("B") if array.size else memoryview(b"")
