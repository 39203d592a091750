"""Whether something heavy can be put down on a thing."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


def bears_load(
    world: TrialWorld, index: int, *, mass_kg: float = 1.0, footprint_radius_m: float = 0.03
) -> Finding:
    """Puts a round weight on its best free level spot and lets go; value: the weight's movement, metres.

    Bodies are rigid here: whether a carton would be crushed is a matter of its material, not of this trial.
    """
    raise NotImplementedError
