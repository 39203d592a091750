"""What else stands on a desk: lamp, alarm clock, headphones, globe, picture frame."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import box, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import disc, rod, roll
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    DARK,
    ELECTRONICS,
    FOAM,
    GLASS,
    PLASTIC,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel


def lamp(rng: np.random.Generator, color: str) -> ObjectModel:
    """A desk lamp: heavy foot, jointed arm, shade with a lit bulb."""
    a = Assembly("desk lamp", color, rng)
    r, h = rng.uniform(0.075, 0.095), rng.uniform(0.28, 0.38)
    a.add(
        "base",
        lathe([(0, 0), (r, 0), (r, 0.010), (r * 0.85, 0.018), (0, 0.022)], num_segments=28),
        a.main,
        STEEL,
        drum(r, 0.018),
        solid=0.7,
    )
    elbow = (-r * 0.55, 0.0, h * 0.58)
    head = (r * rng.uniform(0.35, 0.7), 0.0, h)
    foot = (0.0, 0.0, 0.015)
    arm = [
        rod(foot, elbow, 0.006),
        rod(elbow, head, 0.006),
        sphere(0.011, num_rings=6, num_segments=12).moved(elbow),
    ]
    a.add(
        "arm",
        arm,
        SILVER if rng.random() < 0.5 else a.main,
        ALUMINIUM,
        bar(foot, elbow, 0.006),
        bar(elbow, head, 0.006),
    )
    top, mouth, deep = 0.026, rng.uniform(0.055, 0.068), rng.uniform(0.075, 0.095)
    shade = lathe(
        [(0, 0.012), (top, 0.010), (mouth, -deep), (mouth - 0.003, -deep), (top - 0.004, 0.004), (0, 0.006)],
        num_segments=26,
    )
    tilt = rotation_about("y", -rng.uniform(0.1, 0.5))
    middle = tilt @ np.array([0, 0, -deep * 0.45]) + np.array(head)
    at = (float(middle[0]), 0.0, float(middle[2]))
    a.add("shade", shade.rotated(tilt).moved(head), a.main, ALUMINIUM, globe(mouth * 0.8, at))
    bulb = sphere(0.022, num_rings=7, num_segments=14).moved((0, 0, -deep * 0.62)).rotated(tilt).moved(head)
    a.add("bulb", bulb, (1.0, 0.93, 0.72), GLASS, solid=0.1, emission=0.9)
    return a.done(base_radius=r)


def clock(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round alarm clock on two feet, hands on a pale face."""
    a = Assembly("alarm clock", color, rng)
    r, deep = rng.uniform(0.042, 0.058), rng.uniform(0.032, 0.042)
    z = r + 0.010
    face_on = rotation_about("x", math.pi / 2)
    case = lathe(
        [(0, 0), (r * 0.92, 0), (r, 0.006), (r, deep - 0.003), (r * 0.9, deep), (0, deep)], num_segments=30
    )
    a.add(
        "body",
        case.rotated(face_on).moved((0, deep / 2, z)),
        a.main,
        ELECTRONICS,
        slab((1.5 * r, deep, 1.7 * r), (0, 0, z)),
        slab((1.9 * r, deep, 0.8 * r), (0, 0, z)),
        solid=0.4,
    )
    feet = [rod((s * r * 0.45, 0, z - r * 0.7), (s * r * 0.75, 0, 0.0038), 0.006) for s in (-1, 1)]
    a.add("body", feet, a.main, STEEL, slab((1.7 * r, deep * 0.9, 0.03), (0, 0, 0.0155)), solid=0.5)
    dial = disc(r * 0.86, 0.002, num_segments=30).rotated(face_on).moved((0, -deep / 2 + 0.0005, z))
    a.add("face", dial, (0.95, 0.95, 0.92), PLASTIC, shine=0.8)
    marks = [
        box((0.003, 0.001, r * 0.12), (0, -deep / 2 - 0.0016, r * 0.72))
        .rotated(rotation_about("y", k * math.pi / 6))
        .moved((0, 0, z))
        for k in range(12)
    ]
    for length, width, angle in ((0.42, 0.006, rng.uniform(0, 6.28)), (0.66, 0.004, rng.uniform(0, 6.28))):
        hand = box((width, 0.001, r * length), (0, -deep / 2 - 0.0022, r * length * 0.42))
        marks.append(hand.rotated(rotation_about("y", angle)).moved((0, 0, z)))
    a.add("face", marks, DARK, PLASTIC)
    button = disc(0.012, 0.012, num_segments=14).moved((0, 0, z + r - 0.004))
    a.add("button", button, a.other(), PLASTIC, drum(0.012, 0.012, bottom_z=z + r - 0.004))
    return a.done()


def headphones(rng: np.random.Generator, color: str) -> ObjectModel:
    """Headphones lying flat: two cushioned cups joined by a bow."""
    a = Assembly("headphones", color, rng)
    span, r, deep = rng.uniform(0.075, 0.088), rng.uniform(0.032, 0.040), rng.uniform(0.028, 0.036)
    angles = np.linspace(0.0, math.pi, 15)
    path = np.stack([span * np.cos(angles), 0.155 * np.sin(angles), np.full(15, deep * 0.55 + 0.004)], axis=1)
    bow = tube(path, [0.008] * 15).scaled((1, 1, 1.0))
    a.add(
        "headband",
        bow,
        a.main,
        PLASTIC,
        slab((1.2 * span, 0.02, 0.016), (0, 0.145, deep * 0.55)),
        *(slab((0.016, 0.13, 0.016), (s * span * 0.93, 0.06, deep * 0.55)) for s in (-1, 1)),
    )
    for s in (-1, 1):
        shell = disc(r, deep * 0.5).rotated(rotation_about("y", s * math.pi / 2)).scaled((1, 1.15, 1))
        a.add(
            "ear cups",
            shell.moved((s * span * 0.98, -0.01, r)),
            a.main,
            PLASTIC,
            slab((deep, 2.1 * r, 1.9 * r), (s * span, -0.01, r * 0.98)),
            solid=0.6,
        )
        pad = (
            roll(r * 0.98, r * 0.5, deep * 0.5)
            .rotated(rotation_about("y", -s * math.pi / 2))
            .scaled((1, 1.15, 1))
        )
        a.add("ear cups", pad.moved((s * span * 0.98, -0.01, r)), DARK, FOAM)
    return a.done(centred=True)


def desk_globe(rng: np.random.Generator, color: str) -> ObjectModel:
    """A globe on a stand: sea in the main colour, land in patches."""
    a = Assembly("globe", color, rng)
    r, foot = rng.uniform(0.085, 0.115), rng.uniform(0.065, 0.085)
    z = r + 0.055
    a.add(
        "ball",
        sphere(r, num_rings=14, num_segments=28).moved((0, 0, z)),
        a.main,
        PLASTIC,
        globe(r, (0, 0, z)),
        solid=0.06,
    )
    land = []
    for _ in range(9):
        patch = sphere(r * rng.uniform(0.25, 0.45), num_rings=5, num_segments=9).scaled((1, 1, 0.25))
        turn = rotation_about("z", rng.uniform(0, 6.3)) @ rotation_about("y", rng.uniform(0.4, 2.6))
        land.append(patch.moved((0, 0, r * 0.965)).rotated(turn).moved((0, 0, z)))
    a.add("ball", land, (0.45, 0.55, 0.25) if color != "green" else (0.75, 0.65, 0.4), PLASTIC, solid=0.02)
    bow = np.radians(np.linspace(-100, 66, 14))
    path = np.stack(
        [(r + 0.010) * np.sin(bow + 1.2), np.zeros(14), z - (r + 0.010) * np.cos(bow + 1.2)], axis=1
    )
    a.add("stand", tube(path, [0.005] * 14), SILVER, STEEL, solid=0.5)
    base = lathe(
        [(0, 0), (foot, 0), (foot * 0.95, 0.012), (0.012, 0.024), (0.010, z - r + 0.004), (0, z - r + 0.004)],
        num_segments=24,
    )
    a.add(
        "stand", base, a.wooden() if color == "brown" else DARK, WOOD, drum(foot, 0.018), drum(0.012, 0.055)
    )
    return a.done(base_radius=foot)


def picture_frame(rng: np.random.Generator, color: str) -> ObjectModel:
    """A picture frame that leans back on its stay."""
    a = Assembly("picture frame", color, rng)
    x, h, bar_w = rng.uniform(0.12, 0.20), rng.uniform(0.15, 0.24), rng.uniform(0.014, 0.024)
    lean = rng.uniform(0.18, 0.28)
    back, quat = rotation_about("x", -lean), (math.cos(-lean / 2), math.sin(-lean / 2), 0.0, 0.0)
    deep = 0.016
    sides = [box((bar_w, deep, h), (s * (x - bar_w) / 2, 0, h / 2)) for s in (-1, 1)]
    ends = [box((x - 2 * bar_w, deep, bar_w), (0, 0, z)) for z in (bar_w / 2, h - bar_w / 2)]
    lift = deep / 2 * math.sin(lean)
    middle = (0.0, math.sin(lean) * h / 2, math.cos(lean) * h / 2 + lift)
    a.add(
        "frame",
        [m.rotated(back).moved((0, 0, lift)) for m in (*sides, *ends)],
        a.wooden() if color == "brown" else a.main,
        WOOD,
        slab((x, deep, h), middle, quat),
    )
    plate = box((x - 2 * bar_w, 0.006, h - 2 * bar_w), (0, 0, h / 2)).rotated(back).moved((0, 0, lift))
    sky: RGB = (0.62, 0.76, 0.90)
    a.add("picture", plate, sky, GLASS, solid=0.8, shine=0.9)
    hill = (
        box((x - 2 * bar_w, 0.001, (h - 2 * bar_w) * 0.4), (0, -0.0034, h * 0.33))
        .rotated(back)
        .moved((0, 0, lift))
    )
    sun = (
        disc(0.014, 0.001)
        .rotated(rotation_about("x", math.pi / 2))
        .moved((x * 0.15, -0.003, h * 0.68))
        .rotated(back)
    )
    a.add("picture", hill, (0.30, 0.50, 0.24), GLASS)
    a.add("picture", sun.moved((0, 0, lift)), (0.98, 0.84, 0.30), GLASS)
    reach = math.sin(lean) * h * 0.7 + 0.05
    top, foot = (0.0, math.sin(lean) * h * 0.7 + 0.006, math.cos(lean) * h * 0.7), (0.0, reach + 0.03, 0.004)
    a.add(
        "stay",
        rod(foot, top, 0.005),
        DARK,
        WOOD,
        bar((0, foot[1], 0.006), top, 0.005),
        slab((0.05, 0.01, 0.008), (0, reach + 0.03, 0.004)),
    )
    return a.done(centred=True)


_DESK = frozenset({"desk"})

DESK_DECOR: tuple[Category, ...] = (
    Category(
        "desk lamp",
        "desk lamps",
        lamp,
        yes=known("give_light electronic water_harms needs_power"),
        unsure=known("hot breaks furniture metal melts keep_from_child"),
        askable_parts=("base", "shade"),
        places=_DESK | {"shelf", "workbench"},
        part_uses=uses(bulb="light", shade="aim", base="stand_on", arm="hold"),
    ),
    Category(
        "alarm clock",
        "alarm clocks",
        clock,
        yes=known("tell_time"),
        unsure=known("electronic water_harms breaks needs_power melts metal"),
        askable_parts=("face",),
        places=_DESK | {"shelf"},
        part_uses=uses(face="look_at read", button="press"),
    ),
    Category(
        "headphones",
        "headphones",
        headphones,
        colors=("black", "white", "red", "blue", "pink"),
        yes=known("wear electronic water_harms"),
        unsure=known("breaks needs_power clothing melts play soft"),
        askable_parts=("headband",),
        places=_DESK | {"shelf"},
        held_out=True,
        part_uses=uses(ear_cups="wear", headband="wear hold"),
    ),
    Category(
        "globe",
        "globes",
        desk_globe,
        colors=("blue", "purple", "green"),
        unsure=known("read show_picture play toy breaks melts give_light stationery water_harms"),
        askable_parts=("stand",),
        places=_DESK | {"shelf"},
        held_out=True,
        part_uses=uses(ball="turn look_at", stand="stand_on hold"),
    ),
    Category(
        "picture frame",
        "picture frames",
        picture_frame,
        colors=("brown", "black", "white", "red", "blue", "yellow"),
        yes=known("show_picture"),
        unsure=known("breaks water_harms burns metal"),
        askable_parts=("picture",),
        places=_DESK | {"shelf"},
        part_uses=uses(picture="look_at", stay="stand_on"),
    ),
)
