"""What happens to the others when one thing is taken away, and whether it is easy to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld, Vector


@dataclass(frozen=True)
class Removal:
    """What the others did when one object was gone, beyond what they do anyway.

    Attributes:
        index: the object that was taken away.
        moved_m: for every other movable object, how far any point of it moved, metres.
        dropped_m: how far its centre of mass came down, metres.
        fell: those that surely fell or toppled.
        unsure: those that moved so little, or fell so little, that it could be argued about.
        evidence: one plain sentence.
    """

    index: int
    moved_m: Mapping[int, float]
    dropped_m: Mapping[int, float]
    fell: frozenset[int]
    unsure: frozenset[int]
    evidence: str

    @property
    def moved(self) -> frozenset[int]:
        """Those that surely moved."""
        raise NotImplementedError

    def moves_nothing(self) -> Finding:
        """Whether everything else stays where it is; value: the largest movement, metres."""
        raise NotImplementedError


def remove(world: TrialWorld, index: int) -> Removal:
    """Takes an object away and lets the simulation run, next to a run in which it stays.

    Raises:
        ValueError: the object is furniture.
    """
    raise NotImplementedError


def easy_to_remove(world: TrialWorld, index: int, camera_position: Vector) -> Finding:
    """Whether it can be drawn out towards the camera, straight or lifted, and nothing else moves.

    Value: the largest movement of another thing, metres, or the collision depth of the best way out.
    """
    raise NotImplementedError
