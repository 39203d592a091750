"""Toys: ball, block, car, ring tower, boat."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about
from converseg_engine.sim.objects import rounds
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, loft, ring, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import DARK, PALE_WOOD, PLASTIC, RUBBER, WOOD
from converseg_engine.sim.objects.model import ObjectModel, Shelf

FACE_ON = rotation_about("x", math.pi / 2)


def block(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wooden toy block: cube or brick, a paler mark on its faces."""
    a = Assembly("toy block", color, rng)
    s = rng.uniform(0.035, 0.060)
    x = s * (1.0 if rng.random() < 0.5 else rng.uniform(1.3, 2.0))
    a.add("body", soft_box(x, s, s, radius=0.003), a.main, WOOD, slab((x, s, s), (0, 0, s / 2)))
    if rng.random() < 0.6:
        red, green, blue = a.main
        pale = a.call_main((0.5 + 0.5 * red, 0.5 + 0.5 * green, 0.5 + 0.5 * blue))
        marks = [
            box((x * 0.5, s * 0.5, 0.0008), (0, 0, s)),
            box((x * 0.5, 0.0008, s * 0.5), (0, s / 2, s / 2)),
            box((x * 0.5, 0.0008, s * 0.5), (0, -s / 2, s / 2)),
        ]
        a.add("body", marks, pale, WOOD, solid=0.01)
    return a.done(shelf=Shelf(x * 0.4, s * 0.4, s))


def _wheel(r: float, width: float, at: tuple[float, float, float]) -> Mesh:
    profile = [
        (0.0, 0.0),
        (r * 0.85, 0.0),
        (r, width * 0.2),
        (r, width * 0.8),
        (r * 0.85, width),
        (0.0, width),
    ]
    return lathe(profile, num_segments=18).moved((0, 0, -width / 2)).rotated(FACE_ON).moved(at)


def car(rng: np.random.Generator, color: str) -> ObjectModel:
    """A toy car or truck on four wheels."""
    a = Assembly("toy car", color, rng)
    x, y, r = rng.uniform(0.11, 0.17), rng.uniform(0.055, 0.075), rng.uniform(0.015, 0.021)
    low, deck = r * 0.7, rng.uniform(0.028, 0.036)
    a.add(
        "body",
        soft_box(x, y, deck, radius=0.014, edge=0.006, bottom_z=low),
        a.main,
        PLASTIC,
        slab((x, y, deck), (0, 0, low + deck / 2)),
        solid=0.5,
    )
    long, tall, back = x * rng.uniform(0.35, 0.55), rng.uniform(0.026, 0.036), x * rng.uniform(-0.15, 0.2)
    roof_z = low + deck
    cab = loft(
        [
            (rounded(long, y * 0.88, 0.010) + np.array([back, 0.0]), roof_z - 0.002),
            (rounded(long * 0.7, y * 0.76, 0.008) + np.array([back, 0.0]), roof_z + tall),
        ]
    )
    a.add(
        "cabin",
        cab,
        a.main,
        PLASTIC,
        slab((long * 0.85, y * 0.82, tall), (back, 0, roof_z + tall / 2)),
        solid=0.4,
    )
    panes = [
        box((long * 0.6, 0.0016, tall * 0.5), (back, s * y * 0.415, roof_z + tall * 0.45)) for s in (-1, 1)
    ]
    panes += [
        box((0.0016, y * 0.6, tall * 0.5), (back + s * long * 0.43, 0, roof_z + tall * 0.45)) for s in (-1, 1)
    ]
    a.add("cabin", panes, (0.16, 0.22, 0.28), PLASTIC, shine=1.0)
    for sx in (-1, 1):
        pair = [_wheel(r, 0.014, (sx * x * 0.31, sy * (y / 2 - 0.002), r)) for sy in (-1, 1)]
        shapes = [
            bar((sx * x * 0.31, sy * (y / 2 - 0.009), r), (sx * x * 0.31, sy * (y / 2 + 0.005), r), r)
            for sy in (-1, 1)
        ]
        a.add("wheels", pair, DARK, RUBBER, *shapes)
    lights = [
        disc(0.006, 0.003, num_segments=10)
        .rotated(rotation_about("y", math.pi / 2))
        .moved((x / 2 - 0.002, s * y * 0.3, low + deck * 0.5))
        for s in (-1, 1)
    ]
    a.add("body", lights, (0.96, 0.92, 0.68), PLASTIC)
    return a.done()


def ring_tower(rng: np.random.Generator, color: str) -> ObjectModel:
    """Rings of shrinking size stacked on a rod."""
    a = Assembly("ring tower", color, rng)
    num, thick, widest = int(rng.integers(3, 6)), rng.uniform(0.009, 0.012), rng.uniform(0.040, 0.052)
    base = 0.014
    a.add("base", disc(widest * 1.15, base, num_segments=26), PALE_WOOD, WOOD, drum(widest * 1.15, base))
    top = base + num * 2 * thick
    a.add(
        "rod",
        rod((0, 0, base - 0.002), (0, 0, top + 0.03), 0.007),
        PALE_WOOD,
        WOOD,
        drum(0.007, 0.03, bottom_z=top),
    )
    words = [color, *(str(w) for w in rng.permutation([c for c in COLOR_NAMES if c not in (color, "black")]))]
    for k in range(num):
        r = widest * (1 - 0.14 * k)
        z = base + thick * (2 * k + 1)
        rgb = a.main if k == 0 else a.paint(words[k])
        a.add(
            "rings",
            ring(r - thick, thick, num_segments=22).moved((0, 0, z)),
            rgb,
            PLASTIC,
            drum(r, 2 * thick * 0.98, bottom_z=z - thick * 0.98),
        )
    return a.done(base_radius=widest * 1.15)


def boat(rng: np.random.Generator, color: str) -> ObjectModel:
    """A toy sailing boat: hull, mast, sail; it stands on a flat keel."""
    a = Assembly("toy boat", color, rng)
    x, y, h = rng.uniform(0.12, 0.16), rng.uniform(0.05, 0.06), rng.uniform(0.035, 0.045)

    def hull_at(f: float, g: float) -> list[tuple[float, float]]:
        return [
            (-x / 2 * f, -y / 2 * g),
            (x * 0.15 * f, -y / 2 * g),
            (x / 2 * f, 0.0),
            (x * 0.15 * f, y / 2 * g),
            (-x / 2 * f, y / 2 * g),
        ]

    hull = loft([(np.array(hull_at(0.8, 0.75)), 0.0), (np.array(hull_at(1, 1)), h)])
    a.add(
        "hull",
        hull,
        a.main,
        WOOD,
        slab((x * 0.64, y * 0.9, h), (-x * 0.16, 0, h / 2)),
        slab((x * 0.3, y * 0.4, h * 0.5), (x * 0.3, 0, h * 0.75)),
    )
    tall = rng.uniform(0.10, 0.14)
    a.add(
        "mast",
        rod((0, 0, h - 0.002), (0, 0, h + tall), 0.004),
        PALE_WOOD,
        WOOD,
        bar((0, 0, h), (0, 0, h + tall), 0.004),
    )
    turn = FACE_ON
    sail = extrude(
        [(0.003, 0.012), (0.003, tall * 0.95), (-x * 0.42, 0.014)], height=0.002, bottom_z=-0.001
    ).rotated(turn)
    a.add(
        "sail",
        sail.moved((0, 0, h)),
        a.other(),
        PLASTIC,
        slab((x * 0.3, 0.004, tall * 0.4), (-x * 0.16, 0, h + tall * 0.28)),
        solid=0.3,
    )
    return a.done(centred=True)


_PLAYROOM = frozenset({"shelf", "walkway", "tabletop"})

TOYS: tuple[Category, ...] = (
    Category(
        "ball",
        "balls",
        adopted(rounds.ball, RUBBER, solid=0.22),
        yes=known("play bounces toy rolls"),
        unsure=known("trips melts soft"),
        places=_PLAYROOM,
        weight=1.2,
        part_uses=uses(body="hold"),
    ),
    Category(
        "toy block",
        "toy blocks",
        block,
        yes=known("play toy stacks"),
        unsure=known("trips burns swallowed water_harms"),
        places=_PLAYROOM,
        weight=1.1,
    ),
    Category(
        "toy car",
        "toy cars",
        car,
        yes=known("play toy"),
        unsure=known("trips melts breaks swallowed electronic rolls"),
        askable_parts=("cabin",),
        places=_PLAYROOM,
        weight=1.1,
        part_uses=uses(wheels="roll_on stand_on"),
    ),
    Category(
        "ring tower",
        "ring towers",
        ring_tower,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink"),
        yes=known("play toy"),
        unsure=known("stacks trips swallowed burns breaks water_harms"),
        askable_parts=("base", "rings"),
        places=_PLAYROOM,
        held_out=True,
        part_uses=uses(base="stand_on"),
    ),
    Category(
        "toy boat",
        "toy boats",
        boat,
        yes=known("play toy"),
        unsure=known("trips breaks burns water_harms swallowed"),
        askable_parts=("sail", "hull"),
        places=_PLAYROOM | {"bathroom"},
    ),
)
