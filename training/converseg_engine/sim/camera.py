"""Pinhole cameras in the optical convention: x right, y down, z forward."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Camera:
    """An ideal pinhole camera with square pixels.

    Attributes:
        position: (3,) world metres.
        rotation: (3, 3); its columns are the optical axes (right, down, forward) in the world.
        fov_y_deg: vertical field of view.
        width, height: image size, pixels.
    """

    position: Vector
    rotation: Vector
    fov_y_deg: float
    width: int
    height: int

    @property
    def intrinsics(self) -> Vector:
        """(3, 3) matrix K; pixel centres lie at whole numbers, as in ROS."""
        focal = self.height / 2 / math.tan(math.radians(self.fov_y_deg) / 2)
        return np.array([[focal, 0, (self.width - 1) / 2], [0, focal, (self.height - 1) / 2], [0, 0, 1.0]])

    def project(self, points: Vector) -> tuple[Vector, Vector]:
        """World points (N, 3) to pixels (N, 2) and depths along the optical axis (N,), metres."""
        local = (points - self.position) @ self.rotation
        depth = np.maximum(local[:, 2], 1e-6)
        pixels = local @ self.intrinsics.T / depth[:, None]
        return pixels[:, :2], local[:, 2]


def look_at(
    eye: Vector, target: Vector, *, fov_y_deg: float, width: int, height: int, roll_deg: float = 0.0
) -> Camera:
    """A camera at ``eye`` with ``target`` in the middle of its picture."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, np.array([0.0, 0.0, 1.0]))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    rotation = np.stack([c * right + s * down, c * down - s * right, forward], axis=1)
    return Camera(np.asarray(eye, dtype=np.float64), rotation, fov_y_deg, width, height)


def orbit(target: Vector, *, azimuth_deg: float, elevation_deg: float, distance_m: float) -> Vector:
    """The point at a bearing and a height angle from ``target``."""
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    offset = np.array([math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)])
    return target + distance_m * offset


def _framed(points: Vector, camera: Camera) -> tuple[Vector, Vector]:
    """Low and high corner of the points' outline over the picture's size."""
    pixels, depth = camera.project(points)
    unit = pixels / np.array([camera.width, camera.height])
    if (depth < 0.1).any():
        return np.array([-1.0, -1.0]), np.array([2.0, 2.0])
    return unit.min(axis=0), unit.max(axis=0)


def fit_target_and_distance(
    points: Vector,
    *,
    azimuth_deg: float,
    elevation_deg: float,
    fov_y_deg: float,
    width: int,
    height: int,
    margin: float = 0.03,
) -> tuple[Vector, float]:
    """Where to look, and the smallest distance (m), so that all points fill the picture less a margin."""
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    distance = 1.0

    def camera_from(far: float) -> Camera:
        eye = orbit(target, azimuth_deg=azimuth_deg, elevation_deg=elevation_deg, distance_m=far)
        return look_at(eye, target, fov_y_deg=fov_y_deg, width=width, height=height)

    for _ in range(3):
        near, far = 0.25, 4.0
        for _ in range(14):
            distance = (near + far) / 2
            low, high = _framed(points, camera_from(distance))
            inside = bool((high - low < 1 - 2 * margin).all() and (low > -0.4).all() and (high < 1.4).all())
            near, far = (near, distance) if inside else (distance, far)
        distance = far
        camera = camera_from(distance)
        low, high = _framed(points, camera)
        off = ((low + high) / 2 - 0.5) * np.array([width, height]) * distance / camera.intrinsics[0, 0]
        target = target + camera.rotation[:, 0] * off[0] + camera.rotation[:, 1] * off[1]
    return target, distance


def draw_camera(rng: np.random.Generator, points: Vector, *, width: int, height: int) -> Camera:
    """A robot-like view of a table: from any side, 25 to 60 degrees above it, filled by ``points``."""
    azimuth, elevation = float(rng.uniform(0, 360)), float(rng.uniform(25, 60))
    fov = float(rng.uniform(36, 52))
    target, distance = fit_target_and_distance(
        points, azimuth_deg=azimuth, elevation_deg=elevation, fov_y_deg=fov, width=width, height=height
    )
    distance *= float(rng.uniform(1.0, 1.12))
    target[:2] += rng.normal(0, 0.010, size=2)
    eye = orbit(target, azimuth_deg=azimuth, elevation_deg=elevation, distance_m=distance)
    return look_at(eye, target, fov_y_deg=fov, width=width, height=height, roll_deg=float(rng.normal(0, 1.5)))
