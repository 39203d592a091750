"""Fruit, vegetables, bread and cheese."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import ALONG_X, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects import things
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import disc, loft, rounded
from converseg_engine.sim.objects.materials import (
    DARK_WOOD,
    DOUGH,
    FRUIT,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

_LEAF: RGB = (0.22, 0.42, 0.14)


def _round_fruit(
    name: str, color: str, rng: np.random.Generator, r: float, squash: float, dent: float
) -> tuple[Assembly, float]:
    """A fruit turned from a dented sphere, at rest on its bottom, and the height of its stalk's root."""
    a = Assembly(name, color, rng)
    polar = np.linspace(0, math.pi, 14)
    radius, height = r * np.sin(polar), -r * squash * np.cos(polar)
    height = height + dent * r * (np.exp(-((radius / (0.35 * r)) ** 2)) * np.where(polar < 1.6, 0.6, -1.0))
    height -= height.min()
    profile = [(float(x), float(z)) for x, z in zip(radius, height, strict=True)]
    profile[0], profile[-1] = (0.0, profile[0][1]), (0.0, profile[-1][1])
    skin = lathe(profile, num_segments=22)
    z = r * squash
    # A tiny flat under the ball keeps it where it was put; a push still rolls it.
    a.add("body", skin, a.main, FRUIT, globe(float(min(r, z)) * 0.985, (0, 0, z)), drum(r * 0.13, 0.003))
    return a, profile[-1][1]


def apple(rng: np.random.Generator, color: str) -> ObjectModel:
    """An apple with its stalk."""
    r = rng.uniform(0.034, 0.043)
    a, top = _round_fruit("apple", color, rng, r, rng.uniform(0.86, 0.95), 0.35)
    path = np.array([(0, 0, top - 0.004), (0.002, 0, top + 0.006), (0.006, 0.001, top + 0.014)])
    a.add("stalk", tube(path, [0.0015, 0.0015, 0.002], num_sides=6), DARK_WOOD, WOOD)
    return a.done(base_radius=r * 0.13)


def orange(rng: np.random.Generator, color: str) -> ObjectModel:
    """An orange with the green dot of its stalk."""
    r = rng.uniform(0.034, 0.043)
    a, top = _round_fruit("orange", color, rng, r, rng.uniform(0.93, 1.0), 0.06)
    a.add("body", disc(0.004, 0.002, bottom_z=top - 0.001, num_segments=8), _LEAF, FRUIT)
    return a.done(base_radius=r * 0.13)


def lemon(rng: np.random.Generator, color: str) -> ObjectModel:
    """A lemon lying on its side, a nub at each end."""
    a = Assembly("lemon", color, rng)
    r, half = rng.uniform(0.025, 0.030), rng.uniform(0.034, 0.042)
    t = np.linspace(0, math.pi, 13)
    profile = [
        (float(r * math.sin(x) ** 0.9), float(-half * math.cos(x) - 0.10 * half * math.cos(x) ** 9))
        for x in t
    ]
    profile[0], profile[-1] = (0.0, profile[0][1]), (0.0, profile[-1][1])
    skin = lathe(profile, num_segments=20).rotated(ALONG_X).moved((0, 0, r))
    a.add(
        "body",
        skin,
        a.main,
        FRUIT,
        *(globe(r * 0.985, (s * half * 0.18, 0, r)) for s in (-1, 1)),
        bar((-half * 0.8, 0, r), (half * 0.8, 0, r), r * 0.5),
    )
    return a.done()


def tomato(rng: np.random.Generator, color: str) -> ObjectModel:
    """A tomato with green sepals."""
    r = rng.uniform(0.030, 0.042)
    a, top = _round_fruit("tomato", color, rng, r, rng.uniform(0.74, 0.86), 0.22)
    star = [
        sphere(1.0, num_rings=3, num_segments=6)
        .scaled((r * 0.28, r * 0.07, 0.0016))
        .moved((r * 0.26, 0, top + 0.0015))
        .rotated(rotation_about("z", k * 2 * math.pi / 5))
        for k in range(5)
    ]
    a.add("leaves", star, _LEAF, FRUIT)
    return a.done(base_radius=r * 0.13)


def carrot(rng: np.random.Generator, color: str) -> ObjectModel:
    """A carrot lying, its greens on."""
    a = Assembly("carrot", color, rng)
    length, r = rng.uniform(0.13, 0.18), rng.uniform(0.014, 0.019)
    xs = np.array([0, 0.01, length * 0.4, length * 0.8, length])
    radii = r * np.array([0.75, 1.0, 0.85, 0.5, 0.12])
    root = tube(np.stack([xs, np.zeros(5), radii + 0.0002], axis=1), [float(x) for x in radii], num_sides=12)
    a.add(
        "root",
        root,
        a.main,
        FRUIT,
        slab((length * 0.5, r * 1.5, r * 1.7), (length * 0.25, 0, r * 0.86)),
        slab((length * 0.45, r * 0.9, r), (length * 0.73, 0, r * 0.5)),
    )
    stems = []
    for k in range(5):
        side, up = float(rng.uniform(-0.025, 0.025)), float(rng.uniform(0.004, 0.03))
        path = np.array(
            [
                (0.004, 0, r * 0.8),
                (-0.03, side * 0.5, r + up * 0.6),
                (-0.06 - 0.008 * k, side, r * 0.8 + up * 0.4),
            ]
        )
        stems.append(tube(path, [0.0025, 0.003, 0.004], num_sides=6))
    a.add("greens", stems, _LEAF, FRUIT, slab((0.075, 0.034, 0.018), (-0.042, 0, r)), solid=0.3)
    return a.done(centred=True)


def bread(rng: np.random.Generator, color: str) -> ObjectModel:
    """A loaf with cuts across its crust."""
    a = Assembly("loaf of bread", color, rng)
    x, y, z = rng.uniform(0.20, 0.28), rng.uniform(0.10, 0.125), rng.uniform(0.075, 0.095)
    levels = [
        (0.90, 0.90, 0.0),
        (0.98, 0.99, 0.12),
        (1.0, 1.0, 0.4),
        (0.93, 0.88, 0.75),
        (0.75, 0.62, 0.93),
        (0.4, 0.25, 1.0),
    ]
    rgb = a.call_main((float(rng.uniform(0.55, 0.68)), float(rng.uniform(0.34, 0.42)), 0.17))
    body = loft([(rounded(x * f, y * g, y * g * 0.48, steps=6), z * h) for f, g, h in levels])
    a.add(
        "body",
        body,
        rgb,
        DOUGH,
        slab((x * 0.94, y * 0.9, z * 0.75), (0, 0, z * 0.375)),
        slab((x * 0.75, y * 0.6, z * 0.2), (0, 0, z * 0.85)),
    )
    cuts = [
        sphere(1.0, num_rings=5, num_segments=10)
        .scaled((0.009, y * 0.30, 0.007))
        .moved((x * t, 0, z * 0.965))
        for t in (-0.2, 0.0, 0.2)
    ]
    a.add("body", cuts, a.call_main((0.86, 0.70, 0.45)), DOUGH)
    return a.done()


def cheese(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wedge of cheese with holes."""
    a = Assembly("wedge of cheese", color, rng)
    length, wide, z = rng.uniform(0.10, 0.13), rng.uniform(0.055, 0.080), rng.uniform(0.035, 0.050)
    rgb = a.call_main((0.96, float(rng.uniform(0.74, 0.84)), float(rng.uniform(0.30, 0.42))))
    outline = [
        (length / 2, -wide / 2),
        (length / 2 + 0.008, 0),
        (length / 2, wide / 2),
        (-length / 2, 0.003),
        (-length / 2, -0.003),
    ]
    a.add(
        "body",
        extrude(outline, height=z),
        rgb,
        FRUIT,
        slab((length * 0.5, wide * 0.8, z), (length * 0.22, 0, z / 2)),
        slab((length * 0.5, wide * 0.32, z), (-length * 0.25, 0, z / 2)),
    )
    slope = math.atan2(wide / 2, length)
    holes = []
    for side in (-1, 1):
        for _ in range(4):
            at, r = float(rng.uniform(-0.25, 0.38)), float(rng.uniform(0.004, 0.008))
            y = side * (wide / 2 * (at + 0.5) + 0.0006)
            hole = (
                disc(r, 0.002, num_segments=12)
                .rotated(rotation_about("x", math.pi / 2))
                .rotated(rotation_about("z", side * slope))
            )
            holes.append(hole.moved((length * at, y, float(rng.uniform(0.25, 0.75)) * z)))
    a.add("body", holes, a.call_main((0.80, 0.58, 0.22)), FRUIT, solid=0.01)
    return a.done(centred=True)


_FRUIT_PLACES = frozenset({"kitchen counter", "tabletop"})
_PANTRY = frozenset({"kitchen counter", "shelf", "tabletop"})

PRODUCE: tuple[Category, ...] = (
    Category(
        "apple",
        "apples",
        apple,
        colors=("red", "green", "yellow"),
        yes=known("eat food fruit spoils rolls"),
        unsure=known("keep_cold play"),
        askable_parts=(),
        places=_FRUIT_PLACES | {"desk"},
        part_uses=uses(body="eat"),
    ),
    Category(
        "orange",
        "oranges",
        orange,
        colors=("orange",),
        yes=known("eat food fruit spoils rolls"),
        unsure=known("keep_cold play"),
        places=_FRUIT_PLACES,
        part_uses=uses(body="eat"),
    ),
    Category(
        "banana",
        "bananas",
        adopted(things.banana, FRUIT),
        colors=("yellow", "green"),
        yes=known("eat food fruit spoils"),
        unsure=known("keep_cold soft"),
        places=_FRUIT_PLACES | {"desk"},
        part_uses=uses(body="eat"),
    ),
    Category(
        "lemon",
        "lemons",
        lemon,
        colors=("yellow", "green"),
        yes=known("food fruit spoils rolls"),
        unsure=known("eat keep_cold season"),
        places=_FRUIT_PLACES,
        part_uses=uses(body="eat"),
    ),
    Category(
        "tomato",
        "tomatoes",
        tomato,
        colors=("red", "yellow", "orange"),
        yes=known("eat food spoils rolls"),
        unsure=known("fruit vegetable keep_cold soft breaks"),
        places=_FRUIT_PLACES,
        part_uses=uses(body="eat"),
    ),
    Category(
        "carrot",
        "carrots",
        carrot,
        colors=("orange", "purple", "yellow"),
        yes=known("eat food vegetable spoils"),
        unsure=known("keep_cold rolls"),
        places=_FRUIT_PLACES,
        askable_parts=("greens",),
        part_uses=uses(root="eat", greens="hold"),
    ),
    Category(
        "loaf of bread",
        "loaves of bread",
        bread,
        colors=("brown",),
        yes=known("eat food spoils water_harms"),
        unsure=known("soft burns toast keep_cold breaks"),
        places=_PANTRY,
        part_uses=uses(body="eat"),
    ),
    Category(
        "wedge of cheese",
        "wedges of cheese",
        cheese,
        colors=("yellow",),
        yes=known("eat food keep_cold spoils melts"),
        unsure=known("soft"),
        places=_FRUIT_PLACES,
        part_uses=uses(body="eat"),
    ),
)
