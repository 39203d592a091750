"""Further fruit, and what is baked and sweet."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import ALONG_X, Mesh, box, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, round_wall, slab
from converseg_engine.sim.objects.forms import OutlineNx2, disc, loft, ring, turned_ring
from converseg_engine.sim.objects.materials import DARK, DARK_WOOD, DOUGH, FRUIT, WOOD
from converseg_engine.sim.objects.model import ObjectModel

_LEAF: RGB = (0.24, 0.46, 0.16)


def _crust(rng: np.random.Generator) -> RGB:
    """A tone of baked dough."""
    bright = float(rng.uniform(0.85, 1.05))
    return (0.76 * bright, 0.52 * bright, 0.27 * bright)


def pear(rng: np.random.Generator, color: str) -> ObjectModel:
    """A pear standing, slim or stout, with its stalk and on some a leaf."""
    a = Assembly("pear", color, rng)
    r, h, neck = rng.uniform(0.032, 0.042), rng.uniform(0.080, 0.110), rng.uniform(0.36, 0.48)
    t = np.linspace(0, math.pi, 20)
    z = (1 - np.cos(t)) / 2
    thick = 1 - (1 - neck) / (1 + np.exp(-(z - 0.62) * 13))
    radius = r * thick * np.sin(t) ** 0.62
    profile = [(float(x), float(h * y)) for x, y in zip(radius, z, strict=True)]
    profile[0], profile[-1] = (0.0, 0.0), (0.0, h * 0.99)
    shapes = drum(r * 0.45, 0.004), globe(r * 0.95, (0, 0, r)), drum(r * neck, h * 0.45, bottom_z=h * 0.5)
    skin = a.call_main((0.56, 0.38, 0.17)) if color == "brown" else a.main
    a.add("body", lathe(profile), skin, FRUIT, *shapes)
    lean = rng.uniform(0.002, 0.010)
    path = np.array([(0, 0, h * 0.97), (lean * 0.4, 0, h + 0.008), (lean, 0.001, h + 0.018)])
    a.add("stalk", tube(path, [0.0016, 0.0015, 0.0024], num_sides=6), DARK_WOOD, WOOD)
    if rng.random() < 0.4:
        leaf = sphere(1.0, num_rings=5, num_segments=10).scaled((0.017, 0.009, 0.0012))
        leaf = leaf.rotated(rotation_about("y", -0.4)).moved((0.017, 0, h + 0.012))
        a.add("leaf", leaf.rotated(rotation_about("z", rng.uniform(0, 6.2))), _LEAF, FRUIT)
    return a.done(base_radius=r * 0.45)


def pineapple(rng: np.random.Generator, color: str) -> ObjectModel:
    """A pineapple standing: a barrel of pointed scales under a tuft of stiff leaves."""
    a = Assembly("pineapple", color, rng)
    r, h, rows = rng.uniform(0.048, 0.062), rng.uniform(0.13, 0.19), int(rng.integers(8, 11))
    around = 12
    skin = {"brown": (0.58, 0.38, 0.16), "yellow": (0.86, 0.66, 0.20)}.get(color, a.main)
    t = np.linspace(0, 1, 13)
    radius = r * np.maximum(1 - np.abs(2 * t - 1) ** 3.2, 0.3) ** 0.5
    profile = [(0.0, 0.0), *((float(x), float(h * y)) for x, y in zip(radius, t, strict=True)), (0.0, h)]
    shapes = drum(r * 0.56, h), drum(r * 0.9, h * 0.7, bottom_z=h * 0.15)
    a.add("body", lathe(profile), a.call_main(skin), FRUIT, *shapes)
    scales, wide = [], math.pi * r / around
    tip = lathe([(0, 0), (wide * 0.98, 0), (wide * 0.35, wide * 0.32), (0, wide * 0.45)], num_segments=4)
    for row in range(rows):
        z = (row + 0.7) / (rows + 0.4)
        reach = float(np.interp(z, t, radius))
        small = tip.scaled((h / rows / wide * 0.62, reach / r, 1.0)).rotated(ALONG_X)
        for k in range(around):
            turn = rotation_about("z", (k + row % 2 / 2) * 2 * math.pi / around)
            scales.append(small.moved((reach - 0.001, 0, h * z)).rotated(turn))
    dark = (skin[0] * 0.78, skin[1] * 0.72, skin[2] * 0.7)
    a.add("body", scales, a.call_main(dark), FRUIT, solid=0.3)
    leaves, tall = [], rng.uniform(0.07, 0.12)
    for k in range(26):
        up, turn = 0.35 + 0.65 * k / 25, rotation_about("z", k * 2.4)
        out = r * (1.25 - 1.1 * k / 25)
        bend = np.array([(0, 0, h - 0.006), (out * 0.45, 0, h + tall * up * 0.5), (out, 0, h + tall * up)])
        leaves.append(tube(bend, [0.007, 0.006, 0.0008], num_sides=5).rotated(turn))
    a.name_paint(_LEAF, "green")
    a.add("crown", leaves, _LEAF, FRUIT, drum(r * 0.4, tall * 0.8, bottom_z=h), solid=0.4)
    return a.done(base_radius=r * 0.56)


def _sector(radius: float, middle: float, half: float) -> OutlineNx2:
    """A slice of a circle as an outline: the arc, then the centre."""
    angles = middle + np.linspace(-half, half, 7)
    arc = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([arc, np.zeros((1, 2))])


def watermelon(rng: np.random.Generator, color: str) -> ObjectModel:
    """A striped watermelon, whole and lying, or a half with its red flesh up."""
    a = Assembly("watermelon", color, rng)
    r, long, half = rng.uniform(0.085, 0.125), rng.uniform(1.0, 1.35), bool(rng.random() < 0.4)
    polar = np.linspace(0.05, math.pi / 2 if half else math.pi - 0.05, 12 if half else 23)
    rings = [(float(r * math.sin(p)), float(-r * long * math.cos(p))) for p in polar]
    skin = lathe([(0.0, rings[0][1]), *rings, (0.0, rings[-1][1])], num_segments=36)
    stripes, num = [], int(rng.integers(8, 12))
    for k in range(num):
        levels = []
        for x, z in rings:
            middle = 2 * math.pi * k / num + rng.uniform(-0.06, 0.06)
            levels.append((_sector(x * 1.005 + 0.0003, middle, math.pi / num * rng.uniform(0.4, 0.62)), z))
        stripes.append(loft(levels))
    low = r * long
    place = (lambda m: m.moved((0, 0, low))) if half else (lambda m: m.rotated(ALONG_X).moved((0, 0, r)))
    pale = a.call_main((0.50, float(rng.uniform(0.66, 0.76)), 0.34))
    if half:
        depths = ((0.3, 0.0, 0.3), (0.7, 0.28, 0.4), (0.93, 0.62, 0.38))
        shapes = [drum(r * f, low * g, bottom_z=low * z) for f, z, g in depths]
    else:
        shapes = [globe(r * f, (r * (long - 0.86) * x, 0, r)) for x, f in ((-1, 0.85), (0, 0.98), (1, 0.85))]
        shapes.append(slab((r * long * 0.7, r * 0.3, r * 0.5), (0, 0, r * 0.25)))
    a.add("rind", place(skin), pale, FRUIT, *shapes)
    # Whether a half with its flesh up is a green thing is a matter of opinion.
    dark = (0.10, 0.30, 0.12) if half else a.call_main((0.10, 0.30, 0.12))
    a.add("rind", [place(s) for s in stripes], dark, FRUIT, solid=0.01)
    if half:
        edge = disc(r * 0.99, 0.002, bottom_z=low - 0.001, num_segments=36)
        a.add("rind", edge, (0.86, 0.93, 0.72), FRUIT)
        flesh = disc(r * 0.90, 0.002, bottom_z=low, num_segments=36)
        a.add("flesh", flesh, a.paint("red"), FRUIT)
        seed = sphere(1.0, num_rings=3, num_segments=6).scaled((0.004, 0.0025, 0.0012))
        spots = [(r * rng.uniform(0.25, 0.78), k * 2.4) for k in range(26)]
        seeds = [seed.moved((x, 0, low + 0.002)).rotated(rotation_about("z", turn)) for x, turn in spots]
        a.add("seeds", seeds, DARK, FRUIT, solid=0.5)
    return a.done(base_radius=r * 0.3 if half else 0.0)


def bunch_of_grapes(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bunch of grapes lying, wide at its woody stem and narrow at the other end."""
    a = Assembly("bunch of grapes", color, rng)
    r, rows, wide = rng.uniform(0.008, 0.011), int(rng.integers(7, 10)), rng.uniform(4.0, 5.2)
    oval = rng.uniform(1.0, 1.25)
    berries: list[Mesh] = []
    for layer in range(3):
        for row in range(layer, rows - layer):
            num = round(max(1.0, (wide - layer) * (1 - 0.75 * row / rows)))
            for k in range(num):
                x = r * (1.8 * row + rng.uniform(-0.35, 0.35)) * oval
                y = r * (1.95 * (k - (num - 1) / 2) + rng.uniform(-0.25, 0.25))
                z = r * (1 + 1.5 * layer + (rng.uniform(-0.25, 0.25) if layer else 0.0))
                berry = sphere(r, num_rings=6, num_segments=12).scaled((oval, 1, 1))
                berries.append(berry.moved((x, y, z)))
    dark = {"purple": 0.7, "green": 1.0, "red": 0.75}.get(color, 1.0)
    main = (0.62, 0.76, 0.30) if color == "green" else (a.main[0] * dark, a.main[1] * dark, a.main[2] * dark)
    length = 1.8 * rows * r * oval
    shapes = (
        slab((length * 0.5, r * wide * 1.6, r * 3.4), (length * 0.22, 0, r * 1.7)),
        slab((length * 0.4, r * wide * 0.9, r * 2.2), (length * 0.66, 0, r * 1.1)),
    )
    a.add("grapes", berries, a.call_main(main), FRUIT, *shapes, shine=0.5)
    path = np.array(
        [(length * 0.5, 0, r * 2.5), (0, 0, r * 2.6), (-r * 2.2, r, r * 3.2), (-r * 4, r * 2, r * 3)]
    )
    twig = tube(path, [0.0015, 0.002, 0.002, 0.003], num_sides=6)
    a.add("stem", twig, (0.45, 0.40, 0.20), WOOD)
    return a.done(centred=True)


def donut(rng: np.random.Generator, color: str) -> ObjectModel:
    """A ring donut with icing that runs down its side, on many with sprinkles."""
    a = Assembly("donut", color, rng)
    r, t = rng.uniform(0.028, 0.036), rng.uniform(0.013, 0.018)
    dough = _crust(rng)
    a.name_paint(dough, "brown")
    wall = round_wall(r + t * 0.8, r + t * 0.8, 0, t * 1.8, wall=t * 1.6)
    a.add("dough", ring(r, t, num_sides=14).moved((0, 0, t)), dough, DOUGH, *wall)
    angles = np.radians(np.linspace(-5, 185, 14))
    outer = [(float(r + 1.07 * t * math.cos(x)), float(t + 1.07 * t * math.sin(x))) for x in angles]
    inner = [(float(r + 0.9 * t * math.cos(x)), float(t + 0.9 * t * math.sin(x))) for x in angles[::-1]]
    drips = [
        sphere(t * 0.34, num_rings=5, num_segments=8)
        .scaled((0.5, rng.uniform(0.9, 1.7), rng.uniform(0.7, 1.2)))
        .moved((r + t * 0.95, 0, t * 0.92))
        .rotated(rotation_about("z", k * 0.7 + rng.uniform(-0.15, 0.15)))
        for k in range(9)
    ]
    a.add("icing", [turned_ring([*outer, *inner]), *drips], a.main, DOUGH, solid=0.5, shine=0.5)
    if rng.random() < 0.7:
        paints = [a.paint(name) for name in ("white", "yellow", "blue") if name != color]
        for rgb in paints:
            bits = []
            for _ in range(12):
                tilt, turn = rng.uniform(0.5, 2.6), rng.uniform(0, 2 * math.pi)
                bit = box((0.0065, 0.0018, 0.0018)).rotated(rotation_about("z", rng.uniform(0, 3.1)))
                at = (r + 1.08 * t * math.cos(tilt), 0, t + 1.08 * t * math.sin(tilt))
                bits.append(bit.moved(at).rotated(rotation_about("z", turn)))
            a.add("sprinkles", bits, rgb, DOUGH, solid=0.5)
    return a.done(base_radius=r)


def croissant(rng: np.random.Generator, color: str) -> ObjectModel:
    """A croissant: a crescent of overlapping rolls of dough, thick in its middle."""
    a = Assembly("croissant", color, rng)
    curve, r, sweep = rng.uniform(0.050, 0.065), rng.uniform(0.024, 0.031), rng.uniform(1.2, 1.7)
    num, squash = 9, 0.85
    edges = np.linspace(-1, 1, num + 1)
    tone = _crust(rng)
    for k in range(num):
        u = np.linspace(edges[k], edges[k + 1], 5)
        outward = np.linspace(0, 1, 5) if k > num // 2 else np.linspace(1, 0, 5)
        if k == num // 2:
            outward = np.abs(np.linspace(-1, 1, 5))
        radii = r * (1 - 0.80 * np.abs(u) ** 1.6) * (1.06 - 0.14 * outward)
        path = np.stack([curve * np.sin(sweep * u), curve * np.cos(sweep * u), np.full(5, r)], axis=1)
        roll = tube(path, [float(x) for x in radii], num_sides=14)
        low = float(roll.vertices[:, 2].min())
        shade = rng.uniform(0.80, 0.98) if k % 2 else rng.uniform(0.98, 1.1)
        rgb = a.call_main((tone[0] * shade, tone[1] * shade, tone[2] * shade))
        rho = float(radii.min()) * squash
        ends = [(float(p[0]), float(p[1]), rho) for p in (path[0], path[-1])]
        roll = roll.moved((0, 0, -low)).scaled((1, 1, squash))
        a.add("body" if 0 < k < num - 1 else "tips", roll, rgb, DOUGH, bar(ends[0], ends[1], rho), shine=0.2)
    return a.done(centred=True)


def pizza(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round pizza with a thick rim: cheese with salami and olives, or tomato with mozzarella and basil."""
    a = Assembly("pizza", color, rng)
    r, thick = rng.uniform(0.11, 0.16), rng.uniform(0.012, 0.015)
    dough, rim = _crust(rng), rng.uniform(0.009, 0.012)
    a.name_paint(dough, "brown")
    crust = [disc(r - rim, thick, num_segments=36), ring(r - rim, rim, num_segments=36).moved((0, 0, rim))]
    a.add("crust", crust, dough, DOUGH, drum(r * 0.98, thick + 0.004))
    top = thick + 0.002
    cheesy = color == "yellow"
    sauce = a.call_main((0.95, 0.78, 0.32)) if cheesy else a.call_main((0.74, 0.17, 0.08))
    a.add("topping", disc(r - rim * 1.25, 0.003, bottom_z=thick - 0.001, num_segments=36), sauce, DOUGH)
    names = ("red", "black", "green") if cheesy else ("white", "green")
    sizes = {"red": 0.13, "black": 0.05, "white": 0.15, "green": 0.055}
    for name in names:
        bits, rgb = [], a.paint(name)
        for k in range(9 if sizes[name] > 0.1 else 12):
            reach, turn = (r - rim) * math.sqrt((k + 0.4) / 13), k * 2.4 + sizes[name] * 40
            size = r * sizes[name] * rng.uniform(0.85, 1.15)
            if name in ("red", "black"):
                bit = disc(size, 0.003, num_segments=14)
            else:
                bit = sphere(size, num_rings=4, num_segments=10).scaled((1, rng.uniform(0.6, 1), 0.12))
            bits.append(bit.moved((reach * 0.93, 0, top)).rotated(rotation_about("z", turn)))
        a.add("topping", bits, rgb, DOUGH)
    return a.done(base_radius=r)


_KITCHEN = frozenset({"kitchen counter", "tabletop"})
_ABOUT = _KITCHEN | {"shelf", "desk"}

SWEETS: tuple[Category, ...] = (
    Category(
        "pear",
        "pears",
        pear,
        colors=("green", "yellow", "red", "brown"),
        yes=known("eat food fruit spoils"),
        unsure=known("keep_cold rolls soft plant melts play"),
        places=_ABOUT,
        only_train=True,
        part_uses=uses(body="eat"),
    ),
    Category(
        "pineapple",
        "pineapples",
        pineapple,
        colors=("yellow", "brown", "orange", "green"),
        yes=known("eat food fruit spoils"),
        unsure=known("keep_cold rolls sharp plant melts breaks keep_from_child"),
        askable_parts=("crown",),
        places=_KITCHEN | {"shelf"},
        only_train=True,
        part_uses=uses(body="eat", crown="hold"),
    ),
    Category(
        "watermelon",
        "watermelons",
        watermelon,
        colors=("green",),
        yes=known("eat food fruit spoils"),
        unsure=known("keep_cold rolls breaks vegetable plant melts trips spills soft water_harms"),
        places=_KITCHEN | {"shelf", "luggage cart"},
        only_train=True,
    ),
    Category(
        "bunch of grapes",
        "bunches of grapes",
        bunch_of_grapes,
        colors=("purple", "green", "red", "black"),
        yes=known("eat food fruit spoils"),
        unsure=known("keep_cold swallowed soft plant rolls melts play keep_from_child breaks"),
        askable_parts=("stem",),
        places=_ABOUT,
        only_train=True,
        part_uses=uses(grapes="eat", stem="hold"),
    ),
    Category(
        "donut",
        "donuts",
        donut,
        colors=("pink", "brown", "white", "yellow", "blue"),
        yes=known("eat food water_harms"),
        unsure=known("spoils soft melts rolls keep_cold keep_from_child burns breaks hot"),
        askable_parts=("icing",),
        places=_ABOUT,
        only_train=True,
        part_uses=uses(dough="eat hold", icing="eat"),
    ),
    Category(
        "croissant",
        "croissants",
        croissant,
        colors=("brown",),
        yes=known("eat food water_harms"),
        unsure=known("spoils soft burns toast keep_cold breaks hot melts"),
        places=_ABOUT,
        only_train=True,
        part_uses=uses(body="eat", tips="eat hold"),
    ),
    Category(
        "pizza",
        "pizzas",
        pizza,
        colors=("yellow", "red"),
        yes=known("eat food water_harms spoils"),
        unsure=known("hot dish keep_cold soft melts burns serve spills vegetable"),
        askable_parts=("crust",),
        places=_KITCHEN | {"desk"},
        only_train=True,
        part_uses=uses(crust="eat hold", topping="eat"),
    ),
)
