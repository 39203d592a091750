"""What has been put down in a place so far, and where the next thing may go."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement, rectangle_gap
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.furnished import Furnished
from converseg_engine.sim.places.poses import Pose, extents, outline
from converseg_engine.sim.places.region import Region

GAP_M = 0.004
SPREAD_M, FAR_M = 0.24, 0.6
"""How far things stand from the middle of the scene; beyond what distance other regions stay emptier."""


@dataclass(frozen=True)
class Habits:
    """How often a thing goes on or into another, leans, hangs over an edge, lies on its side.

    ``cover`` is how often a scene has a towel spread over something.
    """

    host: float = 0.60
    lean: float = 0.55
    overhang: float = 0.16
    topple: float = 0.08
    cover: float = 0.15


USUAL = Habits()


def distance_to(region: Region, point: NDArray[np.float64]) -> float:
    """Level distance (m) from a (1, 3) world point to a region; 0 over it."""
    local = np.abs(region.to_local(point)[0])
    return float(np.hypot(*np.maximum(local - (region.half_x, region.half_y), 0.0)))


@dataclass(eq=False)
class Arrangement:
    """What has been put down so far. Object numbers count the fixtures first."""

    rng: np.random.Generator
    furnished: Furnished
    placed: list[Placement] = field(default_factory=list)
    region_of: list[int] = field(default_factory=list)
    outlines: list[NDArray[np.float64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng, regions = self.rng, self.furnished.regions
        self._middles = [rng.uniform(-1, 1, size=2) * (1 - s.cluster) for s in self.furnished.stocks]
        # The scene has a middle, so that things stand near each other and before each other.
        shares = np.array([s.share for s in self.furnished.stocks])
        host = regions[int(rng.choice(len(regions), p=shares / shares.sum()))]
        half = np.array([host.half_x, host.half_y])
        self._focus = host.to_world((rng.uniform(-0.8, 0.8, size=2) * half)[None])
        self._near = [
            0.15 + math.exp(-((distance_to(region, self._focus) / FAR_M) ** 2)) for region in regions
        ]

    def number(self, k: int) -> int:
        """The object number of the k-th thing."""
        return len(self.furnished.fixtures) + k

    def suits(self, region: int, model: ObjectModel) -> bool:
        """Whether the region takes one more thing, and one of this size."""
        stock = self.furnished.stocks[region]
        room = stock.most >= len(self.placed) or self.region_of.count(region) < stock.most
        return room and stock.share > 0 and stock.size_m[0] <= float(extents(model).max()) <= stock.size_m[1]

    def draw_region(self, model: ObjectModel, height: float) -> int | None:
        """A region by its share, among those that take a thing of this height; None where none does."""
        regions, stocks = self.furnished.regions, self.furnished.stocks
        shares = np.array(
            [
                s.share * self._near[k] * (r.clearance_m > height + 0.01) * self.suits(k, model)
                for k, (r, s) in enumerate(zip(regions, stocks, strict=True))
            ]
        )
        if shares.sum() <= 0:
            return None
        return int(self.rng.choice(len(regions), p=shares / shares.sum()))

    def keep(self, pose: Pose, at: tuple[float, float], region: int, support: int, floor_z: float) -> None:
        """Put a posed thing down over (x, y); ``support`` is an object number."""
        self.keep_placed(pose.at(*at, floor_z, support), region, outline(pose, at))

    def keep_placed(self, placement: Placement, region: int, shape: NDArray[np.float64]) -> None:
        """Put down what is posed already; ``shape`` is its (4, 2) outline."""
        self.placed.append(placement)
        self.region_of.append(region)
        self.outlines.append(shape)

    def is_free(self, shape: NDArray[np.float64], region: int, *, besides: int = -1) -> bool:
        """Whether an outline (4, 2) keeps its distance to everything at the same height but ``besides``."""
        mine = self.furnished.regions[region]
        for k, other in enumerate(self.outlines):
            near = abs(self.furnished.regions[self.region_of[k]].centre[2] - mine.centre[2]) < 0.05
            if near and k != besides and rectangle_gap(shape, other) < GAP_M:
                return False
        return True

    def spot(self, index: int) -> tuple[float, float]:
        """A random point (x, y) of a region, near the scene's middle where things cluster."""
        region, stock = self.furnished.regions[index], self.furnished.stocks[index]
        half = np.array([region.half_x, region.half_y])
        local = (self._middles[index] + self.rng.uniform(-1, 1, size=2) * stock.cluster) * half
        if self.rng.random() < 0.6 and distance_to(region, self._focus) == 0.0:
            local = region.to_local(self._focus)[0] + self.rng.normal(0, SPREAD_M, size=2)
        x, y, _ = region.to_world(local[None])[0]
        return float(x), float(y)

    def num_below(self, index: int) -> int:
        """How many things lie below this one."""
        num, below = 0, self.placed[index].support
        while below >= len(self.furnished.fixtures):
            num, below = num + 1, self.placed[below - len(self.furnished.fixtures)].support
        return num
