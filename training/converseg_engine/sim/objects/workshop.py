"""What else lies on a workbench: drill, flashlight, toolbox, spirit level."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, slab
from converseg_engine.sim.objects.forms import disc, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    DARK,
    ELECTRONICS,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf


def drill(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cordless drill standing on its battery."""
    a = Assembly("drill", color, rng)
    tall, r, length = rng.uniform(0.17, 0.20), rng.uniform(0.027, 0.033), rng.uniform(0.12, 0.15)
    pack_x, pack_y, pack_z = rng.uniform(0.095, 0.115), rng.uniform(0.070, 0.080), rng.uniform(0.045, 0.06)
    a.add(
        "battery",
        soft_box(pack_x, pack_y, pack_z, radius=0.012, edge=0.006),
        DARK,
        ELECTRONICS,
        slab((pack_x, pack_y, pack_z), (0, 0, pack_z / 2)),
    )
    grip = tube(
        np.array([(-0.012, 0, pack_z - 0.006), (-0.010, 0, tall * 0.5), (-0.002, 0, tall - 0.004)]),
        [0.024, 0.020, 0.024],
        num_sides=14,
    )
    a.add(
        "handle",
        grip,
        a.main,
        ELECTRONICS,
        slab((0.042, 0.040, tall - pack_z), (-0.008, 0, (tall + pack_z) / 2)),
        solid=0.6,
    )
    z = tall + r * 0.8
    body = lathe(
        [(0, 0), (r * 0.8, 0), (r, 0.012), (r, length * 0.72), (r * 0.72, length), (0, length)],
        num_segments=20,
    ).rotated(ALONG_X)
    a.add(
        "body",
        body.moved((-length * 0.48, 0, z)),
        a.main,
        ELECTRONICS,
        bar((-length * 0.48, 0, z), (length * 0.5, 0, z), r * 0.95),
        solid=0.6,
    )
    chuck = lathe(
        [(0, 0), (r * 0.66, 0), (r * 0.66, 0.022), (r * 0.36, 0.045), (0, 0.045)], num_segments=14
    ).rotated(ALONG_X)
    a.add(
        "chuck",
        chuck.moved((length * 0.51, 0, z)),
        DARK,
        STEEL,
        bar((length * 0.51, 0, z), (length * 0.51 + 0.045, 0, z), r * 0.6),
        solid=0.4,
    )
    a.add(
        "bit",
        rod((length * 0.51 + 0.044, 0, z), (length * 0.51 + 0.11, 0, z), 0.0035, end_radius=0.001),
        SILVER,
        STEEL,
        bar((length * 0.51 + 0.044, 0, z), (length * 0.51 + 0.105, 0, z), 0.004),
    )
    a.add("trigger", box((0.014, 0.016, 0.028), (0.020, 0, tall - 0.018)), DARK, PLASTIC, solid=0.8)
    return a.done()


def flashlight(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flashlight lying: grip, wider head, pale lens, a switch on top."""
    a = Assembly("flashlight", color, rng)
    r, length = rng.uniform(0.014, 0.018), rng.uniform(0.11, 0.15)
    wide = r * rng.uniform(1.5, 1.9)
    grip = disc(r, length, num_segments=16).rotated(ALONG_X).moved((-length, 0, wide))
    a.add("handle", grip, a.main, ALUMINIUM, bar((-length, 0, wide), (0, 0, wide), r), solid=0.8)
    cone = lathe(
        [(0, -0.002), (r, -0.002), (wide, 0.028), (wide, 0.045), (0, 0.045)], num_segments=22
    ).rotated(ALONG_X)
    a.add(
        "head",
        cone.moved((0, 0, wide)),
        a.main,
        ALUMINIUM,
        bar((0.012, 0, wide), (0.045, 0, wide), wide),
        solid=0.5,
    )
    lens = disc(wide * 0.88, 0.002, num_segments=20).rotated(ALONG_X).moved((0.0445, 0, wide))
    a.add("lens", lens, (0.95, 0.95, 0.85), PLASTIC, shine=1.0)
    # It rests on its head and on the end of its grip, so it lies nose up a little.
    a.add("switch", box((0.016, 0.009, 0.004), (-length * 0.3, 0, wide + r)), a.other(), RUBBER)
    tail = lathe([(0, 0), (wide, 0), (wide, 0.010), (r, 0.016), (0, 0.016)], num_segments=8).rotated(ALONG_X)
    a.add(
        "handle",
        tail.moved((-length - 0.004, 0, wide)),
        a.main,
        RUBBER,
        slab((0.012, 1.5 * wide, 1.9 * wide), (-length + 0.004, 0, wide)),
    )
    return a.done(centred=True)


def toolbox(rng: np.random.Generator, color: str) -> ObjectModel:
    """A closed toolbox with a roof-shaped lid, clasps and a handle on top."""
    a = Assembly("toolbox", color, rng)
    x, y, z = rng.uniform(0.32, 0.42), rng.uniform(0.16, 0.20), rng.uniform(0.11, 0.15)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.012, edge=0.006),
        a.main,
        PLASTIC,
        slab((x, y, z), (0, 0, z / 2)),
        solid=0.45,
    )
    rise = rng.uniform(0.04, 0.06)
    roof = extrude([(-y / 2, 0), (y / 2, 0), (y * 0.22, rise), (-y * 0.22, rise)], height=x, bottom_z=-x / 2)
    turn = rotation_about("z", math.pi / 2) @ rotation_about("x", math.pi / 2)
    rgb = DARK if color != "black" else a.paint("red")
    a.add(
        "lid",
        roof.rotated(turn).moved((0, 0, z)),
        rgb,
        PLASTIC,
        slab((x, y * 0.7, rise), (0, 0, z + rise / 2)),
        solid=0.3,
    )
    clasps = [box((0.035, 0.008, 0.045), (s * x * 0.3, -y / 2, z - 0.008)) for s in (-1, 1)]
    a.add("clasps", clasps, SILVER, STEEL, solid=0.4)
    legs = [box((0.018, 0.018, 0.034), (s * 0.06, 0, z + rise + 0.012)) for s in (-1, 1)]
    grip = soft_box(0.15, 0.024, 0.02, radius=0.008, edge=0.004, bottom_z=z + rise + 0.026)
    a.add("handle", [*legs, grip], DARK, PLASTIC, slab((0.15, 0.024, 0.046), (0, 0, z + rise + 0.023)))
    return a.done()


def spirit_level(rng: np.random.Generator, color: str) -> ObjectModel:
    """A spirit level standing on its long edge, bubble in the middle."""
    a = Assembly("spirit level", color, rng)
    x, y, z = rng.uniform(0.30, 0.50), rng.uniform(0.022, 0.028), rng.uniform(0.048, 0.060)
    a.add(
        "body", box((x, y, z), (0, 0, z / 2)), a.main, ALUMINIUM, slab((x, y, z), (0, 0, z / 2)), solid=0.35
    )
    ends = [box((0.014, y * 1.1, z * 1.03), (s * x / 2, 0, z * 0.515)) for s in (-1, 1)]
    a.add("body", ends, DARK, RUBBER)
    vial = rod((-0.025, 0, z * 0.86), (0.025, 0, z * 0.86), 0.0125)
    a.add("bubble", vial, (0.75, 0.92, 0.25), PLASTIC, shine=1.0)
    marks = [
        ring(0.0126, 0.0008, num_segments=14, num_sides=5).rotated(ALONG_X).moved((s * 0.008, 0, z * 0.86))
        for s in (-1, 1)
    ]
    a.add("bubble", marks, DARK, PLASTIC)
    return a.done(shelf=Shelf(x * 0.4, y * 0.3, z))


_BENCH = frozenset({"workbench"})

WORKSHOP: tuple[Category, ...] = (
    Category(
        "drill",
        "drills",
        drill,
        colors=("red", "green", "blue", "orange", "yellow"),
        yes=known("drill tool electronic water_harms keep_from_child needs_power"),
        unsure=known("turn_screw sharp breaks melts metal"),
        askable_parts=("handle", "battery"),
        places=_BENCH,
        part_uses=uses(handle="hold", trigger="press", bit="pierce", battery="stand_on", chuck="grip"),
        sharp_parts=frozenset({"bit"}),
    ),
    Category(
        "flashlight",
        "flashlights",
        flashlight,
        colors=("red", "blue", "black", "yellow", "orange", "green"),
        yes=known("give_light electronic needs_power"),
        unsure=known("tool water_harms breaks metal hammer keep_from_child rolls"),
        askable_parts=("head", "handle"),
        places=_BENCH | {"shelf", "drawer"},
        part_uses=uses(head="aim", lens="light", handle="hold", switch="press"),
    ),
    Category(
        "toolbox",
        "toolboxes",
        toolbox,
        colors=("red", "blue", "black", "green", "yellow", "orange"),
        yes=known("store_tools container carry_things"),
        unsure=known("tool luggage store metal melts travel trips sit climb put_on heat_proof stacks"),
        askable_parts=("lid", "handle"),
        places=_BENCH | {"walkway", "shelf"},
        part_uses=uses(handle="hold carry", lid="open cover", clasps="open"),
    ),
    Category(
        "spirit level",
        "spirit levels",
        spirit_level,
        colors=("red", "yellow", "blue", "orange", "green", "gray"),
        yes=known("check_level tool"),
        unsure=known("measure metal write breaks keep_from_child"),
        askable_parts=("bubble",),
        places=_BENCH,
        held_out=True,
        part_uses=uses(bubble="look_at read", body="hold"),
    ),
)
