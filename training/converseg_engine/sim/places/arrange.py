"""Puts things into a place: standing, stacked, inside, leaning, hanging over an edge, knocked over."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.layout import Placement
from converseg_engine.sim.objects.category import Category
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places import hosts
from converseg_engine.sim.places.arrangement import USUAL, Arrangement, Habits
from converseg_engine.sim.places.drape import cover
from converseg_engine.sim.places.edges import lean, overhang
from converseg_engine.sim.places.furnished import Furnished
from converseg_engine.sim.places.poses import is_flat, on_side, outline, touches_where_seen, upright


def put(done: Arrangement, model: ObjectModel, habits: Habits) -> bool:
    """Find one place for a thing; False where none was free."""
    rng = done.rng
    eager = 0.85 if model.category == hosts.LID else habits.host
    if rng.random() < eager and _on_host(done, model):
        return True
    if is_flat(model) and rng.random() < habits.lean and lean(done, model):
        return True
    if rng.random() < habits.overhang and overhang(done, model):
        return True
    knocked = model.base_radius > 0 and model.cavity is None and rng.random() < habits.topple
    return _stand(done, model, knocked=knocked)


def _stand(done: Arrangement, model: ObjectModel, *, knocked: bool) -> bool:
    """On a region, upright or knocked over, clear of everything else."""
    rng = done.rng
    for _ in range(24):
        yaw = float(rng.uniform(-math.pi, math.pi))
        if not knocked and rng.random() < 0.6:
            yaw = float(rng.integers(4)) * math.pi / 2 + float(rng.normal(0, 0.18))
        pose = on_side(model, yaw, float(rng.uniform(-math.pi, math.pi))) if knocked else upright(model, yaw)
        if knocked and not touches_where_seen(pose):
            continue
        index = done.draw_region(model, float(pose.high[2] - pose.low[2]))
        if index is None:
            return False
        region, at = done.furnished.regions[index], done.spot(index)
        shape = outline(pose, at)
        if region.contains(shape).all() and done.is_free(shape, index):
            done.keep(pose, at, index, region.fixture, region.centre[2])
            return True
    return False


def _on_host(done: Arrangement, model: ObjectModel) -> bool:
    """On top of or inside something that stands upright."""
    most = len(done.placed) if model.category == hosts.LID else 4
    for k in done.rng.permutation(len(done.placed))[:most]:
        index, host = int(k), done.placed[int(k)]
        if done.num_below(index) >= 3 or not hosts.stands(host):
            continue
        taken = [done.outlines[j] for j, p in enumerate(done.placed) if p.support == done.number(index)]
        found = hosts.find_spot(done.rng, model, host, taken)
        if found is None:
            continue
        pose, at, floor_z = found
        region = done.furnished.regions[done.region_of[index]]
        if floor_z + pose.high[2] - pose.low[2] > region.centre[2] + region.clearance_m - 0.01:
            continue
        done.keep(pose, at, done.region_of[index], done.number(index), floor_z)
        return True
    return False


def _cover_something(done: Arrangement, towel: Category) -> bool:
    """Spread a towel over something that stands alone with nothing on it; False where nothing does."""
    hosting = {p.support for p in done.placed}
    for k in done.rng.permutation(len(done.placed)):
        index, host = int(k), done.placed[int(k)]
        alone = host.support < len(done.furnished.fixtures) and done.number(index) not in hosting
        if not alone or not hosts.stands(host):
            continue
        region = done.furnished.regions[done.region_of[index]]
        made = cover(done.rng, towel, host, done.number(index), region.clearance_m)
        if made is not None:
            shape = outline(upright(made.model, made.yaw), (made.x, made.y))
            if done.is_free(shape, done.region_of[index], besides=index):
                done.keep_placed(made, done.region_of[index], shape)
                return True
    return False


def arrange(
    rng: np.random.Generator,
    furnished: Furnished,
    models: list[ObjectModel],
    *,
    most: int,
    habits: Habits = USUAL,
    towel: Category | None = None,
) -> list[Placement]:
    """Starting places of up to ``most`` things; their ``support`` counts fixtures first.

    Big carriers are put down first; what finds no room is left out. In some scenes a ``towel`` is
    spread over one of the things.
    """
    done = Arrangement(rng, furnished)
    covering = towel is not None and most > 1 and rng.random() < habits.cover
    for model in sorted(models, key=lambda m: -_carrying_area(m)):
        if len(done.placed) < most - covering:
            put(done, model, habits)
    if towel is not None and covering:
        _cover_something(done, towel)
    return done.placed


def _carrying_area(model: ObjectModel) -> float:
    if model.shelf is None and model.cavity is None and model.bay is None:
        return 0.0
    x0, y0, x1, y1 = model.footprint_xyxy
    return (x1 - x0) * (y1 - y0)
