"""Paintbrush and paint can."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, slab
from converseg_engine.sim.objects.forms import arc, soft_box
from converseg_engine.sim.objects.materials import (
    PALE_WOOD,
    PLASTIC,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel


def paintbrush(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat paintbrush lying."""
    a = Assembly("paintbrush", color, rng)
    width, z, length = rng.uniform(0.035, 0.065), rng.uniform(0.012, 0.016), rng.uniform(0.12, 0.15)
    hair = extrude(
        [(0, -width / 2), (0.055, -width * 0.42), (0.055, width * 0.42), (0, width / 2)],
        height=z * 0.7,
        bottom_z=z * 0.1,
    )
    dipped = rng.random() < 0.4
    a.add(
        "bristles",
        hair,
        a.main if dipped else (0.20, 0.15, 0.11),
        PLASTIC,
        slab((0.055, width * 0.9, z * 0.8), (0.0275, 0, z * 0.4)),
        solid=0.5,
    )
    a.add(
        "ferrule",
        soft_box(0.03, width, z, radius=0.003, edge=0.002).moved((-0.014, 0, 0)),
        SILVER,
        STEEL,
        slab((0.03, width, z), (-0.014, 0, z / 2)),
        solid=0.2,
    )
    rgb = PALE_WOOD if color == "brown" else a.main
    if color == "brown":
        a.call_main(rgb)
    grip = extrude(
        [
            (0, -width * 0.42),
            (-length * 0.3, -0.011),
            (-length, -0.012),
            (-length, 0.012),
            (-length * 0.3, 0.011),
            (0, width * 0.42),
        ],
        height=z * 0.9,
        bottom_z=z * 0.05,
    )
    a.add(
        "handle",
        grip.moved((-0.028, 0, 0)),
        rgb,
        WOOD,
        slab((length, 0.024, z), (-0.028 - length / 2, 0, z / 2)),
    )
    return a.done(centred=True)


def paint_can(rng: np.random.Generator, color: str) -> ObjectModel:
    """A closed tin of paint: label in the colour of the paint, lid with a groove, wire handle."""
    a = Assembly("paint can", color, rng)
    r, h = rng.uniform(0.055, 0.080), rng.uniform(0.11, 0.16)
    tin = lathe(
        [(0, 0), (r, 0), (r, h), (r * 0.88, h), (r * 0.86, h - 0.004), (0, h - 0.004)], num_segments=30
    )
    a.add("body", tin, SILVER, STEEL, drum(r, h), solid=0.03)
    label = lathe(
        [(0, h * 0.10), (r + 0.0008, h * 0.10), (r + 0.0008, h * 0.9), (0, h * 0.9)], num_segments=30
    )
    a.add("label", label, a.main, PLASTIC, solid=0.002)
    a.add(
        "lid",
        lathe(
            [(0, h - 0.004), (r * 0.82, h - 0.004), (r * 0.80, h - 0.001), (0, h - 0.002)], num_segments=26
        ),
        SILVER,
        STEEL,
    )
    drop = rotation_about("x", 1.2)
    bow = (
        tube(arc((0, 0, 0), r * 1.03, r * 0.9, 0, 180, num=13), [0.002] * 13)
        .rotated(drop)
        .moved((0, 0, h * 0.82))
    )
    a.add("handle", bow, SILVER, STEEL)
    a.fill("paint", math.pi * r**2 * h, share=float(rng.uniform(0.3, 0.95)))
    return a.done(base_radius=r)


_BENCH = frozenset({"workbench"})

PAINTING: tuple[Category, ...] = (
    Category(
        "paintbrush",
        "paintbrushes",
        paintbrush,
        colors=("red", "blue", "green", "yellow", "brown", "black", "orange"),
        yes=known("paint"),
        unsure=known("tool burns sweep stationery scrub wipe write"),
        askable_parts=("bristles", "handle"),
        places=_BENCH,
        part_uses=uses(bristles="brush", handle="hold"),
    ),
    Category(
        "paint can",
        "paint cans",
        paint_can,
        yes=known("paint container poison metal keep_from_child"),
        unsure=known("spills burns recycle tool carry_water store heat_proof pour"),
        askable_parts=("lid",),
        places=_BENCH | {"walkway", "shelf"},
        part_uses=uses(lid="open cover", handle="carry hold", label="read"),
    ),
)
