"""How hard a thing must be shoved until it tips over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import Prepared, prepared
from converseg_engine.sim.trials.rolling import rolls
from converseg_engine.sim.trials.rollout import Track, bearings, run, shove
from converseg_engine.sim.trials.standing import surely_stands
from converseg_engine.sim.trials.subject import TrialWorld

TIPS_EASILY = Band(no_below=0.28, yes_from=0.36)
"""Shoves in m/s (momentum over mass), read with ``below``: what tips from less than the lower one tips
easily. An arm that brushes past gives about a quarter of a metre a second; bottles and milk cartons go
over from 0.20 to 0.27, jars, mugs and stools from 0.36 to 0.6, and little of the catalogue lies between."""
SHOVE_HEIGHT = 0.9
"""Where the blow lands, over the thing's height: sleeves and grippers catch what sticks up."""
TIPPED_RAD = math.radians(45.0)
"""What leans this far does not come back, unless it is flatter than wide; such things do not tip easily."""
COMES_DOWN = 0.2
"""What tips over comes to lie lower: its middle comes down by a fifth of its height over the ground.
A ball or a lying pen that turns over stays as high as it was, and nobody says that it tipped."""
ROLLED_OVER_RAD = math.radians(120.0)
TIP_LIMIT_S = 1.5
SWEEP_PRECISION_M_S, LABEL_PRECISION_M_S = 0.01, 0.05


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


def _bench(ready: Prepared, index: int) -> Bench:
    """It and what it carries are free; what it stands on, and its neighbours, hold still."""
    return ready.bench(ready.supports.carried_by(ready.movable(index)) | {index})


def _arm(bench: Bench, index: int) -> float:
    """How far above the centre of mass the blow lands; ask while the bench is at rest."""
    low, high = bench.bounds(index)
    top = low[2] + SHOVE_HEIGHT * (high[2] - low[2])
    return float(top - bench.data.xipos[bench.body(index)][2])


def _tips(bench: Bench, index: int, bearing: NDArray[np.float64], speed_m_s: float) -> bool:
    bench.reset()
    track = Track(bench, index)
    shove(bench, index, bearing, speed_m_s, height_m=_arm(bench, index))
    lies_low = COMES_DOWN * float(track.start_com[2] - track.low[2])
    peak, tipped = 0.0, False

    def decided() -> bool:
        nonlocal peak, tipped
        tilt = track.tilt_rad
        peak = max(peak, tilt)
        if track.com[2] < track.low[2]:
            return True  # pushed off what it stood on: that is falling down, not over
        tipped = tilt >= TIPPED_RAD and track.dropped_m >= lies_low
        return tipped or tilt >= ROLLED_OVER_RAD or (tilt < 0.6 * peak and bench.data.time > 0.1)

    run(bench, limit_s=TIP_LIMIT_S, until=decided, watch={index})
    return tipped


def _smallest(
    bench: Bench, index: int, bearing: NDArray[np.float64], low: float, high: float, precision: float
) -> float:
    """Bisects between a shove that does not tip and one that does."""
    while high - low > precision:
        middle = (low + high) / 2
        low, high = (low, middle) if _tips(bench, index, bearing, middle) else (middle, high)
    return high


def tipping_sweep(
    world: TrialWorld, index: int, *, hardest_m_s: float = 2.0, precision_m_s: float = SWEEP_PRECISION_M_S
) -> TippingSweep:
    """Finds the smallest tipping shove in eight directions by bisection. Exact and slow: for studies.

    Raises:
        ValueError: the object is furniture, or the hardest shove or the precision is not above zero.
    """
    if hardest_m_s <= 0 or precision_m_s <= 0:
        raise ValueError("hardest_m_s, precision_m_s: both above zero are needed")
    bench = _bench(prepared(world), index)
    ways = bearings(bench, index)
    speeds = [
        _smallest(bench, index, way, 0.0, hardest_m_s, precision_m_s)
        if _tips(bench, index, way, hardest_m_s)
        else math.inf
        for way in ways
    ]
    return TippingSweep(index, tuple(float(math.atan2(y, x)) for x, y in ways), tuple(speeds))


def tips_easily(world: TrialWorld, index: int) -> Finding:
    """Whether a light shove near its top tips it over; value: a shove that does, m/s.

    Where the answer is yes, the value is the smallest such shove in one weak direction, to 0.05 m/s; else it
    is the hardest shove that was tried.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    bench = _bench(ready, index)
    hard, light = TIPS_EASILY.yes_from, TIPS_EASILY.no_below
    if surely_stands(bench, index, hard, height_m=_arm(bench, index)):
        evidence = f"no shove of {hard:.2f} m/s brings the energy that tips object {index} over"
        return Finding(False, hard, "m/s", evidence)
    ways = bearings(bench, index)
    if rolls(ready, index).holds:
        return Finding(False, hard, "m/s", f"object {index} rolls away when it is shoved; it does not tip")
    wavers = False
    for way in ways:
        if not _tips(bench, index, way, hard):
            continue
        wavers = True
        if _tips(bench, index, way, light):
            speed = _smallest(bench, index, way, 0.0, light, LABEL_PRECISION_M_S)
            evidence = f"a shove of {speed:.2f} m/s near its top tips object {index} over"
            return Finding(True, speed, "m/s", evidence)
    if wavers:
        evidence = f"object {index} tips over from a shove between {light:.2f} and {hard:.2f} m/s"
        return Finding(None, hard, "m/s", evidence)
    evidence = f"shoves of {hard:.2f} m/s near its top in eight directions leave object {index} standing"
    return Finding(False, hard, "m/s", evidence)
