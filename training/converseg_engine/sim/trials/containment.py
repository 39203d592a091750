"""Whether one thing lies in another, or covers it."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.finding import Band, Finding
from converseg_engine.sim.trials.prepared import Prepared, prepared
from converseg_engine.sim.trials.subject import TrialWorld

INSIDE = Band(no_below=0.20, yes_from=0.50)
"""Share of the thing with walls round it: a spoon in a mug is in it, a spoon across its rim is not."""
OVER = Band(no_below=0.40, yes_from=0.80)
"""Share of the thing, seen from above, that has the other right over it."""
COVER_GAP_M = 0.03
"""A lid sits on what it covers; a shelf board over a cup covers nothing."""
NUM_WALL_RAYS, MIN_WALLS = 12, 10
"""A point is inside where walls stand on ten of twelve sides: a shelf, open in front, has nine."""
SAMPLES = 5
PLAN_GRID = 9
_MINE = np.array([0, 1, 0, 0, 0, 0], dtype=np.uint8)


def contains(world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``other`` lies inside ``index``; value: share of it that has walls all round.

    Raises:
        ValueError: one of them does not exist, or both are the same.
    """
    ready = _pair(world, index, other)
    bench = ready.bench()
    share = 0.0
    if _overlap(bench, index, other, gap=0.0):
        points = _points_of(bench, other)
        share = sum(walled(bench, index, p) for p in points) / len(points)
    evidence = f"{share:.0%} of object {other} has walls of object {index} round it and a floor below"
    return Finding(INSIDE.above(share), share, "share", evidence)


def covers(world: TrialWorld, index: int, other: int) -> Finding:
    """Whether ``index`` lies over ``other`` as a lid does; value: share of ``other`` that is under it.

    Raises:
        ValueError: one of them does not exist, or both are the same.
    """
    ready = _pair(world, index, other)
    bench = ready.bench()
    share = 0.0
    if _overlap(bench, index, other, gap=COVER_GAP_M):
        share = _share_under(bench, index, other)
    evidence = f"object {index} lies right over {share:.0%} of object {other}"
    return Finding(OVER.above(share), share, "share", evidence)


def _pair(world: TrialWorld, index: int, other: int) -> Prepared:
    ready = prepared(world)
    if index == other or not all(0 <= i < ready.num_objects for i in (index, other)):
        raise ValueError(f"index, other: {index} and {other} are not two of the {ready.num_objects} objects")
    return ready


def _overlap(bench: Bench, first: int, second: int, *, gap: float) -> bool:
    """Whether the boxes round two things come as near as ``gap``."""
    a, b = bench.box(first), bench.box(second)
    return all(a[k] <= b[k + 3] + gap and b[k] <= a[k + 3] + gap for k in range(3))


def _ray(bench: Bench, start: NDArray[np.float64], way: NDArray[np.float64], owner: int) -> float:
    """Distance along a ray to one thing alone; -1 where it misses."""
    bench.model.geom_group[:] = np.where(bench.owner == owner, 1, 0)
    hit = np.zeros(1, dtype=np.int32)
    return float(mujoco.mj_ray(bench.model, bench.data, start, way, _MINE, True, -1, hit))


def _points_of(bench: Bench, index: int) -> NDArray[np.float64]:
    """(N, 3) places in the thing: the middles of the spans that upright and level rays find in it."""
    low, high = bench.bounds(index)
    shares = (np.arange(SAMPLES) + 0.5) / SAMPLES
    found = []
    for z in shares * (high[2] - low[2]) + low[2]:
        for y in shares * (high[1] - low[1]) + low[1]:
            reach = float(high[0] - low[0]) + 0.02
            left = _ray(bench, np.array([low[0] - 0.01, y, z]), np.array([1.0, 0, 0]), index)
            right = _ray(bench, np.array([high[0] + 0.01, y, z]), np.array([-1.0, 0, 0]), index)
            if left >= 0 and right >= 0:
                found += [
                    np.array([low[0] - 0.01 + left + s * (reach - left - right), y, z])
                    for s in (0.1, 0.5, 0.9)
                ]
    return np.array(found) if found else ((low + high) / 2)[None]


def walled(bench: Bench, index: int, point: NDArray[np.float64]) -> bool:
    """Whether a thing stands round a point, and below it."""
    bench.model.geom_group[:] = np.where(bench.owner == index, 1, 0)
    angles = np.arange(NUM_WALL_RAYS) * 2 * np.pi / NUM_WALL_RAYS
    ways = np.stack([np.cos(angles), np.sin(angles), np.zeros(NUM_WALL_RAYS)], axis=1)
    ways = np.concatenate([ways, [[0.0, 0.0, -1.0]]])
    hits = np.zeros(len(ways), dtype=np.int32)
    far = np.zeros(len(ways))
    mujoco.mj_multiRay(
        bench.model, bench.data, point, ways.ravel(), _MINE, True, -1, hits, far, None, len(ways), 10.0
    )
    return bool((far[:-1] >= 0).sum() >= MIN_WALLS and far[-1] >= 0)


def _share_under(bench: Bench, index: int, other: int) -> float:
    low, high = bench.bounds(other)
    shares = (np.arange(PLAN_GRID) + 0.5) / PLAN_GRID
    num = under = 0
    for x in shares * (high[0] - low[0]) + low[0]:
        for y in shares * (high[1] - low[1]) + low[1]:
            down = _ray(bench, np.array([x, y, high[2] + 0.01]), np.array([0, 0, -1.0]), other)
            if down < 0:
                continue
            num += 1
            start = np.array([x, y, high[2] + 0.01 - down])
            up = _ray(bench, start, np.array([0, 0, 1.0]), index)
            under += up >= 0 and start[2] + up <= high[2] + COVER_GAP_M
    return under / num if num else 0.0
