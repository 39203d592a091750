"""A kitchen counter along a tiled wall, with a hob and a sink let into it."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import box
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.places.basins import basin_fixture
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    concrete,
    darker,
    laminate,
    one_of,
    painted,
    plaster,
    steel,
    stone,
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round
from converseg_engine.sim.places.region import RegionKind

TOP_M, DEPTH_M = 0.038, 0.62
_BACK = frozenset({"y+"})
BURNERS = ("front left burner", "front right burner", "back left burner", "back right burner")


def worktop_round_hole(
    work: Carpentry,
    size: tuple[float, float, float],
    height: float,
    hole: tuple[float, float, float, float],
    finish: Finish,
) -> None:
    """The part "top": a slab of full edge lengths ``size`` with its upper side at ``height``.

    The hole is given by its middle and half sizes (x, y, half x, half y).
    """
    x, y, thick = size
    hx, hy, a, b = hole
    half, back, z = x / 2, y / 2, height - thick / 2
    work.board("top", (hx - a + half, y, thick), ((hx - a - half) / 2, 0, z), finish)
    work.board("top", (half - hx - a, y, thick), ((hx + a + half) / 2, 0, z), finish)
    work.board("top", (2 * a, back + hy - b, thick), (hx, (hy - b - back) / 2, z), finish)
    work.board("top", (2 * a, back - hy - b, thick), (hx, (hy + b + back) / 2, z), finish)


def counter(
    length: float, height: float, hole: tuple[float, float, float, float], top: Finish, front: Finish
) -> ObjectModel:
    """A worktop on cupboards, its back at y = DEPTH_M / 2; for the hole see above."""
    work = Carpentry()
    hx, _, a, _ = hole
    half = length / 2
    worktop_round_hole(work, (length, DEPTH_M, TOP_M), height, hole, top)
    depth, tall = DEPTH_M - 0.05, height - TOP_M - 0.10
    # The cupboards are open under the hole, where the basin hangs.
    for x0, x1 in ((-half, hx - a - 0.01), (hx + a + 0.01, half)):
        work.board(
            "front",
            (x1 - x0 - 0.004, depth, tall),
            ((x0 + x1) / 2, 0.02, 0.10 + tall / 2),
            darker(front, 0.92),
        )
    work.board("front", (2 * a + 0.02, 0.02, tall), (hx, -depth / 2 + 0.03, 0.10 + tall / 2), front)
    work.board("front", (length - 0.02, depth - 0.08, 0.10), (0, 0.05, 0.05), painted((0.12,) * 3, "black"))
    num_doors = max(3, round(length / 0.5))
    wide = length / num_doors
    handle = painted((0.55, 0.56, 0.58), "gray", shine=0.8)
    for k in range(num_doors):
        x = -half + (k + 0.5) * wide
        work.board(
            "front", (wide - 0.008, 0.018, tall - 0.01), (x, 0.011 - depth / 2, 0.10 + tall / 2), front
        )
        work.add("front", box((0.16, 0.014, 0.012), (x, -0.004 - depth / 2, 0.04 + tall)), handle)
    return work.build("counter", top, part_order=("top", "front"))


def stove(rng: np.random.Generator, *, lit: int | None) -> ObjectModel:
    """A glass hob with four burners; the one that is lit glows."""
    work = Carpentry()
    glass = painted((0.07, 0.07, 0.08), "black", shine=0.7)
    ring = painted((0.20, 0.20, 0.21), "black", shine=0.4)
    glow = painted((0.85, 0.16, 0.07), "red", shine=0.2)
    work.board("glass", (0.58, 0.50, 0.007), (0, 0, 0.0035), glass)
    for k, (x, y, radius) in enumerate(
        ((-0.145, -0.085, 0.085), (0.145, -0.085, 0.10), (-0.145, 0.125, 0.10), (0.145, 0.125, 0.08))
    ):
        finish, light = (glow, 0.55) if k == lit else (ring, 0.0)
        work.disc(BURNERS[k], radius, 0.002, (x, y, 0.007), finish, emission=light)
    knob = painted((0.62, 0.63, 0.65), "gray", shine=0.7)
    for k in range(4):
        work.disc("knobs", 0.014, 0.013, (-0.09 + 0.06 * k, -0.222, 0.007), knob)
    physics = Physics(density_kg_m3=2400, heat_tolerance_c=600, is_hot=lit is not None)
    return work.build("stove", glass, part_order=(*BURNERS, "glass", "knobs"), physics=physics)


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw counter, hob, sink and the wall behind them; the sink is left or right of the hob."""
    work = Furnisher(rng, one_of(rng, tiles, wood, concrete))
    length, z = float(rng.uniform(2.0, 2.5)), float(rng.uniform(0.88, 0.93))
    side = 1.0 if rng.random() < 0.5 else -1.0
    sink_x, stove_x = side * length * 0.27, -side * length * 0.24
    a, b = float(rng.uniform(0.20, 0.25)), float(rng.uniform(0.17, 0.19))
    hole = (sink_x, -0.02, a, b)
    top = one_of(rng, stone, wood, laminate)
    front = one_of(rng, laminate, laminate, wood)
    number = work.add(counter(length, z, hole, top, front))
    lit = int(rng.integers(4)) if rng.random() < 0.5 else None
    hob = work.add(stove(rng, lit=lit), (stove_x, 0.0, z))
    bowl, floor_z = basin_fixture(
        rng, "sink", (a, b, float(rng.uniform(0.14, 0.17))), steel(rng), tap_y=b + 0.055
    )
    sink = work.add(bowl, (sink_x, hole[1], z))
    left, right = sorted(((sink_x - a - 0.02, sink_x + a + 0.02), (stove_x - 0.29, stove_x + 0.29)))
    bounds = ((-length / 2, left[0]), (left[1], right[0]), (right[1], length / 2))
    first, second = ("hob", "sink") if side > 0 else ("sink", "hob")
    names = (
        f"the worktop left of the {first}",
        f"the worktop between {first} and {second}",
        f"the worktop right of the {second}",
    )
    for name, (x0, x1), free in zip(names, bounds, ("x- y-", "y-", "x+ y-"), strict=True):
        if x1 - x0 > 0.16:
            work.region(
                name,
                number,
                "top",
                ((x0 + x1) / 2, 0, z),
                ((x1 - x0) / 2 - 0.004, DEPTH_M / 2 - 0.004),
                stock=Stock(share=x1 - x0, walls=_BACK, size_m=(0.0, 0.45)),
                free=free,
            )
    for k, (x, y) in enumerate(((-0.145, -0.085), (0.145, -0.085), (-0.145, 0.125), (0.145, 0.125))):
        work.region(
            f"the {BURNERS[k]}",
            hob,
            BURNERS[k],
            (x, y, 0.009),
            (0.055, 0.055),
            kind=RegionKind.HOT,
            stock=Stock(share=0.10),
        )
    work.region(
        "the sink",
        sink,
        "basin",
        (0, 0, floor_z),
        (a - 0.03, b - 0.03),
        kind=RegionKind.WET,
        stock=Stock(share=0.22),
    )
    return work.finished(
        room_round(
            rng,
            back_y=DEPTH_M / 2,
            wall=plaster(rng),
            back_wall=one_of(rng, tiles, tiles, plaster),
            focus=(0, -0.1, z),
        )
    )
