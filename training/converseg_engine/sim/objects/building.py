"""Further tools of a workshop: axe, chisel, clamp, crowbar, glue gun, hard hat."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import ALONG_X, box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, slab
from converseg_engine.sim.objects.forms import loft, oval, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    CREAM,
    DARK,
    ELECTRONICS,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

SIDEWAYS = rotation_about("x", -math.pi / 2)
_IRON: RGB = (0.36, 0.37, 0.39)


def axe(rng: np.random.Generator, color: str) -> ObjectModel:
    """An axe lying: curved handle, heavy head, bright flared blade to one side."""
    a = Assembly("axe", color, rng)
    length, z = rng.uniform(0.34, 0.56), rng.uniform(0.024, 0.030)
    long, wide, flare = rng.uniform(0.060, 0.075), rng.uniform(0.075, 0.10), rng.uniform(0.075, 0.11)
    bend = rng.uniform(0.0, 0.02)
    path = np.array([(-length * t, -bend * math.sin(6 * t), z / 2) for t in np.linspace(-0.05, 1, 12)])
    thick = [z * (0.48 if t < 0.85 else 0.48 + 0.6 * (t - 0.85)) for t in np.linspace(-0.05, 1, 12)]
    grip = tube(path, thick).scaled((1, 1.3, 0.9)).moved((0, 0, z * 0.05))
    rgb, stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
    a.add("handle", grip, rgb, stuff, slab((length, z * 1.2, z), (-length / 2, 0, z / 2)))
    iron = a.main if rng.random() < 0.4 and color != "brown" else _IRON
    neck, bevel = rounded(long * 0.95, z * 0.55, 0.003), rounded(flare * 0.92, z * 0.3, 0.002)
    block = rounded(long, z, 0.004)
    cheek = loft([(block, -0.032), (block, 0.012), (neck, wide * 0.55)]).rotated(SIDEWAYS)
    shapes = slab((long, wide * 0.55 + 0.032, z), (0, wide * 0.275 - 0.016, z / 2))
    a.add("head", cheek.moved((0, 0, z / 2)), iron, STEEL, shapes, solid=0.7)
    edge = [(neck, wide * 0.54), (bevel, wide * 0.9), (rounded(flare, 0.002, 0.0005), wide + 0.015)]
    face = loft(edge).rotated(SIDEWAYS).moved((0, 0, z / 2))
    a.add("blade", face, SILVER, STEEL, slab((flare * 0.9, wide * 0.5, z), (0, wide * 0.8, z / 2)))
    return a.done(centred=True)


def chisel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wood chisel lying: turned handle with a steel collar, flat blade with a slanting edge."""
    a = Assembly("chisel", color, rng)
    grip, r = rng.uniform(0.10, 0.13), rng.uniform(0.014, 0.018)
    length, wide = rng.uniform(0.10, 0.15), rng.uniform(0.014, 0.032)
    profile = [(0, 0), (r * 0.7, 0), (r, grip * 0.1), (r * 0.95, grip * 0.4), (r * 0.7, grip * 0.75)]
    turned = lathe([*profile, (r * 0.85, grip * 0.95), (0, grip)], num_segments=18).rotated(ALONG_X)
    rgb, stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
    rest = slab((grip, r * 1.8, r * 2), (-grip / 2, 0, r))
    a.add("handle", turned.moved((-grip, 0, r)), rgb, stuff, rest)
    collar = [rod((-0.012, 0, r), (0.006, 0, r), r * 0.88, num_sides=18), rod((0, 0, r), (0.03, 0, r), 0.005)]
    if rng.random() < 0.5:
        collar.append(rod((-grip - 0.001, 0, r), (-grip + 0.01, 0, r), r * 0.85, num_sides=18))
    a.add("collar", collar, SILVER, STEEL, solid=0.4)
    w, end = wide / 2, length - 0.01
    flat = [(0.02, -w * 0.5), (0.035, -w), (end, -w), (end, w), (0.035, w), (0.02, w * 0.5)]
    steel = extrude(flat, height=0.004, bottom_z=r - 0.002)
    tip = extrude([(end - 0.001, -w), (length, -w), (length, w), (end - 0.001, w)], height=0.0015)
    under = slab((length, wide, r * 1.2), (length / 2, 0, r * 0.6))
    a.add("blade", [steel, tip.moved((0, 0, r - 0.002))], SILVER, STEEL, under)
    return a.done(centred=True)


def clamp(rng: np.random.Generator, color: str) -> ObjectModel:
    """A screw clamp lying: frame like a C, a threaded screw through one arm, a cross bar to turn it."""
    a = Assembly("clamp", color, rng)
    deep, tall, z = rng.uniform(0.06, 0.09), rng.uniform(0.10, 0.16), rng.uniform(0.018, 0.024)
    w, mid = z * rng.uniform(0.8, 1.1), z / 2
    back = soft_box(w * 1.1, tall, z, radius=0.006, edge=0.003).moved((-deep, 0, 0))
    arms = [
        soft_box(deep + w * 1.6, w, z, radius=0.006, edge=0.003).moved((-deep / 2 + w * 0.3, s * tall / 2, 0))
        for s in (-1, 1)
    ]
    boss = rod((0, tall / 2 - w, mid), (0, tall / 2 + w, mid), mid, num_sides=16)
    anvil = rod((0, -tall / 2, mid), (0, -tall / 2 + w, mid), mid * 0.95, num_sides=16)
    a.add(
        "frame",
        [back, *arms, boss, anvil],
        a.main,
        STEEL,
        slab((w * 1.1, tall, z), (-deep, 0, mid)),
        *(slab((deep + w, w, z), (-deep / 2, s * tall / 2, mid)) for s in (-1, 1)),
        solid=0.7,
    )
    low, high = -tall * rng.uniform(-0.05, 0.30), tall / 2 + rng.uniform(0.05, 0.08)
    rings = [
        rod((0, y, mid), (0, y + 0.002, mid), mid * 0.62, num_sides=12)
        for y in np.arange(low + 0.012, high - 0.01, 0.005).tolist()
    ]
    screw = rod((0, low, mid), (0, high, mid), mid * 0.48)
    pad = rod((0, low - 0.008, mid), (0, low, mid), mid, end_radius=mid * 0.6, num_sides=16)
    rest = slab((z * 0.8, high - low, z), (0, (high + low) / 2, mid))
    a.add("screw", [screw, *rings, pad], SILVER, STEEL, rest)
    half, slip = rng.uniform(0.03, 0.045), rng.uniform(-0.012, 0.012)
    cross = [rod((slip - half, high, mid), (slip + half, high, mid), 0.0042)]
    for x in (slip - half, slip + half):
        cross.append(rod((x - 0.005, high, mid), (x + 0.005, high, mid), 0.007))
    cross.append(rod((0, high - 0.01, mid), (0, high + 0.01, mid), mid * 0.9, num_sides=14))
    black = a.main if rng.random() < 0.3 else _IRON
    a.add("handle", cross, black, STEEL, slab((2 * half, 0.012, z), (slip, high, mid)))
    return a.done(centred=True)


def crowbar(rng: np.random.Generator, color: str) -> ObjectModel:
    """A crowbar lying: long bar, one end bent to a hook with a split claw, the other flat."""
    a = Assembly("crowbar", color, rng)
    length, r, bow = rng.uniform(0.32, 0.58), rng.uniform(0.009, 0.012), rng.uniform(0.030, 0.042)
    straight = [(-length * t, 0.0, r) for t in (1.0, 0.66, 0.33)]
    bent = [(bow * math.sin(t), bow * (1 - math.cos(t)), r) for t in np.linspace(0, 2.6, 12)]
    path = np.array([*straight, *bent])
    rest = slab((length, 2 * r, 2 * r), (-length / 2, 0, r))
    a.add("bar", tube(path, [r] * len(path), num_sides=8), a.main, STEEL, rest)
    bright = SILVER if rng.random() < 0.5 else a.main
    x, y, _ = bent[-1]
    turn, prongs = rotation_about("z", 2.75) @ rotation_about("x", 0.2), []
    for s in (-1, 1):
        prong = [(-0.008, -s * 0.002), (-0.008, s * r), (0.03, s * r * 1.7), (0.055, s * r * 1.5)]
        flat = extrude([*prong, (0.032, s * 0.003)], height=r, bottom_z=-r * 0.5)
        prongs.append(flat.rotated(turn).moved((x, y, r)))
    a.add("claw", prongs, bright, STEEL, slab((bow * 1.6, bow * 1.9, 2 * r), (bow * 0.1, bow, r)))
    wedge = [(0.005, -r), (-0.05, -r * 1.7), (-0.05, r * 1.7), (0.005, r)]
    tip = extrude(wedge, height=r * 0.7, bottom_z=r * 0.5).moved((-length, 0, 0))
    a.add("tip", tip, bright, STEEL, slab((0.05, 2.6 * r, 2 * r), (-length - 0.025, 0, r)))
    return a.done(centred=True)


def glue_gun(rng: np.random.Generator, color: str) -> ObjectModel:
    """A glue gun on its side: barrel, slanting grip, trigger, metal nozzle, a stick of glue behind."""
    a = Assembly("glue gun", color, rng)
    x, y, z = rng.uniform(0.12, 0.15), rng.uniform(0.036, 0.044), rng.uniform(0.030, 0.036)
    barrel = soft_box(x, y, z, radius=0.012, edge=0.008)
    a.add("body", barrel, a.main, ELECTRONICS, slab((x, y, z), (0, 0, z / 2)), solid=0.5)
    drop, slant = rng.uniform(0.085, 0.105), rng.uniform(0.015, 0.035)
    side = [(-x * 0.42, 0), (-x * 0.42 - slant, -drop), (-x * 0.16 - slant, -drop), (-x * 0.10, 0)]
    rest = slab((x * 0.28, drop, z * 0.9), (-x * 0.28 - slant / 2, -drop / 2, z * 0.45))
    rgb = a.main if rng.random() < 0.6 else a.paint("black" if color != "black" else "red")
    a.add("handle", extrude(side, height=z * 0.85, bottom_z=z * 0.06), rgb, ELECTRONICS, rest, solid=0.4)
    low, high = -x * 0.10 - slant * 0.5, -y * 0.4
    pull = [(-x * 0.08, high), (low, -drop * 0.62), (-x * 0.01, -drop * 0.6), (x * 0.06, high)]
    trigger = extrude(pull, height=z * 0.4, bottom_z=z * 0.3)
    a.add("trigger", trigger, a.other(), PLASTIC)
    mid = z / 2
    collar = rod((x / 2 - 0.004, 0, mid), (x / 2 + 0.012, 0, mid), z * 0.36, num_sides=16)
    point = rod((x / 2 + 0.01, 0, mid), (x / 2 + 0.034, 0, mid), z * 0.24, end_radius=0.003, num_sides=14)
    a.add("nozzle", collar, DARK, RUBBER, slab((0.03, z * 0.5, z * 0.7), (x / 2 + 0.017, 0, mid)))
    a.add("nozzle", point, SILVER, STEEL)
    out = rng.uniform(0.03, 0.08)
    stick = rod((-x / 2 - out, 0, mid), (-x / 2 + 0.01, 0, mid), 0.0058, num_sides=12)
    a.add("glue stick", stick, CREAM, PLASTIC, slab((out, 0.011, 0.011), (-x / 2 - out / 2, 0, mid)))
    return a.done(centred=True)


def hard_hat(rng: np.random.Generator, color: str) -> ObjectModel:
    """A builder's hard hat standing: dome with ridges, brim that is longer in front."""
    a = Assembly("hard hat", color, rng)
    x, y, h = rng.uniform(0.125, 0.140), rng.uniform(0.102, 0.114), rng.uniform(0.135, 0.160)
    turns = np.linspace(0, 1.5, 10)
    levels = [(oval(x * math.cos(t), y * math.cos(t), num=28), h * math.sin(t)) for t in turns]
    shapes = (
        drum(y * 0.98, h * 0.45),
        drum(y * 0.8, h * 0.35, bottom_z=h * 0.45),
        drum(y * 0.5, h * 0.18, bottom_z=h * 0.8),
    )
    a.add("shell", loft(levels), a.main, PLASTIC, *shapes, solid=0.12)
    peak, rear = rng.uniform(0.035, 0.055), rng.uniform(0.008, 0.014)
    outline = oval(x + rear, y + rear, num=28)
    outline[:, 0] += (peak - rear) * np.clip(outline[:, 0] / (x + rear), 0, 1) ** 2
    brim = loft([(outline, 0.0), (outline, 0.005), (oval(x * 0.98, y * 0.98, num=28), 0.014)])
    a.add(
        "brim", brim, a.main, PLASTIC, slab((2 * x + peak, y * 1.1, 0.008), (peak / 2, 0, 0.004)), solid=0.3
    )
    for shift in (0,) if rng.random() < 0.4 else (-0.028, 0, 0.028):
        lift = h * math.sqrt(1 - (shift / y) ** 2)
        path = [
            (x * 0.97 * math.cos(t), shift, lift * math.sin(t) * 0.99) for t in np.linspace(0.5, 2.64, 15)
        ]
        a.add("ridges", tube(np.array(path), [0.008] * 15, num_sides=8), a.main, PLASTIC, solid=0.3)
    if rng.random() < 0.6:
        badge = box((0.012, 0.042, 0.030), (x * 0.94, 0, h * 0.32))
        a.add("badge", badge, a.other(), PLASTIC, solid=0.01)
    return a.done(base_radius=y)


_BENCH = frozenset({"workbench", "shelf"})
_COATED = ("red", "green", "blue", "black", "orange", "yellow")

BUILDING: tuple[Category, ...] = (
    Category(
        "axe",
        "axes",
        axe,
        colors=(*_COATED, "brown"),
        yes=known("sharp tool keep_from_child"),
        unsure=known("cut saw hammer metal burns trips heat_proof"),
        askable_parts=("handle", "head", "blade"),
        places=_BENCH | {"walkway"},
        only_train=True,
        part_uses=uses(handle="hold", blade="cut", head="strike"),
        sharp_parts=frozenset({"blade"}),
    ),
    Category(
        "chisel",
        "chisels",
        chisel,
        colors=(*_COATED, "brown"),
        yes=known("sharp tool keep_from_child"),
        unsure=known("cut hammer metal burns turn_screw rolls recycle heat_proof grate"),
        askable_parts=("handle", "blade"),
        places=_BENCH | {"drawer"},
        only_train=True,
        part_uses=uses(handle="hold strike", blade="cut"),
        sharp_parts=frozenset({"blade"}),
    ),
    Category(
        "clamp",
        "clamps",
        clamp,
        colors=(*_COATED, "gray"),
        yes=known("grip tool metal"),
        unsure=known("grip_nut stick keep_from_child heat_proof hammer recycle trips"),
        askable_parts=("frame", "screw", "handle"),
        places=_BENCH | {"drawer"},
        only_train=True,
        part_uses=uses(screw="press grip", handle="turn", frame="hold grip"),
    ),
    Category(
        "crowbar",
        "crowbars",
        crowbar,
        colors=("red", "blue", "black", "gray", "yellow", "orange"),
        yes=known("tool metal"),
        unsure=known(
            "hammer sharp keep_from_child grip grip_nut turn_screw cut heat_proof recycle trips rolls"
        ),
        askable_parts=("claw",),
        places=_BENCH | {"walkway"},
        only_train=True,
        part_uses=uses(bar="hold"),
    ),
    Category(
        "glue gun",
        "glue guns",
        glue_gun,
        colors=(*_COATED, "pink", "purple"),
        yes=known("stick tool electronic needs_power water_harms keep_from_child"),
        unsure=known("hot melts stationery poison breaks sharp trips"),
        askable_parts=("handle", "nozzle"),
        places=_BENCH | {"drawer", "desk", "tabletop"},
        only_train=True,
        part_uses=uses(handle="hold", trigger="press pull", nozzle="aim", glue_stick="stick"),
    ),
    Category(
        "hard hat",
        "hard hats",
        hard_hat,
        colors=("yellow", "white", "orange", "red", "blue", "green"),
        yes=known("wear"),
        unsure=known(
            "clothing tool container store keep_rain_off warn melts stacks carry_things carry_water trips"
        ),
        askable_parts=("brim",),
        places=_BENCH | {"walkway", "tabletop", "luggage cart"},
        only_train=True,
        part_uses=uses(shell="wear"),
    ),
)
