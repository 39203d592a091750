"""A luggage cart in a hall, loaded, with more luggage on the floor beside it."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import lathe, rotation_about, tube
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.places.carpentry import Carpentry
from converseg_engine.sim.places.finishes import (
    Finish,
    carpet,
    concrete,
    darker,
    one_of,
    painted,
    plaster,
    steel,
    stone,
    tiles,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round

WHEEL_M = 0.075


def cart(size: tuple[float, float, float, float], metal: Finish, grip: Finish, mat: Finish) -> ObjectModel:
    """Platform on four wheels, a frame at the back (+y) with a push bar; width, length, deck, bar height."""
    x, y, deck, bar = size
    work = Carpentry()
    work.board("platform", (x, y, 0.018), (0, 0, deck - 0.009), mat)
    tyre = painted((0.10, 0.10, 0.11), "black", shine=0.3)
    profile = [(0, 0), (WHEEL_M, 0), (WHEEL_M, 0.032), (0, 0.032)]
    wheel = lathe(profile, num_segments=22).rotated(rotation_about("y", math.pi / 2))
    for sx in (-1, 1):
        for sy in (-1, 1):
            at = (sx * (x / 2 - 0.04) - 0.016, sy * (y / 2 - 0.10), WHEEL_M)
            work.add("wheels", wheel.moved(at), tyre)
            post = (0.05, 0.05, deck - 0.018 - WHEEL_M)
            centre = (at[0] + 0.016 - sx * 0.045, at[1], WHEEL_M + post[2] / 2)
            work.board("frame", post, centre, darker(metal, 0.7))
            work.collide((0.04, 2 * WHEEL_M, 2 * WHEEL_M), (at[0] + 0.016, at[1], WHEEL_M))
    back = y / 2 - 0.02
    for s in (-1, 1):
        path = np.array([[s * (x / 2 - 0.02), back, deck - 0.015], [s * (x / 2 - 0.02), back + 0.001, bar]])
        work.add("frame", tube(path, [0.013, 0.013]), metal)
        work.collide((0.026, 0.026, bar - deck), (s * (x / 2 - 0.02), back, (deck + bar) / 2))
    for z in (deck + 0.14, deck + 0.30, deck + 0.46):
        path = np.array([[-x / 2 + 0.03, back, z], [x / 2 - 0.03, back, z + 0.001]])
        work.add("frame", tube(path, [0.008, 0.008]), metal)
    work.collide((x, 0.016, 0.5), (0, back, deck + 0.25))
    path = np.array([[-x / 2 - 0.01, back, bar], [x / 2 + 0.01, back + 0.001, bar]])
    work.add("handle", tube(path, [0.019, 0.019], num_sides=14), grip)
    # A low lip in front keeps bags from sliding off.
    work.board("lip", (x, 0.014, 0.05), (0, -y / 2 - 0.007, deck + 0.007), metal)
    return work.build("luggage cart", mat, part_order=("platform", "handle", "wheels", "frame", "lip"))


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw a cart, turned a little, and the hall round it."""
    work = Furnisher(rng, one_of(rng, tiles_big, stone, concrete, carpet), floor_size=(9.0, 9.0))
    x, y = float(rng.uniform(0.55, 0.68)), float(rng.uniform(0.85, 1.05))
    deck, bar = float(rng.uniform(0.22, 0.30)), float(rng.uniform(0.92, 1.05))
    grip = painted((0.75, 0.12, 0.10), "red") if rng.random() < 0.5 else painted((0.12, 0.2, 0.5), "blue")
    mat = one_of(rng, steel, lambda r: painted((0.16, 0.17, 0.18), "black", shine=0.1))
    yaw = float(rng.uniform(-0.9, 0.9))
    number = work.add(cart((x, y, deck, bar), steel(rng), grip, mat), (0.0, 0.1, 0.0), yaw=yaw)
    half = (x / 2 - 0.004, y / 2 - 0.022)
    work.region(
        "the luggage cart",
        number,
        "platform",
        (0, -0.018, deck),
        half,
        stock=Stock(share=1.6, walls=frozenset({"y+"})),
        free="x- x+",
    )
    side = 1.0 if rng.random() < 0.5 else -1.0
    work.region(
        "the floor beside the luggage cart",
        0,
        "floor",
        (side * 1.0, -0.1, 0.0),
        (0.38, 0.7),
        stock=Stock(share=0.6),
    )
    return work.finished(
        room_round(
            rng,
            back_y=float(rng.uniform(1.6, 2.6)),
            wall=plaster(rng),
            focus=(0, 0, 0.3),
            half_x=3.4,
            front_y=-4.0,
            height_m=3.4,
            reach_m=3.6,
        )
    )


def tiles_big(rng: np.random.Generator) -> Finish:
    """The large tiles of a hall."""
    return tiles(rng, tile_m=float(rng.choice([0.4, 0.6])))
