"""Whether a parallel gripper can take hold of a thing where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import FAR_UP_M, Bench
from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.rollout import level
from converseg_engine.sim.trials.shapes import bounds, spans
from converseg_engine.sim.trials.subject import TrialWorld, Vector

FINGER_HALF_M = (0.005, 0.010, 0.050)
"""Half thickness, half width and half length of a finger, as common parallel grippers have them."""
BEYOND_M = 0.005
"""The finger tips reach this far past the middle of the grasp."""
ROOM_M = 0.006
"""Air between a finger and the thing on either side while the open gripper approaches."""
MIN_HEIGHT_M = 0.008
"""Lowest grasp over the thing's base: the tips stay clear of what it stands on."""
APPROACH_M = 0.095
"""The second look at a finger on its way in; with the fingers' length the whole way is covered."""
TOUCHES_M, BLOCKED_M = 0.001, 0.005
"""How deep a finger cuts into something: up to the first it is free, from the second it is blocked."""
LOOSE_M = 0.003
"""A no on width alone needs a thing that is wider than the gripper by this much."""
NUM_CLOSING = 8
HEIGHTS = (0.25, 0.5, 0.75)
MAX_PARTS = 24


@dataclass(frozen=True, eq=False)
class _Grasp:
    """Middle between the fingers (m), closing axis, axis from the tips to the palm, width (m)."""

    middle: NDArray[np.float64]
    closing: NDArray[np.float64]
    back: NDArray[np.float64]
    width_m: float


def graspable(
    world: TrialWorld, index: int, camera_position: Vector, gripper_width_m: float = 0.085
) -> Finding:
    """Whether both fingers find room on either side of it, from above or from the camera's side.

    Value: width of the narrowest cross-section that the fingers can reach, metres; ``inf`` where they
    can reach none.

    Raises:
        ValueError: the object is furniture, or the gripper has no width.
    """
    if gripper_width_m <= 2 * ROOM_M:
        raise ValueError(f"gripper_width_m: {gripper_width_m} leaves no room; give more than {2 * ROOM_M}")
    ready = prepared(world)
    bench = ready.bench((), extra=add_gripper)
    found = _candidates(bench, ready.movable(index), np.asarray(camera_position))
    unsure = False
    for grasp in sorted(found, key=lambda g: g.width_m):
        if grasp.width_m > gripper_width_m + LOOSE_M:
            break
        snug = grasp.width_m + 2 * ROOM_M > gripper_width_m
        cut = _cut(bench, grasp)
        if cut <= TOUCHES_M and not snug:
            side = "above" if grasp.back[2] > 0.9 else "the camera's side"
            evidence = (
                f"fingers close on object {index} at a width of {grasp.width_m * 100:.1f} cm from {side}"
            )
            return Finding(True, grasp.width_m, "m", evidence)
        unsure |= cut < BLOCKED_M
    narrowest = min((g.width_m for g in found), default=np.inf)
    if narrowest > gripper_width_m + LOOSE_M:
        evidence = f"object {index} is nowhere narrower than {narrowest * 100:.1f} cm"
    else:
        evidence = f"the fingers find no room beside object {index}"
    return Finding(None if unsure else False, float(np.inf), "m", evidence)


def add_gripper(spec: mujoco.MjSpec) -> None:
    """Two fingers on one free body; its x axis closes, its z axis points from the tips to the palm."""
    body = spec.worldbody.add_body(name="gripper", pos=[0, 0, FAR_UP_M])
    body.add_freejoint()
    for side in (-1, 1):
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=list(FINGER_HALF_M),
            pos=[side * 0.05, 0, FINGER_HALF_M[2] - BEYOND_M],
            mass=0.1,
        )


def _candidates(bench: Bench, index: int, camera: NDArray[np.float64]) -> list[_Grasp]:
    low, high = bench.bounds(index)
    middle = (low + high) / 2
    up = np.array([0.0, 0.0, 1.0])
    grasps: list[_Grasp] = []
    heights = [low[2] + max(MIN_HEIGHT_M, s * (high[2] - low[2])) for s in HEIGHTS]
    angles = _first_angle(bench, index) + np.arange(NUM_CLOSING) * np.pi / NUM_CLOSING
    for closing in np.stack([np.cos(angles), np.sin(angles), np.zeros(NUM_CLOSING)], axis=1):
        for z in heights:
            grasps += _section(bench, index, np.array([middle[0], middle[1], z]), closing, up)
    for geom in bench.geoms(index)[:MAX_PARTS]:
        grasps += _pinches(bench, geom, float(low[2]))
    towards = level(camera - middle)
    if towards is not None:
        back = np.array([towards[0], towards[1], 0.0])
        for z in heights:
            # The finger's width stands upright here: half of it has to clear the ground.
            z = max(z, low[2] + FINGER_HALF_M[1] + BEYOND_M)
            grasps += _section(bench, index, np.array([middle[0], middle[1], z]), np.cross(up, back), back)
    return [g for g in grasps if g.width_m > 0]


def _first_angle(bench: Bench, index: int) -> float:
    """Bearing of the longest level axis of its biggest shape: boxes are taken flat on their sides."""
    model, data = bench.model, bench.data
    geom = max(bench.geoms(index), key=lambda g: float(model.geom_rbound[g]))
    rotation = data.geom_xmat[geom].reshape(3, 3)
    axis = rotation[:2, int(np.argmax(np.linalg.norm(rotation[:2], axis=0)))]
    return float(np.arctan2(axis[1], axis[0]))


def _section(
    bench: Bench,
    index: int,
    point: NDArray[np.float64],
    closing: NDArray[np.float64],
    back: NDArray[np.float64],
) -> Iterator[_Grasp]:
    """The whole thing between the fingers, as wide as it is within the fingers' own width."""
    side = np.cross(back, closing)
    model, data = bench.model, bench.data
    low, high = bench.bounds(index)
    reach = float(np.linalg.norm(high - low)) + 0.05
    mine = np.array([0, 1, 0, 0, 0, 0], dtype=np.uint8)
    model.geom_group[:] = np.where(bench.owner == index, 1, 0)
    hit = np.zeros(1, dtype=np.int32)
    ends = []
    for offset in (-0.8, 0.0, 0.8):
        start = point + offset * FINGER_HALF_M[1] * side
        for way in (1.0, -1.0):
            far = mujoco.mj_ray(
                model, data, start + way * reach * closing, -way * closing, mine, True, -1, hit
            )
            if far >= 0:
                ends.append(way * (reach - far))
    if ends:
        yield _Grasp(point + closing * (max(ends) + min(ends)) / 2, closing, back, max(ends) - min(ends))


def _pinches(bench: Bench, geom: int, base: float) -> Iterator[_Grasp]:
    """One part of the thing between the fingers, from above: a handle, or the wall of a bowl."""
    model, data = bench.model, bench.data
    rotation = data.geom_xmat[geom].reshape(3, 3)
    low, high = bounds(model, data, [geom])
    up = np.array([0.0, 0.0, 1.0])
    axes = [rotation[:, k] for k in range(3)]
    for axis in axes:
        flat = level(axis)
        if flat is None or abs(axis[2]) > 0.35:
            continue
        closing = np.array([flat[0], flat[1], 0.0])
        near, far = spans(model, data, [geom], closing[None])
        middle = (low + high) / 2
        for z in (float(middle[2]), float(high[2]) - 0.01):
            place = np.array([middle[0], middle[1], max(base + MIN_HEIGHT_M, z)])
            yield _Grasp(place, closing, up, float(far[0] - near[0]))


def _cut(bench: Bench, grasp: _Grasp) -> float:
    """How deep the open fingers would cut into anything on the way in and at the end."""
    model = bench.model
    body = model.nbody - 1
    first = int(model.body_geomadr[body])
    half = grasp.width_m / 2 + ROOM_M + FINGER_HALF_M[0]
    model.geom_pos[first, 0], model.geom_pos[first + 1, 0] = -half, half
    quat = np.zeros(4)
    frame = np.stack([grasp.closing, np.cross(grasp.back, grasp.closing), grasp.back], axis=1)
    mujoco.mju_mat2Quat(quat, frame.ravel())
    worst = 0.0
    for along in (APPROACH_M, 0.0):
        bench.place(body, grasp.middle + along * grasp.back, quat)
        bench.look()
        worst = max(worst, bench.overlap_m(body))
        if worst >= BLOCKED_M:
            break
    return worst
