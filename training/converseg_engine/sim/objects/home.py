"""What blows and warms in a room."""

from __future__ import annotations

import itertools
import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, box, lathe, rotation_about, sphere
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, loft, ring, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    CREAM,
    DARK,
    PLASTIC,
    SILVER,
    STEEL,
)
from converseg_engine.sim.objects.model import ObjectModel

_TO_X = rotation_about("z", math.pi / 2) @ rotation_about("x", math.pi / 2)
"""Turns what lies flat, its width along x, to stand with its face towards x."""
_FLAT = rotation_about("x", math.pi / 2)


def electric_fan(rng: np.random.Generator, color: str) -> ObjectModel:
    """A table fan: round foot, stand, blades in a wire cage, a motor behind."""
    a = Assembly("electric fan", color, rng)
    r, foot, neck = rng.uniform(0.11, 0.15), rng.uniform(0.085, 0.11), rng.uniform(0.06, 0.14)
    z, deep = 0.03 + neck + r, 0.035
    base = lathe([(0, 0), (foot, 0), (foot, 0.012), (foot * 0.5, 0.03), (0, 0.032)])
    a.add("base", base, a.main, PLASTIC, drum(foot * 0.97, 0.026), solid=2.0)
    keys = [disc(0.007, 0.012, bottom_z=0.018).moved((foot * 0.6, y, 0)) for y in (-0.022, 0, 0.022)]
    a.add("buttons", keys, a.other(), PLASTIC)
    back = -deep - 0.020
    a.add(
        "pole",
        rod((back, 0, 0.02), (back, 0, z), 0.013),
        a.main,
        PLASTIC,
        bar((back, 0, 0.02), (back, 0, z), 0.013),
    )
    motor = lathe([(0, 0), (0.035, 0), (0.045, 0.02), (0.045, 0.06), (0, 0.06)]).rotated(
        rotation_about("y", math.pi / 2)
    )
    a.add(
        "motor",
        motor.moved((-deep - 0.058, 0, z)),
        a.main,
        PLASTIC,
        bar((-deep - 0.05, 0, z), (-deep, 0, z), 0.042),
        solid=0.4,
    )
    rgb = a.main if rng.random() < 0.4 else SILVER
    wires: list[Mesh] = []
    for share, x in ((1.0, 0.0), (0.97, -deep), (0.97, deep), (0.62, deep * 1.25)):
        wires.append(
            ring(r * share, 0.004 if share == 1 else 0.002, num_sides=6).rotated(_TO_X).moved((x, 0, z))
        )
    for k in range(20):
        c, s = math.cos(k * math.pi / 10), math.sin(k * math.pi / 10)
        path = [
            (x, r * u * c, z + r * u * s)
            for x, u in ((deep * 1.3, 0.16), (deep * 1.25, 0.62), (deep, 0.96), (-deep, 0.96))
        ]
        wires += [rod(p, q, 0.0014, num_sides=5) for p, q in itertools.pairwise(path)]
    a.add("cage", wires, rgb, STEEL, bar((-deep, 0, z), (deep, 0, z), r * 0.97), solid=0.6)
    a.add("cage", disc(r * 0.18, 0.004).rotated(_TO_X).moved((deep * 1.3, 0, z)), a.main, PLASTIC)
    blade = sphere(1.0, num_rings=6, num_segments=12).scaled((0.004, r * 0.24, r * 0.42))
    num, tone = int(rng.integers(3, 6)), a.main if rng.random() < 0.5 else a.other()
    for k in range(num):
        tilted = blade.rotated(rotation_about("z", 0.5)).moved((0, 0, r * 0.46))
        a.add(
            "blades",
            tilted.rotated(rotation_about("x", 2 * math.pi * (k + 0.3) / num)).moved((0, 0, z)),
            tone,
            PLASTIC,
        )
    return a.done(base_radius=foot)


def heater(rng: np.random.Generator, color: str) -> ObjectModel:
    """An electric radiator: a row of fins on feet, a panel with a knob at one end."""
    a = Assembly("heater", color, rng)
    num, step = int(rng.integers(6, 11)), rng.uniform(0.040, 0.050)
    y, h, low = rng.uniform(0.13, 0.16), rng.uniform(0.34, 0.48), rng.uniform(0.035, 0.055)
    x = num * step
    fin = loft(
        [(rounded(y * f, h * f, 0.03), t) for f, t in ((0.94, 0.0), (1, 0.006), (1, 0.016), (0.94, 0.022))]
    )
    fins = [
        fin.rotated(_TO_X).moved((step * (k - (num - 1) / 2) - 0.011, 0, low + h / 2)) for k in range(num)
    ]
    a.add("fins", fins, a.main, STEEL, slab((x * 0.96, y, h), (0, 0, low + h / 2)), solid=0.15)
    pipes = [rod((-x / 2, 0, low + h * t), (x / 2, 0, low + h * t), 0.018) for t in (0.14, 0.86)]
    a.add("fins", pipes, a.main, STEEL, solid=0.3)
    end = x / 2 + 0.020
    cover = soft_box(0.06, y * 0.95, h * 0.92, radius=0.02, edge=0.008, bottom_z=low + h * 0.04).moved(
        (end, 0, 0)
    )
    tone = a.other() if rng.random() < 0.5 else a.main
    a.add("panel", cover, tone, PLASTIC, slab((0.06, y * 0.9, h * 0.9), (end, 0, low + h * 0.5)), solid=0.2)
    knob = disc(0.022, 0.016).rotated(_TO_X).moved((end + 0.029, 0, low + h * 0.74))
    a.add("knob", knob, DARK if sum(tone) > 1 else SILVER, PLASTIC)
    a.add("knob", box((0.002, 0.003, 0.016), (end + 0.046, 0, low + h * 0.74 + 0.010)), CREAM, PLASTIC)
    lamp = box((0.004, 0.018, 0.008), (end + 0.030, 0, low + h * 0.58))
    a.add("panel", lamp, (0.85, 0.15, 0.1), PLASTIC)
    for sx in (-1, 1):
        at = sx * x * 0.36
        foot = box((0.03, y * 1.35, 0.014), (at, 0, low * 0.55))
        a.add("feet", [foot, box((0.02, 0.03, low), (at, 0, low * 0.9))], DARK, PLASTIC)
        for sy in (-1, 1):
            spot = sy * y * 0.58
            wheel = disc(low * 0.5, 0.016).rotated(_FLAT).moved((at, spot + 0.008, low * 0.5))
            a.add("feet", wheel, DARK, PLASTIC, slab((0.028, 0.016, low), (at, spot, low / 2)))
    return a.done(centred=True)


_SHELF = frozenset({"tabletop", "shelf", "desk"})

HOME: tuple[Category, ...] = (
    Category(
        "electric fan",
        "electric fans",
        electric_fan,
        colors=("white", "black", "blue", "red", "green", "pink", "gray"),
        yes=known("needs_power"),
        unsure=known(
            "electronic dry trips furniture keep_from_child breaks metal tool melts recycle sharp water_harms"
        ),
        askable_parts=("cage", "base"),
        places=_SHELF | {"walkway", "workbench", "kitchen counter"},
        only_train=True,
        part_uses=uses(base="stand_on", buttons="press"),
    ),
    Category(
        "heater",
        "heaters",
        heater,
        colors=("white", "gray", "black", "red", "blue"),
        yes=known("needs_power hot"),
        unsure=known(
            "electronic keep_warm dry trips furniture metal heat_proof keep_from_child "
            "water_harms burns breaks tool rolls recycle melts put_on"
        ),
        askable_parts=("fins", "panel"),
        places=frozenset({"walkway", "bathroom"}),
        only_train=True,
        part_uses=uses(feet="stand_on roll_on", knob="turn"),
    ),
)
