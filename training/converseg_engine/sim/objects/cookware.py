"""What one cooks in: pot, lid, pan, kettle, colander."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import lathe, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_walls, slab
from converseg_engine.sim.objects.forms import arc, disc, ring, rod, turned_cup
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    DARK,
    ENAMEL,
    PLASTIC,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import Cavity, ObjectModel


def pot(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cooking pot with two side handles."""
    a = Assembly("pot", color, rng)
    r, h, wall = rng.uniform(0.085, 0.115), rng.uniform(0.09, 0.14), 0.0025
    floor = 0.005
    a.add(
        "body",
        turned_cup([(r * 0.94, 0), (r, 0.012), (r, h)], wall=wall, floor=floor, num_segments=32),
        a.main,
        STEEL if color == "gray" else ENAMEL,
        *round_walls(r * 0.97, r, h, 0.005, floor=floor, num=12),
    )
    grip = a.main if rng.random() < 0.4 else a.paint("black")
    width, reach, thick = rng.uniform(0.035, 0.045), rng.uniform(0.028, 0.036), rng.uniform(0.005, 0.007)
    for side in (-1, 1):
        path = arc((0, 0, 0), reach, width, -90, 90, num=9)[:, [0, 2, 1]] * np.array([side, 1, 1])
        loop = tube(path + np.array([side * (r - 0.002), 0, h * 0.78]), [thick] * 9)
        middle = (side * (r + reach * 0.55), 0.0, h * 0.78)
        a.add("handles", loop, grip, PLASTIC, slab((reach * 0.9, width * 2, 2 * thick), middle))
    if rng.random() < 0.35:
        depth = rng.uniform(0.3, 0.7)
        level = floor + (h - floor) * depth
        word, broth = (("water", (0.62, 0.76, 0.82)), ("soup", (0.80, 0.42, 0.12)))[int(rng.integers(2))]
        a.add(
            word,
            disc(r - wall - 0.0005, 0.003, bottom_z=level - 0.003),
            broth,
            PLASTIC,
            solid=0.01,
            shine=1.0,
        )
        a.fill(word, math.pi * r**2 * h, share=float(depth))
        return a.done(base_radius=r * 0.94, cavity=None)
    return a.done(base_radius=r * 0.94, cavity=Cavity(r * 0.97 - 0.005, r - 0.005, floor, h))


def lid(rng: np.random.Generator, color: str) -> ObjectModel:
    """The lid of a pot: a shallow dome with a rim and a knob."""
    a = Assembly("lid", color, rng)
    r, rise = rng.uniform(0.090, 0.122), rng.uniform(0.014, 0.024)
    dome = lathe(
        [
            (0, rise - 0.003),
            (r * 0.6, rise * 0.75 - 0.003),
            (r * 0.93, 0.003),
            (r * 0.93, 0),
            (r, 0),
            (r, 0.005),
            (r * 0.62, rise * 0.75 + 0.002),
            (0, rise + 0.002),
        ],
        num_segments=36,
    )
    shapes = (drum(r, 0.005), drum(r * 0.62, rise * 0.75, bottom_z=0.002))
    a.add("body", dome, a.main, STEEL if color == "gray" else ENAMEL, *shapes, solid=0.6)
    knob_r, knob_h = rng.uniform(0.013, 0.019), rng.uniform(0.020, 0.028)
    knob = lathe(
        [
            (0, rise),
            (knob_r * 0.6, rise),
            (knob_r * 0.55, rise + knob_h * 0.4),
            (knob_r, rise + knob_h * 0.6),
            (knob_r * 0.9, rise + knob_h),
            (0, rise + knob_h),
        ],
        num_segments=18,
    )
    a.add("knob", knob, a.paint("black"), PLASTIC, drum(knob_r, knob_h, bottom_z=rise))
    return a.done(base_radius=r)


def pan(rng: np.random.Generator, color: str) -> ObjectModel:
    """A frying pan with hollow body, rivets and a long handle that rises a little."""
    a = Assembly("pan", color, rng)
    rim, h, wall = rng.uniform(0.095, 0.130), rng.uniform(0.035, 0.048), 0.003
    foot = rim * rng.uniform(0.78, 0.86)
    a.add(
        "body",
        turned_cup([(foot, 0), (rim, h)], wall=wall, floor=0.004, num_segments=36),
        a.main,
        STEEL if color == "gray" else ALUMINIUM,
        *round_walls(foot, rim, h, 0.005, floor=0.004, num=12),
    )
    length, rise, half = rng.uniform(0.14, 0.18), rng.uniform(0.005, 0.03), rng.uniform(0.009, 0.012)
    start, end = (rim - 0.003, 0.0, h - half), (rim + length, 0.0, h - half + rise)
    grip = a.paint("black") if color != "black" else a.paint("brown")
    handle = tube(
        np.array([start, *(np.array(start) * (1 - t) + np.array(end) * t for t in (0.25, 0.6)), end]),
        [half * 0.6, half, half * 1.15, half * 0.9],
    )
    a.add("handle", handle, grip, PLASTIC if grip != a.main else WOOD, bar(start, end, half))
    return a.done(base_radius=foot, cavity=Cavity(foot - wall, rim - 0.005, 0.004, h))


def kettle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A kettle: bellied body, spout, lid with knob, a bow handle above."""
    a = Assembly("kettle", color, rng)
    r, h = rng.uniform(0.080, 0.100), rng.uniform(0.13, 0.17)
    shoulder = h * 0.62
    body = lathe(
        [
            (0, 0),
            (r * 0.95, 0),
            (r, 0.01),
            (r * 0.97, shoulder * 0.6),
            (r * 0.8, shoulder),
            (r * 0.5, h * 0.8),
            (0, h * 0.8),
        ],
        num_segments=30,
    )
    a.add(
        "body",
        body,
        a.main,
        STEEL if color == "gray" else ENAMEL,
        drum(r * 0.97, shoulder * 0.75),
        drum(r * 0.78, h * 0.8 - shoulder * 0.75, bottom_z=shoulder * 0.75),
        solid=0.06,
    )
    tip = (r * 1.45, 0.0, h * rng.uniform(0.72, 0.86))
    spout = tube(
        np.array([(r * 0.75, 0, h * 0.35), (r * 1.1, 0, h * 0.5), tip]),
        [r * 0.26, r * 0.18, r * 0.11],
        num_sides=12,
    )
    a.add("spout", spout, a.main, ENAMEL, bar((r * 0.8, 0, h * 0.38), tip, r * 0.16), solid=0.15)
    cover = lathe([(0, h * 0.78), (r * 0.48, h * 0.79), (r * 0.4, h * 0.86), (0, h * 0.88)], num_segments=20)
    knob = sphere(r * 0.13, num_rings=6, num_segments=12).moved((0, 0, h * 0.91))
    a.add("lid", [cover, knob], a.paint("black"), PLASTIC, drum(r * 0.42, h * 0.12, bottom_z=h * 0.8))
    bow, thick = r * rng.uniform(0.72, 0.85), rng.uniform(0.007, 0.010)
    top = h * rng.uniform(1.30, 1.45)
    loop = tube(arc((0, 0, h * 0.62), bow, top - h * 0.62, 0, 180, num=13), [thick] * 13)
    legs = [bar((s * bow, 0, h * 0.68), (s * bow * 0.75, 0, top - 0.03), thick) for s in (-1, 1)]
    across = bar((-bow * 0.7, 0, top - 0.012), (bow * 0.7, 0, top - 0.012), thick)
    a.add("handle", loop, a.paint("black"), PLASTIC, *legs, across)
    return a.done(base_radius=r * 0.95)


def colander(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bowl full of holes on a foot ring, with two ears."""
    a = Assembly("colander", color, rng)
    rim, h, wall = rng.uniform(0.105, 0.130), rng.uniform(0.085, 0.110), 0.003
    foot = rim * 0.5
    curve = [(foot, 0.0), (foot * 1.02, 0.012)]
    curve += [
        (foot + (rim - foot) * math.sin(t), 0.012 + (h - 0.012) * (1 - math.cos(t))) for t in (0.5, 0.9, 1.25)
    ]
    bowl = turned_cup([*curve, (rim, h)], wall=wall, floor=0.012, num_segments=32)
    walls = round_walls(foot, rim, h, 0.005, floor=0.012, num=12)
    a.add("body", bowl, a.main, STEEL if color == "gray" else PLASTIC, *walls)
    holes = []
    for t in (0.55, 0.8, 1.05):
        z = 0.012 + (h - 0.012) * (1 - math.cos(t))
        r = float(np.interp(z, [p[1] for p in [*curve, (rim, h)]], [p[0] for p in [*curve, (rim, h)]]))
        for k in range(14):
            angle = 2 * math.pi * (k + (t > 0.7) * 0.5) / 14
            at = np.array([math.cos(angle), math.sin(angle), 0.0])
            lean = np.array([0, 0, -0.5])
            middle = at * r + np.array([0, 0, z])
            out, back = middle + (at + lean) * 0.0022, middle - (at + lean) * 0.006
            holes.append(rod(tuple(out.tolist()), tuple(back.tolist()), 0.0042, num_sides=7))
    a.add("body", holes, DARK, PLASTIC, solid=0.01)
    for side in (-1, 1):
        ear = ring(0.018, 0.004, num_segments=14).moved((side * (rim + 0.012), 0, h - 0.004))
        a.add(
            "handles", ear, a.main, PLASTIC, slab((0.03, 0.036, 0.008), (side * (rim + 0.014), 0, h - 0.004))
        )
    return a.done(base_radius=foot, cavity=Cavity(foot * 0.9, rim - 0.006, 0.014, h))


_KITCHEN = frozenset({"kitchen counter", "tabletop"})
_PANS = ("red", "green", "blue", "black", "white", "orange", "gray")
_STORED = frozenset({"kitchen counter", "shelf", "drawer"})

COOKWARE: tuple[Category, ...] = (
    Category(
        "pot",
        "pots",
        pot,
        colors=("red", "green", "blue", "black", "white", "orange", "yellow", "gray"),
        yes=known("boil cookware container heat_proof metal wash_up"),
        unsure=known(
            "hold_soup hot serve fry pour spills carry_water store flowers dish breaks stacks keep_from_child"
        ),
        askable_parts=("handles",),
        places=_KITCHEN | {"shelf"},
        weight=1.2,
        part_uses=uses(body="put_things_in stand_on", handles="hold carry"),
    ),
    Category(
        "lid",
        "lids",
        lid,
        colors=_PANS,
        yes=known("cover_pot cookware heat_proof metal wash_up"),
        unsure=known("hot dish serve keep_warm stacks"),
        askable_parts=("knob",),
        places=_STORED,
        part_uses=uses(body="cover", knob="hold carry"),
    ),
    Category(
        "pan",
        "pans",
        pan,
        colors=_PANS,
        yes=known("fry cookware heat_proof metal wash_up"),
        unsure=known(
            "hold_soup hot serve container boil hammer dish store toast cover_pot stacks keep_from_child pour"
        ),
        askable_parts=("handle",),
        places=_KITCHEN | {"shelf"},
        weight=1.2,
        part_uses=uses(body="put_things_in stand_on", handle="hold carry"),
    ),
    Category(
        "kettle",
        "kettles",
        kettle,
        colors=("red", "green", "blue", "white", "orange", "yellow", "gray", "black"),
        yes=known("boil pour container heat_proof metal"),
        unsure=known(
            "cookware hot spills carry_water wash_up keep_warm dish electronic needs_power flowers "
            "breaks keep_from_child"
        ),
        askable_parts=("handle", "spout", "lid"),
        places=_KITCHEN,
        part_uses=uses(spout="pour", handle="hold carry", lid="cover open", body="stand_on"),
    ),
    Category(
        "colander",
        "colanders",
        colander,
        yes=known("strain cookware wash_up"),
        unsure=known("container metal melts heat_proof dish store stacks breaks"),
        askable_parts=("handles",),
        places=_STORED | {"tabletop"},
        held_out=True,
        part_uses=uses(body="put_things_in stand_on", handles="hold carry"),
    ),
)
