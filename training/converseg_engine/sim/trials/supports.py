"""Who carries whom, and who leans on whom, from the contact forces at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


@dataclass(frozen=True)
class SupportGraph:
    """Contact forces of a scene, reduced to shares of weight.

    Attributes:
        shares: for each movable object, the share of its upward support that comes from each other
            object (furniture counts) or from what belongs to nobody (negative owner numbers); they sum to 1.
        sideways: for each movable object, the sideways push that it gets from each of the others, as a
            share of its own weight.
        fixed: the objects that cannot move.
    """

    shares: Mapping[int, Mapping[int, float]]
    sideways: Mapping[int, Mapping[int, float]]
    fixed: frozenset[int]

    def carriers(self, index: int) -> frozenset[int]:
        """Objects that carry at least a tenth of it; furniture counts, ownerless things do not."""
        raise NotImplementedError

    def carried_by(self, index: int) -> frozenset[int]:
        """Everything that rests on an object, directly or through others."""
        raise NotImplementedError

    def rests_on(self, index: int, other: int) -> Finding:
        """Whether ``other`` carries a fair share of the weight of ``index``; value: that share."""
        raise NotImplementedError

    def leans_on(self, index: int, other: int) -> Finding:
        """Whether ``index`` is held sideways by ``other``; value: sideways push over its weight."""
        raise NotImplementedError


def support_graph(world: TrialWorld) -> SupportGraph:
    """Reads the contact forces of a scene at rest."""
    raise NotImplementedError
