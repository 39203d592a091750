"""Tools that one hand works: hammer, screwdriver, wrench, pliers, saw, tape measure."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import box, extrude, rotation_about, tube
from converseg_engine.sim.objects import things
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import slab
from converseg_engine.sim.objects.forms import disc, ring, soft_box
from converseg_engine.sim.objects.materials import (
    CREAM,
    ELECTRONICS,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

_IRON: RGB = (0.45, 0.46, 0.48)


def wrench(rng: np.random.Generator, color: str) -> ObjectModel:
    """A combination wrench lying: open jaw at one end, ring at the other."""
    a = Assembly("wrench", color, rng)
    length, width, z = rng.uniform(0.14, 0.22), rng.uniform(0.014, 0.019), rng.uniform(0.008, 0.011)
    shaft = soft_box(length, width, z, radius=0.006, edge=0.003)
    a.add("handle", shaft, a.main, STEEL, slab((length, width, z), (0, 0, z / 2)), solid=0.8)
    r = width * 1.05
    a.add(
        "ring",
        ring(r, z * 0.55, num_segments=20).moved((-length / 2 - r * 0.8, 0, z * 0.55)),
        a.main,
        STEEL,
        slab((2.6 * r, 2.6 * r, z), (-length / 2 - r * 0.8, 0, z / 2)),
    )
    prongs = []
    for s in (-1, 1):
        prong = [
            (0, s * r * 0.25),
            (-r * 0.2, s * r * 1.1),
            (r * 0.9, s * r * 1.55),
            (r * 2.1, s * r * 1.15),
            (r * 2.0, s * r * 0.62),
            (r * 0.9, s * r * 0.6),
        ]
        prongs.append(extrude(prong, height=z))
    root = disc(r * 0.85, z).moved((r * 0.1, 0, 0))
    jaws = [m.rotated(rotation_about("z", 0.26)).moved((length / 2 + r * 0.2, 0, 0)) for m in (*prongs, root)]
    a.add("jaws", jaws, a.main, STEEL, slab((r * 2.2, r * 2.6, z), (length / 2 + r, r * 0.25, z / 2)))
    return a.done(centred=True)


def pliers(rng: np.random.Generator, color: str) -> ObjectModel:
    """Pliers lying a little open: steel jaws, coated handles."""
    a = Assembly("pliers", color, rng)
    length, opening, z = rng.uniform(0.11, 0.14), rng.uniform(0.10, 0.20), 0.016
    for s in (-1, 1):
        turn, quat = (
            rotation_about("z", s * opening * 0.4),
            (math.cos(s * opening * 0.2), 0.0, 0.0, math.sin(s * opening * 0.2)),
        )
        jaw = extrude(
            [
                (-0.012, s * 0.001),
                (-0.010, s * 0.016),
                (0.020, s * 0.014),
                (0.050, s * 0.005),
                (0.050, s * 0.0008),
            ],
            height=z * 0.7,
            bottom_z=z * 0.15,
        )
        c, sn = math.cos(s * opening * 0.4), math.sin(s * opening * 0.4)
        a.add(
            "jaws",
            jaw.rotated(turn),
            _IRON,
            STEEL,
            slab((0.05, 0.013, z), (c * 0.025, sn * 0.025 + s * 0.005, z / 2), quat),
        )
        path = np.array(
            [
                (-0.006, -s * 0.006, z / 2),
                (-0.03, -s * 0.017, z / 2),
                (-length * 0.6, -s * 0.026, z / 2),
                (-length, -s * 0.022, z / 2),
            ]
        )
        grip = tube(path, [0.006, 0.008, 0.008, 0.0075]).rotated(turn)
        at = turn @ np.array([-length * 0.55, -s * 0.022, z / 2])
        a.add(
            "handles",
            grip,
            a.main,
            RUBBER,
            slab((length * 0.9, 0.016, z), (float(at[0]), float(at[1]), z / 2), quat),
            solid=3.0,
        )
    a.add("jaws", disc(0.010, z, num_segments=16), _IRON, STEEL)
    return a.done(centred=True)


def saw(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hand saw lying: toothed blade, closed grip."""
    a = Assembly("saw", color, rng)
    length, deep, tip = rng.uniform(0.27, 0.36), rng.uniform(0.085, 0.105), rng.uniform(0.035, 0.05)
    half = 0.011
    blade = extrude(
        [(0, -deep / 2), (length, -deep / 2), (length, -deep / 2 + tip), (0, deep / 2)],
        height=0.0018,
        bottom_z=half - 0.001,
    )
    a.add(
        "blade", blade, SILVER, STEEL, slab((length, deep * 0.7, 2 * half), (length / 2, -deep * 0.13, half))
    )
    teeth = [
        extrude(
            [
                (x, -deep / 2 + 0.0005),
                (x + length / 45, -deep / 2 + 0.0005),
                (x + length / 90, -deep / 2 - 0.006),
            ],
            height=0.0018,
            bottom_z=half - 0.001,
        )
        for x in np.linspace(0.01, length * 0.97, 40).tolist()
    ]
    a.add("blade", teeth, SILVER, STEEL)
    rgb = a.wooden() if color == "brown" else a.main
    stuff = WOOD if color == "brown" else PLASTIC
    wide, tall = 0.105, deep * 1.05
    rails = [
        soft_box(0.026, tall, 2 * half, radius=0.008, edge=0.005).moved((-wide + 0.016, 0, 0)),
        soft_box(0.034, tall, 2 * half, radius=0.008, edge=0.005).moved((-0.012, 0, 0)),
        soft_box(wide, 0.024, 2 * half, radius=0.008, edge=0.005).moved((-wide / 2, tall / 2 - 0.012, 0)),
        soft_box(wide, 0.022, 2 * half, radius=0.008, edge=0.005).moved((-wide / 2, -tall / 2 + 0.011, 0)),
    ]
    a.add("handle", rails, rgb, stuff, slab((wide, tall, 2 * half), (-wide / 2, 0, half)))
    return a.done(centred=True)


def tape_measure(rng: np.random.Generator, color: str) -> ObjectModel:
    """A tape measure, its tongue drawn out a little."""
    a = Assembly("tape measure", color, rng)
    r, y = rng.uniform(0.032, 0.040), rng.uniform(0.030, 0.040)
    outline = [(r * math.cos(t), r * math.sin(t)) for t in np.linspace(0, math.pi, 9)] + [
        (-r, -r * 0.86),
        (r, -r * 0.86),
    ]
    case = (
        extrude(outline, height=y, bottom_z=-y / 2)
        .rotated(rotation_about("x", math.pi / 2))
        .moved((0, 0, r * 0.86))
    )
    a.add(
        "body",
        case,
        a.main,
        ELECTRONICS,
        slab((2 * r, y, r * 1.3), (0, 0, r * 0.65)),
        slab((1.3 * r, y, r * 0.55), (0, 0, r * 1.55)),
    )
    seal = (
        disc(r * 0.62, y + 0.002, bottom_z=-y / 2 - 0.001, num_segments=20)
        .rotated(rotation_about("x", math.pi / 2))
        .moved((0, 0, r * 0.86))
    )
    a.add("body", seal, a.other(), PLASTIC, solid=0.02)
    out = rng.uniform(0.02, 0.12)
    tongue = box((out, y * 0.6, 0.0012), (r + out / 2, 0, 0.006))
    hook = box((0.0015, y * 0.6, 0.012), (r + out, 0, 0.006))
    a.add(
        "tongue",
        [tongue, hook],
        CREAM if color == "yellow" else (0.95, 0.85, 0.25),
        STEEL,
        slab((out, y * 0.6, 0.006), (r + out / 2, 0, 0.005)),
    )
    return a.done(centred=True)


_BENCH = frozenset({"workbench"})
_COATED = ("red", "green", "blue", "black", "orange", "yellow")

HAND_TOOLS: tuple[Category, ...] = (
    Category(
        "hammer",
        "hammers",
        adopted(things.hammer, STEEL, solid=0.42),
        colors=tuple(c for c in ("red", "orange", "yellow", "green", "blue", "purple", "brown", "black")),
        yes=known("hammer tool"),
        unsure=known("metal keep_from_child"),
        askable_parts=("head", "handle"),
        places=_BENCH | {"drawer"},
        weight=1.2,
        part_uses=uses(head="strike", handle="hold"),
    ),
    Category(
        "screwdriver",
        "screwdrivers",
        adopted(things.screwdriver, PLASTIC, solid=1.4),
        colors=_COATED,
        yes=known("turn_screw tool"),
        unsure=known("sharp metal keep_from_child rolls"),
        askable_parts=("handle", "shaft"),
        places=_BENCH | {"drawer"},
        part_uses=uses(handle="hold turn", shaft="turn_screw"),
    ),
    Category(
        "wrench",
        "wrenches",
        wrench,
        colors=("gray", "red", "blue", "black"),
        yes=known("grip_nut tool metal heat_proof"),
        unsure=known("grip hammer turn_screw keep_from_child"),
        askable_parts=("handle",),
        places=_BENCH,
        part_uses=uses(jaws="grip turn", ring="turn", handle="hold"),
    ),
    Category(
        "pliers",
        "pliers",
        pliers,
        colors=_COATED,
        yes=known("grip tool"),
        unsure=known("grip_nut metal cut turn_screw sharp keep_from_child"),
        askable_parts=("jaws", "handles"),
        places=_BENCH | {"drawer"},
        held_out=True,
        part_uses=uses(jaws="grip", handles="hold"),
    ),
    Category(
        "saw",
        "saws",
        saw,
        colors=("red", "orange", "yellow", "blue", "black", "brown", "green"),
        yes=known("saw sharp tool keep_from_child"),
        unsure=known("cut metal"),
        askable_parts=("blade", "handle"),
        places=_BENCH,
        part_uses=uses(blade="cut", handle="hold"),
        sharp_parts=frozenset({"blade"}),
    ),
    Category(
        "tape measure",
        "tape measures",
        tape_measure,
        colors=("yellow", "red", "orange", "blue", "green"),
        yes=known("measure tool"),
        unsure=known("metal stationery"),
        places=_BENCH | {"drawer", "desk"},
        part_uses=uses(body="hold", tongue="pull read"),
    ),
)
