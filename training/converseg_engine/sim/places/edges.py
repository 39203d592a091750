"""Things at an edge: hanging over it, or leaning on a wall or on something heavier."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places import hosts
from converseg_engine.sim.places.arrangement import Arrangement
from converseg_engine.sim.places.poses import (
    centre_of_mass,
    extents,
    leaning,
    outline,
    rolls_freely,
    touches_where_seen,
    upright,
)
from converseg_engine.sim.places.region import Region

_OUTWARD = {"x-": (-1.0, 0.0), "x+": (1.0, 0.0), "y-": (0.0, -1.0), "y+": (0.0, 1.0)}


def overhang(done: Arrangement, model: ObjectModel) -> bool:
    """The centre of mass stays over the region, often by no more than a centimetre."""
    regions = done.furnished.regions
    options = [
        (k, edge)
        for k, r in enumerate(regions)
        for edge in sorted(r.free_edges)
        if r.clearance_m > model.height + 0.02 and done.suits(k, model)
    ]
    if not options or rolls_freely(model):
        return False
    for _ in range(8):
        index, edge = options[int(done.rng.integers(len(options)))]
        region = regions[index]
        turn = float(done.rng.integers(4)) * math.pi / 2 + float(done.rng.normal(0, 0.25))
        pose = upright(model, region.yaw + turn)
        middle = pose.rotation @ centre_of_mass(model)
        out = np.array(_OUTWARD[edge])
        axis = int(np.argmax(np.abs(out)))
        reach = float(extents(model)[:2].min()) / 2
        base = model.base_radius if model.base_radius > 0 else reach
        inside = (
            float(done.rng.uniform(0.006, 0.014))
            if done.rng.random() < 0.4
            else float(done.rng.uniform(0.2, 0.7)) * base
        )
        half = np.array([region.half_x, region.half_y])
        local = done.rng.uniform(-0.85, 0.85, size=2) * half
        local[axis] = out[axis] * (half[axis] - inside)
        spot = region.to_world(local[None])[0]
        at = (float(spot[0] - middle[0]), float(spot[1] - middle[1]))
        shape = outline(pose, at)
        beyond = region.to_local(shape)
        others = np.abs(beyond[:, 1 - axis]) <= half[1 - axis]
        away = beyond[:, axis] * out[axis] >= -half[axis]
        if others.all() and away.all() and done.is_free(shape, index):
            done.keep(pose, at, index, region.fixture, region.centre[2])
            return True
    return False


def lean(done: Arrangement, model: ObjectModel) -> bool:
    """Against a wall of the region, or against the side of something that stands on it and is heavier."""
    rng = done.rng
    for _ in range(10):
        angle = float(rng.uniform(0.16, 0.38))
        long_up = bool(rng.random() < 0.6)
        tall = [
            k
            for k, p in enumerate(done.placed)
            if p.support < len(done.furnished.fixtures)
            and p.model.height > 0.09
            and p.model.mass_kg > 1.4 * model.mass_kg
            and p.model.base_radius == 0
            and not rolls_freely(p.model)
            and done.furnished.regions[done.region_of[k]].clearance_m > 0.3
        ]
        walled = [
            (k, side)
            for k, s in enumerate(done.furnished.stocks)
            for side in sorted(s.walls)
            if done.suits(k, model)
        ]
        if tall and (not walled or rng.random() < 0.5):
            besides = tall[int(rng.integers(len(tall)))]
            index = done.region_of[besides]
            face, out = hosts.side_of(rng, done.outlines[besides])
        elif walled:
            index, side = walled[int(rng.integers(len(walled)))]
            besides = -1
            face, out = _wall(done, done.furnished.regions[index], side)
        else:
            return False
        pose = leaning(model, out, angle, long_up=long_up)
        if not touches_where_seen(pose):
            return False
        region = done.furnished.regions[index]
        if pose.high[2] - pose.low[2] > region.clearance_m - 0.01:
            continue
        # The hindmost point of the tilted slab touches the face.
        vertices = (model.vertices() @ pose.rotation.T)[:, :2]
        back = float((vertices @ out).min())
        origin = face - out * (back - 0.002)
        at = (float(origin[0]), float(origin[1]))
        shape = outline(pose, at)
        if region.contains(shape, margin_m=-0.003).all() and done.is_free(shape, index, besides=besides):
            done.keep(pose, at, index, region.fixture, region.centre[2])
            return True
    return False


def _wall(done: Arrangement, region: Region, side: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    out = np.array(_OUTWARD[side])
    half = np.array([region.half_x, region.half_y])
    local = done.rng.uniform(-0.9, 0.9, size=2) * half
    axis = int(np.argmax(np.abs(out)))
    local[axis] = out[axis] * half[axis]
    c, s = math.cos(region.yaw), math.sin(region.yaw)
    inward = -np.array([[c, -s], [s, c]]) @ out
    return region.to_world(local[None])[0, :2], inward
