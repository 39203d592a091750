"""Food in its package: carton, box, jar, can, bottle."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about, sphere
from converseg_engine.sim.objects import rounds
from converseg_engine.sim.objects.adopt import adopted
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, globe, slab
from converseg_engine.sim.objects.forms import band, disc, loft, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    CARDBOARD,
    FRUIT,
    GLASS,
    PAPER,
    PLASTIC,
    STEEL,
)
from converseg_engine.sim.objects.model import ObjectModel


def milk(rng: np.random.Generator, color: str) -> ObjectModel:
    """A milk carton with a gable top and a screw cap."""
    a = Assembly("milk carton", color, rng)
    s, h = rng.uniform(0.065, 0.078), rng.uniform(0.15, 0.20)
    rise = s * 0.42
    a.add(
        "body",
        box((s, s, h), (0, 0, h / 2)),
        (0.94, 0.94, 0.93),
        CARDBOARD,
        slab((s, s, h), (0, 0, h / 2)),
        solid=0.08,
    )
    roof = extrude(
        [(-s / 2, 0), (s / 2, 0), (0.003, rise), (-0.003, rise)], height=s, bottom_z=-s / 2
    ).rotated(rotation_about("x", math.pi / 2))
    fin = box((0.005, s, 0.020), (0, 0, h + rise + 0.009))
    a.add(
        "body",
        [roof.moved((0, 0, h)), fin],
        a.main,
        CARDBOARD,
        slab((s * 0.4, s, rise + 0.018), (0, 0, h + (rise + 0.018) / 2)),
        solid=0.1,
    )
    sides = box((s + 0.0012, s + 0.0012, h * rng.uniform(0.5, 0.72)), (0, 0, h * 0.40))
    a.add("body", sides, a.main, PAPER, solid=0.005)
    splash = [
        soft_box(s * 0.55, 0.0008, h * 0.2, radius=0.0003).moved((0, t * (s / 2 + 0.0008), h * 0.3))
        for t in (-1, 1)
    ]
    a.add("body", splash, (0.96, 0.96, 0.94), PAPER)
    slant = rotation_about("y", math.atan2(rise, s / 2))
    cap = disc(0.012, 0.016, num_segments=14).rotated(slant).moved((s * 0.25, 0, h + rise * 0.46))
    a.add("cap", cap, a.other(), PLASTIC, globe(0.011, (s * 0.30, 0, h + rise * 0.6)))
    a.fill("milk", s * s * h, share=float(rng.uniform(0.2, 0.98)))
    return a.done(base_radius=s / 2)


def cereal(rng: np.random.Generator, color: str) -> ObjectModel:
    """A tall cereal box with a picture on its front."""
    a = Assembly("cereal box", color, rng)
    x, y, h = rng.uniform(0.17, 0.21), rng.uniform(0.050, 0.070), rng.uniform(0.25, 0.31)
    a.add(
        "body", box((x, y, h), (0, 0, h / 2)), a.main, CARDBOARD, slab((x, y, h), (0, 0, h / 2)), solid=0.16
    )
    front = -y / 2 - 0.0005
    plate = (
        disc(x * 0.30, 0.0012, num_segments=24)
        .rotated(rotation_about("x", math.pi / 2))
        .moved((0, front, h * 0.34))
    )
    a.add("body", plate, (0.95, 0.93, 0.88), PAPER)
    dots = [
        sphere(0.008, num_rings=3, num_segments=8)
        .scaled((1, 0.2, 1))
        .moved((x * float(rng.uniform(-0.17, 0.17)), front - 0.001, h * float(rng.uniform(0.27, 0.42))))
        for _ in range(9)
    ]
    a.add("body", dots, (0.72, 0.48, 0.2), PAPER)
    title = [
        box((x * 0.8, 0.0012, h * 0.12), (0, front, h * 0.78)),
        box((x * 0.5, 0.0012, h * 0.05), (0, front, h * 0.66)),
    ]
    a.add("body", title, a.other(), PAPER)
    return a.done()


def eggs(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open egg carton with some eggs in it."""
    a = Assembly("egg carton", color, rng)
    pitch, columns = rng.uniform(0.046, 0.050), int(rng.integers(3, 6))
    x, y, h = columns * pitch + 0.012, 2 * pitch + 0.012, 0.038
    tone = a.main if color != "gray" else a.call_main((0.55, 0.54, 0.50))
    a.add(
        "carton",
        loft([(rounded(x * 0.94, y * 0.9, 0.008), 0.0), (rounded(x, y, 0.010), h)]),
        tone,
        CARDBOARD,
        slab((x, y, h), (0, 0, h / 2)),
        solid=0.12,
    )
    egg = lathe(
        [(0, 0), (0.012, 0.003), (0.0205, 0.016), (0.021, 0.026), (0.016, 0.042), (0.008, 0.051), (0, 0.054)],
        num_segments=16,
    )
    found: list[Mesh] = []
    for c in range(columns):
        for r in range(2):
            if rng.random() < 0.75 or not found:
                found.append(egg.moved(((c - (columns - 1) / 2) * pitch, (r - 0.5) * pitch, 0.008)))
    shell: RGB = (0.93, 0.88, 0.82) if rng.random() < 0.5 else (0.78, 0.56, 0.40)
    a.add("eggs", found, shell, FRUIT, slab((x * 0.9, y * 0.85, 0.018), (0, 0, h + 0.009)))
    back = rotation_about("x", -rng.uniform(0.15, 0.5))
    lid = (
        soft_box(x, 0.022, y * 0.9, radius=0.006, edge=0.006)
        .rotated(back)
        .moved((0, y / 2 + 0.006, h - 0.004))
    )
    a.add(
        "lid", lid, tone, CARDBOARD, slab((x, 0.02, y * 0.85), (0, y / 2 + 0.018, h + y * 0.40)), solid=0.12
    )
    return a.done(centred=True)


def jar(rng: np.random.Generator, color: str) -> ObjectModel:
    """A jam jar: what is in it shows through, a coloured lid, a paper label."""
    a = Assembly("jar", color, rng)
    r, h = rng.uniform(0.032, 0.044), rng.uniform(0.090, 0.125)
    inside: RGB = ((0.45, 0.07, 0.09), (0.80, 0.45, 0.10), (0.48, 0.55, 0.20), (0.35, 0.20, 0.10))[
        int(rng.integers(4))
    ]
    body = lathe(
        [(0, 0), (r * 0.94, 0), (r, 0.006), (r, h * 0.74), (r * 0.84, h * 0.84), (0, h * 0.84)],
        num_segments=26,
    )
    a.add("body", body, inside, GLASS, drum(r, h * 0.8), solid=0.35, shine=1.0)
    a.add("label", band([(r, h * 0.22), (r, h * 0.60)]), (0.94, 0.92, 0.86), PAPER)
    lid = lathe(
        [(0, h * 0.84), (r * 0.92, h * 0.84), (r * 0.92, h * 0.98), (r * 0.86, h), (0, h)], num_segments=26
    )
    a.add("lid", lid, a.main, STEEL, drum(r * 0.9, h * 0.2, bottom_z=h * 0.8), solid=0.12, shine=0.5)
    a.fill("jam", math.pi * r**2 * h * 0.8, share=0.6)
    return a.done(base_radius=r * 0.94)


def bottle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A drinks bottle with a label and a screw cap."""
    a = Assembly("bottle", color, rng)
    r, h = rng.uniform(0.030, 0.041), rng.uniform(0.19, 0.28)
    neck, shoulder = r * rng.uniform(0.32, 0.44), h * rng.uniform(0.52, 0.66)
    glassy = bool(rng.random() < 0.5)
    body = lathe(
        [
            (0, 0),
            (r * 0.92, 0),
            (r, 0.008),
            (r, shoulder),
            (r * 0.86, shoulder + h * 0.06),
            (neck * 1.05, h * 0.84),
            (neck, h * 0.93),
            (0, h * 0.93),
        ],
        num_segments=26,
    )
    a.add(
        "body",
        body,
        a.main,
        GLASS if glassy else PLASTIC,
        drum(r, shoulder),
        drum(neck * 1.2, h * 0.93 - shoulder, bottom_z=shoulder),
        solid=0.18 if glassy else 0.06,
        shine=0.9,
    )
    a.add("label", band([(r, shoulder * 0.35), (r, shoulder * 0.78)]), a.other(), PAPER, solid=0.5)
    cap = lathe([(0, h * 0.92), (neck * 1.25, h * 0.92), (neck * 1.2, h), (0, h)], num_segments=18)
    a.add(
        "cap",
        cap,
        a.paint("red") if color != "red" else a.paint("white"),
        PLASTIC,
        drum(neck * 1.2, h * 0.08, bottom_z=h * 0.92),
    )
    a.fill(
        str(rng.choice(["water", "juice", "milk", "oil"])),
        math.pi * r**2 * shoulder,
        share=float(rng.uniform(0.15, 0.98)),
    )
    return a.done(base_radius=r * 0.92)


_PANTRY = frozenset({"kitchen counter", "shelf", "tabletop"})

PACKAGES: tuple[Category, ...] = (
    Category(
        "milk carton",
        "milk cartons",
        milk,
        colors=("blue", "red", "green", "purple", "orange"),
        yes=known("drink food keep_cold spoils container"),
        unsure=known("pour spills recycle burns eat water_harms breaks"),
        askable_parts=("cap",),
        places=_PANTRY,
        part_uses=uses(cap="open cover pour", body="hold"),
    ),
    Category(
        "cereal box",
        "cereal boxes",
        cereal,
        yes=known("food eat burns water_harms"),
        unsure=known("container recycle pour read spoils"),
        places=_PANTRY,
        part_uses=uses(body="hold read"),
    ),
    Category(
        "egg carton",
        "egg cartons",
        eggs,
        colors=("gray", "blue", "pink", "green"),
        yes=known("breaks food spoils"),
        unsure=known("keep_cold eat container burns recycle water_harms fry boil soft stacks"),
        askable_parts=("eggs", "lid"),
        places=_PANTRY,
        held_out=True,
        part_uses=uses(eggs="eat", lid="cover open"),
    ),
    Category(
        "jar",
        "jars",
        jar,
        colors=("red", "yellow", "green", "black", "white", "blue"),
        yes=known("breaks container"),
        unsure=known(
            "food eat recycle spoils keep_cold store drink spills flowers hold_pens hold_soup "
            "carry_water metal keep_from_child wash_up pour"
        ),
        askable_parts=("lid",),
        places=_PANTRY,
        part_uses=uses(lid="open cover turn", body="hold", label="read"),
    ),
    Category(
        "can",
        "cans",
        adopted(rounds.can, FRUIT, solid=1.2),
        yes=known("metal recycle"),
        unsure=known(
            "drink eat hold_soup food container stacks keep_cold spills hold_pens flowers heat_proof pour"
        ),
        places=_PANTRY,
        weight=1.1,
        part_uses=uses(body="hold"),
    ),
    Category(
        "bottle",
        "bottles",
        bottle,
        colors=("green", "blue", "brown", "white", "red", "yellow", "purple", "black"),
        yes=known("drink container"),
        unsure=known(
            "breaks flowers pour spills recycle melts food keep_cold carry_water spray roll_dough "
            "hold_pens spoils keep_from_child wash_up"
        ),
        askable_parts=("cap",),
        places=_PANTRY | {"desk", "luggage cart"},
        weight=1.2,
        part_uses=uses(cap="open cover", body="hold", label="read"),
    ),
)
