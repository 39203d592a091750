"""A floor with a marked walkway between furniture; some things stand where people pass."""

from __future__ import annotations

import math

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
    painted,
    plaster,
    steel,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round
from converseg_engine.sim.places.luggage_cart import tiles_big
from converseg_engine.sim.places.region import RegionKind

PAINT_M = 0.0006


def walkway(length: float, width: float, lane: Finish, line: Finish) -> ObjectModel:
    """A painted lane along x between two lines; thin enough to walk over."""
    work = Carpentry()
    work.board("lane", (length, width, PAINT_M), (0, 0, PAINT_M / 2), lane, felt=False)
    for s in (-1, 1):
        at = (0, s * (width / 2 + 0.035), PAINT_M / 2)
        work.board("lines", (length, 0.07, PAINT_M), at, line, felt=False)
    work.collide((0.01, 0.01, 0.01), (0, 0, -0.05))
    return work.build("walkway", lane, part_order=("lane", "lines"))


def bench(length: float, top: Finish, frame: Finish) -> ObjectModel:
    """A bench to sit on, without a back."""
    work = Carpentry()
    work.board("seat", (length, 0.36, 0.035), (0, 0, 0.4325), top)
    work.legs("legs", length / 2 - 0.04, 0.16, 0.415, 0.05, frame)
    return work.build("bench", top, part_order=("seat", "legs"))


def sideboard(length: float, depth: float, height: float, top: Finish, front: Finish) -> ObjectModel:
    """A low cupboard with doors."""
    work = Carpentry()
    work.board("top", (length, depth, 0.025), (0, 0, height - 0.0125), top)
    tall = height - 0.025
    work.board("front", (length - 0.02, depth - 0.03, tall), (0, 0.01, tall / 2), darker(front, 0.9))
    num_doors = max(2, round(length / 0.45))
    wide = (length - 0.02) / num_doors
    knob = painted((0.5, 0.5, 0.52), "gray", shine=0.8)
    for k in range(num_doors):
        x = -(length - 0.02) / 2 + (k + 0.5) * wide
        door = (wide - 0.008, 0.018, tall - 0.08)
        work.board("front", door, (x, 0.014 - depth / 2, tall / 2 + 0.02), front)
        work.board("front", (0.016, 0.016, 0.10), (x + wide * 0.36, -depth / 2, tall * 0.6), knob, felt=False)
    return work.build("sideboard", top, part_order=("top", "front"))


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw the lane across the room, a sideboard behind it, and often a bench."""
    work = Furnisher(rng, one_of(rng, concrete, concrete, tiles_big, carpet), floor_size=(9.0, 9.0))
    length, width = 5.6, float(rng.uniform(0.85, 1.15))
    yaw = float(rng.choice([0.0, math.pi / 2, float(rng.uniform(-0.35, 0.35))], p=[0.45, 0.2, 0.35]))
    line = (
        painted((0.93, 0.78, 0.10), "yellow", shine=0.1)
        if rng.random() < 0.7
        else painted((0.92, 0.92, 0.90), "white", shine=0.1)
    )
    floor = work.floor.rgb
    greener = (
        ((floor[0] * 0.55, min(1.0, floor[1] * 0.85), floor[2] * 0.60), "green")
        if rng.random() < 0.45
        else ((floor[0] * 0.80, floor[1] * 0.80, floor[2] * 0.82), "gray")
    )
    lane = painted(*greener, shine=0.05, accents=("gray",))
    number = work.add(walkway(length, width, lane, line), yaw=yaw)
    crossing = abs(yaw) > 1
    work.region(
        "the walkway",
        number,
        "lane",
        (0, 0, PAINT_M),
        (1.15, width / 2 - 0.01),
        stock=Stock(share=0.55),
        kind=RegionKind.WALKWAY,
    )
    back_y = float(rng.uniform(1.5, 1.9))
    long, deep, high = float(rng.uniform(1.0, 1.5)), 0.42, float(rng.uniform(0.62, 0.85))
    at = float(rng.uniform(-0.5, 0.5)) + (1.3 if crossing else 0.0)
    unit = work.add(
        sideboard(long, deep, high, one_of(rng, wood, laminate), one_of(rng, wood, laminate)),
        (at, back_y - deep / 2 - 0.005, 0),
    )
    walls = frozenset({"y+"})
    half = (long / 2 - 0.004, deep / 2 - 0.004)
    work.region(
        "the sideboard",
        unit,
        "top",
        (0, 0, high),
        half,
        stock=Stock(share=0.45, walls=walls),
        free="x- x+ y-",
    )
    edge = width / 2 + 0.09
    if crossing:
        for name, s in (("left", -1), ("right", 1)):
            spot = (s * (edge + 0.5), -0.1, 0.0)
            work.region(f"the floor {name} of the walkway", 0, "floor", spot, (0.48, 0.9), stock=Stock(0.6))
    else:
        tilt = abs(math.sin(yaw)) * 1.2
        front = (0.0, -(edge + tilt + 0.36), 0.0)
        work.region("the floor before the walkway", 0, "floor", front, (1.1, 0.34), stock=Stock(0.7))
        room = back_y - deep - 0.05 - edge - tilt
        if room > 0.25:
            behind = (0.0, edge + tilt + room / 2, 0.0)
            work.region("the floor behind the walkway", 0, "floor", behind, (1.1, room / 2), stock=Stock(0.5))
        if rng.random() < 0.5:
            metal = one_of(rng, steel, laminate)
            spot = (float(rng.choice([-1.0, 1.0])) * 2.1, -(edge + tilt + 0.35), 0.0)
            seat = work.add(bench(1.0, one_of(rng, wood, laminate), metal), spot)
            half = (0.49, 0.17)
            work.region(
                "the bench", seat, "seat", (0, 0, 0.45), half, stock=Stock(share=0.3), free="x- x+ y- y+"
            )
    return work.finished(
        room_round(
            rng,
            back_y=back_y,
            wall=plaster(rng),
            focus=(0, 0, 0),
            half_x=3.4,
            front_y=-4.2,
            height_m=3.4,
            reach_m=3.6,
        )
    )
