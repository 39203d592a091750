"""Furniture that can be moved: chair, stool, side table, step ladder, basket, bin, potted plant, pillow."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, box, lathe, rotation_about, sphere
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_walls, slab
from converseg_engine.sim.objects.finish import checked, striped
from converseg_engine.sim.objects.forms import Point, loft, ring, rod, rounded, soft_box, turned_cup
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CERAMIC,
    CLOTH,
    DARK,
    PALE_WOOD,
    PLASTIC,
    PLUSH,
    RUBBER,
    SILVER,
    SOIL,
    STEEL,
    WICKER,
    WOOD,
)
from converseg_engine.sim.objects.model import Cavity, ObjectModel, Shelf


def _splayed(x: float, y: float, top: float, spread: float) -> list[tuple[Point, Point]]:
    """Feet and tops of four legs."""
    return [
        ((sx * (x + spread), sy * (y + spread), 0.0), (sx * x, sy * y, top))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


def _legs(a: Assembly, rgb: RGB, ends: list[tuple[Point, Point]], r: float, *, steel: bool) -> None:
    for foot, top in ends:
        # A round leg that leans would dip below the floor on one side: its foot starts a little higher.
        lean = math.hypot(top[0] - foot[0], top[1] - foot[1]) / top[2]
        low = (foot[0], foot[1], r * lean)
        shape = bar(low, top, r)
        a.add("legs", rod(low, top, r), rgb, STEEL if steel else WOOD, shape, solid=0.25 if steel else 1.0)


def chair(rng: np.random.Generator, color: str) -> ObjectModel:
    """A chair: seat, four legs, a back of two posts and a board or slats."""
    a = Assembly("chair", color, rng)
    x, z, thick = rng.uniform(0.38, 0.44), rng.uniform(0.42, 0.47), rng.uniform(0.025, 0.04)
    tall = z + rng.uniform(0.38, 0.48)
    steel = bool(rng.random() < 0.35)
    frame = (
        a.wooden()
        if color == "brown"
        else (a.main if rng.random() < 0.5 else (SILVER if steel else PALE_WOOD))
    )
    cover = a.wooden() if color == "brown" else a.main
    r = 0.013 if steel else 0.018
    a.add(
        "seat",
        soft_box(x, x, thick, radius=0.04, edge=0.01, bottom_z=z - thick),
        cover,
        WOOD,
        slab((x, x, thick), (0, 0, z - thick / 2)),
    )
    reach = x / 2 - 0.03
    _legs(a, frame, _splayed(reach, reach, z - thick, rng.uniform(0.0, 0.03)), r, steel=steel)
    lean = rng.uniform(0.03, 0.08)
    posts = [((-reach, s * reach, z - 0.005), (-reach - lean, s * reach, tall)) for s in (-1, 1)]
    a.add(
        "back",
        [rod(low, high, r) for low, high in posts],
        frame,
        WOOD,
        *(bar(low, high, r) for low, high in posts),
    )
    if rng.random() < 0.5:
        panel = soft_box(0.018, 2 * reach, tall - z - 0.16, radius=0.006, bottom_z=0).rotated(
            rotation_about("y", -lean / (tall - z))
        )
        a.add(
            "back",
            panel.moved((-reach - lean * 0.35, 0, z + 0.14)),
            cover,
            WOOD,
            slab((0.02, 2 * reach, tall - z - 0.16), (-reach - lean * 0.65, 0, (tall + z) / 2 + 0.06)),
        )
    else:
        rails = [
            box((0.018, 2 * reach, 0.05), (-reach - lean * f, 0, z + (tall - z) * f))
            for f in (0.35, 0.62, 0.92)
        ]
        a.add(
            "back",
            rails,
            cover,
            WOOD,
            *(
                slab((0.018, 2 * reach, 0.05), (-reach - lean * f, 0, z + (tall - z) * f))
                for f in (0.35, 0.62, 0.92)
            ),
        )
    return a.done(shelf=Shelf(x * 0.4, x * 0.4, z))


def stool(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round stool on three or four legs."""
    a = Assembly("stool", color, rng)
    r, z, thick = rng.uniform(0.15, 0.19), rng.uniform(0.40, 0.62), rng.uniform(0.03, 0.05)
    cover = a.wooden() if color == "brown" else a.main
    a.add(
        "seat",
        lathe(
            [(0, z - thick), (r * 0.96, z - thick), (r, z - thick * 0.5), (r * 0.95, z), (0, z)],
            num_segments=30,
        ),
        cover,
        WOOD,
        drum(r, thick, bottom_z=z - thick),
    )
    num, out = int(rng.integers(3, 5)), rng.uniform(0.03, 0.06)
    ends: list[tuple[Point, Point]] = []
    for k in range(num):
        c, s = math.cos(2 * math.pi * k / num + 0.4), math.sin(2 * math.pi * k / num + 0.4)
        ends.append(
            (((r * 0.72 + out) * c, (r * 0.72 + out) * s, 0.0), (r * 0.72 * c, r * 0.72 * s, z - thick))
        )
    _legs(a, cover if rng.random() < 0.5 else PALE_WOOD, ends, 0.016, steel=False)
    a.add(
        "ring",
        ring(r * 0.72 + out * 0.62, 0.008, num_segments=26).moved((0, 0, z * 0.35)),
        SILVER,
        STEEL,
        solid=0.3,
    )
    return a.done(shelf=Shelf(r * 0.62, r * 0.62, z))


def side_table(rng: np.random.Generator, color: str) -> ObjectModel:
    """A low table with room under it; on some a lower board."""
    a = Assembly("side table", color, rng)
    x, y, z, thick = rng.uniform(0.40, 0.60), rng.uniform(0.36, 0.46), rng.uniform(0.38, 0.52), 0.025
    top = a.wooden() if color == "brown" else a.main
    a.add(
        "flat top",
        soft_box(x, y, thick, radius=0.02, edge=0.004, bottom_z=z - thick),
        top,
        WOOD,
        slab((x, y, thick), (0, 0, z - thick / 2)),
    )
    ends = _splayed(x / 2 - 0.04, y / 2 - 0.04, z - thick, 0.0)
    _legs(a, top if rng.random() < 0.6 else PALE_WOOD, ends, 0.018, steel=False)
    if rng.random() < 0.5:
        low = z * rng.uniform(0.25, 0.4)
        a.add(
            "lower board",
            box((x - 0.06, y - 0.06, 0.014), (0, 0, low)),
            top,
            WOOD,
            slab((x - 0.06, y - 0.06, 0.014), (0, 0, low)),
        )
    return a.done(shelf=Shelf(x * 0.44, y * 0.44, z))


def ladder(rng: np.random.Generator, color: str) -> ObjectModel:
    """A step ladder, open: treads in front, stays behind, a rail over the top step."""
    a = Assembly("step ladder", color, rng)
    steps, wide = int(rng.integers(2, 4)), rng.uniform(0.38, 0.46)
    z, depth = 0.24 * steps + 0.02, 0.14 * steps + 0.12
    rails = []
    for s in (-1, 1):
        front = ((-depth / 2, s * wide / 2, 0.012), (0.0, s * wide / 2 * 0.88, z))
        rear = ((depth / 2, s * wide / 2, 0.012), (0.03, s * wide / 2 * 0.88, z))
        for low, high in (front, rear):
            rails.append(rod(low, high, 0.014))
            a.add("legs", rails[-1], a.main, ALUMINIUM, bar(low, high, 0.014), solid=0.3)
            foot = slab((0.034, 0.034, 0.022), (low[0], low[1], 0.011))
            a.add("feet", box((0.034, 0.034, 0.022), (low[0], low[1], 0.011)), DARK, RUBBER, foot)
    for k in range(steps):
        f = (k + 1) / steps
        at = (-depth / 2 * (1 - f), 0.0, z * f - 0.012)
        size = (0.12 if k < steps - 1 else 0.20, wide * (1 - 0.12 * f), 0.024)
        a.add(
            "steps", box(size, at), DARK if rng.random() < 0.5 else a.main, PLASTIC, slab(size, at), solid=0.4
        )
    top = z + rng.uniform(0.16, 0.3)
    half = wide * 0.40
    posts: list[Mesh] = [rod((0.06, s * half, z - 0.02), (0.08, s * half, top), 0.011) for s in (-1, 1)]
    posts.append(rod((0.08, -half - 0.008, top), (0.08, half + 0.008, top), 0.013))
    a.add(
        "rail",
        posts,
        a.main,
        ALUMINIUM,
        bar((0.08, -half, top), (0.08, half, top), 0.013),
        *(bar((0.06, s * half, z), (0.08, s * half, top), 0.011) for s in (-1, 1)),
        solid=0.3,
    )
    return a.done()


def basket(rng: np.random.Generator, color: str) -> ObjectModel:
    """A woven round basket with two loops; things can lie in it."""
    a = Assembly("basket", color, rng)
    r, h = rng.uniform(0.12, 0.18), rng.uniform(0.12, 0.22)
    foot, wall = r * rng.uniform(0.72, 0.9), 0.010
    rgb = a.call_main((0.62, 0.45, 0.26)) if color == "brown" else a.main
    ribs = 6
    curve = []
    for k in range(ribs):
        f0, f1 = k / ribs, (k + 0.75) / ribs
        curve += [(foot + (r - foot) * f0 + 0.003, h * f0), (foot + (r - foot) * f1, h * f1)]
    a.add(
        "body",
        turned_cup([*curve, (r, h)], wall=wall, floor=0.008, num_segments=26),
        rgb,
        WICKER,
        *round_walls(foot, r, h, wall, floor=0.008, num=12),
    )
    rim = ring(r - 0.004, 0.009, num_segments=28).moved((0, 0, h))
    a.add("rim", rim, rgb, WICKER)
    for s in (-1, 1):
        loop = (
            ring(0.045, 0.008, num_segments=18)
            .rotated(rotation_about("y", math.pi / 2))
            .moved((s * (r - 0.002), 0, h + 0.008))
        )
        a.add("handles", loop, rgb, WICKER, slab((0.016, 0.08, 0.05), (s * (r - 0.002), 0, h + 0.03)))
    return a.done(base_radius=foot, cavity=Cavity(foot - wall, r - wall, 0.008, h))


def bin_(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open waste bin with crumpled paper in it or empty."""
    a = Assembly("trash can", color, rng)
    r, h = rng.uniform(0.12, 0.16), rng.uniform(0.26, 0.36)
    foot, floor = r * 0.78, 0.006
    stuff = STEEL if color == "gray" else PLASTIC
    a.add(
        "body",
        turned_cup(
            [(foot, 0), (r, h - 0.012), (r * 1.03, h - 0.012), (r * 1.03, h)],
            wall=0.005,
            floor=floor,
            num_segments=30,
        ),
        a.main,
        stuff,
        *round_walls(foot, r, h, 0.006, floor=floor, num=12),
        solid=0.3 if stuff is STEEL else 1.0,
    )
    num = int(rng.integers(0, 6))
    if num == 0:
        return a.done(base_radius=foot, cavity=Cavity(foot - 0.006, r - 0.008, floor, h))
    balls = []
    for k in range(num + 4):
        size = float(rng.uniform(0.035, 0.05))
        out = float(rng.uniform(0.2, 1.0)) * (foot - size - 0.012)
        at = (
            out * math.cos(2.4 * k),
            out * math.sin(2.4 * k),
            floor + size + h * 0.5 * (k % 2) * float(rng.uniform(0.3, 1)),
        )
        crumple = sphere(size, num_rings=5, num_segments=7)
        crumple.vertices[:] *= rng.uniform(0.8, 1.05, size=(len(crumple.vertices), 1))
        balls.append(crumple.moved(at))
    a.add("waste", balls, (0.92, 0.92, 0.90), CLOTH, drum(foot * 0.8, h * 0.35, bottom_z=floor), solid=0.3)
    return a.done(base_radius=foot)


def plant(rng: np.random.Generator, color: str) -> ObjectModel:
    """A potted plant: pot, soil, stems with leaves."""
    a = Assembly("potted plant", color, rng)
    r, h = rng.uniform(0.055, 0.095), rng.uniform(0.09, 0.16)
    foot = r * 0.72
    a.add(
        "pot",
        turned_cup(
            [(foot, 0), (r, h * 0.8), (r * 1.08, h * 0.8), (r * 1.08, h)],
            wall=0.006,
            floor=0.01,
            num_segments=26,
        ),
        a.main,
        CERAMIC,
        *round_walls(foot, r * 1.02, h, 0.008, floor=0.01, num=10),
    )
    a.add(
        "soil",
        lathe([(0, 0.012), (foot - 0.008, 0.012), (r * 0.96, h * 0.88), (0, h * 0.9)], num_segments=22),
        (0.20, 0.13, 0.09),
        SOIL,
        drum(foot * 0.9, h * 0.85, bottom_z=0.01),
    )
    leaf: RGB = (
        float(rng.uniform(0.10, 0.22)),
        float(rng.uniform(0.38, 0.55)),
        float(rng.uniform(0.10, 0.2)),
    )
    tall, leaves = rng.uniform(1.0, 1.8) * h, []
    for k in range(int(rng.integers(9, 16))):
        turn, rise = 2.4 * k, float(rng.uniform(0.35, 1.0))
        out = r * float(rng.uniform(0.5, 1.5)) * (1.3 - rise * 0.6)
        c, s = math.cos(turn), math.sin(turn)
        tip = (out * c, out * s, h + tall * rise)
        leaves.append(rod((0, 0, h * 0.86), tip, 0.0025, num_sides=5))
        size = float(rng.uniform(0.5, 0.8)) * r
        blade = sphere(1.0, num_rings=5, num_segments=8).scaled((size, size * 0.42, 0.004))
        leaves.append(
            blade.rotated(
                rotation_about("z", turn) @ rotation_about("y", float(rng.uniform(-0.7, 0.5)))
            ).moved(tip)
        )
    a.name_paint(leaf, "green")
    a.add("leaves", leaves, leaf, CLOTH, drum(r * 0.85, tall * 0.8, bottom_z=h * 1.1), solid=0.5)
    return a.done(base_radius=foot)


def pillow(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cushion, fat in the middle, plain, striped or chequered."""
    a = Assembly("pillow", color, rng)
    x, y, z = rng.uniform(0.34, 0.48), rng.uniform(0.30, 0.42), rng.uniform(0.09, 0.13)
    kind = int(rng.integers(4))
    red, green, blue = a.main
    pale = (0.55 + 0.4 * red, 0.55 + 0.4 * green, 0.55 + 0.4 * blue)
    cloth = {1: striped(a.main, pale, size_m=0.2), 2: checked(a.main, pale, size_m=0.2)}.get(kind)
    levels = [(0.55, 0.0), (0.84, 0.12), (0.97, 0.34), (1.0, 0.5), (0.97, 0.66), (0.84, 0.88), (0.55, 1.0)]
    body = loft([(rounded(x * f, y * f, 0.05), z * h) for f, h in levels])
    a.add(
        "body",
        body,
        a.main,
        PLUSH,
        slab((x * 0.92, y * 0.92, z * 0.7), (0, 0, z * 0.5)),
        slab((x * 0.6, y * 0.6, z), (0, 0, z / 2)),
        texture=cloth,
    )
    return a.done()


_ROOM = frozenset({"walkway"})

FURNITURE: tuple[Category, ...] = (
    Category(
        "chair",
        "chairs",
        chair,
        colors=("brown", "white", "black", "red", "blue", "green", "yellow"),
        yes=known("sit furniture"),
        unsure=known("climb put_on trips burns stacks metal comfort"),
        askable_parts=("seat", "back", "legs"),
        places=_ROOM,
        weight=1.3,
        part_uses=uses(seat="sit_on", back="lean_back", legs="stand_on"),
    ),
    Category(
        "stool",
        "stools",
        stool,
        colors=("brown", "white", "black", "red", "blue", "green", "yellow"),
        yes=known("sit furniture"),
        unsure=known("climb put_on trips burns stacks"),
        askable_parts=("seat", "legs"),
        places=_ROOM,
        part_uses=uses(seat="sit_on", legs="stand_on", ring="step_on"),
    ),
    Category(
        "side table",
        "side tables",
        side_table,
        colors=("brown", "white", "black", "red", "blue", "green"),
        yes=known("put_on furniture"),
        unsure=known("serve climb trips burns sit store"),
        askable_parts=("flat top", "legs"),
        places=_ROOM,
        part_uses=uses(flat_top="put_things_on", legs="stand_on"),
    ),
    Category(
        "step ladder",
        "step ladders",
        ladder,
        colors=("gray", "red", "yellow", "blue", "orange"),
        yes=known("climb"),
        unsure=known("furniture tool metal trips sit heat_proof"),
        askable_parts=("steps", "rail"),
        places=_ROOM | {"workbench"},
        held_out=True,
        part_uses=uses(steps="step_on", rail="hold", legs="stand_on", feet="stand_on"),
    ),
    Category(
        "basket",
        "baskets",
        basket,
        colors=("brown", "white", "black", "blue", "pink"),
        yes=known("store carry_things container"),
        unsure=known("burns throw_away luggage pack trips furniture flowers serve soft stacks"),
        askable_parts=("handles",),
        places=_ROOM | {"shelf", "bathroom", "kitchen counter"},
        part_uses=uses(body="put_things_in", handles="hold carry"),
    ),
    Category(
        "trash can",
        "trash cans",
        bin_,
        colors=("black", "white", "blue", "green", "red", "gray"),
        yes=known("throw_away container"),
        unsure=known("store carry_water trips melts metal furniture burns recycle stacks carry_things"),
        places=_ROOM | {"bathroom"},
        part_uses=uses(body="put_things_in"),
    ),
    Category(
        "potted plant",
        "potted plants",
        plant,
        colors=("brown", "white", "red", "blue", "orange", "yellow", "black", "gray"),
        yes=known("plant breaks"),
        unsure=known("flowers container trips furniture burns"),
        askable_parts=("pot", "leaves"),
        places=_ROOM | {"shelf", "desk", "bathroom"},
        part_uses=uses(pot="hold put_things_in", leaves="grow"),
    ),
    Category(
        "pillow",
        "pillows",
        pillow,
        yes=known("comfort soft burns"),
        unsure=known("sit furniture trips water_harms keep_warm play"),
        places=_ROOM | {"shelf"},
        part_uses=uses(body="lean_back"),
    ),
)
