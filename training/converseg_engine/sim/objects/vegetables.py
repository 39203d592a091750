"""Vegetables."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import disc, loft, rod
from converseg_engine.sim.objects.materials import DARK_WOOD, FRUIT, WOOD
from converseg_engine.sim.objects.model import ObjectModel

_LEAF: RGB = (0.22, 0.42, 0.14)
_PALE_GREEN: RGB = (0.66, 0.78, 0.42)


def _scaled(rgb: RGB, factor: float) -> RGB:
    """A darker or brighter paint."""
    r, g, b = (min(1.0, channel * factor) for channel in rgb)
    return (r, g, b)


def _ribbed(
    levels: list[tuple[float, float]], *, ribs: int, depth: float, start: float, per_rib: int = 8
) -> Mesh:
    """A skin over (radius, height) levels with bulging ribs and furrows ``depth`` of the radius deep."""
    angles = np.arange(ribs * per_rib) * (2 * math.pi / (ribs * per_rib))
    reach = 1 - depth * (1 - np.abs(np.sin(angles * ribs / 2)) ** 0.7)
    circle = np.stack([np.cos(angles + start), np.sin(angles + start)], axis=1) * reach[:, None]
    return loft([(circle * r, z) for r, z in levels])


def _bent(start: tuple[float, float, float], height: float, lean: float, num: int = 5) -> NDArray[np.float64]:
    """(num, 3) points of a stalk that rises from a point and leans over along x."""
    t = np.linspace(0, 1, num)
    return np.asarray(start) + np.stack([lean * t**2, np.zeros(num), height * t], axis=1)


def cucumber(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cucumber lying, a little bent, pale stripes along it; some are cut open at one end."""
    a = Assembly("cucumber", color, rng)
    length, r, bend = rng.uniform(0.16, 0.26), rng.uniform(0.018, 0.025), rng.uniform(0.0, 0.02)
    cut = bool(rng.random() < 0.35)
    t = np.linspace(0.0, 0.72 if cut else 1.0, 19)
    radii = r * np.maximum(1 - np.abs(2 * t - 1) ** 5, 0.03) ** 0.5
    path = np.stack([length * t, bend * np.sin(math.pi * t), np.full(19, r)], axis=1)
    skin = a.call_main(_scaled(a.main, rng.uniform(0.65, 0.95)))
    bars = [bar(tuple(path[i]), tuple(path[k]), r * 0.96) for i, k in ((1, 6), (6, 12), (12, 17))]
    foot = slab((length * 0.4, r * 0.5, r), (float(path[9, 0]), float(path[9, 1]), r / 2))
    a.add("body", tube(path, [float(x) for x in radii], num_sides=18), skin, FRUIT, *bars, foot)
    stripes = []
    for k in range(9):
        turn = 2 * math.pi * (k + 0.5) / 9
        out = np.stack([np.zeros(19), np.cos(turn) * radii, np.sin(turn) * radii], axis=1)
        stripes.append(tube((path + out * 0.985)[2:-2], [0.0008] * 15, num_sides=5))
    a.add("body", stripes, a.call_main(_scaled(skin, 1.7)), FRUIT, solid=0.01)
    tip = rod((-0.012, 0, r), (0.004, 0, r), 0.003)
    a.add("stem", tip, _LEAF, FRUIT)
    if cut:
        face = disc(r * 0.93, 0.002).rotated(rotation_about("y", math.pi / 2)).moved(tuple(path[-1]))
        a.add("cut end", face, (0.85, 0.92, 0.68), FRUIT)
    return a.done(centred=True)


def bell_pepper(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bell pepper standing on its lobes, with a green stem."""
    a = Assembly("bell pepper", color, rng)
    r, h, narrow = rng.uniform(0.036, 0.046), rng.uniform(0.075, 0.115), rng.uniform(0.72, 0.92)
    low = ((0.25, 0.06), (0.55, 0.0), (0.80, 0.04), (0.95, 0.18))
    high = ((1.0, 0.74), (0.95, 0.88), (0.76, 0.98), (0.45, 0.97), (0.20, 0.89))
    shape = [*((f * narrow, g) for f, g in low), (0.5 + 0.5 * narrow, 0.45), *high]
    levels = [(r * f, h * g) for f, g in shape]
    skin = _ribbed(
        levels, ribs=int(rng.integers(3, 5)), depth=rng.uniform(0.16, 0.24), start=rng.uniform(0, 3)
    )
    a.add("body", skin, a.main, FRUIT, drum(r * 0.8 * narrow, h * 0.95), solid=0.3, shine=0.6)
    path = _bent((0, 0, h * 0.87), rng.uniform(0.028, 0.042), rng.uniform(0.0, 0.016))
    a.add("stem", tube(path, [0.009, 0.005, 0.004, 0.0045, 0.006], num_sides=8), _LEAF, FRUIT)
    return a.done(base_radius=r * 0.5 * narrow)


def eggplant(rng: np.random.Generator, color: str) -> ObjectModel:
    """An eggplant lying on its belly, a green cap with pointed leaves at its thin end."""
    a = Assembly("eggplant", color, rng)
    length, r, neck = rng.uniform(0.14, 0.22), rng.uniform(0.032, 0.045), rng.uniform(0.5, 0.75)
    t = np.linspace(0, 1, 22)
    widen = neck + (1 - neck) * np.clip(t / 0.65, 0, 1) ** 1.6
    radii = r * widen * np.maximum(1 - np.abs(2 * t - 1) ** 4.5, 0.03) ** 0.5
    path = np.stack([length * t, np.zeros(22), r * widen], axis=1)
    skin = a.main if color == "white" else a.call_main(_scaled(a.main, 0.8))
    shapes = (
        globe(r * 0.97, (length * 0.72, 0, r)),
        bar((length * 0.1, 0, r * neck), (length * 0.72, 0, r), r * neck * 0.9),
        slab((length * 0.72, r * 0.7, r), (length * 0.46, 0, r / 2)),
    )
    body = tube(path, [float(x) for x in radii], num_sides=22)
    a.add("body", body, skin, FRUIT, *shapes, solid=0.7, shine=0.7)
    top, wide = r * neck, float(radii[2])
    leaves = []
    for k in range(6):
        turn = rotation_about("x", k * math.pi / 3)
        leaf = sphere(1.0, num_rings=5, num_segments=10).scaled((length * 0.13, wide * 0.42, 0.0025))
        leaves.append(leaf.moved((length * 0.16, 0, wide * 1.03)).rotated(turn).moved((0, 0, top)))
    hood = np.array([(-0.004, 0, top), (length * 0.03, 0, top), (length * 0.09, 0, top)])
    cap = tube(hood, [0.006, float(radii[1]) * 1.04, wide * 1.04], num_sides=16)
    # What hangs below the lowest line would sink into the table.
    a.add("cap", [cap, leaves[0], leaves[1], leaves[5]], _LEAF, FRUIT)
    tail = np.array([(0, 0, top), (-0.015, 0.001, top + 0.003), (-0.032, 0.003, top + 0.012)])
    a.add("stem", tube(tail, [0.006, 0.005, 0.0065], num_sides=8), _LEAF, FRUIT)
    return a.done(centred=True)


def pumpkin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A ribbed pumpkin, tall or flat, with a crooked stem."""
    a = Assembly("pumpkin", color, rng)
    r, squash = rng.uniform(0.08, 0.135), rng.uniform(0.55, 0.85)
    polar = np.linspace(0.12, math.pi - 0.12, 17)
    radius = np.sin(polar) ** 0.85
    height = -np.cos(polar) - 0.22 * np.exp(-((radius / 0.38) ** 2)) * np.sign(polar - math.pi / 2)
    height = (height - height.min()) * r * squash
    levels = [(float(r * x), float(z)) for x, z in zip(radius, height, strict=True)]
    top = float(height.max())
    skin = _ribbed(
        levels, ribs=int(rng.integers(8, 13)), depth=rng.uniform(0.10, 0.16), start=rng.uniform(0, 3)
    )
    thick = ((0.5, 0.98, 0.0), (0.75, 0.8, 0.1), (0.92, 0.5, 0.25))
    shapes = [drum(r * f, top * g, bottom_z=top * z) for f, g, z in thick]
    a.add("body", skin, a.main, FRUIT, *shapes, solid=0.65)
    rise, root = r * rng.uniform(0.35, 0.55), levels[-1][1] - 0.005
    path = _bent((0, 0, root), rise, r * rng.uniform(0.05, 0.35))
    radii = [r * f for f in (0.19, 0.12, 0.09, 0.09, 0.11)]
    rgb = _LEAF if rng.random() < 0.4 else DARK_WOOD
    a.add("stem", tube(path, radii, num_sides=6), rgb, WOOD, drum(r * 0.09, rise, bottom_z=root))
    return a.done(base_radius=r * 0.5)


def onion(rng: np.random.Generator, color: str) -> ObjectModel:
    """An onion with its dry tip and lines from pole to pole."""
    a = Assembly("onion", color, rng)
    r, squash = rng.uniform(0.028, 0.042), rng.uniform(0.8, 1.0)
    polar = np.linspace(0, 2.75, 15)
    radius, height = r * np.sin(polar), r * squash * (1 - np.cos(polar))
    neck, rise = rng.uniform(0.005, 0.007), rng.uniform(0.012, 0.024)
    body = [(float(x), float(z)) for x, z in zip(radius, height, strict=True)]
    body[0], top = (0.0, 0.0), body[-1][1]
    profile = [
        *body,
        (neck * 1.15, top + rise * 0.35),
        (neck * 0.8, top + rise * 0.6),
        (0.0, top + rise * 0.6),
    ]
    rgb = a.call_main((0.72, 0.44, 0.18)) if color == "brown" else a.main
    middle = r * squash
    shapes = globe(min(r, middle) * 0.985, (0, 0, middle)), drum(r * 0.16, 0.003)
    a.add("body", lathe(profile), rgb, FRUIT, *shapes)
    lines = []
    for k in range(14):
        turn = 2 * math.pi * (k + rng.uniform(-0.2, 0.2)) / 14
        path = np.array([(x * math.cos(turn), x * math.sin(turn), z) for x, z in body[2:]])
        lines.append(tube(path, [0.0006] * len(path), num_sides=4))
    a.add("body", lines, a.call_main(_scaled(rgb, 0.78)), FRUIT, solid=0.01)
    tufts = []
    for k in range(4):
        spread = rotation_about("z", k * 1.7) @ np.array([rng.uniform(0.002, 0.007), 0, rise])
        end = (float(spread[0]), float(spread[1]), top + rise * rng.uniform(0.9, 1.2))
        tufts.append(rod((0, 0, top + rise * 0.4), end, neck * 0.55, end_radius=0.001, num_sides=6))
    a.add("tip", tufts, a.call_main((0.74, 0.58, 0.34)) if color == "brown" else rgb, FRUIT)
    return a.done(base_radius=r * 0.16)


def mushroom(rng: np.random.Generator, color: str) -> ObjectModel:
    """A mushroom standing on its cut stem, brown gills under its cap."""
    a = Assembly("mushroom", color, rng)
    r, tall, stem = rng.uniform(0.024, 0.040), rng.uniform(0.55, 0.85), rng.uniform(0.022, 0.040)
    foot = r * rng.uniform(0.38, 0.5)
    rgb = a.call_main((0.62, 0.44, 0.28)) if color == "brown" else a.main
    polar = np.linspace(math.pi / 2, math.pi, 9)
    dome = [(float(r * math.sin(p)), float(stem - r * tall * math.cos(p))) for p in polar[:-1]]
    curl = [(r * 0.86, stem - r * 0.20), (r * 0.97, stem - r * 0.14)]
    profile = [(0.0, stem - r * 0.10), (r * 0.82, stem - r * 0.12), *curl, *dome, (0.0, stem + r * tall)]
    shapes = (
        drum(r * 0.95, r * tall * 0.45, bottom_z=stem),
        drum(r * 0.65, r * tall * 0.9, bottom_z=stem),
    )
    a.add("cap", lathe(profile), rgb, FRUIT, *shapes, solid=0.8, shine=0.15)
    stalk = lathe([(0, 0), (foot, 0), (foot * 0.85, stem * 0.4), (foot, stem), (0, stem)], num_segments=16)
    stalk_rgb: RGB = (0.93, 0.89, 0.80)
    a.name_paint(stalk_rgb, "white")
    a.add("stem", stalk, stalk_rgb, FRUIT, drum(foot, stem), shine=0.1)
    gills = disc(r * 0.80, r * 0.04, bottom_z=stem - r * 0.15)
    a.add("gills", gills, (0.42, 0.28, 0.20), FRUIT, solid=0.2, shine=0.05)
    return a.done(base_radius=foot)


def broccoli(rng: np.random.Generator, color: str) -> ObjectModel:
    """A head of broccoli standing on its thick stalk: branches and many little knobs."""
    a = Assembly("head of broccoli", color, rng)
    foot, h, r = rng.uniform(0.018, 0.024), rng.uniform(0.05, 0.07), rng.uniform(0.055, 0.075)
    crown = h + 0.018
    stalk = [rod((0, 0, 0), (0, 0, crown), foot, end_radius=foot * 0.85, num_sides=12)]
    knobs = []
    for k in range(13):
        ring_r = 0.0 if k == 0 else r * (0.42 if k < 5 else 0.74)
        turn = k * (2 * math.pi / (4 if k < 5 else 8)) + rng.uniform(-0.15, 0.15)
        z = crown + r * (0.42 if k == 0 else 0.32 if k < 5 else 0.06)
        x, y, size = ring_r * math.cos(turn), ring_r * math.sin(turn), r * rng.uniform(0.26, 0.33)
        stalk.append(
            rod((x * 0.2, y * 0.2, h * 0.6), (x, y, z), foot * 0.5, end_radius=foot * 0.4, num_sides=7)
        )
        knobs.append(sphere(size, num_rings=6, num_segments=12).moved((x, y, z)))
        for _ in range(11):
            d = rng.normal(size=3)
            d[2] = abs(d[2])
            at = np.array([x, y, z]) + d / np.linalg.norm(d) * size * 0.85
            knobs.append(sphere(size * 0.3, num_rings=3, num_segments=7).moved(at.tolist()))
    rgb = a.call_main(_scaled(a.main, rng.uniform(0.75, 1.0)))
    head = (drum(r * 0.95, r * 0.25, bottom_z=crown), drum(r * 0.6, r * 0.6, bottom_z=crown))
    a.add("florets", knobs, rgb, FRUIT, *head, solid=0.5, shine=0.05)
    a.add("stem", stalk, a.call_main(_PALE_GREEN), FRUIT, drum(foot, crown), solid=0.6)
    return a.done(base_radius=foot)


_KITCHEN = frozenset({"kitchen counter", "tabletop"})
_PANTRY = _KITCHEN | {"shelf"}

VEGETABLES: tuple[Category, ...] = (
    Category(
        "cucumber",
        "cucumbers",
        cucumber,
        colors=("green",),
        yes=known("eat food vegetable spoils"),
        unsure=known("fruit keep_cold rolls plant melts"),
        places=_PANTRY | {"desk"},
        only_train=True,
        part_uses=uses(body="eat"),
    ),
    Category(
        "bell pepper",
        "bell peppers",
        bell_pepper,
        colors=("red", "yellow", "green", "orange"),
        yes=known("eat food vegetable spoils"),
        unsure=known("fruit keep_cold rolls plant melts season"),
        askable_parts=("stem",),
        places=_PANTRY,
        only_train=True,
        part_uses=uses(body="eat", stem="hold"),
    ),
    Category(
        "eggplant",
        "eggplants",
        eggplant,
        colors=("purple", "black", "white"),
        yes=known("food vegetable spoils"),
        unsure=known("eat fruit keep_cold rolls plant melts soft"),
        places=_PANTRY,
        only_train=True,
        part_uses=uses(body="eat", stem="hold"),
    ),
    Category(
        "pumpkin",
        "pumpkins",
        pumpkin,
        colors=("orange", "white", "green", "yellow"),
        yes=known("food spoils"),
        unsure=known("eat vegetable fruit rolls plant breaks trips keep_cold melts put_on"),
        askable_parts=("stem",),
        places=_PANTRY | {"walkway", "luggage cart"},
        only_train=True,
        part_uses=uses(body="eat", stem="hold"),
    ),
    Category(
        "onion",
        "onions",
        onion,
        colors=("brown", "purple", "white"),
        yes=known("food vegetable spoils"),
        unsure=known("eat season rolls keep_cold plant melts"),
        places=_PANTRY,
        only_train=True,
        part_uses=uses(body="eat"),
    ),
    Category(
        "mushroom",
        "mushrooms",
        mushroom,
        colors=("white", "brown"),
        yes=known("food spoils"),
        unsure=known("eat vegetable keep_cold plant poison soft rolls swallowed water_harms melts"),
        askable_parts=("cap", "stem"),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(cap="eat", stem="eat hold stand_on"),
    ),
    Category(
        "head of broccoli",
        "heads of broccoli",
        broccoli,
        colors=("green",),
        yes=known("eat food vegetable spoils"),
        unsure=known("keep_cold plant melts breaks"),
        askable_parts=("florets", "stem"),
        places=_KITCHEN | {"shelf"},
        only_train=True,
        part_uses=uses(florets="eat", stem="eat hold"),
    ),
)
