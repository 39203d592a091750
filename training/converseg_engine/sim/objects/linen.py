"""Cloth and paper of a home: towel, toilet roll, rug, pillow."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, round_wall, slab
from converseg_engine.sim.objects.finish import checked, striped
from converseg_engine.sim.objects.forms import (
    loft,
    roll,
    rounded,
    soft_box,
)
from converseg_engine.sim.objects.materials import (
    CLOTH,
    PAPER,
    PLUSH,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf


def towel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A folded towel: two or three layers, rounded at the fold."""
    a = Assembly("towel", color, rng)
    x, y, layers, thick = (
        rng.uniform(0.20, 0.30),
        rng.uniform(0.14, 0.20),
        int(rng.integers(2, 5)),
        rng.uniform(0.014, 0.022),
    )
    weave = striped(a.main, a.other(), size_m=0.25, num=3, upright=True) if rng.random() < 0.3 else None
    sheets = [
        soft_box(
            x - 0.004 * (k % 2),
            y - 0.003 * k,
            thick,
            radius=0.012,
            edge=thick * 0.44,
            bottom_z=k * thick * 0.97,
        )
        for k in range(layers)
    ]
    z = layers * thick * 0.97
    a.add("body", sheets, a.main, CLOTH, slab((x, y, z), (0, 0, z / 2)), texture=weave)
    return a.done(shelf=Shelf(x * 0.4, y * 0.4, z))


def paper_roll(rng: np.random.Generator, color: str) -> ObjectModel:
    """A roll of toilet paper, standing or on its side."""
    a = Assembly("toilet roll", color, rng)
    r, h = rng.uniform(0.048, 0.060), rng.uniform(0.092, 0.105)
    inner = 0.021
    lying = bool(rng.random() < 0.35)
    wound, core = roll(r, inner + 0.002, h), roll(inner + 0.002, inner, h)
    flap = box((0.0012, 0.05, h * 0.98), (r + 0.0006, 0.0, h / 2))
    walls = round_wall(r, r, 0.0, h, wall=r - inner, num=8)
    if lying:
        turn = rotation_about("y", math.pi / 2)
        wound, core = (m.rotated(turn).moved((-h / 2, 0, r)) for m in (wound, core))
        flap = flap.rotated(rotation_about("z", 2.0)).rotated(turn).moved((-h / 2, 0, r))
        walls = (bar((-h / 2, 0, r), (h / 2, 0, r), r),)
    a.add("paper", wound if lying else [wound, flap], a.main, PAPER, *walls, solid=0.25)
    a.add("core", core, (0.62, 0.47, 0.31), PAPER, solid=0.5)
    return a.done(lying=lying, base_radius=0.0 if lying else r)


def rug(rng: np.random.Generator, color: str) -> ObjectModel:
    """A small rug, flat, with a border or a pattern and fringes."""
    a = Assembly("rug", color, rng)
    x, y, z = rng.uniform(0.65, 0.95), rng.uniform(0.42, 0.60), 0.010
    other = a.other()
    kind = int(rng.integers(3))
    cloth = {1: striped(a.main, other, size_m=0.4, upright=True), 2: checked(a.main, other, size_m=0.3)}.get(
        kind
    )
    a.add(
        "body",
        soft_box(x, y, z, radius=0.01, edge=0.003),
        a.main,
        CLOTH,
        slab((x, y, z), (0, 0, z / 2)),
        texture=cloth,
    )
    if kind == 0:
        border = [box((x * 0.86, 0.02, 0.001), (0, s * y * 0.40, z)) for s in (-1, 1)] + [
            box((0.02, y * 0.8, 0.001), (s * x * 0.42, 0, z)) for s in (-1, 1)
        ]
        a.add("body", border, other, CLOTH)
    fringe = [
        box((0.03, 0.006, 0.003), (s * (x / 2 + 0.012), y * t, 0.0025))
        for s in (-1, 1)
        for t in np.linspace(-0.47, 0.47, 16).tolist()
    ]
    a.add("fringe", fringe, (0.92, 0.89, 0.80), CLOTH)
    return a.done(shelf=Shelf(x * 0.4, y * 0.4, z))


def pillow(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cushion, fat in the middle, plain, striped or chequered."""
    a = Assembly("pillow", color, rng)
    x, y, z = rng.uniform(0.34, 0.48), rng.uniform(0.30, 0.42), rng.uniform(0.09, 0.13)
    kind = int(rng.integers(4))
    red, green, blue = a.main
    pale = (0.55 + 0.4 * red, 0.55 + 0.4 * green, 0.55 + 0.4 * blue)
    cloth = {1: striped(a.main, pale, size_m=0.2), 2: checked(a.main, pale, size_m=0.2)}.get(kind)
    levels = [(0.55, 0.0), (0.84, 0.12), (0.97, 0.34), (1.0, 0.5), (0.97, 0.66), (0.84, 0.88), (0.55, 1.0)]
    body = loft([(rounded(x * f, y * f, 0.05), z * h) for f, h in levels])
    a.add(
        "body",
        body,
        a.main,
        PLUSH,
        slab((x * 0.92, y * 0.92, z * 0.7), (0, 0, z * 0.5)),
        slab((x * 0.6, y * 0.6, z), (0, 0, z / 2)),
        texture=cloth,
    )
    return a.done()


_BATH = frozenset({"bathroom"})
_FLOOR = frozenset({"walkway"})
_ROOM = frozenset({"walkway"})

LINEN: tuple[Category, ...] = (
    Category(
        "towel",
        "towels",
        towel,
        yes=known("dry soft burns wipe"),
        unsure=known("comfort keep_warm toiletry cleaning clothing heat_proof water_harms wear put_out_fire"),
        places=_BATH | {"kitchen counter", "shelf"},
        part_uses=uses(body="wipe"),
    ),
    Category(
        "toilet roll",
        "toilet rolls",
        paper_roll,
        colors=("white", "pink"),
        yes=known("water_harms burns"),
        unsure=known("wipe soft toiletry dry cleaning recycle write"),
        places=_BATH | {"shelf"},
        part_uses=uses(paper="wipe pull"),
    ),
    Category(
        "rug",
        "rugs",
        rug,
        colors=("red", "blue", "green", "brown", "purple", "orange", "pink"),
        yes=known("burns soft"),
        unsure=known("trips furniture water_harms sit comfort put_on dry keep_warm wipe"),
        places=_FLOOR | {"bathroom"},
        weight=0.7,
    ),
    Category(
        "pillow",
        "pillows",
        pillow,
        yes=known("comfort soft burns"),
        unsure=known("sit furniture trips water_harms keep_warm play"),
        places=_ROOM | {"shelf"},
        part_uses=uses(body="lean_back"),
    ),
)
