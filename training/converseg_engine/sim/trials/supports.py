"""Who carries whom, and who leans on whom, from the contact forces at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

from converseg_engine.sim.trials.bench import is_fixed, num_objects
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.subject import TrialWorld

CARRIER_SHARE = 0.1
"""A tenth of the weight makes a carrier: less comes from brushing past a neighbour."""
CARRIES = Band(no_below=0.05, yes_from=0.15)
"""Share of the upward support."""
LEANS = Band(no_below=0.01, yes_from=0.04)
"""Sideways push over weight: a board at 80 degrees pushes a wall with 9 % of its weight."""


@dataclass(frozen=True)
class SupportGraph:
    """Contact forces of a scene, reduced to shares of weight.

    Attributes:
        shares: for each movable object, the share of its upward support that comes from each other
            object (furniture counts) or from what belongs to nobody (negative owner numbers); they sum to 1.
        sideways: for each movable object, the sideways push that it gets from each of the others, as a
            share of its own weight.
        touching: for each object, the objects that touch it.
        fixed: the objects that cannot move.
    """

    shares: Mapping[int, Mapping[int, float]]
    sideways: Mapping[int, Mapping[int, float]]
    touching: Mapping[int, frozenset[int]]
    fixed: frozenset[int]

    def carriers(self, index: int) -> frozenset[int]:
        """Objects that carry at least a tenth of it; furniture counts, ownerless things do not."""
        found = self.shares.get(index, {})
        return frozenset(j for j, share in found.items() if j >= 0 and share >= CARRIER_SHARE)

    def carried_by(self, index: int) -> frozenset[int]:
        """Everything that rests on an object, directly or through others."""
        found: set[int] = set()
        frontier = {index}
        while frontier:
            frontier = {k for k in self.shares if self.carriers(k) & frontier} - found
            found |= frontier
        return frozenset(found)

    def stack_below(self, index: int) -> frozenset[int]:
        """The movable objects that carry an object, directly or through others."""
        found: set[int] = set()
        frontier = {index}
        while frontier:
            frontier = {j for k in frontier for j in self.carriers(k)} - found - self.fixed
            found |= frontier
        return frozenset(found)

    def cluster(self, index: int) -> frozenset[int]:
        """The movable objects that hang together by touch with this one, itself included."""
        found: set[int] = set()
        frontier = {index}
        while frontier:
            found |= frontier
            frontier = {j for k in frontier for j in self.touching.get(k, ())} - found - self.fixed
        return frozenset(found)

    def rests_on(self, index: int, other: int) -> Finding:
        """Whether ``other`` carries a fair share of the weight of ``index``; value: that share."""
        share = float(self.shares.get(index, {}).get(other, 0.0))
        evidence = f"object {other} carries {share:.0%} of the weight of object {index}"
        return Finding(CARRIES.above(share), share, "share", evidence)

    def leans_on(self, index: int, other: int) -> Finding:
        """Whether ``index`` is held sideways by ``other``; value: sideways push over its weight."""
        push = float(self.sideways.get(index, {}).get(other, 0.0))
        evidence = f"object {other} holds object {index} sideways with {push:.0%} of its weight"
        return Finding(LEANS.above(push), push, "share", evidence)


def support_graph(world: TrialWorld) -> SupportGraph:
    """Reads the contact forces of a scene at rest."""
    model, data, owner = world.model, world.data, world.geom_owner
    count = num_objects(world)
    fixed = frozenset(i for i in range(count) if is_fixed(world, i))
    lift: dict[int, dict[int, float]] = {i: {} for i in range(count) if i not in fixed}
    pushes: dict[int, dict[int, np.ndarray]] = {i: {} for i in lift}
    touching: dict[int, set[int]] = {i: set() for i in range(count)}
    force = np.zeros(6)
    for k in range(data.ncon):
        contact = data.contact[k]
        first, second = (int(owner[g]) for g in contact.geom)
        if first == second:
            continue
        mujoco.mj_contactForce(model, data, k, force)
        axes = contact.frame.reshape(3, 3)
        upward = float(axes[:, 2] @ force[:3])  # on the second geom
        # Friction is left out: the floor holds the foot of a leaning board sideways, and nobody says
        # that the board leans on the floor.
        push = axes[0, :2] * force[0]
        for one, other, sign in ((second, first, 1.0), (first, second, -1.0)):
            if one in lift:
                lift[one][other] = lift[one].get(other, 0.0) + sign * upward
                pushes[one][other] = pushes[one].get(other, np.zeros(2)) + sign * push
            if one >= 0 and other >= 0:
                touching[one].add(other)
    shares, sideways = {}, {}
    for i, by_other in lift.items():
        total = sum(max(0.0, f) for f in by_other.values())
        shares[i] = {j: max(0.0, f) / total for j, f in by_other.items()} if total > 0 else {}
        weight = float(model.body(f"object{i}").mass[0]) * abs(float(model.opt.gravity[2]))
        sideways[i] = {j: float(np.linalg.norm(p)) / weight for j, p in pushes[i].items()}
    return SupportGraph(shares, sideways, {i: frozenset(t) for i, t in touching.items()}, fixed)
