"""Whether a thing falls down when somebody bumps into it."""

from __future__ import annotations

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


def falls_if_bumped(world: TrialWorld, index: int) -> Finding:
    """Bumps it in eight directions; value: distance of its centre of mass from the free edge, metres.

    The value is negative where the centre of mass lies outside what it stands on, ``math.inf``
    where there is no free edge around.
    """
    raise NotImplementedError
