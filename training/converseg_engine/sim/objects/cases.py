"""Cases that one travels with: suitcase, briefcase."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, slab
from converseg_engine.sim.objects.forms import arc, disc, rod, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CLOTH,
    DARK,
    LEATHER,
    PLASTIC,
    RUBBER,
    SILVER,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf

FACE_ON = rotation_about("x", math.pi / 2)


def suitcase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A trolley case standing on four wheels, its pull handle in or out; ribs along the shell."""
    a = Assembly("suitcase", color, rng)
    x, y, h, r = rng.uniform(0.34, 0.46), rng.uniform(0.20, 0.27), rng.uniform(0.48, 0.64), 0.022
    low = 2 * r - 0.004
    a.add(
        "body",
        soft_box(x, y, h, radius=0.05, edge=0.03, bottom_z=low),
        a.main,
        PLASTIC,
        slab((x, y, h), (0, 0, low + h / 2)),
        solid=0.09,
    )
    red, green, blue = a.main
    shade = a.call_main((red * 0.85, green * 0.85, blue * 0.85))
    ribs = [
        box((0.012, 0.004, h * 0.78), (x * t, s * y / 2, low + h / 2))
        for t in (-0.3, -0.1, 0.1, 0.3)
        for s in (-1, 1)
    ]
    a.add("body", ribs, shade, PLASTIC, solid=0.1)
    a.add(
        "zip",
        soft_box(x + 0.004, 0.010, h * 0.985, radius=0.003, bottom_z=low + 0.004),
        DARK,
        CLOTH,
        solid=0.01,
    )
    for sx in (-1, 1):
        pair = [
            disc(r, 0.020, num_segments=16)
            .moved((0, 0, -0.01))
            .rotated(FACE_ON)
            .moved((sx * (x / 2 - 0.05), sy * (y / 2 - 0.04), r))
            for sy in (-1, 1)
        ]
        axle = [
            slab((2 * r * 0.7, 0.02, low), (sx * (x / 2 - 0.05), sy * (y / 2 - 0.04), low / 2))
            for sy in (-1, 1)
        ]
        a.add("wheels", pair, DARK, RUBBER, *axle)
    out = float(rng.choice([0.03, rng.uniform(0.15, 0.32)]))
    top = low + h
    posts = [rod((s * 0.07, y * 0.33, top - 0.01), (s * 0.07, y * 0.33, top + out), 0.007) for s in (-1, 1)]
    grip = soft_box(0.17, 0.028, 0.022, radius=0.01, bottom_z=top + out - 0.004).moved((0, y * 0.33, 0))
    a.add(
        "pull handle",
        [*posts],
        SILVER,
        ALUMINIUM,
        *(bar((s * 0.07, y * 0.33, top), (s * 0.07, y * 0.33, top + out), 0.007) for s in (-1, 1)),
    )
    a.add("pull handle", grip, DARK, PLASTIC, slab((0.17, 0.028, 0.022), (0, y * 0.33, top + out + 0.007)))
    return a.done(shelf=Shelf(x * 0.38, y * 0.2, top) if out < 0.05 else None)


def briefcase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat case standing on its long edge, handle up, two locks."""
    a = Assembly("briefcase", color, rng)
    x, y, h = rng.uniform(0.38, 0.44), rng.uniform(0.09, 0.12), rng.uniform(0.27, 0.32)
    a.add(
        "body",
        soft_box(x, y, h, radius=0.014, edge=0.012),
        a.main,
        LEATHER,
        slab((x, y, h), (0, 0, h / 2)),
        solid=0.25,
    )
    a.add("body", box((x + 0.003, 0.006, h + 0.002), (0, 0, h / 2)), SILVER, ALUMINIUM, solid=0.05)
    locks = [box((0.035, 0.022, 0.006), (s * x * 0.3, 0, h + 0.002)) for s in (-1, 1)]
    a.add("locks", locks, (0.86, 0.70, 0.30), ALUMINIUM)
    grip = tube(arc((0, 0, h - 0.004), 0.065, 0.045, 0, 180, num=9), [0.008] * 9)
    a.add("handle", grip, DARK, LEATHER, slab((0.11, 0.018, 0.045), (0, 0, h + 0.020)))
    return a.done()


_BAGS = ("black", "blue", "red", "green", "purple", "pink", "orange", "brown", "yellow", "gray")
_CART = frozenset({"luggage cart", "walkway"})

CASES: tuple[Category, ...] = (
    Category(
        "suitcase",
        "suitcases",
        suitcase,
        colors=_BAGS,
        yes=known("travel luggage carry_things pack container"),
        unsure=known("trips store melts sit stacks put_on rolls"),
        askable_parts=("wheels", "pull handle"),
        places=_CART,
        weight=1.4,
        part_uses=uses(
            wheels="roll_on stand_on", pull_handle="hold pull carry", body="put_things_in", zip="open"
        ),
    ),
    Category(
        "briefcase",
        "briefcases",
        briefcase,
        colors=("black", "brown", "red", "blue", "gray"),
        yes=known("carry_things container"),
        unsure=known("travel luggage pack store trips stationery water_harms burns"),
        askable_parts=("handle",),
        places=_CART | {"desk"},
        part_uses=uses(handle="hold carry", locks="open press", body="put_things_in"),
    ),
)
