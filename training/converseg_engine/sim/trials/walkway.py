"""Whether a thing leaves a robot no way through a walkway."""

from __future__ import annotations

import math

import cv2
import numpy as np

from converseg_engine.sim.trials.finding import Finding
from converseg_engine.sim.trials.floor_map import FloorMap, MaskHW, room_m
from converseg_engine.sim.trials.prepared import prepared
from converseg_engine.sim.trials.subject import LevelRegion, TrialWorld

DRIVES_OVER_M = 0.01
"""Wheels climb this: a paper or a mat is no obstacle."""
ROBOT_HEIGHT_M = 1.2
"""What hangs higher above the floor is passed under."""
MARGIN = 0.12
"""A yes blocks a robot that is 12 % slimmer, a no lets one pass that is 12 % wider."""
WIDTH_PRECISION_M = 0.005


def passage_width(free: MaskHW, cell_m: float) -> float:
    """Width of the widest robot that gets from the first column to the last, metres; 0 where none does.

    The first and the last row bound the way; its ends are open.
    """
    height = free.shape[0] * cell_m
    # Open ends: a robot may come from outside, so the map goes on there.
    pad = math.ceil(height / cell_m / 2) + 1
    longer = np.pad(free, ((0, 0), (pad, pad)), constant_values=True)
    room = room_m(np.pad(longer, ((1, 1), (0, 0)), constant_values=False), cell_m, closed=False)
    low, high = 0.0, height / 2 + cell_m
    while high - low > WIDTH_PRECISION_M / 2:
        radius = (low + high) / 2
        _, labels = cv2.connectedComponents((room >= radius).astype(np.uint8), connectivity=8)
        first, last = labels[:, pad // 2], labels[:, -1 - pad // 2]
        through = np.intersect1d(first[first > 0], last[last > 0]).size > 0
        low, high = (radius, high) if through else (low, radius)
    return 2 * low


def blocks_walkway(world: TrialWorld, index: int, region: LevelRegion, robot_radius_m: float) -> Finding:
    """Whether a round robot cannot pass along the region because of this object.

    It blocks where the way is too narrow with it and wide enough without it, or too narrow with it
    alone. Where several block together, and each without the others would not, the answer is left open.
    The robot keeps within the region, and goes along its longer side.

    Value: width of the widest passage that is left, metres, with this object and all the others there.

    Raises:
        ValueError: the radius is not above zero.
    """
    if not 0 < robot_radius_m < math.inf:
        raise ValueError(f"robot_radius_m: {robot_radius_m} is not a size; give metres above zero")
    ready = prepared(world)
    if not 0 <= index < ready.num_objects:
        raise ValueError(f"index: {index} is none of the {ready.num_objects} objects")
    plan = FloorMap(ready.bench(), region, low_m=DRIVES_OVER_M, high_m=ROBOT_HEIGHT_M)
    mine = plan.covered(index)
    rest = np.zeros_like(mine)
    for other in range(ready.num_objects):
        if other != index:
            rest |= plan.covered(other)
    turn = region.half_y > region.half_x

    def width(taken: MaskHW) -> float:
        return passage_width(~(taken.T if turn else taken), plan.cell_m)

    together = width(mine | rest)
    evidence = (
        f"past object {index} the widest passage on {region.name} is {together * 100:.0f} cm,"
        f" the robot is {200 * robot_radius_m:.0f} cm wide"
    )
    slim, wide = 2 * robot_radius_m * (1 - MARGIN), 2 * robot_radius_m * (1 + MARGIN)
    if not mine.any() or together >= wide:
        return Finding(False, together, "m", evidence)
    alone, without = width(mine), width(rest)
    if alone < slim or (together < slim and without >= wide):
        return Finding(True, together, "m", evidence)
    # Nothing to blame it for: the way is as narrow without it.
    blameless = alone >= wide and without < slim and without - together < WIDTH_PRECISION_M
    return Finding(False if blameless else None, together, "m", evidence)
