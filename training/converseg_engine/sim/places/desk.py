"""A desk at a wall, with a drawer pedestal and often a low stand on it."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import box
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    carpet,
    laminate,
    one_of,
    painted,
    plaster,
    steel,
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round

TOP_M = 0.025
STAND = (0.50, 0.22, 0.11)


def desk(size: tuple[float, float, float], top: Finish, frame: Finish, *, drawers_side: int) -> ObjectModel:
    """A top on a panel and a drawer pedestal; ``size`` is length, depth, height (m)."""
    x, y, z = size
    work = Carpentry()
    tall = z - TOP_M
    work.board("top", (x, y, TOP_M), (0, 0, z - TOP_M / 2), top)
    work.board("legs", (0.03, y - 0.08, tall), (-drawers_side * (x / 2 - 0.05), 0, tall / 2), frame)
    wide, deep, at = 0.40, y - 0.10, drawers_side * (x / 2 - 0.23)
    work.board("drawers", (wide, deep, tall - 0.02), (at, 0.02, (tall - 0.02) / 2), frame)
    handle = painted((0.5, 0.5, 0.52), "gray", shine=0.8)
    high = (tall - 0.05) / 3
    for k in range(3):
        middle = 0.02 + high * (k + 0.5)
        work.board("drawers", (wide - 0.01, 0.016, high - 0.008), (at, 0.012 - deep / 2, middle), frame)
        work.add("drawers", box((0.12, 0.012, 0.012), (at, -0.002 - deep / 2, middle + high * 0.3)), handle)
    return work.build("desk", top, part_order=("top", "legs", "drawers"))


def riser(size: tuple[float, float, float], finish: Finish) -> ObjectModel:
    """A low bench that lifts a screen: a board on two feet."""
    x, y, z = size
    work = Carpentry()
    work.board("board", (x, y, 0.016), (0, 0, z - 0.008), finish)
    for s in (-1, 1):
        work.board("feet", (0.016, y - 0.01, z - 0.016), (s * (x / 2 - 0.03), 0, (z - 0.016) / 2), finish)
    return work.build("desk stand", finish)


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw a desk, its drawers left or right, and perhaps a stand at the back."""
    work = Furnisher(rng, one_of(rng, carpet, carpet, wood, tiles))
    x, y, z = float(rng.uniform(1.25, 1.6)), float(rng.uniform(0.65, 0.78)), float(rng.uniform(0.71, 0.76))
    top = one_of(rng, wood, wood, laminate)
    frame = top if rng.random() < 0.4 else one_of(rng, laminate, steel)
    number = work.add(desk((x, y, z), top, frame, drawers_side=1 if rng.random() < 0.5 else -1))
    walls = frozenset({"y+"})
    half = (x / 2 - 0.004, y / 2 - 0.004)
    if rng.random() < 0.6:
        at = float(rng.uniform(-0.5, 0.5)) * (x / 2 - STAND[0] / 2)
        back = y / 2 - STAND[1] / 2 - 0.02
        low = work.add(riser(STAND, one_of(rng, wood, laminate)), (at, back, z))
        front = (y - STAND[1] - 0.03) / 2
        work.region(
            "the desk", number, "top", (0, front - y / 2 + 0.004, z), (half[0], front), free="x- x+ y-"
        )
        work.region(
            "the stand on the desk",
            low,
            "board",
            (0, 0, STAND[2]),
            (STAND[0] / 2 - 0.003, STAND[1] / 2 - 0.003),
            stock=Stock(share=0.35),
            free="x- x+ y-",
        )
    else:
        stock = Stock(walls=walls, size_m=(0.0, 0.42))
        work.region("the desk", number, "top", (0, 0, z), half, stock=stock, free="x- x+ y-")
    return work.finished(room_round(rng, back_y=y / 2 + 0.002, wall=plaster(rng), focus=(0, -0.1, z)))
