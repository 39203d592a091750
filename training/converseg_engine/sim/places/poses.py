"""How one thing is held before it is let go: upright, on its side, leaning, upright in a vessel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects.model import ObjectModel, Quat

DROP_M = 0.0015
"""Things are let go this far above what they shall rest on."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A rotation and where the thing then reaches, its frame's origin at zero.

    Attributes:
        rotation: (3, 3).
        low, high: (3,) corners of the turned thing's bounding box, metres.
    """

    model: ObjectModel
    rotation: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def at(self, x: float, y: float, floor_z: float, support: int) -> Placement:
        """The thing with its frame over (x, y), its lowest point just above a height."""
        z = floor_z - float(self.low[2]) + DROP_M
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, self.rotation.ravel())
        yaw = math.atan2(self.rotation[1, 0], self.rotation[0, 0])
        whole: Quat = (float(quat[0]), float(quat[1]), float(quat[2]), float(quat[3]))
        return Placement(self.model, x, y, z, yaw, support, whole)


def turned(model: ObjectModel, rotation: NDArray[np.float64]) -> Pose:
    """The pose with a given rotation."""
    vertices = model.vertices() @ rotation.T
    return Pose(model, rotation, vertices.min(axis=0), vertices.max(axis=0))


def about_z(yaw: float) -> NDArray[np.float64]:
    """(3, 3) turn about the vertical."""
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def upright(model: ObjectModel, yaw: float) -> Pose:
    """As it was built, turned about the vertical."""
    return turned(model, about_z(yaw))


def on_side(model: ObjectModel, yaw: float, roll: float) -> Pose:
    """Knocked over: its own z axis lies level, then any turn about that axis."""
    tip = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    return turned(model, about_z(yaw) @ tip @ about_z(roll))


def extents(model: ObjectModel) -> NDArray[np.float64]:
    """(3,) edge lengths of the bounding box in its own frame."""
    x0, y0, x1, y1 = model.footprint_xyxy
    return np.array([x1 - x0, y1 - y0, model.height])


def centre_of_mass(model: ObjectModel) -> NDArray[np.float64]:
    """(3,) centre of mass in its own frame, from the shapes that collide."""
    masses = np.array([shape.mass_kg for shape in model.shapes])
    return np.average(np.array([shape.pos for shape in model.shapes]), axis=0, weights=masses)


def shape_points(model: ObjectModel) -> NDArray[np.float64]:
    """(N, 3) outer points of the shapes that collide, in its own frame; balls by their poles."""
    points = []
    for shape in model.shapes:
        half = {
            "sphere": lambda s: (s[0], s[0], s[0]),
            "cylinder": lambda s: (s[0], s[0], s[1]),
            "capsule": lambda s: (s[0], s[0], s[0] + s[1]),
        }.get(shape.kind, lambda s: (s[0], s[1], s[2]))(shape.size)
        if shape.kind == "box":
            corners = _CORNERS * half
        elif shape.kind == "cylinder":
            corners = _CAN * half
        else:
            corners = _POLES * half
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, np.array(shape.quat))
        points.append(corners @ turn.reshape(3, 3).T + np.array(shape.pos))
    return np.concatenate(points)


_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_RING = 2 * math.pi * np.arange(16) / 16
_CAN = np.array([[math.cos(a), math.sin(a), z] for a in _RING for z in (-1, 1)])
_POLES = np.concatenate([np.eye(3), -np.eye(3)])


def touches_where_seen(pose: Pose, *, within_m: float = 0.004) -> bool:
    """Whether what collides reaches as far down as what is seen, so that it will not sink in."""
    low = float((shape_points(pose.model) @ pose.rotation.T)[:, 2].min())
    return low - float(pose.low[2]) < within_m


def is_flat(model: ObjectModel) -> bool:
    """Whether it is a slab that could lean on something: a book, a plate, a tray, a board."""
    x, y, z = extents(model)
    return bool(z < 0.32 * min(x, y) and z < 0.06 and max(x, y) > 0.10 and min(x, y) > 0.35 * max(x, y))


def is_stick(model: ObjectModel) -> bool:
    """Whether it is long and thin, such as a spoon, and lies along x."""
    x, y, z = extents(model)
    return bool(x > 2.6 * max(y, z) and x > 0.11)


def rolls_freely(model: ObjectModel) -> bool:
    """Whether it is one ball."""
    return len(model.shapes) == 1 and model.shapes[0].kind == "sphere"


def leaning(model: ObjectModel, outward: NDArray[np.float64], lean_rad: float, *, long_up: bool) -> Pose:
    """A slab on its edge with its upper edge tilted against something.

    Args:
        outward: (2,) unit vector, level, from what it leans on towards the thing.
        lean_rad: angle to the vertical.
        long_up: whether its long side stands up.
    """
    x, y, _ = extents(model)
    n, up = np.array([outward[0], outward[1], 0.0]), np.array([0.0, 0.0, 1.0])
    rising = math.cos(lean_rad) * up - math.sin(lean_rad) * n
    facing = math.sin(lean_rad) * up + math.cos(lean_rad) * n
    aside = np.cross(rising, facing)
    # Columns: where the thing's own x, y and z axes (z is the thin one) point to.
    x_rises = (x >= y) == long_up
    columns = [rising, -aside, facing] if x_rises else [aside, rising, facing]
    return turned(model, np.stack(columns, axis=1))


def standing_stick(model: ObjectModel, yaw: float, lean_rad: float, *, x_up: bool) -> Pose:
    """A stick on one of its ends, a little tilted, as spoons stand in a jar."""
    s = 1.0 if x_up else -1.0
    c, t = math.cos(lean_rad), math.sin(lean_rad)
    rotation = np.stack(
        [np.array([s * t, 0.0, s * c]), np.array([0.0, 1.0, 0.0]), np.array([-s * c, 0.0, s * t])], axis=1
    )
    return turned(model, about_z(yaw) @ rotation)


def outline(pose: Pose, at: tuple[float, float]) -> NDArray[np.float64]:
    """(4, 2) corners of the rectangle that holds a posed thing seen from above, along its own level axes."""
    vertices = (pose.model.vertices() @ pose.rotation.T)[:, :2]
    heading = math.atan2(pose.rotation[1, 0], pose.rotation[0, 0])
    if np.hypot(pose.rotation[0, 0], pose.rotation[1, 0]) < 0.7:
        heading = math.atan2(pose.rotation[1, 1], pose.rotation[0, 1])
    c, s = math.cos(heading), math.sin(heading)
    turn = np.array([[c, s], [-s, c]])
    local = vertices @ turn.T
    (x0, y0), (x1, y1) = local.min(axis=0), local.max(axis=0)
    corners: NDArray[np.float64] = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ turn + np.array(at)
    return corners
