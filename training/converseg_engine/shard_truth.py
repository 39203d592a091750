"""The scene's truth beside a picture: its camera, and every object with the masks of its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PartRow:
    """A visible part: its name and the counts of its COCO compressed mask."""

    name: str
    rle: bytes


@dataclass(frozen=True)
class ObjectRow:
    """A visible object or piece of furniture.

    Attributes:
        number: its number within the scene.
        category, color: its names.
        fixed: True for furniture.
        held_out: True for a category that training must never see.
        rle: counts of its mask; the union of its parts.
        parts: those that are visible.
    """

    number: int
    category: str
    color: str
    fixed: bool
    held_out: bool
    rle: bytes
    parts: tuple[PartRow, ...]


@dataclass(frozen=True)
class ShotCamera:
    """The pinhole camera of a picture, flat and in row order.

    Attributes:
        intrinsics: K, 9 numbers, pixels; pixel centres lie at whole numbers.
        position: 3 numbers, world metres.
        rotation: 9 numbers; columns are the optical axes (right, down, forward) in the world.
    """

    intrinsics: tuple[float, ...]
    position: tuple[float, ...]
    rotation: tuple[float, ...]

    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) intrinsic matrix K."""
        return np.array(self.intrinsics).reshape(3, 3)

    def pose(self) -> NDArray[np.float64]:
        """(4, 4) camera-to-world transform, optical convention."""
        pose = np.eye(4)
        pose[:3, :3] = np.array(self.rotation).reshape(3, 3)
        pose[:3, 3] = self.position
        return pose
