"""Where there is still room to put something down."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.subject import LevelRegion, TrialWorld


@dataclass(frozen=True)
class FreeDisc:
    """The largest empty disc on a region: its centre (world metres) and radius (m; 0: no room)."""

    centre: tuple[float, float, float]
    radius_m: float


def largest_free_disc(world: TrialWorld, region: LevelRegion) -> FreeDisc:
    """Finds the roomiest empty spot of a region."""
    raise NotImplementedError


def free_space(world: TrialWorld, region: LevelRegion, radius_m: float) -> Finding:
    """Whether a round thing of this radius finds room; value: radius of the largest free disc, metres."""
    raise NotImplementedError
