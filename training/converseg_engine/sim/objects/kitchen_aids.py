"""What stands ready on a kitchen counter: cutting board, rolling pin, toaster."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, box, lathe, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, slab
from converseg_engine.sim.objects.forms import disc, soft_box
from converseg_engine.sim.objects.materials import (
    DARK,
    ELECTRONICS,
    PLASTIC,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf


def cutting_board(rng: np.random.Generator, color: str) -> ObjectModel:
    """A board for chopping, lying flat, with a grip end on some."""
    a = Assembly("cutting board", color, rng)
    x, y, z = rng.uniform(0.24, 0.36), rng.uniform(0.16, 0.24), rng.uniform(0.012, 0.024)
    stuff = WOOD if color == "brown" else PLASTIC
    rgb = a.wooden() if color == "brown" else a.main
    a.add("top", soft_box(x, y, z, radius=0.02, edge=0.003), rgb, stuff, slab((x, y, z), (0, 0, z / 2)))
    if rng.random() < 0.6:
        length = rng.uniform(0.07, 0.10)
        grip = soft_box(length + 0.02, 0.05, z, radius=0.02, edge=0.003).moved(
            (x / 2 + length / 2 - 0.01, 0, 0)
        )
        eye = disc(0.008, 0.001, bottom_z=z).moved((x / 2 + length - 0.02, 0, 0))
        a.add("handle", grip, rgb, stuff, slab((length, 0.05, z), (x / 2 + length / 2, 0, z / 2)))
        a.add("handle", eye, DARK, PLASTIC, solid=0.01)
    else:
        slot = soft_box(0.012, y * 0.45, 0.0012, radius=0.005, bottom_z=z).moved((x / 2 - 0.025, 0, 0))
        a.add("handle", slot, DARK, PLASTIC, solid=0.01)
    return a.done(shelf=Shelf(x * 0.42, y * 0.42, z))


def rolling_pin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wooden roller between two grips, lying."""
    a = Assembly("rolling pin", color, rng)
    r, length, grip = rng.uniform(0.022, 0.030), rng.uniform(0.20, 0.27), rng.uniform(0.07, 0.095)
    roller = disc(r, length).rotated(ALONG_X).moved((-length / 2, 0, r))
    a.add("roller", roller, (0.78, 0.62, 0.42), WOOD, bar((-length / 2, 0, r), (length / 2, 0, r), r))
    knob = lathe(
        [(0, 0), (r * 0.42, 0), (r * 0.62, grip * 0.5), (r * 0.5, grip * 0.9), (0, grip)], num_segments=14
    )
    for side in (-1, 1):
        handle = knob.rotated(rotation_about("y", side * math.pi / 2)).moved((side * length / 2, 0, r))
        ends = (side * length / 2, 0.0, r), (side * (length / 2 + grip), 0.0, r)
        a.add("handles", handle, a.main, WOOD, bar(*ends, r * 0.55))
    return a.done(lying=True)


def toaster(rng: np.random.Generator, color: str) -> ObjectModel:
    """A two-slot toaster with a lever."""
    a = Assembly("toaster", color, rng)
    x, y, z = rng.uniform(0.25, 0.30), rng.uniform(0.15, 0.18), rng.uniform(0.17, 0.20)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.035, edge=0.02, bottom_z=0.008),
        a.main,
        ELECTRONICS if color != "gray" else STEEL,
        slab((x, y, z + 0.008), (0, 0, (z + 0.008) / 2)),
        solid=0.17 if color != "gray" else 0.035,
    )
    foot = [disc(0.012, 0.009).moved((sx * x * 0.36, sy * y * 0.3, 0)) for sx in (-1, 1) for sy in (-1, 1)]
    a.add("body", foot, DARK, PLASTIC)
    top = z + 0.008
    slots = [box((x * 0.62, 0.022, 0.002), (0, s * y * 0.17, top)) for s in (-1, 1)]
    a.add("slots", slots, DARK, PLASTIC, solid=0.01)
    lever = [
        box((0.022, 0.034, 0.012), (x / 2 + 0.009, 0, top * 0.72)),
        box((0.002, 0.008, z * 0.5), (x / 2, 0, top * 0.55)),
    ]
    a.add("lever", lever, DARK, PLASTIC, slab((0.02, 0.034, 0.012), (x / 2 + 0.01, 0, top * 0.72)))
    dial = disc(0.016, 0.012, num_segments=16).rotated(ALONG_X).moved((x / 2, y * 0.26, top * 0.3))
    a.add("dial", dial, SILVER, PLASTIC)
    return a.done()


_KITCHEN = frozenset({"kitchen counter", "tabletop"})
_STORED = frozenset({"kitchen counter", "shelf", "drawer"})

KITCHEN_AIDS: tuple[Category, ...] = (
    Category(
        "cutting board",
        "cutting boards",
        cutting_board,
        colors=("brown", "white", "green", "blue", "red", "yellow"),
        yes=known("chop_on wash_up"),
        unsure=known(
            "put_on serve heat_proof burns melts cookware dish water_harms tool carry_dishes stacks cover_pot"
        ),
        places=_KITCHEN | {"shelf"},
        part_uses=uses(top="put_things_on", handle="hold hang_by"),
    ),
    Category(
        "rolling pin",
        "rolling pins",
        rolling_pin,
        colors=("brown", "red", "blue", "green", "white"),
        yes=known("roll_dough rolls"),
        unsure=known("hammer cookware burns tool wash_up water_harms"),
        askable_parts=("roller", "handles"),
        places=_STORED | {"tabletop"},
        held_out=True,
        part_uses=uses(roller="roll_over", handles="hold"),
    ),
    Category(
        "toaster",
        "toasters",
        toaster,
        colors=("red", "blue", "white", "black", "gray", "green", "yellow"),
        yes=known("toast electronic water_harms needs_power"),
        unsure=known("hot metal cookware breaks melts keep_warm keep_from_child"),
        askable_parts=("slots", "lever"),
        places=_KITCHEN,
        part_uses=uses(slots="put_things_in", lever="press", dial="turn"),
    ),
)
