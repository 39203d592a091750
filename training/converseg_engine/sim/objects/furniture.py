"""Furniture that can be moved: chair, stool, side table, step ladder."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, box, lathe, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import Point, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    DARK,
    PALE_WOOD,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf


def _legs(a: Assembly, rgb: RGB, ends: list[tuple[Point, Point]], r: float, *, steel: bool) -> None:
    for foot, top in ends:
        # A round leg that leans would dip below the floor on one side: its foot starts a little higher.
        lean = math.hypot(top[0] - foot[0], top[1] - foot[1]) / top[2]
        low = (foot[0], foot[1], r * lean)
        shape = bar(low, top, r)
        a.add("legs", rod(low, top, r), rgb, STEEL if steel else WOOD, shape, solid=0.25 if steel else 1.0)


def _splayed(x: float, y: float, top: float, spread: float) -> list[tuple[Point, Point]]:
    """Feet and tops of four legs."""
    return [
        ((sx * (x + spread), sy * (y + spread), 0.0), (sx * x, sy * y, top))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]


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


_ROOM = frozenset({"walkway"})

FURNITURE: tuple[Category, ...] = (
    Category(
        "chair",
        "chairs",
        chair,
        colors=("brown", "white", "black", "red", "blue", "green", "yellow"),
        yes=known("sit furniture"),
        unsure=known("climb put_on trips burns stacks metal comfort water_harms"),
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
        unsure=known("climb put_on trips burns stacks water_harms"),
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
        unsure=known("serve climb trips burns sit store water_harms"),
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
        unsure=known("furniture tool metal trips sit heat_proof put_on"),
        askable_parts=("steps", "rail"),
        places=_ROOM | {"workbench"},
        held_out=True,
        part_uses=uses(steps="step_on", rail="hold", legs="stand_on", feet="stand_on"),
    ),
)
