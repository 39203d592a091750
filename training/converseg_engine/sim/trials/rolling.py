"""Whether a thing rolls on and on when it is nudged."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


def rolls(world: TrialWorld, index: int) -> Finding:
    """Nudges it in eight directions; value: the farthest it rolled, metres."""
    raise NotImplementedError
