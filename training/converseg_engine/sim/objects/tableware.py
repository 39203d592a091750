"""What else stands on a laid table: bowl, plate, tray, vase, candle."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import lathe, tube
from converseg_engine.sim.objects import rounds
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import box_walls, drum, round_wall, round_walls, slab
from converseg_engine.sim.objects.forms import arc, tub, turned_cup, turned_ring
from converseg_engine.sim.objects.materials import CERAMIC, PLASTIC, WAX, WOOD
from converseg_engine.sim.objects.model import Bay, Cavity, ObjectModel, Shelf


def bowl(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round open bowl on a foot."""
    a = Assembly("bowl", color, rng)
    rim, h, wall = rng.uniform(0.065, 0.105), rng.uniform(0.045, 0.075), 0.0045
    foot, floor = rim * rng.uniform(0.40, 0.52), 0.009
    curve = [(foot, 0.0), (foot, 0.004)]
    curve += [
        (foot + (rim - foot) * math.sin(t), 0.004 + (h - 0.004) * (1 - math.cos(t)))
        for t in (0.4, 0.75, 1.1, 1.4)
    ]
    body = turned_cup([*curve, (rim, h)], wall=wall, floor=floor, num_segments=32)
    a.add("body", body, a.main, CERAMIC, *round_walls(foot, rim, h, 0.006, floor=floor, num=12))
    return a.done(base_radius=foot, cavity=Cavity(foot * 0.95, rim - 0.006, floor, h))


def plate(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat disc with a raised rim, on some a ring of another colour."""
    a = Assembly("plate", color, rng)
    rim, h, thick = rng.uniform(0.085, 0.130), rng.uniform(0.014, 0.022), 0.005
    flat = rim * rng.uniform(0.62, 0.72)
    profile = [(0, 0), (flat, 0), (rim, h - 0.003), (rim, h), (flat * 1.02, thick + 0.001)]
    disc_ = lathe([*profile, (flat * 0.96, thick), (0, thick)], num_segments=36)
    wall = round_wall(flat, rim, 0.002, h, wall=0.004, num=12)
    a.add("body", disc_, a.main, CERAMIC, drum(flat, thick), *wall)
    if rng.random() < 0.3:
        at = [(flat + (rim - flat) * f, thick + 0.0012 + (h - thick - 0.001) * f) for f in (0.62, 0.78)]
        ring_ = turned_ring([(r, z + 0.0006) for r, z in at] + [(r, z - 0.002) for r, z in reversed(at)])
        a.add("body", ring_, a.other(), CERAMIC)
    return a.done(base_radius=flat, shelf=Shelf(flat * 0.68, flat * 0.68, thick))


def tray(rng: np.random.Generator, color: str) -> ObjectModel:
    """A serving tray with a raised rim and two grips."""
    a = Assembly("tray", color, rng)
    x, y, h, wall = rng.uniform(0.34, 0.45), rng.uniform(0.24, 0.31), rng.uniform(0.022, 0.04), 0.006
    stuff = WOOD if color == "brown" else PLASTIC
    rgb = a.wooden() if color == "brown" else a.main
    a.add(
        "flat top",
        tub((x - 0.02, y - 0.02), (x, y), h, wall=wall, radius=0.03),
        rgb,
        stuff,
        *box_walls(x - 0.004, y - 0.004, h, wall),
    )
    for side in (-1, 1):
        span, thick = y * 0.18, 0.006
        path = arc((0, 0, 0), span, 0.022, 0, 180, num=9)[:, [1, 0, 2]] + np.array(
            [side * (x / 2 - thick), 0, h - 0.004]
        )
        a.add(
            "handles",
            tube(path, [thick] * 9),
            a.paint("black"),
            PLASTIC,
            slab((2 * thick, 2 * span, 0.024), (side * (x / 2 - thick), 0, h + 0.008)),
        )
    return a.done(bay=Bay(x / 2 - 0.018, y / 2 - 0.018, wall, h))


def vase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bellied vase with an open mouth, hollow."""
    a = Assembly("vase", color, rng)
    h, belly = rng.uniform(0.16, 0.26), rng.uniform(0.048, 0.068)
    foot, throat, mouth = (
        belly * rng.uniform(0.55, 0.7),
        belly * rng.uniform(0.40, 0.52),
        belly * rng.uniform(0.6, 0.8),
    )
    at = [0.0, 0.18, 0.38, 0.58, 0.76, 0.88, 1.0]
    wide = [foot, belly * 0.9, belly, belly * 0.82, throat, throat * 1.15, mouth]
    zs = np.linspace(0, 1, 13)
    rs = np.interp(zs, at, wide)
    curve = [(float(r), float(z * h)) for r, z in zip(rs, zs, strict=True)]
    body = turned_cup(curve, wall=0.005, floor=0.012, num_segments=26)
    low = round_walls(foot, belly, h * 0.38, 0.006, floor=0.012, num=8)
    high = round_wall(belly, throat, h * 0.38, h * 0.8, wall=0.006, num=6)
    collar = round_wall(throat, mouth, h * 0.8, h, wall=0.006, num=4)
    a.add("body", body, a.main, CERAMIC, *low, *high, *collar)
    return a.done(base_radius=foot)


_TABLE = frozenset({"tabletop", "kitchen counter", "shelf"})

TABLEWARE: tuple[Category, ...] = (
    Category(
        "bowl",
        "bowls",
        bowl,
        yes=known("hold_soup breaks container dish wash_up"),
        unsure=known(
            "drink serve stacks store heat_proof cookware spills cover_pot hold_pens carry_water "
            "keep_from_child pour"
        ),
        places=_TABLE,
        weight=1.2,
        part_uses=uses(body="put_things_in"),
    ),
    Category(
        "plate",
        "plates",
        plate,
        yes=known("serve breaks dish wash_up stacks"),
        unsure=known("put_on heat_proof carry_dishes cover_pot chop_on hold_soup keep_from_child"),
        places=_TABLE,
        weight=1.2,
        part_uses=uses(body="put_things_on"),
    ),
    Category(
        "tray",
        "trays",
        tray,
        colors=("brown", "red", "blue", "green", "black", "white", "yellow"),
        yes=known("carry_dishes put_on"),
        unsure=known(
            "serve burns melts container dish carry_things store stacks wash_up chop_on cover_pot heat_proof"
        ),
        askable_parts=("handles",),
        places=_TABLE,
        part_uses=uses(flat_top="put_things_on", handles="hold carry"),
    ),
    Category(
        "vase",
        "vases",
        vase,
        yes=known("flowers breaks"),
        unsure=known("container pour carry_water hold_pens store keep_from_child wash_up"),
        places=frozenset({"tabletop", "shelf", "desk"}),
        part_uses=uses(body="put_things_in"),
    ),
    Category(
        "candle",
        "candles",
        adopted(rounds.candle, WAX, is_hot=True),
        yes=known("give_light hot melts keep_from_child"),
        unsure=known("breaks water_harms burns poison"),
        askable_parts=("flame",),
        places=frozenset({"tabletop", "shelf", "bathroom"}),
        part_uses=uses(flame="burn light"),
    ),
)
