"""What one wears and carries on oneself."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import arc, disc, loft, oval, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    CLOTH,
    DARK,
    GLASS,
    LEATHER,
    PAPER,
    PLASTIC,
    PLUSH,
    RUBBER,
    SILVER,
    STEEL,
)
from converseg_engine.sim.objects.model import ObjectModel

_TO_X = rotation_about("z", math.pi / 2) @ rotation_about("x", math.pi / 2)
"""Turns what lies flat, its width along x, to stand with its face towards x."""


def glove(rng: np.random.Generator, color: str) -> ObjectModel:
    """A glove lying on its palm, five fingers spread, with a cuff."""
    a = Assembly("glove", color, rng)
    x, y, z = rng.uniform(0.090, 0.105), rng.uniform(0.082, 0.096), rng.uniform(0.020, 0.026)
    palm = soft_box(x, y, z, radius=0.022, edge=0.009)
    a.add("palm", palm, a.main, CLOTH, slab((x, y, z), (0, 0, z / 2)))
    dipped = rng.random() < 0.5
    tip_rgb, tip_stuff = (a.other(), RUBBER) if dipped else (a.main, CLOTH)
    r, spread = z * 0.44, rng.uniform(0.06, 0.16)
    roots = [
        (x * 0.42, y * (k - 1.5) * 0.25, spread * (k - 1.5), x * long)
        for k, long in enumerate((0.66, 0.88, 0.96, 0.84))
    ]
    roots.append((-x * 0.18, -y * 0.36, -rng.uniform(0.75, 0.95), x * 0.72))
    for px, py, turn, length in roots:
        c, s = math.cos(turn), math.sin(turn)
        ts = (0.0, 0.62, 0.64, 0.9, 0.97, 1.0)
        path = np.array([(px + length * t * c, py + length * t * s, r) for t in ts])
        wide = [r, r, r * 1.02, r, r * 0.75, r * 0.3]
        end = (float(path[4][0]), float(path[4][1]), r)
        a.add("fingers", tube(path[:3], wide[:3]), a.main, CLOTH, bar((px, py, r), end, r))
        a.add("fingers", tube(path[2:], wide[2:]), tip_rgb, tip_stuff)
    deep = rng.uniform(0.040, 0.070)
    cuff = soft_box(deep, y * 0.86, z * 0.86, radius=0.010, edge=0.006).moved((-x / 2 - deep * 0.42, 0, 0))
    cuff_rgb = a.other() if rng.random() < 0.4 else a.main
    a.add("cuff", cuff, cuff_rgb, CLOTH, slab((deep, y * 0.8, z * 0.86), (-x / 2 - deep * 0.42, 0, z * 0.43)))
    ribs = [box((0.003, y * 0.80, 0.002), (-x / 2 - deep * u, 0, z * 0.86)) for u in (0.15, 0.4, 0.65)]
    a.add("cuff", ribs, a.other() if cuff_rgb == a.main else a.main, CLOTH, solid=0.3)
    return a.done(centred=True)


def sunglasses(rng: np.random.Generator, color: str) -> ObjectModel:
    """Sunglasses lying open on a table: dark lenses in a frame, two arms behind."""
    a = Assembly("sunglasses", color, rng)
    w, h = rng.uniform(0.054, 0.062), rng.uniform(0.042, 0.052)
    apart, soft, rim = w / 2 + 0.007, rng.uniform(0.012, 0.026), rng.uniform(0.003, 0.005)
    for side in (-1, 1):
        shape = rounded(w, h, soft)
        frame = loft([(shape, 0.0), (shape, 0.005)]).rotated(_TO_X).moved((0, side * apart, h / 2))
        a.add("frame", frame, a.main, PLASTIC, slab((0.006, w, h), (0.002, side * apart, h / 2)))
        pane = rounded(w - 2 * rim, h - 2 * rim, soft - rim)
        lens = loft([(pane, -0.0008), (pane, 0.0058)]).rotated(_TO_X).moved((0, side * apart, h / 2))
        a.add("lenses", lens, (0.10, 0.09, 0.10), GLASS, shine=1.0, solid=0.3)
    bridge = tube(
        np.array([(0.0025, -0.012, h * 0.66), (0.0025, 0, h * 0.74), (0.0025, 0.012, h * 0.66)]), [0.004] * 3
    )
    a.add("frame", bridge, a.main, PLASTIC)
    long, out = rng.uniform(0.105, 0.120), apart + w / 2 - 0.004
    for side in (-1, 1):
        y = side * out
        path = np.array(
            [
                (0.002, y, h * 0.74),
                (-long, y, h * 0.70),
                (-long - 0.016, y, h * 0.5),
                (-long - 0.034, y, 0.003),
            ]
        )
        arm = tube(path, [0.004, 0.0035, 0.0035, 0.003])
        bars = [
            bar((0, y, h * 0.74), (-long, y, h * 0.7), 0.003),
            bar((-long, y, h * 0.7), (-long - 0.032, y, 0.004), 0.003),
        ]
        foot = slab((0.006, 0.006, 0.006), (-long - 0.033, y, 0.003))
        a.add("arms", arm, a.main, PLASTIC, *bars, foot)
    return a.done(centred=True)


def wristwatch(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wristwatch laid out flat: strap in two halves, round case, dial with hands."""
    a = Assembly("wristwatch", color, rng)
    r, h, wide = rng.uniform(0.020, 0.025), rng.uniform(0.010, 0.013), rng.uniform(0.020, 0.026)
    case = lathe([(0, 0), (r, 0), (r * 1.04, h * 0.5), (r * 0.95, h), (0, h)], num_segments=30)
    a.add("case", case, SILVER, STEEL, drum(r, h), solid=0.5)
    knob = rod((r * 0.98, 0, h * 0.5), (r * 1.04 + 0.005, 0, h * 0.5), 0.003)
    a.add("case", knob.rotated(rotation_about("z", math.pi / 2)), SILVER, STEEL)
    pale = rng.random() < 0.6
    dial, ink = ((0.95, 0.95, 0.93), DARK) if pale else (DARK, (0.95, 0.95, 0.93))
    a.add("face", disc(r * 0.86, 0.001, bottom_z=h - 0.0002), dial, GLASS, solid=0.5, shine=0.6)
    marks = [
        box((r * 0.14, r * 0.055, 0.0008), (r * 0.72, 0, h + 0.0009)).rotated(
            rotation_about("z", k * math.pi / 6)
        )
        for k in range(12)
    ]
    for length, thick in ((0.42, 0.10), (0.64, 0.07)):
        hand = box((r * length, r * thick, 0.0008), (r * length * 0.45, 0, h + 0.0011))
        marks.append(hand.rotated(rotation_about("z", float(rng.uniform(0, 2 * math.pi)))))
    a.add("face", marks, ink, PLASTIC, solid=0.5)
    for side, length in ((1, rng.uniform(0.075, 0.085)), (-1, rng.uniform(0.105, 0.120))):
        near = side * (r * 0.8)
        x_end = near + side * length
        half, end = wide / 2, wide * 0.40
        strip = extrude(
            [(near, -half), (x_end, -end), (x_end + side * 0.004, 0), (x_end, end), (near, half)],
            height=0.004,
        )
        a.add(
            "strap",
            strip,
            a.main,
            LEATHER,
            slab((length, wide * 0.85, 0.004), ((near + x_end) / 2, 0, 0.002)),
        )
        if side < 0:
            holes = [
                disc(0.0016, 0.0008, bottom_z=0.0036, num_segments=8).moved((x_end + 0.014 + 0.009 * k, 0, 0))
                for k in range(5)
            ]
            a.add("strap", holes, (0.02, 0.02, 0.02) if sum(a.main) > 0.6 else SILVER, PLASTIC, solid=0.01)
        else:
            loop = [box((0.003, wide * 1.15, 0.004), (x_end + u, 0, 0.0035)) for u in (0, 0.014)]
            loop += [box((0.014, 0.003, 0.004), (x_end + 0.007, s * wide * 0.56, 0.0035)) for s in (-1, 1)]
            a.add("buckle", [*loop, box((0.016, 0.002, 0.002), (x_end + 0.007, 0, 0.006))], SILVER, STEEL)
    return a.done(centred=True)


def slipper(rng: np.random.Generator, color: str) -> ObjectModel:
    """A house slipper: soft sole, a vamp over the toes, a fluffy edge on some."""
    a = Assembly("slipper", color, rng)
    x, y, sole = rng.uniform(0.24, 0.28), rng.uniform(0.090, 0.104), rng.uniform(0.016, 0.024)
    foot = oval(x / 2, y / 2, num=28)
    foot[:, 1] *= 1 + 0.10 * np.sin(np.clip(foot[:, 0] / x * 5, -1.5, 1.5))
    a.add(
        "sole",
        loft([(foot * 0.96, 0.0), (foot, 0.005), (foot, sole * 0.7)]),
        a.other(),
        RUBBER,
        slab((x * 0.88, y * 0.82, sole), (0, 0, sole / 2)),
        solid=0.4,
    )
    red, green, blue = a.main
    tone = a.call_main((0.8 * red + 0.03, 0.8 * green + 0.03, 0.8 * blue + 0.03))
    a.add("insole", loft([(foot * 0.97, sole * 0.68), (foot * 0.93, sole)]), tone, PLUSH)
    h, back = rng.uniform(0.050, 0.065), x * rng.uniform(-0.02, 0.06)
    front, levels = x / 2 - back, []
    for f, z in (
        (1.02, sole * 0.3),
        (1.03, sole),
        (0.96, h * 0.6),
        (0.82, h * 0.85),
        (0.5, h),
        (0.2, h * 1.03),
    ):
        t = np.linspace(-math.pi / 2, math.pi / 2, 15)
        toe = np.stack([back + front * f**1.6 * np.cos(t) ** 0.8, y / 2 * 1.07 * f * np.sin(t)], axis=1)
        levels.append((np.concatenate([toe, [(back, y * 0.2 * f), (back, 0), (back, -y * 0.2 * f)]]), z))
    vamp = slab((front * 0.8, y * 0.75, h - sole), (back + front * 0.42, 0, (h + sole) / 2))
    a.add("upper", loft(levels), a.main, CLOTH, vamp, solid=0.35)
    mouth = extrude(
        [
            (float(y * 0.44 * math.cos(t)), float((h - sole) * 0.78 * math.sin(t)))
            for t in np.linspace(0, math.pi, 13)
        ],
        height=0.002,
    )
    a.add("upper", mouth.rotated(_TO_X).moved((back - 0.0015, 0, sole)), DARK, CLOTH, solid=0.01)
    fluffy = rng.random() < 0.5
    edge = arc((0, 0, sole), y * 0.50, h - sole, 0, 180, num=15)[:, [1, 0, 2]] + np.array([back, 0, 0])
    a.add("edge", tube(edge, [0.009 if fluffy else 0.004] * 15), a.other() if fluffy else a.main, PLUSH)
    return a.done(centred=True)


def wallet(rng: np.random.Generator, color: str) -> ObjectModel:
    """A folded leather wallet lying, notes peeping out, a flap with a snap on some."""
    a = Assembly("wallet", color, rng)
    x, y, z = rng.uniform(0.085, 0.115), rng.uniform(0.085, 0.100), rng.uniform(0.008, 0.011)
    tilt = rng.uniform(0.05, 0.10)
    top = z + x * tilt * 0.5
    half = soft_box(x, y, z, radius=0.010, edge=0.003)
    upper = half.rotated(rotation_about("y", -tilt)).moved((0, 0, top))
    a.add("body", half, a.main, LEATHER, slab((x, y, z), (0, 0, z / 2)))
    a.add("body", upper, a.main, LEATHER, slab((x * 0.96, y * 0.96, z), (0, 0, top + z / 2)))
    spine = rod((-x / 2 + 0.004, -y * 0.47, z), (-x / 2 + 0.004, y * 0.47, z), z * 0.9)
    a.add("body", spine, a.main, LEATHER, solid=0.6)
    pale = (0.88, 0.84, 0.74) if sum(a.main) < 1.7 else DARK
    flat = [box((x * 0.84, 0.0012, 0.001), (0, s * y * 0.43, z)) for s in (-1, 1)]
    flat += [box((0.0012, y * 0.86, 0.001), (s * x * 0.42, 0, z)) for s in (-1, 1)]
    a.add(
        "body",
        [m.rotated(rotation_about("y", -tilt)).moved((0, 0, top)) for m in flat],
        pale,
        CLOTH,
        solid=0.01,
    )
    note = a.paint("green")
    notes = [
        box((x * 0.86, y * 0.2, 0.0012), (0.001, y * (0.46 + 0.03 * k), z + 0.001 + 0.0022 * k))
        for k in range(3)
    ]
    a.add("banknotes", notes, note, PAPER)
    if rng.random() < 0.6:
        flap = soft_box(0.030, y * 0.24, top + z * 1.7, radius=0.004, edge=0.002).moved((x / 2 - 0.008, 0, 0))
        a.add("clasp", flap, a.main, LEATHER, solid=0.3)
        a.add(
            "clasp",
            disc(0.006, 0.003, bottom_z=top + z * 1.6, num_segments=14).moved((x / 2 - 0.012, 0, 0)),
            SILVER,
            STEEL,
        )
    return a.done(centred=True)


_POCKET = frozenset({"tabletop", "shelf", "desk", "drawer", "bathroom"})
_MANY = ("red", "blue", "green", "black", "brown", "gray", "pink", "orange")

CLOTHES: tuple[Category, ...] = (
    Category(
        "glove",
        "gloves",
        glove,
        colors=_MANY,
        yes=known("wear clothing soft"),
        unsure=known(
            "keep_warm recycle grip grip_nut burns tool cleaning heat_proof melts water_harms "
            "keep_rain_off wipe dry scrub trips wash_up travel hot stacks luggage"
        ),
        askable_parts=("fingers", "cuff"),
        places=frozenset({"tabletop", "shelf", "walkway", "workbench", "drawer"}),
        only_train=True,
        part_uses=uses(fingers="wear", palm="wear", cuff="wear pull"),
    ),
    Category(
        "sunglasses",
        "sunglasses",
        sunglasses,
        colors=("black", "red", "blue", "brown", "white", "pink", "green"),
        yes=known("wear breaks"),
        unsure=known(
            "clothing read metal recycle melts travel luggage "
            "toiletry keep_from_child swallowed sharp electronic"
        ),
        askable_parts=("lenses",),
        places=_POCKET,
        only_train=True,
        part_uses=uses(frame="wear hold", arms="wear hold"),
    ),
    Category(
        "wristwatch",
        "wristwatches",
        wristwatch,
        colors=("black", "brown", "red", "blue", "green", "orange", "white", "pink"),
        yes=known("tell_time wear"),
        unsure=known(
            "electronic breaks metal water_harms needs_power clothing swallowed measure luggage "
            "tool call compute calculate melts travel keep_from_child recycle read"
        ),
        askable_parts=("strap", "face"),
        places=_POCKET | {"workbench"},
        only_train=True,
        part_uses=uses(strap="wear", face="look_at read", buckle="open"),
    ),
    Category(
        "slipper",
        "slippers",
        slipper,
        colors=("red", "blue", "pink", "brown", "green", "purple", "black", "gray"),
        yes=known("wear clothing trips"),
        unsure=known(
            "soft burns recycle keep_warm travel water_harms container hammer melts comfort luggage wash_up"
        ),
        askable_parts=("upper", "sole"),
        places=frozenset({"walkway", "bathroom", "shelf"}),
        only_train=True,
        part_uses=uses(upper="wear", sole="stand_on"),
    ),
    Category(
        "wallet",
        "wallets",
        wallet,
        colors=("brown", "black", "red", "blue", "pink", "purple", "gray"),
        unsure=known(
            "store container recycle carry_things pack travel luggage burns soft water_harms clothing "
            "stationery keep_from_child wear melts"
        ),
        places=frozenset({"tabletop", "shelf", "desk", "drawer", "kitchen counter"}),
        only_train=True,
        part_uses=uses(body="put_things_in hold"),
    ),
)
