"""Where there is still room to put something down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.floor_map import FloorMap, room_m
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.subject import LevelRegion, TrialWorld

ABOVE_SURFACE_M = 0.004
"""What lies lower is the surface itself, or a cloth on it."""
HEADROOM_M = 0.25
"""Things that hang higher above the surface than this leave room under them."""
MARGIN = 0.15
"""A yes has at least 15 % more radius than asked for, a no at least 15 % less."""
MIN_MARGIN_M = 0.01


@dataclass(frozen=True)
class FreeDisc:
    """The largest empty disc on a region: its centre (world metres) and radius (m; 0: no room)."""

    centre: tuple[float, float, float]
    radius_m: float


def largest_free_disc(world: TrialWorld, region: LevelRegion) -> FreeDisc:
    """Finds the roomiest empty spot of a region, to about a centimetre."""
    ready = prepared(world)
    layer = min(HEADROOM_M, region.clearance_m)
    plan = FloorMap(ready.bench(), region, low_m=ABOVE_SURFACE_M, high_m=layer)
    taken = np.zeros(plan.shape, dtype=np.bool_)
    for index in range(ready.num_objects):
        taken |= plan.covered(index)
    if taken.all():
        return FreeDisc(region.centre, 0.0)
    room = room_m(~taken, plan.cell_m)
    row, column = np.unravel_index(int(np.argmax(room)), room.shape)
    return FreeDisc(plan.to_world(float(row), float(column)), float(room[row, column]))


def free_space(world: TrialWorld, region: LevelRegion, radius_m: float) -> Finding:
    """Whether a round thing of this radius finds room; value: radius of the largest free disc, metres.

    Raises:
        ValueError: the radius is not above zero.
    """
    if not 0 < radius_m < math.inf:
        raise ValueError(f"radius_m: {radius_m} is not a size; give metres above zero")
    largest = largest_free_disc(world, region).radius_m
    margin = max(MIN_MARGIN_M, MARGIN * radius_m)
    holds = Band(no_below=radius_m - margin, yes_from=radius_m + margin).above(largest)
    evidence = f"the largest free disc on {region.name} has a radius of {largest * 100:.0f} cm"
    return Finding(holds, largest, "m", evidence)
