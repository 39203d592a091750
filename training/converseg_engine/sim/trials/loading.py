"""Whether something heavy can be put down on a thing."""

from __future__ import annotations

import functools

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import FAR_UP_M, Bench, Extra
from converseg_engine.sim.trials.containment import walled
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import Prepared, prepared
from converseg_engine.sim.trials.rollout import run
from converseg_engine.sim.trials.subject import TrialWorld

STANDS = Band(no_below=0.01, yes_from=0.03)
"""Movement of the weight, metres: it stays put, or it slides off or comes down with what is under it."""
LEVEL_M = 0.003
"""Unevenness of a spot that a flat bottom bridges."""
HEADROOM_M = 0.10
"""Free height that is needed to set something down."""
WEIGHT_HALF_HEIGHT_M = 0.02
SAFETY = 1.25
"""A yes must hold with a quarter more mass and room, a no with a quarter less."""
GRID = 9
LOAD_LIMIT_S = 1.2
_DOWN = np.array([0.0, 0.0, -1.0])


def bears_load(
    world: TrialWorld, index: int, *, mass_kg: float = 1.0, footprint_radius_m: float = 0.03
) -> Finding:
    """Puts a round weight on its best free level spot and lets go; value: the weight's movement, metres.

    Bodies are rigid here: whether a carton would be crushed is a matter of its material, not of this trial.
    Furniture may be asked about too.

    Raises:
        ValueError: mass or radius is not above zero, or the object does not exist.
    """
    if mass_kg <= 0 or footprint_radius_m <= 0:
        raise ValueError("mass_kg, footprint_radius_m: both above zero are needed")
    ready = prepared(world)
    if not 0 <= index < ready.num_objects:
        raise ValueError(f"index: {index} is none of the {ready.num_objects} objects")
    spot = _spot(ready, index, footprint_radius_m * SAFETY)
    if spot is None:
        tight = _spot(ready, index, footprint_radius_m / SAFETY)
        evidence = f"object {index} has no free level spot of {200 * footprint_radius_m:.0f} cm across"
        return Finding(False if tight is None else None, 0.0, "m", evidence)
    # Who stands on furniture alone is held by it; a pile may come down as a whole.
    free = set() if index in ready.fixed else ready.supports.stack_below(index) | {index}
    free |= ready.supports.carried_by(index) if index not in ready.fixed else set()
    bench = ready.bench(free, extra=_weight(footprint_radius_m))
    moved = _movement(bench, spot, mass_kg * SAFETY)
    told = f"on object {index} moved {{:.1f}} cm"
    heavy = STANDS.below(moved)
    if heavy:
        return Finding(True, moved, "m", f"a weight of {mass_kg * SAFETY:.2g} kg " + told.format(moved * 100))
    lighter = _movement(bench, spot, mass_kg / SAFETY)
    holds = False if STANDS.below(lighter) is False else None
    return Finding(
        holds, lighter, "m", f"a weight of {mass_kg / SAFETY:.2g} kg " + told.format(lighter * 100)
    )


@functools.lru_cache(maxsize=16)
def _weight(radius: float) -> Extra:
    """One function a radius, so that benches can be shared."""

    def add(spec: mujoco.MjSpec) -> None:
        body = spec.worldbody.add_body(name="weight", pos=[0, 0, FAR_UP_M])
        body.add_freejoint()
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CYLINDER,
            size=[radius, WEIGHT_HALF_HEIGHT_M, 0],
            mass=1.0,
            condim=4,
            friction=[0.6, 0.005, 0.0001],
        )

    return add


def _movement(bench: Bench, spot: NDArray[np.float64], mass_kg: float) -> float:
    """Sets the weight down and reports the farthest that a point of it went."""
    model, data = bench.model, bench.data
    bench.reset()
    body = model.nbody - 1
    factor = mass_kg / float(model.body_mass[body])
    model.body_mass[body] *= factor
    model.body_inertia[body] *= factor
    mujoco.mj_setConst(model, data)
    bench.reset()
    start = spot + np.array([0, 0, WEIGHT_HALF_HEIGHT_M])
    bench.place(body, start)
    mujoco.mj_forward(model, data)

    def moved() -> float:
        lean = np.arccos(np.clip(data.xmat[body][8], -1.0, 1.0)) * WEIGHT_HALF_HEIGHT_M
        return float(np.linalg.norm(data.xpos[body] - start) + lean)

    run(bench, limit_s=LOAD_LIMIT_S, until=lambda: moved() >= 2 * STANDS.yes_from)
    return moved()


class _Top:
    """Rays from above onto a thing."""

    def __init__(self, ready: Prepared, index: int) -> None:
        self._bench, self._index = ready.bench(), index
        self.low, self.high = self._bench.bounds(index)
        self._hit = np.zeros(1, dtype=np.int32)
        self._start = np.array([0.0, 0.0, self.high[2] + HEADROOM_M])

    def height(self, x: float, y: float) -> float | None:
        """Height of the thing's top at a place; None where something else is on top of it."""
        self._start[:2] = x, y
        model, data = self._bench.model, self._bench.data
        far = float(mujoco.mj_ray(model, data, self._start, _DOWN, None, True, -1, self._hit))
        if far < 0 or self._bench.owner[self._hit[0]] != self._index:
            return None
        return float(self._start[2] - far)


def _spot(ready: Prepared, index: int, radius: float) -> NDArray[np.float64] | None:
    """The free level disc of a thing's top that is nearest to its middle: its centre, or None."""
    top = _Top(ready, index)
    if float((top.high - top.low)[:2].min()) < 2 * radius:
        return None
    middle = (top.low + top.high) / 2
    shares = (np.arange(GRID) + 0.5) / GRID
    places = np.array([[x, y] for x in shares for y in shares]) * (top.high - top.low)[:2] + top.low[:2]
    places = places[np.argsort(np.linalg.norm(places - middle[:2], axis=1), kind="stable")]
    angles = np.arange(12) * np.pi / 6
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    offsets = np.concatenate([ring[::3] * 0.5, ring])
    for x, y in places:
        z = top.height(x, y)
        if z is None:
            continue
        if walled(ready.bench(), index, np.array([x, y, z + 2 * WEIGHT_HALF_HEIGHT_M])):
            continue  # in it, not on it
        around = (top.height(x + radius * dx, y + radius * dy) for dx, dy in offsets)
        if all(h is not None and abs(h - z) <= LEVEL_M for h in around):
            return np.array([x, y, z])
    return None
