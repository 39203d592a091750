"""Depth pictures of a table with one thing on it, from geometry alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry import CameraModel

CAMERA = CameraModel(fx=500.0, fy=500.0, cx=159.5, cy=119.5, width=320, height=240)


@dataclass(frozen=True, eq=False)
class Made:
    depth_m: NDArray[np.float32]
    mask: NDArray[np.bool_]
    to_camera: NDArray[np.float64]
    eye: NDArray[np.float64]

    def in_camera(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.to_camera @ (point - self.eye)


def table_with_box(
    size: tuple[float, float, float],
    *,
    turn_deg: float = 25.0,
    elevation_deg: float = 42.0,
    distance_m: float = 0.7,
    lift_m: float = 0.0,
    camera: CameraModel = CAMERA,
) -> Made:
    """A box (metres, z up) on the plane z = 0 seen from one side; exact by intersection of rays."""
    elevation = np.radians(elevation_deg)
    middle = np.array([0.0, 0.0, lift_m + size[2] / 2])
    eye = middle + distance_m * np.array([-np.cos(elevation), 0.0, np.sin(elevation)])
    forward = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    to_camera = np.stack([right, np.cross(forward, right), forward])
    rays = camera.rays().astype(np.float64)
    directions = np.dstack([rays, np.ones(camera.size_hw)]) @ to_camera
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])
    low = np.array([-size[0] / 2, -size[1] / 2, lift_m])
    high = np.array([size[0] / 2, size[1] / 2, lift_m + size[2]])
    start, along = turn @ eye, directions @ turn.T
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / along, (high - start) / along
        enter, leave = np.minimum(one, other).max(axis=2), np.maximum(one, other).min(axis=2)
        table = -eye[2] / directions[..., 2]
    hit = (enter < leave) & (enter > 0)
    table = np.where(table > 0, table, 0.0)
    mask = hit & ((enter < table) | (table == 0))
    return Made(np.where(mask, enter, table).astype(np.float32), mask, to_camera, eye)
