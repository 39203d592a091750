"""What a home is cleaned with: spray bottle, sponge, bucket, broom, dustpan."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, box, extrude, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_walls, slab
from converseg_engine.sim.objects.forms import (
    arc,
    disc,
    loft,
    oval,
    rod,
    rounded,
    soft_box,
    turned_cup,
)
from converseg_engine.sim.objects.materials import (
    FOAM,
    PALE_WOOD,
    PAPER,
    PLASTIC,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import Cavity, ObjectModel

FACE_ON = rotation_about("x", math.pi / 2)


def spray_bottle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A trigger spray bottle for cleaner."""
    a = Assembly("spray bottle", color, rng)
    x, y, h = rng.uniform(0.085, 0.100), rng.uniform(0.052, 0.062), rng.uniform(0.17, 0.21)
    body = loft(
        [
            (oval(x / 2 * f, y / 2 * g, num=24), h * z)
            for f, g, z in (
                (0.95, 0.95, 0),
                (1, 1, 0.03),
                (1, 1, 0.5),
                (0.62, 0.8, 0.72),
                (0.30, 0.5, 0.92),
                (0.28, 0.48, 1),
            )
        ]
    )
    a.add(
        "body",
        body,
        a.main,
        PLASTIC,
        slab((x * 0.86, y * 0.86, h * 0.55), (0, 0, h * 0.275)),
        drum(y * 0.3, h * 0.45, bottom_z=h * 0.55),
        solid=0.14,
    )
    rgb = a.other()
    label = loft([(oval(x / 2 + 0.0006, y / 2 + 0.0006, num=24), h * z) for z in (0.14, 0.42)])
    a.add("label", label, a.paint("yellow") if color != "yellow" else a.paint("white"), PAPER, solid=0.01)
    collar = disc(y * 0.32, 0.022, bottom_z=h - 0.004)
    head = box((0.085, 0.026, 0.028), (0.012, 0, h + 0.034))
    nozzle = disc(0.010, 0.014, num_segments=12).rotated(ALONG_X).moved((0.054, 0, h + 0.036))
    a.add("head", [collar, head], rgb, PLASTIC, slab((0.085, 0.026, 0.050), (0.012, 0, h + 0.023)), solid=0.4)
    a.add("nozzle", nozzle, a.paint("red") if color != "red" else a.paint("blue"), PLASTIC, solid=0.5)
    trigger = tube(
        np.array([(0.034, 0, h + 0.022), (0.036, 0, h), (0.048, 0, h - 0.030)]), [0.007, 0.006, 0.005]
    )
    a.add("trigger", trigger, rgb, PLASTIC, bar((0.036, 0, h + 0.01), (0.046, 0, h - 0.026), 0.006))
    a.fill("cleaner", x * y * 0.7 * h * 0.6, share=float(rng.uniform(0.2, 0.95)))
    return a.done(base_radius=y * 0.45)


def sponge(rng: np.random.Generator, color: str) -> ObjectModel:
    """A kitchen sponge: soft block with a rough dark face."""
    a = Assembly("sponge", color, rng)
    x, y, z = rng.uniform(0.09, 0.115), rng.uniform(0.060, 0.075), rng.uniform(0.028, 0.040)
    a.add(
        "soft side",
        soft_box(x, y, z * 0.78, radius=0.008, edge=0.004),
        a.main,
        FOAM,
        slab((x, y, z), (0, 0, z / 2)),
    )
    rough = a.paint("green") if color != "green" else a.paint("black")
    a.add("rough side", soft_box(x, y, z * 0.22, radius=0.008, edge=0.002, bottom_z=z * 0.78), rough, FOAM)
    return a.done()


def bucket(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bucket with its bow handle down on one side or up."""
    a = Assembly("bucket", color, rng)
    r, h = rng.uniform(0.105, 0.135), rng.uniform(0.22, 0.27)
    foot, floor = r * 0.74, 0.006
    body = turned_cup(
        [(foot, 0), (r * 0.985, h * 0.9), (r * 1.02, h * 0.9), (r * 1.03, h)],
        wall=0.004,
        floor=floor,
        num_segments=32,
    )
    stuff = STEEL if color == "gray" else PLASTIC
    a.add(
        "body",
        body,
        a.main,
        stuff,
        *round_walls(foot, r, h, 0.005, floor=floor, num=12),
        solid=0.35 if stuff is STEEL else 1.0,
    )
    tilt = rotation_about("x", float(rng.uniform(0.2, 1.25)) * (1 if rng.random() < 0.5 else -1))
    bow = tube(arc((0, 0, 0), r * 1.04, r * 1.04, 0, 180, num=15), [0.004] * 15)
    grip = rod((-0.05, 0, r * 1.03), (0.05, 0, r * 1.03), 0.010)
    place = (0.0, 0.0, h * 0.93)
    top = tilt @ np.array([0, 0, r * 1.03]) + np.array(place)
    ends = ((-0.05, float(top[1]), float(top[2])), (0.05, float(top[1]), float(top[2])))
    a.add("handle", bow.rotated(tilt).moved(place), SILVER, STEEL)
    a.add("handle", grip.rotated(tilt).moved(place), a.other(), PLASTIC, bar(*ends, 0.010))
    return a.done(base_radius=foot, cavity=Cavity(foot - 0.005, r - 0.006, floor, h))


def broom(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hand brush lying: bristles down, a long grip."""
    a = Assembly("broom", color, rng)
    length, wide, deep = rng.uniform(0.70, 1.0), rng.uniform(0.22, 0.30), rng.uniform(0.06, 0.08)
    z = 0.035
    head = soft_box(0.04, wide, 2 * z * 0.6, radius=0.012, edge=0.008, bottom_z=z - 0.6 * z)
    a.add("head", head, a.main, PLASTIC, slab((0.04, wide, 2 * z), (0, 0, z)), solid=0.5)
    hair = loft(
        [(rounded(0.016, wide * 0.96, 0.006), 0.0), (rounded(0.058, wide * 1.06, 0.01), deep)]
    ).rotated(rotation_about("y", math.pi / 2))
    a.add(
        "bristles",
        hair.moved((0.018, 0, z)),
        a.other(),
        PLASTIC,
        slab((deep, wide, 0.05), (0.018 + deep / 2, 0, z)),
        solid=0.15,
    )
    # The stick comes down to the floor: one lifts it by its end.
    a.add(
        "handle",
        rod((-0.01, 0, z), (-length, 0, 0.0125), 0.0125),
        a.wooden() if color == "brown" else PALE_WOOD,
        WOOD,
        bar((-0.02, 0, z), (-length, 0, 0.0125), 0.012),
    )
    return a.done(centred=True)


def dustpan(rng: np.random.Generator, color: str) -> ObjectModel:
    """A dustpan lying flat, grip behind."""
    a = Assembly("dustpan", color, rng)
    x, y, h = rng.uniform(0.20, 0.25), rng.uniform(0.21, 0.26), rng.uniform(0.045, 0.06)
    wall = 0.004
    floor = box((x, y, wall), (0, 0, wall / 2))
    back = box((wall, y, h), (-x / 2 + wall / 2, 0, h / 2))
    sides = [
        extrude([(-x / 2, 0), (x / 2, 0), (x / 2, 0.006), (-x / 2, h)], height=wall)
        .rotated(FACE_ON)
        .moved((0, s * y / 2 + (wall if s < 0 else 0), 0))
        for s in (-1, 1)
    ]
    shapes = (
        slab((x, y, wall), (0, 0, wall / 2)),
        slab((wall, y, h), (-x / 2 + wall / 2, 0, h / 2)),
        *(slab((x * 0.6, wall, h * 0.6), (-x * 0.2, s * y / 2, h * 0.3)) for s in (-1, 1)),
    )
    a.add("pan", [floor, back, *sides], a.main, PLASTIC, *shapes)
    length = rng.uniform(0.11, 0.14)
    end = (-x / 2 - length, 0.0, 0.012)
    a.add(
        "handle",
        rod((-x / 2 + 0.002, 0, h * 0.6), end, 0.012, end_radius=0.0115),
        a.main,
        PLASTIC,
        bar((-x / 2, 0, h * 0.6), end, 0.0118),
    )
    return a.done(centred=True)


_BATH = frozenset({"bathroom"})
_FLOOR = frozenset({"walkway"})

CLEANING: tuple[Category, ...] = (
    Category(
        "spray bottle",
        "spray bottles",
        spray_bottle,
        colors=("blue", "green", "white", "pink", "purple", "red", "orange"),
        yes=known("spray cleaning container poison keep_from_child melts"),
        unsure=known("spills wipe scrub recycle burns pour toiletry"),
        askable_parts=("trigger",),
        places=_BATH | {"kitchen counter", "workbench"},
        part_uses=uses(trigger="press pull", nozzle="spray aim", body="hold", label="read"),
    ),
    Category(
        "sponge",
        "sponges",
        sponge,
        colors=("yellow", "pink", "blue", "orange", "green"),
        yes=known("scrub wipe cleaning soft"),
        unsure=known("melts burns toiletry dry bounces wash_up wash_hands"),
        places=frozenset({"kitchen counter", "bathroom"}),
        part_uses=uses(soft_side="wipe hold", rough_side="wipe"),
    ),
    Category(
        "bucket",
        "buckets",
        bucket,
        colors=("red", "blue", "green", "yellow", "gray", "black", "white"),
        yes=known("carry_water container"),
        unsure=known(
            "cleaning store carry_things throw_away metal melts play trips pour stacks toy tool "
            "put_out_fire flowers store_tools sit heat_proof keep_from_child wash_up"
        ),
        askable_parts=("handle",),
        places=frozenset({"walkway", "bathroom", "workbench"}),
        part_uses=uses(body="put_things_in", handle="hold carry"),
    ),
    Category(
        "broom",
        "brooms",
        broom,
        colors=("red", "blue", "green", "yellow", "brown"),
        yes=known("sweep cleaning trips"),
        unsure=known("tool burns melts scrub"),
        askable_parts=("handle", "bristles"),
        places=_FLOOR,
        held_out=True,
        part_uses=uses(handle="hold", bristles="sweep"),
    ),
    Category(
        "dustpan",
        "dustpans",
        dustpan,
        colors=("red", "blue", "green", "yellow", "gray", "pink"),
        yes=known("cleaning melts"),
        unsure=known("sweep trips throw_away container tool"),
        askable_parts=("handle",),
        places=_FLOOR | {"workbench"},
        part_uses=uses(handle="hold", pan="scoop put_things_in"),
    ),
)
