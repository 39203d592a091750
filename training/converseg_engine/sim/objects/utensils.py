"""What one turns, ladles, grates and seasons with."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, loft, rounded, soft_box, turned_cup
from converseg_engine.sim.objects.materials import DARK, GLASS, PLASTIC, SILICONE, SILVER, STEEL, WOOD
from converseg_engine.sim.objects.model import ObjectModel


def _grip(length: float, half_y: float, half_z: float, *, end_x: float) -> list[tuple[float, float, float]]:
    """Centre line of a lying handle that ends at ``end_x``."""
    return [(end_x - length * t, 0.0, half_z) for t in (0.0, 0.3, 0.7, 1.0)]


def spatula(rng: np.random.Generator, color: str) -> ObjectModel:
    """A slotted turner: flat blade and long handle, lying."""
    a = Assembly("spatula", color, rng)
    blade, width = rng.uniform(0.080, 0.105), rng.uniform(0.065, 0.085)
    length, half = rng.uniform(0.19, 0.24), rng.uniform(0.007, 0.009)
    steel = rng.random() < 0.4
    rgb, stuff = (SILVER, STEEL) if steel else (a.main, SILICONE)
    face = extrude(
        [(0, -width * 0.36), (blade, -width / 2), (blade, width / 2), (0, width * 0.36)],
        height=0.003,
        bottom_z=0.001,
    )
    a.add("blade", face, rgb, stuff, slab((blade, width * 0.9, 0.004), (blade / 2, 0, 0.002)))
    slots = [
        box((blade * 0.6, width * 0.07, 0.0008), (blade * 0.55, s * width * 0.2, 0.0043)) for s in (-1, 0, 1)
    ]
    a.add("blade", slots, DARK, PLASTIC, solid=0.01)
    grip = tube(np.array(_grip(length, half, half, end_x=0.004)), [half * 0.7, half * 0.8, half, half * 0.95])
    a.add("handle", grip, a.main, PLASTIC, slab((length, half * 2, half * 2), (-length / 2, 0, half)))
    return a.done(centred=True)


def ladle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A ladle lying: its bowl turned to one side, the handle resting on the counter."""
    a = Assembly("ladle", color, rng)
    r, length, half = rng.uniform(0.036, 0.046), rng.uniform(0.21, 0.26), rng.uniform(0.006, 0.008)
    depth = r * 0.75
    curve = [(r * math.sin(t), depth * (1 - math.cos(t))) for t in (0.35, 0.7, 1.05, 1.35, math.pi / 2)]
    bowl = turned_cup([(r * 0.2, 0), *curve], wall=0.002, floor=0.002, num_segments=26)
    steel = color == "gray"
    walls = (drum(r * 0.6, depth * 0.4), drum(r * 0.92, depth * 0.55, bottom_z=depth * 0.4))
    a.add("bowl", bowl, a.main, STEEL if steel else PLASTIC, *walls)
    end = (-r - length, 0.0, half)
    path = np.array(
        [
            (-r + 0.003, 0, depth - half),
            (-r - 0.02, 0, depth - half),
            (-r - length * 0.6, 0, depth * 0.45),
            end,
        ]
    )
    stuff = STEEL if steel else PLASTIC
    a.add("handle", tube(path, [half] * 4), a.main, stuff, bar((-r, 0, depth - half), end, half))
    hook = slab((0.012, 0.05, 0.006), (-r - length, 0, 0.003))
    a.add(
        "handle", soft_box(0.012, 0.05, 0.006, radius=0.004).moved((-r - length, 0, 0)), a.main, stuff, hook
    )
    return a.done(centred=True)


def grater(rng: np.random.Generator, color: str) -> ObjectModel:
    """A four-sided grater that stands: steel faces with teeth, a coloured grip on top."""
    a = Assembly("grater", color, rng)
    x, y, h = rng.uniform(0.085, 0.105), rng.uniform(0.065, 0.080), rng.uniform(0.17, 0.21)
    top = 0.62
    shell = loft([(rounded(x, y, 0.006), 0.0), (rounded(x * top, y * top, 0.005), h)])
    a.add(
        "faces",
        shell,
        SILVER,
        STEEL,
        slab((x, y, h * 0.4), (0, 0, h * 0.2)),
        slab((x * 0.76, y * 0.76, h * 0.6), (0, 0, h * 0.7)),
        solid=0.035,
    )
    teeth = []
    for row in range(7):
        for col in range(4):
            z = h * (0.14 + 0.11 * row)
            shrink = 1 - (1 - top) * z / h
            u = (col - 1.5) * 0.22 * shrink + (0.03 if row % 2 else -0.03)
            teeth += [box((x * 0.1, 0.003, 0.005), (x * u, s * y * shrink / 2, z)) for s in (-1, 1)] + [
                box((0.003, y * 0.1, 0.005), (s * x * shrink / 2, y * u, z)) for s in (-1, 1)
            ]
    a.add("faces", teeth, (0.35, 0.36, 0.38), STEEL, solid=0.05)
    bow = rng.uniform(0.035, 0.045)
    angles = np.linspace(0, math.pi, 9)
    path = np.stack([x * top * 0.42 * np.cos(angles), np.zeros(9), h - 0.003 + bow * np.sin(angles)], axis=1)
    a.add(
        "handle",
        tube(path, [0.008] * 9),
        a.main,
        PLASTIC,
        slab((x * top * 0.85, 0.016, bow + 0.006), (0, 0, h + bow / 2 + 0.002)),
    )
    return a.done()


def salt_shaker(rng: np.random.Generator, color: str) -> ObjectModel:
    """A shaker with a holed cap."""
    a = Assembly("salt shaker", color, rng)
    r, h = rng.uniform(0.019, 0.025), rng.uniform(0.060, 0.080)
    body = lathe([(0, 0), (r, 0), (r * 0.96, h * 0.25), (r * 0.76, h * 0.72), (0, h * 0.72)], num_segments=10)
    a.add("body", body, a.main, GLASS, drum(r * 0.92, h * 0.72), solid=0.45)
    cap = lathe(
        [(0, h * 0.72), (r * 0.84, h * 0.72), (r * 0.82, h * 0.88), (r * 0.5, h * 0.98), (0, h)],
        num_segments=18,
    )
    a.add("cap", cap, SILVER, STEEL, drum(r * 0.8, h * 0.27, bottom_z=h * 0.72), solid=0.2)
    holes = [
        disc(0.0016, 0.001, bottom_z=h - 0.0006, num_segments=6).moved(
            (0.005 * math.cos(k), 0.005 * math.sin(k), -0.0003)
        )
        for k in range(6)
    ]
    a.add("cap", holes, DARK, PLASTIC, solid=0.01)
    a.fill("salt", math.pi * (r * 0.7) ** 2 * h * 0.7, share=float(rng.uniform(0.3, 0.9)))
    return a.done(base_radius=r * 0.92)


def pepper_mill(rng: np.random.Generator, color: str) -> ObjectModel:
    """A turned pepper mill with a round head."""
    a = Assembly("pepper mill", color, rng)
    r, h = rng.uniform(0.025, 0.031), rng.uniform(0.15, 0.22)
    waist, split = r * rng.uniform(0.55, 0.7), h * 0.72
    rgb = a.wooden() if color == "brown" else a.main
    body = lathe(
        [
            (0, 0),
            (r, 0),
            (r, h * 0.1),
            (waist, h * 0.32),
            (waist, h * 0.48),
            (r * 0.85, split - 0.004),
            (0, split - 0.004),
        ],
        num_segments=22,
    )
    a.add("body", body, rgb, WOOD, drum(r, h * 0.15), drum(waist, split - h * 0.15, bottom_z=h * 0.15))
    head = lathe(
        [
            (0, split),
            (r * 0.85, split),
            (r * 0.9, split + h * 0.06),
            (r * 0.6, h * 0.88),
            (r * 0.62, h * 0.93),
            (r * 0.3, h * 0.955),
            (0, h * 0.955),
        ],
        num_segments=22,
    )
    a.add("head", head, rgb, WOOD, drum(r * 0.85, h - split, bottom_z=split))
    neck = disc(waist * 0.8, 0.006, bottom_z=split - 0.005)
    knob = sphere(r * 0.2, num_rings=6, num_segments=10).moved((0, 0, h * 0.965))
    a.add("head", [neck, knob], SILVER, STEEL, solid=0.5)
    return a.done(base_radius=r)


_DRAWER = frozenset({"kitchen counter", "drawer", "tabletop"})

UTENSILS: tuple[Category, ...] = (
    Category(
        "spatula",
        "spatulas",
        spatula,
        colors=("red", "green", "blue", "black", "orange", "purple", "yellow", "white"),
        yes=known("turn_food cookware wash_up"),
        unsure=known("stir serve metal heat_proof melts cutlery tool cut dish"),
        askable_parts=("blade", "handle"),
        places=_DRAWER,
        part_uses=uses(blade="scoop", handle="hold"),
    ),
    Category(
        "ladle",
        "ladles",
        ladle,
        colors=("gray", "black", "red", "blue", "green"),
        yes=known("stir serve cookware wash_up"),
        unsure=known("pour cutlery metal melts dish hold_soup eat_soup_with tool heat_proof"),
        askable_parts=("bowl", "handle"),
        places=_DRAWER,
        held_out=True,
        part_uses=uses(bowl="scoop", handle="hold hang_by"),
    ),
    Category(
        "grater",
        "graters",
        grater,
        colors=("red", "green", "blue", "black", "white", "orange", "yellow", "purple"),
        yes=known("grate metal wash_up"),
        unsure=known("sharp cut cookware tool keep_from_child heat_proof dish"),
        askable_parts=("handle", "faces"),
        places=_DRAWER | {"shelf"},
        part_uses=uses(faces="grate", handle="hold"),
        sharp_parts=frozenset({"faces"}),
    ),
    Category(
        "salt shaker",
        "salt shakers",
        salt_shaker,
        colors=("white", "blue", "green", "red", "black"),
        yes=known("season breaks"),
        unsure=known("container eat water_harms dish food wash_up spills metal pour"),
        places=_DRAWER | {"shelf"},
        weight=0.8,
        part_uses=uses(body="hold", cap="pour open"),
    ),
    Category(
        "pepper mill",
        "pepper mills",
        pepper_mill,
        colors=("brown", "black", "white", "red"),
        yes=known("season"),
        unsure=known("container eat water_harms grate burns dish food tool breaks"),
        askable_parts=("head",),
        places=_DRAWER | {"shelf"},
        held_out=True,
        part_uses=uses(head="turn", body="hold"),
    ),
)
