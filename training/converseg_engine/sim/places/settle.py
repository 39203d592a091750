"""Lets physics settle an arrangement; what does not come to rest where it was put is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.places.compile import Compiled, compile_place
from converseg_engine.sim.places.furnished import Furnished

MAX_STEPS, CALM_STEPS, PROOF_STEPS = 420, 25, 200
CALM_SPEED = 0.012
MAX_CREEP_M, MAX_TURN_RAD = 0.001, 0.01
MAX_OVERLAP_M = 0.003
MAX_FALL_M = 0.10
MAX_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class _Bodies:
    """A physics-only model and where its movable things are in the state."""

    compiled: Compiled
    data: mujoco.MjData
    numbers: NDArray[np.int64]
    body_ids: NDArray[np.int64]

    @property
    def positions(self) -> NDArray[np.float64]:
        return np.array(self.data.xpos[self.body_ids])

    @property
    def quats(self) -> NDArray[np.float64]:
        return np.array(self.data.xquat[self.body_ids])


def _load(placements: Sequence[Placement], furnished: Furnished) -> _Bodies:
    compiled = compile_place(placements, furnished.room, visible=False)
    data = mujoco.MjData(compiled.model)
    numbers = np.arange(len(furnished.fixtures), len(placements))
    ids = np.array([compiled.model.body(f"object{i}").id for i in numbers], dtype=np.int64)
    mujoco.mj_forward(compiled.model, data)
    return _Bodies(compiled, data, numbers, ids)


def _overlapping(bodies: _Bodies) -> set[int]:
    """Things that were put down inside something else: the later of each pair."""
    found: set[int] = set()
    contacts = bodies.data.contact
    for k in np.flatnonzero(contacts.dist < -MAX_OVERLAP_M):
        pair = bodies.compiled.owner[contacts.geom[k]]
        found.add(int(pair.max()))
    return found


def _run(bodies: _Bodies) -> None:
    """Step with bled speed until everything is calm."""
    model, data = bodies.compiled.model, bodies.data
    calm = 0
    for step in range(MAX_STEPS):
        mujoco.mj_step(model, data)
        data.qvel *= 0.98
        calm = calm + 1 if float(np.abs(data.qvel).max(initial=0.0)) < CALM_SPEED else 0
        if calm >= CALM_STEPS and step > 60:
            break


def _restless(bodies: _Bodies) -> set[int]:
    """Things that move when nothing bleeds their speed."""
    model, data = bodies.compiled.model, bodies.data
    data.qvel[:] = 0.0
    before, turn = bodies.positions, bodies.quats
    for _ in range(PROOF_STEPS):
        mujoco.mj_step(model, data)
    crept = np.linalg.norm(bodies.positions - before, axis=1) > MAX_CREEP_M
    cosine = np.minimum(np.abs(np.einsum("ij,ij->i", turn, bodies.quats)), 1.0)
    return {int(i) for i in bodies.numbers[crept | (2 * np.arccos(cosine) > MAX_TURN_RAD)]}


def _settled(placements: Sequence[Placement], bodies: _Bodies) -> list[Placement]:
    positions, quats = bodies.positions, bodies.quats
    moved = list(placements)
    for k, i in enumerate(bodies.numbers):
        w, x, y, z = (float(v) for v in quats[k])
        yaw = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
        at = positions[k]
        moved[i] = replace(
            placements[i], x=float(at[0]), y=float(at[1]), z=float(at[2]), yaw=yaw, quat=(w, x, y, z)
        )
    return moved


def without(placements: Sequence[Placement], gone: set[int]) -> list[Placement]:
    """The rest, renumbered; what stood on a thing that is gone counts as standing on what that stood on."""
    new_number: dict[int, int] = {}
    for i in range(len(placements)):
        if i not in gone:
            new_number[i] = len(new_number)
    kept = []
    for i, placement in enumerate(placements):
        if i in gone:
            continue
        support = placement.support
        while support in gone:
            support = placements[support].support
        kept.append(replace(placement, support=new_number.get(support, -1)))
    return kept


def settle(placements: Sequence[Placement], furnished: Furnished) -> list[Placement] | None:
    """Everything that rests, where it rests; fixtures come first. None where unrest does not end."""
    current = list(placements)
    starts = {id(p.model): p.z for p in current}
    for _ in range(MAX_ROUNDS):
        bodies = _load(current, furnished)
        gone = _overlapping(bodies)
        if gone:
            current = without(current, gone)
            bodies = _load(current, furnished)
        _run(bodies)
        gone = _restless(bodies)
        current = _settled(current, bodies)
        fallen = {int(i) for i in bodies.numbers if starts[id(current[i].model)] - current[i].z > MAX_FALL_M}
        gone |= fallen
        if not gone:
            return current
        current = without(current, gone)
        starts = {id(p.model): p.z for p in current}
    return None
