"""Whether a thing leaves a robot no way through a walkway."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import LevelRegion, TrialWorld


def blocks_walkway(world: TrialWorld, index: int, region: LevelRegion, robot_radius_m: float) -> Finding:
    """Whether a round robot cannot pass along the region because of this object.

    Value: width of the widest passage that is left, metres, with this object and all the others there.
    """
    raise NotImplementedError
