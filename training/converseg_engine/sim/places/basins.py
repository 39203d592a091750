"""Basins with a tap: kitchen sinks and washbasins."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import lathe, tube
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.objects.physics import Physics
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import Finish, painted

WALL_M = 0.012


def basin_fixture(
    rng: np.random.Generator,
    category: str,
    half: tuple[float, float, float],
    finish: Finish,
    *,
    tap_y: float,
    rim_m: float = 0.02,
) -> tuple[ObjectModel, float]:
    """A rectangular basin let into a top at z = 0; ``half`` is its outer half length, half width and depth.

    Returns:
        The fixture, and the height (m, negative) of the basin's floor in its frame.
    """
    a, b, depth = half
    work = Carpentry()
    work.rims("basin", (2 * a, 2 * b, depth - 0.002), WALL_M, (0, 0, -depth), finish)
    floor = (2 * (a - WALL_M), 2 * (b - WALL_M), WALL_M)
    work.board("basin", floor, (0, 0, -depth + WALL_M / 2), finish)
    # The rim lies on the worktop and hides the cut.
    outer = (2 * (a + rim_m), 2 * (b + rim_m), 0.004)
    work.rims("rim", outer, rim_m + WALL_M, (0, 0, 0), finish)
    floor_z = -depth + WALL_M
    hole = painted((0.16, 0.16, 0.17), "black", shine=0.5)
    ring = lathe([(0, 0), (0.022, 0), (0.022, 0.0015), (0, 0.0015)], num_segments=20)
    work.add("drain", ring.moved((0, b * 0.45, floor_z)), hole)
    chrome = painted((0.78, 0.79, 0.80), "gray", shine=0.95, accents=("white",))
    rise, reach = float(rng.uniform(0.16, 0.26)), float(rng.uniform(0.10, 0.15))
    turn = np.linspace(0, math.pi, 9)
    bend = reach / 2
    path = np.concatenate(
        [
            [[0.0, tap_y, 0.0], [0.0, tap_y, rise * 0.6]],
            np.stack([np.zeros(9), tap_y - bend + bend * np.cos(turn), rise + bend * np.sin(turn)], axis=1),
            [[0.0, tap_y - 2 * bend, rise - 0.03]],
        ]
    )
    # A tap bends in one plane; a touch of x keeps the tube's helper direction across the path.
    work.add("tap", tube(path, [0.013] * len(path), num_sides=12), chrome)
    work.disc("tap", 0.024, 0.018, (0, tap_y, 0), chrome)
    lever = np.array([[0.012, tap_y, 0.045], [0.055, tap_y - 0.004, 0.075], [0.085, tap_y - 0.006, 0.085]])
    work.add("tap", tube(lever, [0.008, 0.007, 0.006]), chrome)
    work.collide((0.03, 0.03, rise + bend), (0, tap_y, (rise + bend) / 2))
    physics = Physics(density_kg_m3=7800, friction=0.6, heat_tolerance_c=200)
    order = ("basin", "rim", "tap", "drain")
    return work.build(category, finish, part_order=order, physics=physics), floor_z
