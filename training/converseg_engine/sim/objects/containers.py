"""What other things go in: box, crate, basket, trash can."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, rotation_about, sphere
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import box_walls, drum, round_walls, slab
from converseg_engine.sim.objects.forms import (
    ring,
    turned_cup,
)
from converseg_engine.sim.objects.materials import (
    CARDBOARD,
    CLOTH,
    DARK,
    PALE_WOOD,
    PAPER,
    PLASTIC,
    STEEL,
    WICKER,
    WOOD,
)
from converseg_engine.sim.objects.model import Bay, Cavity, ObjectModel, Shelf


def carton(rng: np.random.Generator, color: str) -> ObjectModel:
    """A closed parcel: cardboard, tape, an address label."""
    a = Assembly("box", color, rng)
    x, y, z = rng.uniform(0.14, 0.34), rng.uniform(0.11, 0.25), rng.uniform(0.07, 0.22)
    rgb = a.call_main((0.70, 0.53, 0.34)) if color == "brown" else a.main
    a.add(
        "body",
        box((x, y, z), (0, 0, z / 2)),
        rgb,
        CARDBOARD,
        slab((x, y, z), (0, 0, z / 2)),
        solid=float(rng.uniform(0.15, 0.5)),
    )
    strip = [
        box((x + 0.0014, y * 0.18, 0.0016), (0, 0, z)),
        *(box((0.0014, y * 0.18, z * 0.3), (s * x / 2, 0, z * 0.86)) for s in (-1, 1)),
    ]
    a.add("tape", strip, (0.80, 0.68, 0.48) if color != "brown" else (0.86, 0.78, 0.60), PAPER, shine=0.6)
    a.add("label", box((x * 0.34, y * 0.26, 0.0012), (x * 0.22, -y * 0.28, z)), (0.95, 0.95, 0.93), PAPER)
    print_ = [
        box((x * 0.24, y * 0.02, 0.0006), (x * 0.22, -y * (0.22 + 0.055 * k), z + 0.0008)) for k in range(3)
    ]
    a.add("label", print_, DARK, PAPER)
    return a.done(shelf=Shelf(x * 0.43, y * 0.43, z + 0.001))


def crate(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open crate of slats with corner posts; things can lie in it."""
    a = Assembly("crate", color, rng)
    x, y, h, wall = rng.uniform(0.30, 0.42), rng.uniform(0.22, 0.30), rng.uniform(0.14, 0.22), 0.012
    wooden = color == "brown"
    rgb, stuff = (a.call_main(PALE_WOOD), WOOD) if wooden else (a.main, PLASTIC)
    slats, gap = 3, h / 3
    pieces = [box((x, y, wall), (0, 0, wall / 2))]
    for k in range(slats):
        z = gap * (k + 0.5) + 0.004
        tall = gap * (0.72 if wooden else 0.8)
        pieces += [box((x, wall, tall), (0, s * (y - wall) / 2, z)) for s in (-1, 1)]
        if k < slats - 1:
            pieces += [box((wall, y - 2 * wall, tall), (s * (x - wall) / 2, 0, z)) for s in (-1, 1)]
    a.add("body", pieces, rgb, stuff, *box_walls(x, y, h, wall), solid=1.0 if wooden else 0.5)
    posts = [
        box((0.022, 0.022, h), (sx * (x / 2 - wall - 0.011), sy * (y / 2 - wall - 0.011), h / 2))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    a.add("body", posts, rgb, stuff)
    grips = [box((wall, y - 2 * wall, gap * 0.42), (s * (x - wall) / 2, 0, h - gap * 0.22)) for s in (-1, 1)]
    a.add("handles", grips, rgb, stuff)
    return a.done(bay=Bay(x / 2 - 0.036, y / 2 - 0.036, wall, h))


def basket(rng: np.random.Generator, color: str) -> ObjectModel:
    """A woven round basket with two loops; things can lie in it."""
    a = Assembly("basket", color, rng)
    r, h = rng.uniform(0.12, 0.18), rng.uniform(0.12, 0.22)
    foot, wall = r * rng.uniform(0.72, 0.9), 0.010
    rgb = a.call_main((0.62, 0.45, 0.26)) if color == "brown" else a.main
    ribs = 6
    curve = []
    for k in range(ribs):
        f0, f1 = k / ribs, (k + 0.75) / ribs
        curve += [(foot + (r - foot) * f0 + 0.003, h * f0), (foot + (r - foot) * f1, h * f1)]
    a.add(
        "body",
        turned_cup([*curve, (r, h)], wall=wall, floor=0.008, num_segments=26),
        rgb,
        WICKER,
        *round_walls(foot, r, h, wall, floor=0.008, num=12),
    )
    rim = ring(r - 0.004, 0.009, num_segments=28).moved((0, 0, h))
    a.add("rim", rim, rgb, WICKER)
    for s in (-1, 1):
        loop = (
            ring(0.045, 0.008, num_segments=18)
            .rotated(rotation_about("y", math.pi / 2))
            .moved((s * (r - 0.002), 0, h + 0.008))
        )
        a.add("handles", loop, rgb, WICKER, slab((0.016, 0.08, 0.05), (s * (r - 0.002), 0, h + 0.03)))
    return a.done(base_radius=foot, cavity=Cavity(foot - wall, r - wall, 0.008, h))


def bin_(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open waste bin with crumpled paper in it or empty."""
    a = Assembly("trash can", color, rng)
    r, h = rng.uniform(0.12, 0.16), rng.uniform(0.26, 0.36)
    foot, floor = r * 0.78, 0.006
    stuff = STEEL if color == "gray" else PLASTIC
    a.add(
        "body",
        turned_cup(
            [(foot, 0), (r, h - 0.012), (r * 1.03, h - 0.012), (r * 1.03, h)],
            wall=0.005,
            floor=floor,
            num_segments=30,
        ),
        a.main,
        stuff,
        *round_walls(foot, r, h, 0.006, floor=floor, num=12),
        solid=0.3 if stuff is STEEL else 1.0,
    )
    num = int(rng.integers(0, 6))
    if num == 0:
        return a.done(base_radius=foot, cavity=Cavity(foot - 0.006, r - 0.008, floor, h))
    balls = []
    for k in range(num + 4):
        size = float(rng.uniform(0.035, 0.05))
        out = float(rng.uniform(0.2, 1.0)) * (foot - size - 0.012)
        at = (
            out * math.cos(2.4 * k),
            out * math.sin(2.4 * k),
            floor + size + h * 0.5 * (k % 2) * float(rng.uniform(0.3, 1)),
        )
        crumple = sphere(size, num_rings=5, num_segments=7)
        crumple.vertices[:] *= rng.uniform(0.8, 1.05, size=(len(crumple.vertices), 1))
        balls.append(crumple.moved(at))
    a.add("waste", balls, (0.92, 0.92, 0.90), CLOTH, drum(foot * 0.8, h * 0.35, bottom_z=floor), solid=0.3)
    return a.done(base_radius=foot)


_CART = frozenset({"luggage cart", "walkway"})
_ROOM = frozenset({"walkway"})

CONTAINERS: tuple[Category, ...] = (
    Category(
        "box",
        "boxes",
        carton,
        colors=("brown", "white", "red", "blue", "green", "yellow", "black"),
        yes=known("pack container burns stacks recycle water_harms"),
        unsure=known(
            "store carry_things luggage trips travel put_on melts carry_dishes hold_pens store_tools "
            "throw_away sit climb"
        ),
        places=_CART | {"shelf", "tabletop", "workbench"},
        weight=1.3,
        part_uses=uses(body="put_things_in", tape="open", label="read"),
    ),
    Category(
        "crate",
        "crates",
        crate,
        colors=("brown", "blue", "red", "green", "black", "yellow", "gray"),
        yes=known("store carry_things container stacks"),
        unsure=known(
            "pack burns luggage melts trips travel sit store_tools put_on furniture throw_away climb "
            "carry_dishes"
        ),
        places=_CART | {"shelf", "workbench"},
        part_uses=uses(body="put_things_in", handles="hold carry"),
    ),
    Category(
        "basket",
        "baskets",
        basket,
        colors=("brown", "white", "black", "blue", "pink"),
        yes=known("store carry_things container"),
        unsure=known(
            "burns throw_away luggage pack trips furniture flowers serve soft stacks carry_dishes "
            "hold_pens store_tools water_harms"
        ),
        askable_parts=("handles",),
        places=_ROOM | {"shelf", "bathroom", "kitchen counter"},
        part_uses=uses(body="put_things_in", handles="hold carry"),
    ),
    Category(
        "trash can",
        "trash cans",
        bin_,
        colors=("black", "white", "blue", "green", "red", "gray"),
        yes=known("throw_away container"),
        unsure=known("store carry_water trips melts metal furniture burns recycle stacks carry_things"),
        places=_ROOM | {"bathroom"},
        part_uses=uses(body="put_things_in"),
    ),
)
