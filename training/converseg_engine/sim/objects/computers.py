"""Laptop, keyboard, computer mouse, phone."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, box, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import slab
from converseg_engine.sim.objects.forms import disc, loft, oval, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    DARK,
    ELECTRONICS,
    GLASS,
    PLASTIC,
)
from converseg_engine.sim.objects.model import ObjectModel

_SCREENS: tuple[RGB, ...] = ((0.05, 0.06, 0.08), (0.25, 0.42, 0.62), (0.85, 0.88, 0.92), (0.18, 0.35, 0.30))


def _shaded(rgb: RGB, factor: float) -> RGB:
    """A darker or paler paint."""
    r, g, b = (min(1.0, c * factor) for c in rgb)
    return (r, g, b)


def _screen(rng: np.random.Generator) -> RGB:
    return _SCREENS[int(rng.integers(len(_SCREENS)))]


def _keys(x: float, y: float, z: float, columns: int, rows: int, *, height: float = 0.002) -> list[Mesh]:
    pitch_x, pitch_y = x / columns, y / rows
    return [
        box(
            (pitch_x * 0.84, pitch_y * 0.8, height),
            ((c - (columns - 1) / 2) * pitch_x, (r - (rows - 1) / 2) * pitch_y, z),
        )
        for c in range(columns)
        for r in range(rows)
        if not (r == 0 and 0.25 < c / columns < 0.6)
    ] + [box((pitch_x * columns * 0.34, pitch_y * 0.8, height), (-x * 0.06, -(rows - 1) / 2 * pitch_y, z))]


def laptop(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open laptop: base with keys and touch pad, screen leaning back."""
    a = Assembly("laptop", color, rng)
    x, y, z = rng.uniform(0.30, 0.36), rng.uniform(0.21, 0.25), rng.uniform(0.015, 0.02)
    a.add(
        "base",
        soft_box(x, y, z, radius=0.012, edge=0.004),
        a.main,
        ELECTRONICS,
        slab((x, y, z), (0, 0, z / 2)),
        solid=0.9,
    )
    a.add("keyboard", [m.moved((0, y * 0.14, 0)) for m in _keys(x * 0.86, y * 0.46, z, 13, 5)], DARK, PLASTIC)
    a.add(
        "base", box((x * 0.3, y * 0.26, 0.001), (0, -y * 0.3, z)), _shaded(a.main, 0.85), PLASTIC, solid=0.1
    )
    lean = rng.uniform(0.1, 0.45)
    back = rotation_about("x", -lean)
    hinge = (0.0, y / 2 - 0.006, z)
    quat = (math.cos(-lean / 2), math.sin(-lean / 2), 0.0, 0.0)
    middle = (0.0, hinge[1] + math.sin(lean) * y / 2, z + math.cos(lean) * y / 2)
    lid = soft_box(x, 0.007, y, radius=0.003, edge=0.003).rotated(back).moved(hinge)
    a.add("screen", lid, a.main, ALUMINIUM, slab((x, 0.007, y), middle, quat), solid=0.35)
    face = box((x * 0.93, 0.0015, y * 0.86), (0, -0.0042, y * 0.52)).rotated(back).moved(hinge)
    a.add("screen", face, _screen(rng), GLASS, solid=0.3, shine=1.0)
    return a.done()


def keyboard(rng: np.random.Generator, color: str) -> ObjectModel:
    """A computer keyboard."""
    a = Assembly("keyboard", color, rng)
    x, y, z = rng.uniform(0.34, 0.44), rng.uniform(0.12, 0.15), rng.uniform(0.016, 0.024)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.01, edge=0.004),
        a.main,
        PLASTIC,
        slab((x, y, z), (0, 0, z / 2)),
        solid=0.7,
    )
    rgb = a.main if rng.random() < 0.5 else a.other()
    caps = _keys(x * 0.94, y * 0.82, z + 0.003, 16, 5, height=0.007)
    a.add(
        "keys",
        caps,
        _shaded(rgb, 0.82) if rgb == a.main else rgb,
        PLASTIC,
        slab((x * 0.94, y * 0.82, 0.006), (0, 0, z + 0.003)),
    )
    return a.done()


def mouse(rng: np.random.Generator, color: str) -> ObjectModel:
    """A computer mouse with two buttons and a wheel."""
    a = Assembly("computer mouse", color, rng)
    x, y, z = rng.uniform(0.100, 0.120), rng.uniform(0.058, 0.068), rng.uniform(0.034, 0.042)
    levels = [
        (0.94, 0.0, 0.0),
        (1.0, 0.0, 0.15),
        (0.98, -0.01, 0.45),
        (0.84, -0.04, 0.78),
        (0.55, -0.07, 0.95),
        (0.2, -0.08, 1.0),
    ]
    body = loft([(oval(x / 2 * f, y / 2 * f) + np.array([x * s, 0]), z * h) for f, s, h in levels])
    a.add(
        "body",
        body,
        a.main,
        ELECTRONICS,
        slab((x * 0.86, y * 0.8, z * 0.6), (0, 0, z * 0.3)),
        slab((x * 0.5, y * 0.6, z * 0.38), (-x * 0.06, 0, z * 0.78)),
        solid=0.4,
    )
    seam = box((x * 0.36, 0.0016, 0.004), (x * 0.27, 0, z * 0.70)).rotated(np.eye(3))
    wheel = (
        disc(0.010, 0.006, num_segments=14)
        .rotated(rotation_about("x", math.pi / 2))
        .moved((x * 0.26, 0.003, z * 0.70))
    )
    a.add("wheel", [wheel, seam], a.other(), PLASTIC)
    return a.done()


def phone(rng: np.random.Generator, color: str) -> ObjectModel:
    """A mobile phone lying, screen up."""
    a = Assembly("phone", color, rng)
    x, y, z = rng.uniform(0.066, 0.078), rng.uniform(0.140, 0.160), rng.uniform(0.0085, 0.012)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.010, edge=0.003),
        a.main,
        ELECTRONICS,
        slab((x, y, z), (0, 0, z / 2)),
    )
    a.add(
        "screen",
        soft_box(x * 0.94, y * 0.95, 0.001, radius=0.008, bottom_z=z - 0.0003),
        _screen(rng),
        GLASS,
        shine=1.0,
    )
    return a.done()


_DESK = frozenset({"desk"})
_DEVICE_COLORS = ("black", "white", "gray", "blue", "red", "pink")

COMPUTERS: tuple[Category, ...] = (
    Category(
        "laptop",
        "laptops",
        laptop,
        colors=("gray", "black", "white", "blue", "pink"),
        yes=known("compute type electronic water_harms breaks needs_power"),
        unsure=known("write read play call show_picture tell_time melts travel calculate give_light metal"),
        askable_parts=("screen", "keyboard"),
        places=_DESK | {"tabletop"},
        weight=1.2,
        part_uses=uses(screen="look_at read", keyboard="type press", base="stand_on"),
    ),
    Category(
        "keyboard",
        "keyboards",
        keyboard,
        colors=_DEVICE_COLORS,
        yes=known("type electronic water_harms melts"),
        unsure=known("write compute breaks play needs_power"),
        askable_parts=("keys",),
        places=_DESK,
        part_uses=uses(keys="type press"),
    ),
    Category(
        "computer mouse",
        "computer mice",
        mouse,
        colors=_DEVICE_COLORS,
        yes=known("electronic water_harms melts"),
        unsure=known("compute breaks needs_power"),
        places=_DESK,
        part_uses=uses(body="press hold", wheel="turn"),
    ),
    Category(
        "phone",
        "phones",
        phone,
        colors=("black", "white", "blue", "red", "pink", "green", "purple"),
        yes=known("call electronic water_harms breaks needs_power"),
        unsure=known(
            "read tell_time play compute type calculate give_light show_picture melts measure write"
        ),
        askable_parts=("screen",),
        places=_DESK | {"tabletop", "shelf", "kitchen counter"},
        part_uses=uses(screen="look_at press read", body="hold"),
    ),
)
