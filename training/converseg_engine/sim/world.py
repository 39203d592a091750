"""One settled scene: the MuJoCo model, everybody's place at rest, and who carries whom."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.compile import compile_scene
from converseg_engine.sim.layout import Placement, draw_layout
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.region import Region
from converseg_engine.sim.surroundings import TABLE_HEIGHT_M, Surroundings, draw_surroundings

MAX_PHYSICS_STEPS = 500
REST_SPEED = 0.02
MAX_OBJECTS = 24
MAX_DRIFT_M = 0.04
MAX_TILT_COS = 0.94


@dataclass(frozen=True, eq=False)
class World:
    """A scene at rest. World frame: metres, z up.

    In the tabletop recipe (no regions) the table top is z = 0. In the places recipe the floor is z = 0,
    and furniture is an object like any other, with ``fixed`` set and regions on it.

    Attributes:
        seed: what it was made from.
        placements: objects as they were put down; index = object number.
        surroundings: main surface, room, light.
        model, data: the compiled scene and its state at rest.
        geom_owner: object number of each geom, or BACKGROUND, TABLE_TOP, TABLE_SIDE.
        geom_part: part number within its object of each geom, else -1.
        positions: (N, 3) places of the objects' frames at rest.
        rotations: (N, 3, 3) their rotations.
        carriers: for each object, the objects that carry at least a tenth of its weight; empty
            where it stands on the table alone. In the places recipe furniture is counted too.
        place: the kind of place.
        regions: the level parts of the furniture on which things may stand; none in the tabletop recipe.
        floor_z: height of the floor, metres.
    """

    seed: int
    placements: tuple[Placement, ...]
    surroundings: Surroundings
    model: mujoco.MjModel
    data: mujoco.MjData
    geom_owner: NDArray[np.int32]
    geom_part: NDArray[np.int32]
    positions: NDArray[np.float64]
    rotations: NDArray[np.float64]
    carriers: tuple[frozenset[int], ...]
    place: str = "tabletop"
    regions: tuple[Region, ...] = ()
    floor_z: float = -TABLE_HEIGHT_M - 0.032

    @property
    def objects(self) -> tuple[ObjectModel, ...]:
        """The objects, by number."""
        return tuple(p.model for p in self.placements)

    def vertices(self, index: int) -> NDArray[np.float64]:
        """(N, 3) visible vertices of one object in the world."""
        local = self.placements[index].model.vertices()
        placed: NDArray[np.float64] = local @ self.rotations[index].T + self.positions[index]
        return placed

    def carried_by(self, index: int) -> frozenset[int]:
        """Everything that rests on an object, directly or through others."""
        found: set[int] = set()
        frontier = {index}
        while frontier:
            frontier = {k for k, c in enumerate(self.carriers) if c & frontier} - found
            found |= frontier
        return frozenset(found)


def _settle(model: mujoco.MjModel, data: mujoco.MjData) -> bool:
    """Step until everything rests; False where it does not within the limit."""
    calm = 0
    for step in range(MAX_PHYSICS_STEPS):
        mujoco.mj_step(model, data)
        # The free joints' own damping is too weak for a quick rest; bleed speed as a table cloth would.
        data.qvel *= 0.985
        calm = calm + 1 if float(np.abs(data.qvel).max(initial=0.0)) < REST_SPEED else 0
        if calm >= 15 and step > 60:
            return True
    return False


def carriers_from_forces(
    model: mujoco.MjModel, data: mujoco.MjData, owner: NDArray[np.int32], num_objects: int
) -> tuple[frozenset[int], ...]:
    """Who carries whom, from the vertical contact forces (a tenth of the weight counts)."""
    lift = np.zeros((num_objects, num_objects))
    force = np.zeros(6)
    for k in range(data.ncon):
        contact = data.contact[k]
        first, second = int(owner[contact.geom[0]]), int(owner[contact.geom[1]])
        if first < 0 or second < 0 or first == second:
            continue
        mujoco.mj_contactForce(model, data, k, force)
        upward = float(contact.frame.reshape(3, 3)[:, 2] @ force[:3])  # on the second geom, world z
        lift[second, first] += upward
        lift[first, second] -= upward
    weights = np.array([float(model.body(f"object{i}").mass[0]) * 9.81 for i in range(num_objects)])
    return tuple(
        frozenset(int(j) for j in np.flatnonzero(lift[i] > 0.1 * weights[i])) for i in range(num_objects)
    )


def _attempt(seed: int, rng: np.random.Generator, *, min_objects: int, max_objects: int) -> World | None:
    placements = draw_layout(rng, min_objects=min_objects, max_objects=max_objects)
    if placements is None:
        return None
    room = draw_surroundings(rng, placements)
    model, owner, part = compile_scene(placements, room)
    data = mujoco.MjData(model)
    if not _settle(model, data):
        return None
    mujoco.mj_forward(model, data)
    bodies = [model.body(f"object{i}").id for i in range(len(placements))]
    positions, rotations = data.xpos[bodies].copy(), data.xmat[bodies].reshape(-1, 3, 3).copy()
    starts = np.array([[p.x, p.y, p.z] for p in placements])
    in_bowl = np.array(
        [p.support >= 0 and placements[p.support].model.cavity is not None for p in placements]
    )
    drift = np.linalg.norm(positions - starts, axis=1)
    # A ball turns as it comes to rest in a bowl, and nobody could tell.
    tilted = (rotations[:, 2, 2] < MAX_TILT_COS) & np.array([p.model.category != "ball" for p in placements])
    if (drift > np.where(in_bowl, 2 * MAX_DRIFT_M, MAX_DRIFT_M)).any() or tilted.any():
        return None
    carriers = carriers_from_forces(model, data, owner, len(placements))
    # What was put on something must rest on it, and nothing else may lean on a neighbour.
    if any(carriers[i] != ({p.support} if p.support >= 0 else set()) for i, p in enumerate(placements)):
        return None
    return World(seed, tuple(placements), room, model, data, owner, part, positions, rotations, carriers)


def make_world(seed: int, *, min_objects: int = 4, max_objects: int = 9) -> World:
    """Draw scenes from one seed until one settles; the same seed gives the same scene.

    Raises:
        ValueError: the limits make no sense, or no draw settled.
    """
    if not 1 <= min_objects <= max_objects <= MAX_OBJECTS:
        raise ValueError(f"min_objects, max_objects: 1 <= min <= max <= {MAX_OBJECTS} is needed")
    for attempt in range(60):
        rng = np.random.default_rng([seed, attempt])
        world = _attempt(seed, rng, min_objects=min_objects, max_objects=max_objects)
        if world is not None:
            return world
    raise ValueError(
        f"max_objects: no layout of up to {max_objects} objects settled for seed {seed}; use fewer"
    )
