"""A washstand with a basin, a mirror above it, a narrow board on the wall."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import box
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.basins import basin_fixture
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    concrete,
    laminate,
    one_of,
    painted,
    stone,
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round
from converseg_engine.sim.places.kitchen_counter import worktop_round_hole
from converseg_engine.sim.places.region import RegionKind

DEPTH_M, TOP_M = 0.50, 0.03


def washstand(
    length: float, height: float, hole: tuple[float, float, float, float], top: Finish, front: Finish
) -> ObjectModel:
    """A top with a hole for the basin on a hanging cupboard with two drawers."""
    work = Carpentry()
    worktop_round_hole(work, (length, DEPTH_M, TOP_M), height, hole, top)
    low, tall = 0.28, height - TOP_M - 0.28
    _, _, a, _ = hole
    for x0, x1 in ((-length / 2, hole[0] - a - 0.01), (hole[0] + a + 0.01, length / 2)):
        work.board("front", (x1 - x0, DEPTH_M - 0.03, tall), ((x0 + x1) / 2, 0.01, low + tall / 2), front)
    handle = painted((0.6, 0.6, 0.62), "gray", shine=0.8)
    for k in range(2):
        face = (length - 0.006, 0.018, tall / 2 - 0.008)
        middle = low + tall * (0.25 + 0.5 * k)
        work.board("front", face, (0, -DEPTH_M / 2 + 0.014, middle), front)
        bar = (0.22, 0.014, 0.012)
        work.add("front", box(bar, (0, -DEPTH_M / 2 - 0.001, middle + tall * 0.17)), handle)
    work.board("front", (length, DEPTH_M - 0.06, 0.02), (0, 0.02, low + 0.01), front)
    return work.build("washstand", top, part_order=("top", "front"))


def mirror(width: float, height: float) -> ObjectModel:
    """A framed pane on the wall."""
    work = Carpentry()
    pane = painted((0.70, 0.77, 0.80), "gray", shine=1.0, accents=("blue", "white"))
    frame = painted((0.30, 0.30, 0.31), "black", shine=0.4)
    work.board("pane", (width, 0.008, height), (0, -0.006, height / 2), pane)
    work.board("frame", (width + 0.03, 0.006, height + 0.03), (0, -0.001, height / 2), frame)
    return work.build("mirror", pane)


def wall_board(length: float, finish: Finish) -> ObjectModel:
    """A narrow board on two brackets."""
    work = Carpentry()
    work.board("board", (length, 0.13, 0.016), (0, 0, -0.008), finish)
    steel = painted((0.6, 0.6, 0.62), "gray", shine=0.7)
    for s in (-1, 1):
        work.board("brackets", (0.014, 0.10, 0.03), (s * length * 0.36, 0.014, -0.031), steel)
    return work.build("wall shelf", finish)


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw washstand, basin, mirror and wall board."""
    work = Furnisher(rng, one_of(rng, tiles, tiles, concrete))
    length, z = float(rng.uniform(1.0, 1.35)), float(rng.uniform(0.82, 0.88))
    a, b = float(rng.uniform(0.20, 0.24)), float(rng.uniform(0.14, 0.155))
    at = float(rng.uniform(-0.16, 0.16)) * length
    hole = (at, -0.035, a, b)
    top = one_of(rng, stone, wood, laminate)
    number = work.add(washstand(length, z, hole, top, one_of(rng, laminate, wood)))
    white = painted((0.93, 0.93, 0.92), "white", shine=0.8)
    depth = float(rng.uniform(0.11, 0.13))
    bowl, floor_z = basin_fixture(rng, "washbasin", (a, b, depth), white, tap_y=b + 0.05)
    basin = work.add(bowl, (at, hole[1], z))
    high = z + float(rng.uniform(0.42, 0.50))
    for name, x0, x1, free in (
        ("left", -length / 2, at - a - 0.02, "x- y-"),
        ("right", at + a + 0.02, length / 2, "x+ y-"),
    ):
        work.region(
            f"the washstand {name} of the basin",
            number,
            "top",
            ((x0 + x1) / 2, 0, z),
            ((x1 - x0) / 2 - 0.004, DEPTH_M / 2 - 0.004),
            stock=Stock(share=x1 - x0, walls=frozenset({"y+"}), size_m=(0.0, 0.27)),
            clearance_m=high - 0.05 - z,
            free=free,
        )
    inner = (a - 0.035, b - 0.035)
    work.region(
        "the basin",
        basin,
        "basin",
        (0, 0, floor_z),
        inner,
        stock=Stock(share=0.12, size_m=(0.0, 0.24)),
        kind=RegionKind.WET,
    )
    wall_y = DEPTH_M / 2
    glass = painted((0.74, 0.82, 0.82), "gray", shine=0.8, accents=("blue", "white"))
    ledge = work.add(
        wall_board(length * 0.62, one_of(rng, wood, lambda _: glass)), (at, wall_y - 0.066, high)
    )
    work.add(mirror(length * 0.66, 0.7), (at, wall_y - 0.002, high + 0.26))
    work.region(
        "the wall shelf",
        ledge,
        "board",
        (0, 0, 0),
        (length * 0.31 - 0.003, 0.062),
        stock=Stock(share=0.35, walls=frozenset({"y+"}), size_m=(0.0, 0.22)),
        clearance_m=0.24,
        free="x- x+ y-",
    )
    side = 1.0 if at > 0 else -1.0
    work.region(
        "the floor beside the washstand",
        0,
        "floor",
        (side * (length / 2 + 0.26), -0.12, 0.0),
        (0.22, 0.32),
        stock=Stock(share=0.35, walls=frozenset({"y+"}), most=3, size_m=(0.2, 2.0)),
    )
    return work.finished(
        room_round(
            rng,
            back_y=wall_y,
            wall=one_of(rng, tiles, laminate),
            back_wall=one_of(rng, tiles, tiles, stone),
            focus=(0, -0.1, z),
            half_x=1.8,
            front_y=-2.2,
        )
    )
