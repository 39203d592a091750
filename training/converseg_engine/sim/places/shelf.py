"""Shelves against a wall: boards one above the other, things on each."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    carpet,
    concrete,
    darker,
    laminate,
    one_of,
    plaster,
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round

BOARD_M, FOOT_M = 0.022, 0.08
BOARDS: dict[int, tuple[str, ...]] = {
    3: ("bottom board", "middle board", "top board"),
    4: ("bottom board", "lower middle board", "upper middle board", "top board"),
}


def shelf(
    size: tuple[float, float], pitch: float, num_boards: int, board: Finish, side: Finish
) -> ObjectModel:
    """Boards between two side panels and a back; ``size`` is width and depth, the top board lies open."""
    x, y = size
    work = Carpentry()
    tall = FOOT_M + pitch * (num_boards - 1)
    for k, name in enumerate(BOARDS[num_boards]):
        top = k == num_boards - 1
        wide = x if top else x - 2 * BOARD_M
        work.board(name, (wide, y, BOARD_M), (0, 0, FOOT_M + pitch * k - BOARD_M / 2), board)
    for s in (-1, 1):
        panel = (BOARD_M, y - 0.002, tall - BOARD_M)
        work.board("side panels", panel, (s * (x - BOARD_M) / 2, 0, panel[2] / 2), side)
    work.board("back", (x - 0.002, 0.008, tall), (0, y / 2 + 0.004, tall / 2), darker(side, 0.85))
    return work.build("shelf", board, part_order=BOARDS[num_boards])


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw a shelf of three or four boards and its wall."""
    work = Furnisher(rng, one_of(rng, wood, tiles, concrete, carpet))
    num_boards = int(rng.integers(3, 5))
    x, y = float(rng.uniform(0.75, 1.05)), float(rng.uniform(0.28, 0.36))
    pitch = float(rng.uniform(0.38, 0.46) if num_boards == 3 else rng.uniform(0.33, 0.38))
    board = one_of(rng, wood, wood, laminate)
    side = board if rng.random() < 0.6 else one_of(rng, laminate, wood)
    number = work.add(shelf((x, y), pitch, num_boards, board, side))
    sides = frozenset({"x-", "x+", "y+"})
    for k in reversed(range(num_boards)):
        name = BOARDS[num_boards][k]
        top = k == num_boards - 1
        work.region(
            f"the {name}",
            number,
            name,
            (0, 0, FOOT_M + pitch * k),
            ((x / 2 if top else x / 2 - BOARD_M) - 0.003, y / 2 - 0.003),
            stock=Stock(share=0.6 if top or k == 0 else 1.0, walls=frozenset({"y+"}) if top else sides),
            clearance_m=float("inf") if top else pitch - BOARD_M,
            free="y- x- x+" if top else "y-",
        )
    return work.finished(
        room_round(rng, back_y=y / 2 + 0.008, wall=plaster(rng), focus=(0, -0.9, 1.0), front_y=-3.2)
    )
