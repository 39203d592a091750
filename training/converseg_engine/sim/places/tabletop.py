"""A table in a room, seen from any side."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    carpet,
    concrete,
    laminate,
    one_of,
    plaster,
    steel,
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round

TOP_M = 0.028


def table(size: tuple[float, float, float], top: Finish, frame: Finish) -> ObjectModel:
    """Four legs, an apron, a top; ``size`` is length, depth, height (m)."""
    x, y, z = size
    work = Carpentry()
    work.board("top", (x, y, TOP_M), (0, 0, z - TOP_M / 2), top)
    work.legs("legs", x / 2 - 0.05, y / 2 - 0.05, z - TOP_M, 0.05, frame)
    work.board("legs", (x - 0.24, 0.02, 0.07), (0, y / 2 - 0.07, z - TOP_M - 0.035), frame)
    work.board("legs", (x - 0.24, 0.02, 0.07), (0, -y / 2 + 0.07, z - TOP_M - 0.035), frame)
    return work.build("table", top)


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw the table and its room."""
    work = Furnisher(rng, one_of(rng, wood, tiles, concrete, carpet))
    x, y, z = rng.uniform(0.95, 1.35), rng.uniform(0.65, 0.85), rng.uniform(0.70, 0.77)
    top = one_of(rng, wood, wood, laminate)
    frame = top if rng.random() < 0.5 else one_of(rng, laminate, steel, wood)
    number = work.add(table((x, y, z), top, frame))
    stock = Stock(cluster=float(rng.uniform(0.55, 0.9)), size_m=(0.0, 0.5))
    half = (x / 2 - 0.005, y / 2 - 0.005)
    work.region("the table", number, "top", (0, 0, z), half, stock=stock, free="x- x+ y- y+")
    return work.finished(
        room_round(rng, back_y=2.2, wall=plaster(rng), focus=(0, 0, z), half_x=2.3, front_y=-2.2)
    )
