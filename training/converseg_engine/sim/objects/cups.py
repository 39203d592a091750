"""What one drinks from and pours from: mug, glass, jug, teapot, thermos."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, lathe, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, round_walls, slab
from converseg_engine.sim.objects.forms import arc, band, disc, loft, turned_cup
from converseg_engine.sim.objects.materials import CERAMIC, GLASS, PLASTIC, SILVER, STEEL
from converseg_engine.sim.objects.model import Cavity, ObjectModel

_DRINKS = {
    "coffee": (0.20, 0.11, 0.06),
    "tea": (0.52, 0.26, 0.08),
    "water": (0.66, 0.80, 0.86),
    "milk": (0.96, 0.95, 0.91),
}


def _ear(reach: float, rise: float, thick: float, *, at_x: float, at_z: float) -> Mesh:
    """A handle whose ends sink into the wall at ``at_x`` and stay out of the hollow behind it."""
    path = arc((at_x, 0, at_z), reach, rise, -84, 84, num=11)
    path[0, 0] = path[-1, 0] = at_x
    return tube(path, [thick] * 11)


def _drink(a: Assembly, names: tuple[str, ...], radius: float, floor: float, height: float) -> None:
    """Fill an open vessel with something that shows: its surface is a part of its own."""
    share = float(a.rng.uniform(0.55, 0.85))
    name = names[int(a.rng.integers(len(names)))]
    top = disc(radius, 0.002, bottom_z=floor + (height - floor) * share - 0.002, num_segments=20)
    a.add(name, top, _DRINKS[name], PLASTIC, solid=0.01, shine=1.0, texture=None)
    a.fill(name, math.pi * radius**2 * (height - floor), share=share)


def mug(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hollow mug; its handle ends in the wall."""
    a = Assembly("mug", color, rng)
    r, h, wall = rng.uniform(0.038, 0.047), rng.uniform(0.080, 0.115), 0.0045
    top = r * rng.uniform(0.94, 1.10)
    floor = 0.006
    walls = round_walls(r * 0.95, top, h, wall, floor=floor, num=8)
    a.add(
        "body",
        turned_cup([(r * 0.92, 0), (r, 0.007), (top, h)], wall=wall, floor=floor),
        a.main,
        CERAMIC,
        *walls,
    )
    rise, reach, thick = h * rng.uniform(0.25, 0.34), rng.uniform(0.028, 0.038), rng.uniform(0.0055, 0.0075)
    x = (r + top) / 2 - wall * 0.3
    ear = _ear(reach, rise, thick, at_x=x, at_z=h * 0.52)
    # Where the tube is thicker than the wall, press it back into the wall: no bump shows inside.
    least = np.interp(ear.vertices[:, 2], [0, h], [r, top]) - wall * 0.6
    ear.vertices[:, 0] = np.maximum(ear.vertices[:, 0], np.sqrt(least**2 - ear.vertices[:, 1] ** 2))
    grips = (
        slab((thick * 2, thick * 2, rise * 1.5), (x + reach - thick, 0, h * 0.52)),
        slab((reach, thick * 2, thick * 2), (x + reach / 2, 0, h * 0.52 + rise)),
        slab((reach, thick * 2, thick * 2), (x + reach / 2, 0, h * 0.52 - rise)),
    )
    a.add("handle", ear, a.main, CERAMIC, *grips)
    if rng.random() < 0.3:
        outside = [(r + (top - r) * f, h * f) for f in (0.3, 0.62)]
        a.add("body", band(outside), a.other(), CERAMIC)
    if rng.random() < 0.35:
        _drink(a, ("coffee", "tea", "water", "milk"), min(r, top) - wall * 1.02, floor, h)
        return a.done(base_radius=r * 0.92)
    return a.done(base_radius=r * 0.92, cavity=Cavity(r - wall, top - wall, floor, h))


def glass(rng: np.random.Generator, color: str) -> ObjectModel:
    """A drinking glass of tinted glass, with or without a drink."""
    a = Assembly("glass", color, rng)
    r, h, wall = rng.uniform(0.028, 0.036), rng.uniform(0.090, 0.145), 0.0022
    top = r * rng.uniform(1.0, 1.25)
    red, green, blue = a.main
    rgb = a.call_main((0.40 + 0.55 * red, 0.42 + 0.55 * green, 0.45 + 0.55 * blue))
    a.add(
        "body",
        turned_cup([(r, 0), (top, h)], wall=wall, floor=0.008),
        rgb,
        GLASS,
        *round_walls(r, top, h, 0.004, floor=0.008, num=8),
    )
    if rng.random() < 0.5:
        _drink(a, ("water", "milk"), r - wall, 0.008, h)
        return a.done(base_radius=r)
    return a.done(base_radius=r, cavity=Cavity(r - 0.004, top - 0.004, 0.008, h))


def jug(rng: np.random.Generator, color: str) -> ObjectModel:
    """A jug with a lip to pour over and a handle behind."""
    a = Assembly("jug", color, rng)
    r, h, wall = rng.uniform(0.050, 0.065), rng.uniform(0.16, 0.23), 0.005
    neck, rim = r * rng.uniform(0.70, 0.82), r * rng.uniform(0.80, 0.95)
    curve = [(r * 0.8, 0.0), (r, h * 0.15), (r, h * 0.42), (neck, h * 0.76), (rim, h)]
    body = turned_cup(curve, wall=wall, floor=0.008, num_segments=30)
    low = round_walls(r * 0.85, r, h * 0.45, 0.005, floor=0.008, num=8)
    high = round_wall(r, neck, h * 0.45, h, wall=0.005, num=8)
    a.add("body", body, a.main, CERAMIC, *low, *high)
    # A beak that widens upward from the wall: three corners at its foot, three over the rim.
    lip = loft(
        [
            (np.array([(neck * 0.95, -0.002), (neck + 0.004, 0.0), (neck * 0.95, 0.002)]), h * 0.80),
            (np.array([(rim * 0.80, -rim * 0.42), (rim + 0.024, 0.0), (rim * 0.80, rim * 0.42)]), h),
        ]
    )
    a.add("spout", lip, a.main, CERAMIC, slab((0.03, 0.03, 0.02), (rim + 0.006, 0, h - 0.012)), solid=0.5)
    rise, reach, thick = h * 0.25, r * 0.75, 0.008
    ear = _ear(reach, rise, thick, at_x=r * 0.98, at_z=h * 0.55).scaled((-1, -1, 1))
    a.add(
        "handle",
        ear,
        a.main,
        CERAMIC,
        slab((2 * thick, 2 * thick, rise * 1.6), (-r - reach + thick, 0, h * 0.55)),
        slab((reach, 2 * thick, 2 * thick), (-r - reach / 2, 0, h * 0.55 + rise)),
    )
    if rng.random() < 0.5:
        _drink(a, ("water", "milk"), neck - wall * 1.2, 0.008, h)
    return a.done(base_radius=r * 0.8)


def teapot(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round teapot: body, spout, handle, lid."""
    a = Assembly("teapot", color, rng)
    r, squash = rng.uniform(0.065, 0.080), rng.uniform(0.80, 0.95)
    h = 2 * r * squash * 0.86
    body = sphere(r, num_rings=12, num_segments=26).scaled((1, 1, squash)).moved((0, 0, h * 0.54))
    body.vertices[:, 2] = np.clip(body.vertices[:, 2], 0.0, h)
    foot = r * 0.62
    a.add(
        "body",
        body,
        a.main,
        CERAMIC,
        drum(foot, h * 0.16),
        drum(r * 0.95, h * 0.6, bottom_z=h * 0.16),
        drum(r * 0.7, h * 0.2, bottom_z=h * 0.78),
        solid=0.22,
    )
    tip = (r * 1.62, 0.0, h * 0.92)
    spout = tube(
        np.array([(r * 0.82, 0, h * 0.38), (r * 1.2, 0, h * 0.5), (r * 1.42, 0, h * 0.76), tip]),
        [0.018, 0.014, 0.010, 0.008],
        num_sides=12,
    )
    a.add("spout", spout, a.main, CERAMIC, bar((r * 0.9, 0, h * 0.42), tip, 0.011), solid=0.5)
    ear = _ear(r * 0.6, h * 0.32, 0.0075, at_x=r * 0.92, at_z=h * 0.54).scaled((-1, -1, 1))
    a.add(
        "handle",
        ear,
        a.main,
        CERAMIC,
        slab((0.015, 0.015, h * 0.5), (-r * 1.48, 0, h * 0.54)),
        slab((r * 0.6, 0.015, 0.015), (-r * 1.2, 0, h * 0.84)),
    )
    cover = lathe(
        [(0, h - 0.004), (r * 0.55, h - 0.004), (r * 0.4, h + 0.010), (0, h + 0.014)], num_segments=22
    )
    knob = sphere(0.010, num_rings=6, num_segments=12).moved((0, 0, h + 0.021))
    a.add(
        "lid",
        [cover, knob],
        a.main if rng.random() < 0.6 else a.other(),
        CERAMIC,
        drum(r * 0.45, 0.026, bottom_z=h),
    )
    return a.done(base_radius=foot)


def thermos(rng: np.random.Generator, color: str) -> ObjectModel:
    """A vacuum flask with a steel collar, a cup for a lid and a side handle."""
    a = Assembly("thermos", color, rng)
    r, h = rng.uniform(0.036, 0.046), rng.uniform(0.22, 0.28)
    split = h * 0.76
    body = lathe(
        [(0, 0), (r * 0.96, 0), (r, 0.006), (r, split - 0.012), (r * 0.92, split), (0, split)],
        num_segments=26,
    )
    a.add("body", body, a.main, STEEL, drum(r, split), solid=0.09, shine=0.5)
    a.add("body", disc(r * 0.90, 0.008, bottom_z=split - 0.002), SILVER, STEEL, solid=0.1)
    lid = lathe(
        [(0, split + 0.005), (r * 0.95, split + 0.005), (r * 0.86, h - 0.004), (r * 0.8, h), (0, h)],
        num_segments=26,
    )
    a.add("lid", lid, a.paint("black"), PLASTIC, drum(r * 0.9, h - split, bottom_z=split), solid=0.25)
    ear = _ear(0.03, h * 0.18, 0.007, at_x=r - 0.001, at_z=h * 0.42)
    a.add("handle", ear, a.paint("black"), PLASTIC, slab((0.014, 0.014, h * 0.3), (r + 0.022, 0, h * 0.42)))
    a.fill("coffee", math.pi * (r * 0.85) ** 2 * split, share=float(rng.uniform(0.3, 0.95)))
    return a.done(base_radius=r * 0.96)


_TABLE = frozenset({"tabletop", "kitchen counter", "shelf"})

CUPS: tuple[Category, ...] = (
    Category(
        "mug",
        "mugs",
        mug,
        yes=known("drink breaks container dish wash_up"),
        unsure=known(
            "hold_soup flowers hot spills hold_pens store heat_proof stacks carry_water pour "
            "keep_warm keep_from_child"
        ),
        askable_parts=("handle",),
        places=_TABLE | {"desk"},
        weight=1.5,
        part_uses=uses(body="drink_from put_things_in", handle="hold"),
    ),
    Category(
        "glass",
        "glasses",
        glass,
        colors=("white", "blue", "green", "pink", "yellow", "purple"),
        yes=known("drink breaks container dish wash_up"),
        unsure=known(
            "flowers spills hold_pens store stacks carry_water pour keep_from_child recycle hold_soup "
            "roll_dough"
        ),
        places=_TABLE | {"desk", "bathroom"},
        weight=1.2,
        part_uses=uses(body="drink_from put_things_in hold"),
    ),
    Category(
        "jug",
        "jugs",
        jug,
        yes=known("pour breaks container"),
        unsure=known("flowers drink spills serve carry_water dish wash_up hold_soup store keep_from_child"),
        askable_parts=("handle",),
        places=_TABLE,
        part_uses=uses(body="put_things_in", spout="pour", handle="hold carry"),
    ),
    Category(
        "teapot",
        "teapots",
        teapot,
        yes=known("pour breaks container"),
        unsure=known(
            "dish hot spills boil cookware keep_warm flowers drink wash_up serve carry_water "
            "heat_proof keep_from_child"
        ),
        askable_parts=("handle", "spout", "lid"),
        places=_TABLE,
        held_out=True,
        part_uses=uses(spout="pour", handle="hold carry", lid="cover open", body="stand_on"),
    ),
    Category(
        "thermos",
        "thermoses",
        thermos,
        yes=known("keep_warm container drink"),
        unsure=known("pour metal hot travel carry_water wash_up dish spills heat_proof hold_soup breaks"),
        askable_parts=("lid", "handle"),
        places=_TABLE | {"desk", "luggage cart"},
        part_uses=uses(lid="open drink_from", handle="hold carry", body="hold"),
    ),
)
