"""Collision shapes in everyday measures; the assembly gives them their masses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from converseg_engine.sim.objects.model import UPRIGHT, CollisionShape, Quat, ring_of_boxes

Point = tuple[float, float, float]


def slab(size_xyz: Point, centre: Point, quat: Quat = UPRIGHT) -> CollisionShape:
    """A box by its full sizes."""
    x, y, z = size_xyz
    return CollisionShape("box", (x / 2, y / 2, z / 2), centre, quat)


def drum(
    radius: float, height: float, *, bottom_z: float = 0.0, at: tuple[float, float] = (0, 0)
) -> CollisionShape:
    """An upright cylinder standing on ``bottom_z``."""
    return CollisionShape("cylinder", (radius, height / 2), (at[0], at[1], bottom_z + height / 2))


def globe(radius: float, centre: Point) -> CollisionShape:
    """A ball."""
    return CollisionShape("sphere", (radius,), centre)


def _frame_to(direction: Point) -> Quat:
    """The rotation that turns the z axis to a direction."""
    d = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    if d[2] < -0.999999:
        return (0.0, 1.0, 0.0, 0.0)
    w = math.sqrt((1 + d[2]) / 2)
    return (w, float(-d[1]) / (2 * w), float(d[0]) / (2 * w), 0.0)


def bar(start: Point, end: Point, radius: float) -> CollisionShape:
    """A round bar between two points."""
    a, b = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    step, middle = b - a, (a + b) / 2
    return CollisionShape(
        "cylinder",
        (radius, float(np.linalg.norm(step)) / 2),
        (float(middle[0]), float(middle[1]), float(middle[2])),
        _frame_to((float(step[0]), float(step[1]), float(step[2]))),
    )


def box_walls(x: float, y: float, height: float, wall: float) -> tuple[CollisionShape, ...]:
    """Floor and four walls of an open box by its full outer sizes."""
    return (
        slab((x, y, wall), (0, 0, wall / 2)),
        slab((wall, y, height), (x / 2 - wall / 2, 0, height / 2)),
        slab((wall, y, height), (wall / 2 - x / 2, 0, height / 2)),
        slab((x, wall, height), (0, y / 2 - wall / 2, height / 2)),
        slab((x, wall, height), (0, wall / 2 - y / 2, height / 2)),
    )


def round_wall(
    low_radius: float, high_radius: float, low_z: float, high_z: float, *, wall: float = 0.004, num: int = 10
) -> tuple[CollisionShape, ...]:
    """The wall alone of a round hollow thing by its outer radii, from one height to another."""
    return ring_of_boxes(
        num=num,
        low_radius=low_radius - wall,
        high_radius=high_radius - wall,
        low_z=low_z,
        high_z=high_z,
        thickness=wall,
        mass_kg=1.0,
    )


def round_walls(
    foot: float, rim: float, height: float, wall: float, *, floor: float, num: int = 10
) -> tuple[CollisionShape, ...]:
    """Floor and wall of a round open vessel by its outer radii at the foot and at the rim."""
    return (drum(foot, floor), *round_wall(foot, rim, floor / 2, height, wall=max(wall, 0.004), num=num))


def shifted(shape: CollisionShape, x: float, y: float = 0.0, z: float = 0.0) -> CollisionShape:
    """The shape at another place."""
    return replace(shape, pos=(shape.pos[0] + x, shape.pos[1] + y, shape.pos[2] + z))
