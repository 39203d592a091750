"""An open drawer seen from above, divided or not, in a cabinet with a free top."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import tube
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
    tiles,
    wood,
)
from converseg_engine.sim.places.furnished import Furnished, Furnisher, Stock, room_round
from converseg_engine.sim.places.region import RegionKind

WALL_M = 0.012


def cabinet(size: tuple[float, float, float], top: Finish, front: Finish, *, drawer_m: float) -> ObjectModel:
    """A cabinet whose uppermost drawer is pulled out: there is a dark slot of height ``drawer_m``."""
    x, y, z = size
    work = Carpentry()
    work.board("top", (x, y, 0.03), (0, 0, z - 0.015), top)
    low = z - 0.03 - drawer_m
    body = darker(front, 0.88)
    for s in (-1, 1):
        work.board(
            "front", (0.018, y - 0.02, drawer_m), (s * (x / 2 - 0.013), 0.01, low + drawer_m / 2), body
        )
    work.board("front", (x - 0.008, y - 0.02, low), (0, 0.01, low / 2), body)
    dark = painted((0.06, 0.06, 0.06), "black", shine=0.0)
    work.board("front", (x - 0.05, 0.01, drawer_m), (0, y / 2 - 0.02, low + drawer_m / 2), dark)
    handle = painted((0.55, 0.55, 0.57), "gray", shine=0.8)
    num = max(1, round(low / 0.24))
    for k in range(num):
        high = low / num
        face = (x - 0.014, 0.018, high - 0.008)
        work.board("front", face, (0, 0.002 - y / 2, high * (k + 0.5)), front)
        at = high * (k + 0.5) + high * 0.25
        rod = np.array([[-0.08, -0.03 - y / 2, at], [0.08, -0.029 - y / 2, at]])
        work.add("front", tube(rod, [0.006, 0.006]), handle)
    return work.build("cabinet", top, part_order=("top", "front"))


def drawer(
    size: tuple[float, float, float],
    inner: Finish,
    face: Finish,
    dividers: tuple[float, ...],
    *,
    across: bool,
) -> ObjectModel:
    """A box open at the top, its front at -y; ``dividers`` split it at these shares of its width."""
    x, y, z = size
    work = Carpentry()
    floor = (x - 2 * WALL_M, y - 2 * WALL_M, 0.008)
    work.board("floor", floor, (0, 0, 0.004), inner)
    work.rims("walls", (x, y, z), WALL_M, (0, 0, 0), darker(inner, 0.93))
    work.board("front", (x + 0.03, 0.02, z + 0.05), (0, -y / 2 - 0.0105, z / 2 + 0.005), face)
    metal = painted((0.58, 0.58, 0.60), "gray", shine=0.8)
    rod = np.array([[-0.08, -y / 2 - 0.052, z * 0.55], [0.08, -y / 2 - 0.0515, z * 0.55]])
    work.add("handle", tube(rod, [0.007, 0.007]), metal)
    for s in (-1, 1):
        pin = np.array([[s * 0.07, -y / 2 - 0.02, z * 0.55], [s * 0.071, -y / 2 - 0.05, z * 0.55]])
        work.add("handle", tube(pin, [0.005, 0.005]), metal)
    for share in dividers:
        along = (share - 0.5) * (floor[1] if across else floor[0])
        tall = z * 0.72
        size_xyz = (floor[0], 0.008, tall) if across else (0.008, floor[1], tall)
        centre = (0.0, along, 0.008 + tall / 2) if across else (along, 0.0, 0.008 + tall / 2)
        work.board("dividers", size_xyz, centre, darker(inner, 0.86))
    return work.build("drawer", inner, part_order=("floor", "walls", "front", "handle"))


def furnish(rng: np.random.Generator) -> Furnished:
    """Draw a cabinet and its drawer with one to four compartments."""
    work = Furnisher(rng, one_of(rng, wood, tiles, concrete, carpet))
    x, y, z = float(rng.uniform(0.55, 0.85)), 0.50, float(rng.uniform(0.82, 0.92))
    deep = float(rng.uniform(0.10, 0.14))
    front = one_of(rng, laminate, wood)
    cupboard = work.add(
        cabinet((x, y, z), one_of(rng, wood, laminate), front, drawer_m=deep + 0.05), (0, 0.25, 0)
    )
    across = bool(rng.random() < 0.25)
    num = int(rng.choice([1, 2, 3, 4], p=[0.3, 0.35, 0.25, 0.1])) if not across else 2
    cuts = tuple(float(c) for c in np.cumsum(rng.dirichlet([8.0] * num))[:-1])
    length = float(rng.uniform(0.36, 0.44))
    wide = x - 0.06
    inner = one_of(rng, wood, laminate, laminate)
    box_z = z - 0.03 - deep - 0.03
    number = work.add(
        drawer((wide, length, deep), inner, front, cuts, across=across), (0, -length / 2 + 0.02, box_z)
    )
    bounds = (0.0, *cuts, 1.0)
    names = {1: ("",), 2: ("left ", "right "), 3: ("left ", "middle ", "right ")}.get(
        num, ("leftmost ", "second ", "third ", "rightmost ")
    )
    if across:
        names = ("front ", "back ")
    long_x, long_y = wide - 2 * WALL_M, length - 2 * WALL_M
    for k, name in enumerate(names):
        a, b = bounds[k], bounds[k + 1]
        middle, half = (a + b) / 2 - 0.5, (b - a) / 2
        # The back of the drawer stays under the cabinet's top by 2 cm.
        spot = (0.0, middle * long_y, 0.008) if across else (middle * long_x, -0.012, 0.008)
        size = (
            (long_x / 2 - 0.003, half * long_y - 0.008)
            if across
            else (half * long_x - 0.007, long_y / 2 - 0.016)
        )
        work.region(
            f"the {name}compartment of the drawer" if num > 1 else "the drawer",
            number,
            "floor",
            spot,
            size,
            stock=Stock(share=b - a),
            kind=RegionKind.INSIDE,
        )
    work.region(
        "the top of the cabinet",
        cupboard,
        "top",
        (0, 0, z),
        (x / 2 - 0.004, y / 2 - 0.004),
        stock=Stock(share=0.08, walls=frozenset({"y+"}), most=3),
        free="x- x+ y-",
    )
    return work.finished(room_round(rng, back_y=0.502, wall=plaster(rng), focus=(0, -0.2, z)))
