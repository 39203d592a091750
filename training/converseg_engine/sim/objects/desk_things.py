"""What lies on a desk to write, cut and fasten with: book, pen, holder, scissors, stapler, tape."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.meshes import ALONG_X, box, extrude, lathe, rotation_about
from converseg_engine.sim.objects import things
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, round_wall, round_walls, slab
from converseg_engine.sim.objects.forms import disc, ring, rod, roll, soft_box, turned_cup
from converseg_engine.sim.objects.materials import CREAM, DARK, ELECTRONICS, PAPER, PLASTIC, SILVER, STEEL
from converseg_engine.sim.objects.model import ObjectModel


def pen(rng: np.random.Generator, color: str) -> ObjectModel:
    """A thick felt pen lying, with a clip that keeps it from rolling."""
    a = Assembly("pen", color, rng)
    r, length, cap = rng.uniform(0.006, 0.009), rng.uniform(0.085, 0.100), rng.uniform(0.042, 0.055)
    barrel = lathe([(0, 0), (r * 0.7, 0), (r * 0.9, 0.004), (r * 0.9, length), (0, length)], num_segments=14)
    a.add(
        "barrel",
        barrel.rotated(ALONG_X).moved((-length, 0, r)),
        a.other() if rng.random() < 0.4 else a.main,
        PLASTIC,
        slab((length, 1.7 * r, 2 * r), (-length / 2, 0, r)),
        solid=0.6,
    )
    top = lathe([(0, -0.004), (r, -0.004), (r, cap * 0.9), (r * 0.7, cap), (0, cap)], num_segments=14)
    clip = box((cap * 0.8, 0.004, 0.003), (cap * 0.5, r, r * 0.5))
    a.add(
        "cap",
        [top.rotated(ALONG_X).moved((0, 0, r)), clip],
        a.main,
        PLASTIC,
        slab((cap, 2 * r, 2 * r), (cap / 2, 0, r)),
        solid=0.6,
    )
    return a.done(centred=True)


def pen_holder(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open cup for pens with some pens and pencils in it."""
    a = Assembly("pen holder", color, rng)
    r, h, wall = rng.uniform(0.036, 0.046), rng.uniform(0.088, 0.112), 0.003
    a.add(
        "cup",
        turned_cup([(r, 0), (r, h)], wall=wall, floor=0.005, num_segments=26),
        a.main,
        PLASTIC,
        *round_walls(r, r, h, 0.004, floor=0.005, num=8),
    )
    num = int(rng.integers(1, 6))
    for k in range(num):
        angle, lean = 2 * math.pi * (k + rng.uniform(0, 0.6)) / num, r - wall - 0.0055
        foot = (-0.6 * lean * math.cos(angle + 0.8), -0.6 * lean * math.sin(angle + 0.8), 0.006)
        at_rim = (lean * math.cos(angle), lean * math.sin(angle), h)
        stretch = float(rng.uniform(1.35, 1.7))
        tip = tuple(f + (e - f) * stretch for f, e in zip(foot, at_rim, strict=True))
        end = (float(tip[0]), float(tip[1]), float(tip[2]))
        word = str(rng.choice(COLOR_NAMES))
        a.add("pens", rod(foot, end, 0.004, num_sides=6), a.paint(word), PLASTIC, bar(at_rim, end, 0.004))
    return a.done(base_radius=r)


def scissors(rng: np.random.Generator, color: str) -> ObjectModel:
    """Scissors lying a little open: two blades, two finger rings, a screw."""
    a = Assembly("scissors", color, rng)
    length, width = rng.uniform(0.085, 0.115), rng.uniform(0.014, 0.018)
    opening, r = rng.uniform(0.08, 0.3), rng.uniform(0.019, 0.023)
    stretch = rng.uniform(1.2, 1.5)
    reach = length * 0.62
    for side in (-1, 1):
        turn = rotation_about("z", side * opening)
        z = 0.003 if side > 0 else 0.006
        blade = extrude(
            [
                (-0.012, -width / 2),
                (length * 0.55, -width / 2),
                (length, side * width * 0.45),
                (length * 0.5, width / 2),
                (-0.012, width / 2),
            ],
            height=0.0025,
            bottom_z=z,
        )
        c, s = math.cos(side * opening), math.sin(side * opening)
        quat = (math.cos(side * opening / 2), 0.0, 0.0, math.sin(side * opening / 2))
        a.add(
            "blades",
            blade.rotated(turn),
            SILVER,
            STEEL,
            slab((length, width, 0.009), (c * length / 2, s * length / 2, 0.0045), quat),
        )
        eye = (
            ring(r, 0.0055, num_segments=20)
            .scaled((stretch, 1, 0.9))
            .moved((-reach, -side * (r * 0.55), 0.005))
        )
        stem = rod(
            (-0.010, 0, 0.005), (-reach + r * stretch, -side * r * 0.5, 0.005), 0.0065, end_radius=0.0055
        )
        middle = (-reach, -side * r * 0.55)
        at = (c * middle[0] - s * middle[1], s * middle[0] + c * middle[1], 0.005)
        grip = slab((2 * r * stretch, 1.9 * r, 0.010), at, quat)
        a.add("handles", [eye.rotated(turn), stem.rotated(turn)], a.main, PLASTIC, grip)
    a.add("blades", disc(0.005, 0.0025, bottom_z=0.008, num_segments=12), SILVER, STEEL)
    return a.done(centred=True)


def stapler(rng: np.random.Generator, color: str) -> ObjectModel:
    """A stapler standing: base plate, arm that is pressed, steel magazine between."""
    a = Assembly("stapler", color, rng)
    x, y, z = rng.uniform(0.12, 0.15), rng.uniform(0.030, 0.038), rng.uniform(0.045, 0.058)
    a.add(
        "base",
        soft_box(x, y, 0.010, radius=0.010, edge=0.003),
        DARK if color != "black" else a.paint("gray"),
        STEEL,
        slab((x, y, 0.010), (0, 0, 0.005)),
        solid=0.4,
    )
    lift = rng.uniform(0.06, 0.14)
    tilt = rotation_about("y", -lift)
    rail = box((x * 0.86, y * 0.5, 0.010), (0, 0, z * 0.5)).rotated(tilt)
    a.add("base", rail, SILVER, STEEL, slab((x * 0.8, y * 0.5, z * 0.5), (0, 0, z * 0.38)), solid=0.3)
    arm = (
        soft_box(x * 0.95, y * 0.86, z * 0.38, radius=0.012, edge=0.007).moved((0, 0, z * 0.60)).rotated(tilt)
    )
    quat = (math.cos(-lift / 2), 0.0, math.sin(-lift / 2), 0.0)
    middle = (-math.sin(lift) * z * 0.79, 0.0, math.cos(lift) * z * 0.79)
    a.add("arm", arm, a.main, PLASTIC, slab((x * 0.95, y * 0.86, z * 0.38), middle, quat), solid=0.7)
    heel = soft_box(0.022, y * 0.9, z * 0.7, radius=0.006).moved((-x / 2 + 0.014, 0, 0.006))
    a.add("base", heel, DARK, PLASTIC, slab((0.022, y * 0.9, z * 0.7), (-x / 2 + 0.014, 0, z * 0.37)))
    return a.done(centred=True)


def tape(rng: np.random.Generator, color: str) -> ObjectModel:
    """A roll of tape lying flat: wound tape round a pale core."""
    a = Assembly("roll of tape", color, rng)
    r, hole, z = rng.uniform(0.040, 0.055), rng.uniform(0.55, 0.68), rng.uniform(0.018, 0.048)
    inner = r * hole
    wound = roll(r, inner + 0.003, z)
    core = roll(inner + 0.003, inner, z * 0.98)
    walls = round_wall(r, r, 0.0, z, wall=r - inner, num=10)
    a.add("tape", wound, a.main, PLASTIC, *walls, shine=0.6)
    a.add("core", core, CREAM, PAPER)
    flap = box((0.014, 0.0012, z * 0.96), (r * 0.7, r * 0.74, z / 2)).rotated(
        rotation_about("z", rng.uniform(0, 6))
    )
    a.add("tape", flap, a.main, PLASTIC)
    return a.done(base_radius=r)


def calculator(rng: np.random.Generator, color: str) -> ObjectModel:
    """A desk calculator: sloping body, display, a field of keys."""
    a = Assembly("calculator", color, rng)
    x, y, z = rng.uniform(0.080, 0.105), rng.uniform(0.13, 0.16), rng.uniform(0.014, 0.022)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.010, edge=0.004),
        a.main,
        ELECTRONICS,
        slab((x, y, z), (0, 0, z / 2)),
        solid=0.45,
    )
    a.add(
        "display",
        box((x * 0.82, y * 0.17, 0.002), (0, y * 0.34, z)),
        (0.56, 0.63, 0.52),
        PLASTIC,
        solid=0.5,
        shine=0.9,
    )
    digits = [
        box((x * 0.04, y * 0.09, 0.0006), (x * (0.34 - 0.075 * k), y * 0.34, z + 0.0012))
        for k in range(int(rng.integers(1, 7)))
    ]
    a.add("display", digits, DARK, PLASTIC)
    keys = [
        box((x * 0.15, y * 0.085, 0.004), (x * (-0.33 + 0.22 * c), y * (0.14 - 0.135 * r), z + 0.001))
        for c in range(4)
        for r in range(5)
    ]
    a.add("keys", keys, a.other(), PLASTIC, slab((x * 0.85, y * 0.65, 0.003), (0, -y * 0.13, z + 0.0015)))
    return a.done()


_DESK = frozenset({"desk", "drawer"})

DESK_THINGS: tuple[Category, ...] = (
    Category(
        "book",
        "books",
        adopted(things.book, PAPER),
        yes=known("read water_harms burns"),
        unsure=known("stationery put_on recycle show_picture stacks"),
        places=frozenset({"desk", "shelf", "tabletop"}),
        weight=1.4,
        part_uses=uses(body="read"),
    ),
    Category(
        "pen",
        "pens",
        pen,
        yes=known("write stationery"),
        unsure=known("swallowed keep_from_child melts tool paint rolls"),
        askable_parts=("cap",),
        places=_DESK | {"tabletop"},
        part_uses=uses(barrel="hold", cap="cover open"),
    ),
    Category(
        "pen holder",
        "pen holders",
        pen_holder,
        yes=known("hold_pens"),
        unsure=known("container store write stationery flowers drink melts"),
        places=frozenset({"desk", "shelf"}),
        part_uses=uses(cup="put_things_in", pens="write"),
    ),
    Category(
        "scissors",
        "scissors",
        scissors,
        colors=("red", "green", "blue", "black", "orange", "purple", "yellow", "pink"),
        yes=known("cut_paper cut sharp keep_from_child"),
        unsure=known("stationery tool metal"),
        askable_parts=("blades", "handles"),
        places=_DESK | {"kitchen counter", "workbench"},
        part_uses=uses(blades="cut", handles="hold"),
        sharp_parts=frozenset({"blades"}),
    ),
    Category(
        "stapler",
        "staplers",
        stapler,
        colors=("red", "green", "blue", "black", "orange", "purple", "pink", "white"),
        yes=known("staple stationery"),
        unsure=known("tool metal stick sharp keep_from_child"),
        askable_parts=("arm",),
        places=_DESK,
        held_out=True,
        part_uses=uses(arm="press", base="stand_on"),
    ),
    Category(
        "roll of tape",
        "rolls of tape",
        tape,
        colors=("brown", "blue", "red", "green", "yellow", "black", "gray", "white"),
        yes=known("stick"),
        unsure=known("stationery tool melts pack play burns"),
        places=_DESK | {"workbench"},
        part_uses=uses(tape="stick"),
    ),
    Category(
        "calculator",
        "calculators",
        calculator,
        colors=("black", "white", "blue", "pink", "gray"),
        yes=known("calculate electronic water_harms"),
        unsure=known("stationery type compute breaks needs_power melts"),
        askable_parts=("display", "keys"),
        places=_DESK,
        part_uses=uses(display="look_at read", keys="press type"),
    ),
)
