"""Puts things into a place: standing, stacked, inside, leaning, hanging over an edge, knocked over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.layout import Placement, rectangle_gap
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places import hosts
from converseg_engine.sim.places.furnished import Furnished, Stock
from converseg_engine.sim.places.poses import (
    Pose,
    centre_of_mass,
    extents,
    is_flat,
    leaning,
    on_side,
    outline,
    rolls_freely,
    touches_where_seen,
    upright,
)
from converseg_engine.sim.places.region import Region

GAP_M = 0.004
_OUTWARD = {"x-": (-1.0, 0.0), "x+": (1.0, 0.0), "y-": (0.0, -1.0), "y+": (0.0, 1.0)}


@dataclass(frozen=True)
class Habits:
    """How often a thing goes on or into another, leans, hangs over an edge, lies on its side."""

    host: float = 0.50
    lean: float = 0.30
    overhang: float = 0.14
    topple: float = 0.06


USUAL = Habits()


@dataclass(eq=False)
class Arrangement:
    """What has been put down so far. Object numbers count the fixtures first."""

    rng: np.random.Generator
    furnished: Furnished
    habits: Habits = USUAL
    placed: list[Placement] = field(default_factory=list)
    region_of: list[int] = field(default_factory=list)
    outlines: list[NDArray[np.float64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        # The scene has a middle, so that things stand near each other and before each other.
        self._middles = [rng.uniform(-1, 1, size=2) * (1 - s.cluster) for s in self.furnished.stocks]

    def number(self, k: int) -> int:
        """The object number of the k-th thing."""
        return len(self.furnished.fixtures) + k

    def put(self, model: ObjectModel) -> bool:
        """Find one place for a thing; False where none was free."""
        rng, habits = self.rng, self.habits
        if rng.random() < habits.host and self._on_host(model):
            return True
        if is_flat(model) and rng.random() < habits.lean and self._leaning(model):
            return True
        if rng.random() < habits.overhang and self._overhanging(model):
            return True
        knocked = model.base_radius > 0 and model.cavity is None and rng.random() < habits.topple
        return self._standing(model, knocked=knocked)

    def _suits(self, region: int, model: ObjectModel) -> bool:
        low, high = self.furnished.stocks[region].size_m
        return low <= float(extents(model).max()) <= high

    def _draw_region(self, model: ObjectModel, height: float) -> int | None:
        regions, stocks = self.furnished.regions, self.furnished.stocks
        shares = np.array(
            [
                s.share * (r.clearance_m > height + 0.01) * self._has_room(k) * self._suits(k, model)
                for k, (r, s) in enumerate(zip(regions, stocks, strict=True))
            ]
        )
        if shares.sum() <= 0:
            return None
        return int(self.rng.choice(len(regions), p=shares / shares.sum()))

    def _has_room(self, region: int) -> bool:
        most = self.furnished.stocks[region].most
        return most >= len(self.placed) or self.region_of.count(region) < most

    def _keep(self, pose: Pose, at: tuple[float, float], region: int, support: int, floor_z: float) -> None:
        self.placed.append(pose.at(*at, floor_z, support))
        self.region_of.append(region)
        self.outlines.append(outline(pose, at))

    def _is_free(self, shape: NDArray[np.float64], region: int, *, besides: int = -1) -> bool:
        mine = self.furnished.regions[region]
        for k, other in enumerate(self.outlines):
            near = abs(self.furnished.regions[self.region_of[k]].centre[2] - mine.centre[2]) < 0.05
            if near and k != besides and rectangle_gap(shape, other) < GAP_M:
                return False
        return True

    def _spot(self, region: Region, stock: Stock, index: int) -> tuple[float, float]:
        half = np.array([region.half_x, region.half_y])
        local = (self._middles[index] + self.rng.uniform(-1, 1, size=2) * stock.cluster) * half
        x, y, _ = region.to_world(local[None])[0]
        return float(x), float(y)

    def _standing(self, model: ObjectModel, *, knocked: bool) -> bool:
        for _ in range(24):
            yaw = float(self.rng.uniform(-math.pi, math.pi))
            if not knocked and self.rng.random() < 0.6:
                yaw = float(self.rng.integers(4)) * math.pi / 2 + float(self.rng.normal(0, 0.18))
            pose = (
                on_side(model, yaw, float(self.rng.uniform(-math.pi, math.pi)))
                if knocked
                else upright(model, yaw)
            )
            if knocked and not touches_where_seen(pose):
                continue
            index = self._draw_region(model, float(pose.high[2] - pose.low[2]))
            if index is None:
                return False
            region = self.furnished.regions[index]
            at = self._spot(region, self.furnished.stocks[index], index)
            shape = outline(pose, at)
            if region.contains(shape).all() and self._is_free(shape, index):
                self._keep(pose, at, index, region.fixture, region.centre[2])
                return True
        return False

    def _overhanging(self, model: ObjectModel) -> bool:
        """The centre of mass stays over the region, often by no more than a centimetre."""
        regions = self.furnished.regions
        options = [
            (k, edge)
            for k, r in enumerate(regions)
            for edge in sorted(r.free_edges)
            if self.furnished.stocks[k].share > 0
            and r.clearance_m > model.height + 0.02
            and self._has_room(k)
            and self._suits(k, model)
        ]
        if not options or rolls_freely(model):
            return False
        for _ in range(8):
            index, edge = options[int(self.rng.integers(len(options)))]
            region = regions[index]
            turn = float(self.rng.integers(4)) * math.pi / 2 + float(self.rng.normal(0, 0.25))
            pose = upright(model, region.yaw + turn)
            middle = pose.rotation @ centre_of_mass(model)
            out = np.array(_OUTWARD[edge])
            axis = int(np.argmax(np.abs(out)))
            reach = float(extents(model)[:2].min()) / 2
            base = model.base_radius if model.base_radius > 0 else reach
            inside = (
                float(self.rng.uniform(0.006, 0.014))
                if self.rng.random() < 0.4
                else float(self.rng.uniform(0.2, 0.7)) * base
            )
            half = np.array([region.half_x, region.half_y])
            local = self.rng.uniform(-0.85, 0.85, size=2) * half
            local[axis] = out[axis] * (half[axis] - inside)
            spot = region.to_world(local[None])[0]
            at = (float(spot[0] - middle[0]), float(spot[1] - middle[1]))
            shape = outline(pose, at)
            beyond = region.to_local(shape)
            others = np.abs(beyond[:, 1 - axis]) <= half[1 - axis]
            away = beyond[:, axis] * out[axis] >= -half[axis]
            if others.all() and away.all() and self._is_free(shape, index):
                self._keep(pose, at, index, region.fixture, region.centre[2])
                return True
        return False

    def _leaning(self, model: ObjectModel) -> bool:
        """Against a wall of the region, or against the side of something that stands on it and is heavier."""
        rng = self.rng
        for _ in range(10):
            lean = float(rng.uniform(0.16, 0.38))
            long_up = bool(rng.random() < 0.6)
            tall = [
                k
                for k, p in enumerate(self.placed)
                if p.support < len(self.furnished.fixtures)
                and p.model.height > 0.09
                and p.model.mass_kg > 1.4 * model.mass_kg
                and p.model.base_radius == 0
                and not rolls_freely(p.model)
                and self.furnished.regions[self.region_of[k]].clearance_m > 0.3
            ]
            walled = [
                (k, side)
                for k, s in enumerate(self.furnished.stocks)
                for side in sorted(s.walls)
                if s.share > 0 and self._has_room(k) and self._suits(k, model)
            ]
            if tall and (not walled or rng.random() < 0.5):
                besides = tall[int(rng.integers(len(tall)))]
                index = self.region_of[besides]
                face, out = hosts.side_of(rng, self.outlines[besides])
            elif walled:
                index, side = walled[int(rng.integers(len(walled)))]
                besides = -1
                face, out = self._wall(self.furnished.regions[index], side)
            else:
                return False
            pose = leaning(model, out, lean, long_up=long_up)
            if not touches_where_seen(pose):
                return False
            region = self.furnished.regions[index]
            if pose.high[2] - pose.low[2] > region.clearance_m - 0.01:
                continue
            # The hindmost point of the tilted slab touches the face.
            vertices = (model.vertices() @ pose.rotation.T)[:, :2]
            back = float((vertices @ out).min())
            origin = face - out * (back - 0.002)
            at = (float(origin[0]), float(origin[1]))
            shape = outline(pose, at)
            if region.contains(shape, margin_m=-0.003).all() and self._is_free(shape, index, besides=besides):
                self._keep(pose, at, index, region.fixture, region.centre[2])
                return True
        return False

    def _wall(self, region: Region, side: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        out = np.array(_OUTWARD[side])
        half = np.array([region.half_x, region.half_y])
        local = self.rng.uniform(-0.9, 0.9, size=2) * half
        axis = int(np.argmax(np.abs(out)))
        local[axis] = out[axis] * half[axis]
        c, s = math.cos(region.yaw), math.sin(region.yaw)
        inward = -np.array([[c, -s], [s, c]]) @ out
        return region.to_world(local[None])[0, :2], inward

    def _on_host(self, model: ObjectModel) -> bool:
        num_fixtures = len(self.furnished.fixtures)
        for k in self.rng.permutation(len(self.placed))[:4]:
            index, host = int(k), self.placed[int(k)]
            if self._height_of(index) >= 3 or host.quat is None or not hosts.stands(host):
                continue
            taken = [self.outlines[j] for j, p in enumerate(self.placed) if p.support == num_fixtures + index]
            found = hosts.find_spot(self.rng, model, host, taken)
            if found is None:
                continue
            pose, at, floor_z = found
            region = self.furnished.regions[self.region_of[index]]
            if floor_z + pose.high[2] - pose.low[2] > region.centre[2] + region.clearance_m - 0.01:
                continue
            self.placed.append(pose.at(*at, floor_z, self.number(index)))
            self.region_of.append(self.region_of[index])
            # What stands on another keeps out of nobody's way but its neighbours' up there.
            self.outlines.append(outline(pose, at))
            return True
        return False

    def _height_of(self, index: int) -> int:
        """How many things lie below this one."""
        num, below = 0, self.placed[index].support
        while below >= len(self.furnished.fixtures):
            num, below = num + 1, self.placed[below - len(self.furnished.fixtures)].support
        return num


def arrange(
    rng: np.random.Generator,
    furnished: Furnished,
    models: list[ObjectModel],
    *,
    most: int,
    habits: Habits = USUAL,
) -> list[Placement]:
    """Starting places of up to ``most`` things; their ``support`` counts fixtures first.

    Big carriers are put down first; what finds no room is left out.
    """
    arrangement = Arrangement(rng, furnished, habits)
    for model in sorted(models, key=lambda m: -_carrying_area(m)):
        if len(arrangement.placed) < most:
            arrangement.put(model)
    return arrangement.placed


def _carrying_area(model: ObjectModel) -> float:
    if model.shelf is None and model.cavity is None and model.bay is None:
        return 0.0
    x0, y0, x1, y1 = model.footprint_xyxy
    return (x1 - x0) * (y1 - y0)
