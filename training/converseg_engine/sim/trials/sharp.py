"""Whether a sharp part sticks out where somebody could run into it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.edges import STEP_DOWN_M
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.rollout import level
from converseg_engine.sim.trials.shapes import support_points
from converseg_engine.sim.trials.subject import TrialWorld, Vector
from converseg_engine.sim.trials.traits import Traits

STICKS_OUT = Band(no_below=0.005, yes_from=0.02)
"""How far the sharp part reaches over the edge, metres: 2 cm catch a sleeve, 5 mm nobody sees."""
POINTS_AT = Band(no_below=math.cos(math.radians(45.0)), yes_from=math.cos(math.radians(25.0)))
"""Cosine between the sharp end's direction and the way to the person."""
PERSON_REACH_M = 1.2
"""A sharp end farther away than this from the person's body does not threaten."""
SLENDER_M = 0.02
"""A sharp part nearer than this to the thing's middle has no direction."""


def sharp_edge_out(
    world: TrialWorld, index: int, traits: Sequence[Traits], person_position: Vector | None = None
) -> Finding:
    """Whether a sharp part sticks out over a free edge, or points at a person who stands near.

    Value: how far it reaches over the edge, metres; where it only points, its distance from the person.

    Args:
        world: the scene.
        index: the object.
        traits: one for each object.
        person_position: where a person stands or will come to, world metres; the camera's place is a
            fair guess for a robot among people.

    Raises:
        ValueError: the object is furniture, or the traits do not fit the scene.
    """
    ready = prepared(world)
    if len(traits) != ready.num_objects:
        raise ValueError(f"traits: {len(traits)} for {ready.num_objects} objects; give one each")
    parts = traits[ready.movable(index)].sharp_parts
    points = _points(world, index, parts)
    if not len(points):
        return Finding(False, 0.0, "m", f"object {index} has no sharp part")
    bench = ready.bench({index})
    out = _overhang(bench, bench.body(index), points)
    evidence = f"the sharp part of object {index} reaches {out * 100:.1f} cm over the edge"
    over = STICKS_OUT.above(out)
    if over or person_position is None:
        return Finding(over, out, "m", evidence)
    middle = world.data.xipos[world.model.body(f"object{index}").id]
    tip = points[int(np.argmax(np.linalg.norm(points - middle, axis=1)))]
    aim, way = level(tip - middle), level(np.asarray(person_position) - middle)
    away = float(np.linalg.norm((np.asarray(person_position) - tip)[:2]))
    if aim is None or way is None or away > PERSON_REACH_M or np.linalg.norm((tip - middle)[:2]) < SLENDER_M:
        return Finding(over, out, "m", evidence)
    cosine = float(aim @ way)
    points_at = POINTS_AT.above(cosine)
    if points_at is False:
        return Finding(over, out, "m", f"{evidence} and points away from the person")
    angle = math.degrees(math.acos(min(1.0, cosine)))
    evidence = (
        f"the sharp part of object {index} points at the person, {angle:.0f} degrees off, {away:.2f} m away"
    )
    return Finding(True if points_at else None, away, "m", evidence)


def _points(world: TrialWorld, index: int, parts: frozenset[int]) -> NDArray[np.float64]:
    """(N, 3) vertices of the visible geoms of some parts, world metres."""
    model, data = world.model, world.data
    found = [np.zeros((0, 3))]
    directions = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / math.sqrt(3)
    for geom in np.flatnonzero((world.geom_owner == index) & np.isin(world.geom_part, list(parts))):
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
            mesh = int(model.geom_dataid[geom])
            first = int(model.mesh_vertadr[mesh])
            local = model.mesh_vert[first : first + int(model.mesh_vertnum[mesh])].astype(np.float64)
            found.append(local @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom])
        else:
            found.append(support_points(model, data, int(geom), directions))
    return np.concatenate(found)


def _overhang(bench: Bench, body: int, points: NDArray[np.float64]) -> float:
    """How far the farthest point without ground below is from the nearest ground, metres."""
    base = float(points[:, 2].min())
    tops = np.unique(np.round(points[:, :2], 3), axis=0)
    worst = 0.0
    for xy in tops[:: max(1, len(tops) // 24)]:
        if not _grounded(bench, body, xy, base):
            worst = max(worst, _to_ground(bench, body, xy, base))
    return worst


def _grounded(bench: Bench, body: int, xy: NDArray[np.float64], base: float) -> bool:
    hit = np.zeros(1, dtype=np.int32)
    start = np.array([xy[0], xy[1], base + 0.002])
    far = mujoco.mj_ray(bench.model, bench.data, start, np.array([0, 0, -1.0]), None, True, body, hit)
    return bool(0 <= far <= STEP_DOWN_M)


def _to_ground(bench: Bench, body: int, xy: NDArray[np.float64], base: float) -> float:
    """Level distance from a place in the air to the ground, by rings of growing radius."""
    angles = np.arange(16) * np.pi / 8
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for radius in np.arange(0.0025, 0.1, 0.005):
        if any(_grounded(bench, body, xy + radius * way, base) for way in ring):
            return float(radius)
    return 0.1
