"""Toys that drive and fly: airplane, train."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import ring, rod, soft_box
from converseg_engine.sim.objects.materials import DARK, PLASTIC, RUBBER, SILVER, STEEL
from converseg_engine.sim.objects.model import ObjectModel


def toy_airplane(rng: np.random.Generator, color: str) -> ObjectModel:
    """A toy airplane on three wheels: round body, wings, tail, propeller, cockpit."""
    a = Assembly("toy airplane", color, rng)
    x, r = rng.uniform(0.16, 0.23), rng.uniform(0.020, 0.026)
    span, chord, z = x * rng.uniform(0.95, 1.15), x * rng.uniform(0.22, 0.28), r + 0.022
    shares, widths = (-0.5, -0.3, 0.0, 0.25, 0.42, 0.5), (0.35, 0.62, 0.95, 1.0, 0.85, 0.45)
    path = np.array([(x * k, 0, z + (r * 0.3 if k < -0.4 else 0)) for k in shares])
    hull = tube(path, [r * w for w in widths], num_sides=16)
    a.add("body", hull, a.main, PLASTIC, bar((-x / 2, 0, z), (x / 2, 0, z), r * 0.85), solid=0.4)
    lifted = rng.random() < 0.4
    wing_z = z + (r * 0.95 if lifted else -r * 0.3)
    rgb, at = a.main if rng.random() < 0.6 else a.other(), x * 0.14
    wing = soft_box(chord, span, 0.008, radius=chord * 0.4, edge=0.003, bottom_z=wing_z - 0.004).moved(
        (at, 0, 0)
    )
    a.add("wings", wing, rgb, PLASTIC, slab((chord, span, 0.008), (at, 0, wing_z)), solid=0.6)
    back, fin = -x * 0.44, chord * 0.6
    level = soft_box(fin, span * 0.36, 0.006, radius=fin * 0.35, edge=0.002, bottom_z=z + r * 0.1)
    sail = extrude(
        [(-fin / 2, 0), (fin * 0.6, 0), (0, r * 2.1), (-fin / 2, r * 2.1)], height=0.006, bottom_z=-0.003
    )
    upright = sail.rotated(rotation_about("x", math.pi / 2)).moved((back, 0, z + r * 0.3))
    a.add(
        "tail",
        [level.moved((back, 0, 0)), upright],
        rgb,
        PLASTIC,
        slab((fin, span * 0.36, 0.006), (back, 0, z + r * 0.2)),
    )
    dome = (
        sphere(r * 0.62)
        .scaled((1.6, 0.9, 1))
        .moved((x * (0.32 if lifted else 0.17), 0, z + r * (0.6 if lifted else 0.72)))
    )
    a.add("cockpit", dome, (0.16, 0.22, 0.28), PLASTIC, shine=1.0, solid=0.2)
    blade = box((0.004, 0.011, r * 2.9)).rotated(rotation_about("x", float(rng.uniform(0, math.pi))))
    nose = sphere(r * 0.36).moved((x / 2 + 0.004, 0, z))
    a.add("propeller", [blade.moved((x / 2 + 0.008, 0, z)), nose], a.other(), PLASTIC)
    for px, py, w in ((at + 0.01, -r * 1.3, 0.014), (at + 0.01, r * 1.3, 0.014), (back + 0.01, 0.0, 0.009)):
        wheel = rod((px, py - 0.005, w), (px, py + 0.005, w), w, num_sides=16)
        a.add("wheels", wheel, DARK, RUBBER, slab((1.2 * w, 0.010, 2 * w), (px, py, w)))
        a.add("body", rod((px, py, w), (px, py * 0.5, z), 0.003), SILVER, STEEL)
    return a.done(centred=True)


def toy_train(rng: np.random.Generator, color: str) -> ObjectModel:
    """A toy steam engine: boiler, cab with a roof, chimney, wheels; in some, a wagon behind."""
    a = Assembly("toy train", color, rng)
    x, y, w = rng.uniform(0.11, 0.15), rng.uniform(0.050, 0.062), rng.uniform(0.013, 0.017)
    deck, r, accent = 2 * w, y * rng.uniform(0.34, 0.40), a.other()
    base = slab((x, y * 0.8, 0.012), (0, 0, deck - 0.002))
    a.add("body", box((x, y * 0.8, 0.012), (0, 0, deck - 0.002)), DARK, PLASTIC, base)
    z, front, cab = deck + r, x * 0.48, x * 0.34
    boiler = rod((front - x * 0.66, 0, z), (front, 0, z), r, num_sides=20)
    a.add(
        "boiler",
        boiler,
        a.main,
        PLASTIC,
        slab((x * 0.66, 1.7 * r, 2 * r), (front - x * 0.33, 0, z)),
        solid=0.5,
    )
    for k in (0.12, 0.45):
        hoop = ring(r, 0.0022).rotated(ALONG_X).moved((front - x * k, 0, z))
        a.add("boiler", hoop, accent, PLASTIC)
    lamp = rod((front, 0, z), (front + 0.004, 0, z), r * 0.45)
    a.add("boiler", lamp, (0.96, 0.92, 0.68), PLASTIC)
    tall, back = 2 * r + rng.uniform(0.018, 0.028), -x / 2 + cab / 2
    a.add(
        "cab",
        box((cab, y, tall), (back, 0, deck + tall / 2)),
        a.main,
        PLASTIC,
        slab((cab, y, tall), (back, 0, deck + tall / 2)),
        solid=0.4,
    )
    panes = [box((cab * 0.5, 0.001, tall * 0.3), (back, s * y / 2, deck + tall * 0.7)) for s in (-1, 1)]
    a.add("cab", panes, (0.16, 0.22, 0.28), PLASTIC, shine=1.0, solid=0.02)
    roof = soft_box(cab * 1.3, y * 1.12, 0.007, radius=0.008, edge=0.003, bottom_z=deck + tall).moved(
        (back, 0, 0)
    )
    a.add("cab", roof, accent, PLASTIC, slab((cab * 1.25, y * 1.08, 0.007), (back, 0, deck + tall + 0.0035)))
    pipe, up = front - x * 0.14, r * rng.uniform(0.8, 1.2)
    stack = lathe([(0, 0), (0.007, 0), (0.007, up * 0.55), (0.013, up), (0, up)]).moved(
        (pipe, 0, z + r - 0.003)
    )
    a.add("chimney", stack, DARK, PLASTIC, drum(0.008, up, bottom_z=z + r - 0.003, at=(pipe, 0)))
    cart = -x * 1.05 if rng.random() < 0.5 else None
    axles = [x * 0.33, 0.0, -x * 0.33]
    if cart is not None:
        tub = soft_box(x * 0.8, y, 0.034, radius=0.006, bottom_z=deck - 0.006).moved((cart, 0, 0))
        a.add("wagon", tub, a.main, PLASTIC, slab((x * 0.8, y, 0.034), (cart, 0, deck + 0.011)), solid=0.5)
        a.add("wagon", box((x * 0.7, y * 0.82, 0.002), (cart, 0, deck + 0.028)), DARK, PLASTIC)
        a.add("wagon", box((x * 0.2, 0.01, 0.006), (-x * 0.57, 0, deck - 0.002)), DARK, PLASTIC)
        axles += [cart - x * 0.25, cart + x * 0.25]
    for at in axles:
        meshes = [rod((at, s * y * 0.38, w), (at, s * y * 0.52, w), w, num_sides=16) for s in (-1, 1)]
        a.add("wheels", meshes, accent, PLASTIC, slab((w, y, 2 * w), (at, 0, w)))
    return a.done(centred=True)


_ROOM = frozenset({"shelf", "tabletop", "walkway"})
_TOYS = known("breaks burns melts trips water_harms")

TOY_VEHICLES: tuple[Category, ...] = (
    Category(
        "toy airplane",
        "toy airplanes",
        toy_airplane,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "white", "pink"),
        yes=known("play toy"),
        unsure=_TOYS | known("rolls swallowed electronic needs_power"),
        askable_parts=("wings", "tail"),
        places=_ROOM | {"desk"},
        only_train=True,
        part_uses=uses(wheels="roll_on stand_on", propeller="turn"),
    ),
    Category(
        "toy train",
        "toy trains",
        toy_train,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "black"),
        yes=known("play toy"),
        unsure=_TOYS | known("rolls swallowed electronic needs_power"),
        askable_parts=("cab", "chimney"),
        places=_ROOM | {"desk"},
        only_train=True,
        part_uses=uses(wheels="roll_on stand_on"),
    ),
)
