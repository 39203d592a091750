"""Where a thing fits on top of another, or inside it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement, rectangle_gap
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.poses import (
    Pose,
    about_z,
    extents,
    is_stick,
    outline,
    rolls_freely,
    standing_stick,
    upright,
)

LID = "lid"
Spot = tuple[Pose, tuple[float, float], float]
"""A pose, where its frame's origin goes (x, y), and the height it stands at."""


def stands(host: Placement) -> bool:
    """Whether a placed thing is upright, so that its top or hollow looks up."""
    if host.quat is None:
        return True
    _, x, y, _ = host.quat
    return 1 - 2 * (x * x + y * y) > 0.985


def side_of(
    rng: np.random.Generator, corners: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point on a side of a (4, 2) rectangle, about its middle, and the side's outward normal."""
    k = int(rng.integers(4))
    a, b = corners[k], corners[(k + 1) % 4]
    along = (b - a) / np.linalg.norm(b - a)
    outward = np.array([along[1], -along[0]])
    if outward @ (corners.mean(axis=0) - a) > 0:
        outward = -outward
    point: NDArray[np.float64] = a + (b - a) * float(rng.uniform(0.35, 0.65))
    return point, outward


def base_half(model: ObjectModel) -> NDArray[np.float64]:
    """(2,) half sizes of what touches the support."""
    if model.base_radius > 0:
        return np.array([model.base_radius, model.base_radius])
    if rolls_freely(model):
        return np.array([0.01, 0.01])
    return extents(model)[:2] / 2


def find_spot(
    rng: np.random.Generator, model: ObjectModel, host: Placement, taken: list[NDArray[np.float64]]
) -> Spot | None:
    """A free spot on or in a standing host; None where the thing does not fit.

    Args:
        taken: (4, 2) outlines of what is there already.
    """
    target = host.model
    if model.category == LID:
        return _as_lid(rng, model, host, taken)
    if target.cavity is not None:
        cavity = target.cavity
        return _inside(
            rng, model, host, taken, cavity.floor_radius, cavity.floor_radius, cavity.floor_z, cavity.rim_z
        )
    if target.bay is not None:
        bay = target.bay
        return _inside(rng, model, host, taken, bay.half_x, bay.half_y, bay.floor_z, bay.rim_z)
    if target.shelf is None or rolls_freely(model) or model.mass_kg > 2.2 * target.mass_kg + 0.1:
        return None
    shelf = target.shelf
    free = np.array([shelf.half_x, shelf.half_y])
    square = not target.base_radius and not model.base_radius
    yaw = float(rng.normal(0, 0.12)) + (math.pi / 2) * int(rng.integers(4))
    pose = upright(model, host.yaw + (yaw if square else float(rng.uniform(-math.pi, math.pi))))
    half = base_half(model)
    if square and abs(math.sin(yaw)) > 0.7:
        half = half[::-1]
    # A base may reach a little over the rim of what carries it, never so far that it could tip.
    if (half > 1.35 * free).any():
        return None
    room = np.maximum(free - half, 0.0)
    return _free_spot(rng, pose, host, taken, room, shelf.z)


def _as_lid(
    rng: np.random.Generator, model: ObjectModel, host: Placement, taken: list[NDArray[np.float64]]
) -> Spot | None:
    """On the rim of a vessel that it closes; what is inside must not reach above the rim."""
    cavity = host.model.cavity
    radius = float(extents(model)[:2].min()) / 2
    if cavity is None or taken or not 0.97 * cavity.rim_radius < radius < 1.5 * cavity.rim_radius:
        return None
    pose = upright(model, float(rng.uniform(-math.pi, math.pi)))
    return pose, (host.x, host.y), host.z + cavity.rim_z + 0.001


def _inside(
    rng: np.random.Generator,
    model: ObjectModel,
    host: Placement,
    taken: list[NDArray[np.float64]],
    half_x: float,
    half_y: float,
    floor_z: float,
    rim_z: float,
) -> Spot | None:
    size = extents(model)
    free = np.array([half_x, half_y])
    deep = rim_z - floor_z
    if model.mass_kg > 3 * host.model.mass_kg or len(taken) >= 4:
        return None
    if is_stick(model) and size[0] > 2 * free.min() and deep > 0.05 and size[1] < 1.5 * free.min():
        lean = min(0.4, math.atan2(float(free.min()), max(deep, 0.06)))
        yaw = float(rng.uniform(-math.pi, math.pi))
        pose = standing_stick(model, yaw, lean * float(rng.uniform(0.4, 0.8)), x_up=bool(rng.random() < 0.5))
        if deep < 0.38 * float(pose.high[2] - pose.low[2]):
            return None
        middle = (pose.low + pose.high)[:2] / 2
        return pose, (host.x - float(middle[0]), host.y - float(middle[1])), host.z + floor_z + 0.002
    if size[2] > deep + 0.16 or size[2] > 3 * deep + 0.05:
        return None
    pose = upright(model, host.yaw + (math.pi / 2) * int(rng.integers(4)) + float(rng.normal(0, 0.1)))
    turned = np.abs(about_z(-host.yaw) @ pose.rotation)[:2, :2] @ (size[:2] / 2)
    room = free - turned - 0.002
    if (room < 0).any():
        return None
    return _free_spot(rng, pose, host, taken, room, floor_z + 0.001)


def _free_spot(
    rng: np.random.Generator,
    pose: Pose,
    host: Placement,
    taken: list[NDArray[np.float64]],
    room: NDArray[np.float64],
    floor_z: float,
) -> Spot | None:
    middle = (pose.low + pose.high)[:2] / 2 if pose.model.base_radius == 0 else np.zeros(2)
    for _ in range(6):
        offset = about_z(host.yaw)[:2, :2] @ (rng.uniform(-1, 1, size=2) * room)
        at = (host.x + float(offset[0] - middle[0]), host.y + float(offset[1] - middle[1]))
        shape = outline(pose, at)
        if all(rectangle_gap(shape, other) > 0.003 for other in taken):
            return pose, at, host.z + floor_z
    return None
