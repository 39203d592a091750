"""How hard a thing must be shoved until it tips over."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import TrialWorld


@dataclass(frozen=True)
class TippingSweep:
    """Smallest shove that tips an object, in eight directions.

    Attributes:
        index: the object.
        bearings_rad: the directions, world frame.
        speeds_m_s: momentum of the smallest tipping shove over the object's mass; ``math.inf`` where
            even the hardest shove tried did not tip it.
    """

    index: int
    bearings_rad: tuple[float, ...]
    speeds_m_s: tuple[float, ...]


def tipping_sweep(world: TrialWorld, index: int, *, hardest_m_s: float = 2.0) -> TippingSweep:
    """Finds the smallest tipping shove in eight directions by bisection. Exact and slow: for studies."""
    raise NotImplementedError


def tips_easily(world: TrialWorld, index: int) -> Finding:
    """Whether a light shove near its top tips it over; value: the smallest such shove known, m/s."""
    raise NotImplementedError
