"""Extents and outlines of collision shapes, from their support points: exact for every primitive."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.subject import Vector

NUM_OUTLINE_POINTS = 32
"""Corners of a round outline; its polygon is inside the circle by half a percent of the radius."""

_BEARINGS = np.linspace(0, 2 * np.pi, NUM_OUTLINE_POINTS, endpoint=False)
_LEVEL = np.stack([np.cos(_BEARINGS), np.sin(_BEARINGS), np.zeros(NUM_OUTLINE_POINTS)], axis=1)
_AXES = np.concatenate([np.eye(3), -np.eye(3)])


def _local_support(kind: int, size: Vector, d: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """(K, 3) farthest points of a shape along (K, 3) directions in its own frame; None for a mesh."""
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_BOX:
        return np.where(d < 0, -1.0, 1.0) * size
    if kind == types.mjGEOM_SPHERE:
        return d * size[0]
    if kind == types.mjGEOM_ELLIPSOID:
        scaled = d * size
        return scaled * size / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-12)
    end = np.where(d[:, 2:] < 0, -1.0, 1.0) * size[1]
    if kind == types.mjGEOM_CAPSULE:
        return d * size[0] + np.concatenate([np.zeros((len(d), 2)), end], axis=1)
    if kind == types.mjGEOM_CYLINDER:
        across = np.linalg.norm(d[:, :2], axis=1, keepdims=True)
        rim = np.where(across > 1e-9, d[:, :2] / np.maximum(across, 1e-9), 0.0) * size[0]
        return np.concatenate([rim, end], axis=1)
    return None


def support_points(
    model: mujoco.MjModel, data: mujoco.MjData, geom: int, directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(K, 3) farthest points of a geom along (K, 3) unit directions, all in the world.

    Raises:
        ValueError: the geom is endless (a plane) or of a kind that cannot be measured.
    """
    rotation = data.geom_xmat[geom].reshape(3, 3)
    local_d = directions @ rotation
    kind = int(model.geom_type[geom])
    local = _local_support(kind, model.geom_size[geom], local_d)
    if local is None:
        if kind != mujoco.mjtGeom.mjGEOM_MESH:
            raise ValueError(f"geom: kind {kind} of geom {geom} has no extent; leave planes out")
        mesh = int(model.geom_dataid[geom])
        first = int(model.mesh_vertadr[mesh])
        vertices = model.mesh_vert[first : first + int(model.mesh_vertnum[mesh])].astype(np.float64)
        local = vertices[np.argmax(vertices @ local_d.T, axis=0)]
    points: NDArray[np.float64] = local @ rotation.T + data.geom_xpos[geom]
    return points


def bounds(
    model: mujoco.MjModel, data: mujoco.MjData, geoms: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest corner of the box round some geoms, world axes, metres."""
    points = np.stack([support_points(model, data, g, _AXES) for g in geoms])
    return points[:, 3:][:, range(3), range(3)].min(axis=0), points[:, range(3), range(3)].max(axis=0)


def spans(
    model: mujoco.MjModel, data: mujoco.MjData, geoms: Sequence[int], directions: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest coordinate of some geoms along each of (K, 3) unit directions, metres."""
    high = np.stack([(support_points(model, data, g, directions) * directions).sum(axis=1) for g in geoms])
    low = np.stack([(support_points(model, data, g, -directions) * directions).sum(axis=1) for g in geoms])
    return low.min(axis=0), high.max(axis=0)


def level_outline(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> NDArray[np.float64]:
    """(K, 2) corners, in order, of a geom's outline seen from above, world metres."""
    return support_points(model, data, geom, _LEVEL)[:, :2]


def gap_m(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    first: Sequence[int],
    second: Sequence[int],
    *,
    limit_m: float,
) -> float:
    """Least distance between two groups of geoms, metres; ``limit_m`` stands for that or more.

    Negative where they overlap.
    """
    low_a, high_a = bounds(model, data, first)
    low_b, high_b = bounds(model, data, second)
    apart = np.maximum(0.0, np.maximum(low_a - high_b, low_b - high_a))
    if float(np.linalg.norm(apart)) >= limit_m:
        return limit_m
    return min(mujoco.mj_geomDistance(model, data, a, b, limit_m, None) for a in first for b in second)
