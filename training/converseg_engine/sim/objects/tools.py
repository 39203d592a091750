"""Tools: wrench, pliers, saw, drill, tape measure, flashlight, brush, paint, toolbox, level."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects import things
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import arc, disc, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CREAM,
    DARK,
    ELECTRONICS,
    PALE_WOOD,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf

ALONG_X = rotation_about("y", math.pi / 2)
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
_COATED = ("red", "green", "blue", "black", "orange", "yellow")

TOOLS: tuple[Category, ...] = (
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
        unsure=known("sharp metal keep_from_child"),
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
        "drill",
        "drills",
        drill,
        colors=("red", "green", "blue", "orange", "yellow"),
        yes=known("drill tool electronic water_harms keep_from_child"),
        unsure=known("turn_screw sharp needs_power breaks melts"),
        askable_parts=("handle", "battery"),
        places=_BENCH,
        part_uses=uses(handle="hold", trigger="press", bit="pierce", battery="stand_on", chuck="grip"),
        sharp_parts=frozenset({"bit"}),
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
    Category(
        "flashlight",
        "flashlights",
        flashlight,
        colors=("red", "blue", "black", "yellow", "orange", "green"),
        yes=known("give_light electronic"),
        unsure=known("tool water_harms needs_power breaks metal hammer"),
        askable_parts=("head", "handle"),
        places=_BENCH | {"shelf", "drawer"},
        part_uses=uses(head="aim", lens="light", handle="hold", switch="press"),
    ),
    Category(
        "paintbrush",
        "paintbrushes",
        paintbrush,
        colors=("red", "blue", "green", "yellow", "brown", "black", "orange"),
        yes=known("paint"),
        unsure=known("tool burns sweep stationery scrub wipe"),
        askable_parts=("bristles", "handle"),
        places=_BENCH,
        part_uses=uses(bristles="brush", handle="hold"),
    ),
    Category(
        "paint can",
        "paint cans",
        paint_can,
        yes=known("paint container poison metal keep_from_child"),
        unsure=known("spills burns recycle tool carry_water store heat_proof"),
        askable_parts=("lid",),
        places=_BENCH | {"walkway", "shelf"},
        part_uses=uses(lid="open cover", handle="carry hold", label="read"),
    ),
    Category(
        "toolbox",
        "toolboxes",
        toolbox,
        colors=("red", "blue", "black", "green", "yellow", "orange"),
        yes=known("store_tools container carry_things"),
        unsure=known("tool luggage store metal melts travel trips"),
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
        unsure=known("measure metal write"),
        askable_parts=("bubble",),
        places=_BENCH,
        held_out=True,
        part_uses=uses(bubble="look_at read", body="hold"),
    ),
)
