"""How far a thing is from a place where it would fall down."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.trials.bench import Bench
from converseg_engine.sim.trials.prepared import Prepared, prepared
from converseg_engine.sim.trials.shapes import spans
from converseg_engine.sim.trials.subject import TrialWorld

NUM_EDGE_BEARINGS = 16
EDGE_REACH_M = 0.60
"""Edges farther away than an arm's sweep do not matter to a thing."""
COARSE_STEP_M = 0.04
"""Gaps in a surface that are narrower than this are no edges: nothing askable falls through."""
STEP_DOWN_M = 0.03
"""Ground that lies deeper than this below what the thing stands on is beyond the edge."""
PRECISION_M = 0.001
LOOK_BEYOND_M = 0.05
"""The depth of the fall is measured this far past the edge."""
MIN_WALL_M = 0.02
"""A rim this high over the ground keeps a thing from going over the edge."""


@dataclass(frozen=True)
class EdgeDistance:
    """The nearest free edge as seen from a thing.

    Attributes:
        com_m: level distance of its centre of mass to the edge; negative where the centre of mass is
            past it already; ``math.inf`` where no free edge is within reach.
        rim_m: the same for the point of the thing that is nearest to the edge.
        drop_m: how deep it would fall; ``math.inf`` for no ground at all; 0 without an edge.
        bearing: (2,) level unit direction to the edge; zeros without one.
        open_ways: (N, 2) all directions that were tried in which a free edge is within reach.
    """

    com_m: float
    rim_m: float
    drop_m: float
    bearing: NDArray[np.float64]
    open_ways: NDArray[np.float64]


class _Ground:
    """Rays against everything but one thing."""

    def __init__(self, bench: Bench, index: int) -> None:
        self._bench, self._body = bench, bench.body(index)
        self._hit = np.zeros(1, dtype=np.int32)
        low, high = bench.bounds(index)
        self.base = float(low[2])
        self.rim_height = float(min(low[2] + MIN_WALL_M, (low[2] + high[2]) / 2))
        self.com: NDArray[np.float64] = bench.data.xipos[self._body].copy()

    def _ray(self, start: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
        model, data = self._bench.model, self._bench.data
        far = float(mujoco.mj_ray(model, data, start, direction, None, True, self._body, self._hit))
        return far if far >= 0 else math.inf

    def depth(self, xy: NDArray[np.float64]) -> float:
        """Depth of the ground below the thing's base at a level place, metres."""
        start = np.array([xy[0], xy[1], self.base + 0.002])
        return self._ray(start, np.array([0.0, 0.0, -1.0])) - 0.002

    def carries(self, xy: NDArray[np.float64]) -> bool:
        return self.depth(xy) <= STEP_DOWN_M

    def first(self, way: NDArray[np.float64], limit: float, *, carried: bool) -> float | None:
        """Least distance along a way where the ground carries, or does not; None within the limit."""
        middle, low = self.com[:2], 0.0
        while low < limit:
            high = min(low + COARSE_STEP_M, limit)
            if self.carries(middle + high * way) == carried:
                while high - low > PRECISION_M:
                    half = (low + high) / 2
                    low, high = (low, half) if self.carries(middle + half * way) == carried else (half, high)
                return high
            low = high
        return None

    def wall(self, way: NDArray[np.float64]) -> float:
        """Distance to what would stop the thing on its way."""
        start = np.array([self.com[0], self.com[1], self.rim_height])
        return self._ray(start, np.array([way[0], way[1], 0.0]))


def edge_distance(world: TrialWorld, index: int) -> EdgeDistance:
    """Looks for the nearest free edge in sixteen directions, by rays down to the ground.

    Raises:
        ValueError: the object is furniture.
    """
    ready = prepared(world)
    return ready.once(("edge", index), lambda: _measure(ready, index))


def _measure(ready: Prepared, index: int) -> EdgeDistance:
    bench = ready.bench(ready.supports.carried_by(ready.movable(index)) | {index})
    ground = _Ground(bench, index)
    angles = np.arange(NUM_EDGE_BEARINGS) * 2 * np.pi / NUM_EDGE_BEARINGS
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middle = ground.com[:2]
    if not ground.carries(middle):
        return _past_the_edge(ground, ways)
    nothing = np.zeros((0, 2))
    best, open_ways = EdgeDistance(math.inf, math.inf, 0.0, np.zeros(2), nothing), []
    flat = np.concatenate([ways, np.zeros((len(ways), 1))], axis=1)
    reach = spans(bench.model, bench.data, bench.geoms(index), flat)[1] - ways @ middle
    for way, half in zip(ways, reach, strict=True):
        far = ground.first(way, min(EDGE_REACH_M, ground.wall(way)), carried=False)
        if far is None:
            continue
        open_ways.append(way)
        if far < best.com_m:
            drop = ground.depth(middle + (far + LOOK_BEYOND_M) * way)
            best = EdgeDistance(far, far - float(half), drop, way, nothing)
    return replace(best, open_ways=np.array(open_ways).reshape(-1, 2))


def _past_the_edge(ground: _Ground, ways: NDArray[np.float64]) -> EdgeDistance:
    """The centre of mass has no ground below: the edge lies back where there is some."""
    middle = ground.com[:2]
    found = [
        (far, tuple(-way))
        for way in ways
        if (far := ground.first(way, EDGE_REACH_M, carried=True)) is not None
    ]
    drop = ground.depth(middle)
    if not found:
        return EdgeDistance(-math.inf, -math.inf, drop, np.zeros(2), ways)
    far, way = min(found)
    return EdgeDistance(-far, -far, drop, np.array(way), ways)
