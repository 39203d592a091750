"""Toy animals: teddy bear and rubber duck."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import Mesh, rotation_about, sphere
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import globe, slab
from converseg_engine.sim.objects.forms import loft, oval
from converseg_engine.sim.objects.materials import DARK, PLASTIC, PLUSH, RUBBER
from converseg_engine.sim.objects.model import ObjectModel


def _blob(half: tuple[float, float, float], at: tuple[float, float, float], *, fine: bool = True) -> Mesh:
    """An ellipsoid."""
    rings, segments = (9, 16) if fine else (6, 10)
    return sphere(1.0, num_rings=rings, num_segments=segments).scaled(half).moved(at)


def bear(rng: np.random.Generator, color: str) -> ObjectModel:
    """A sitting teddy bear."""
    a = Assembly("teddy bear", color, rng)
    s = rng.uniform(0.85, 1.35)
    wide = rng.uniform(0.9, 1.1)
    red, green, blue = a.main
    pale = a.call_main((0.35 + 0.6 * red, 0.35 + 0.6 * green, 0.32 + 0.6 * blue))
    body = _blob((0.052 * s * wide, 0.058 * s * wide, 0.068 * s), (0, 0, 0.068 * s))
    a.add("body", body, a.main, PLUSH, slab((0.085 * s, 0.095 * s, 0.125 * s), (0, 0, 0.0625 * s)))
    a.add("body", _blob((0.018 * s, 0.036 * s, 0.042 * s), (0.042 * s * wide, 0, 0.066 * s)), pale, PLUSH)
    head_z = 0.168 * s
    a.add(
        "head",
        _blob((0.046 * s, 0.050 * s, 0.045 * s), (0.004 * s, 0, head_z)),
        a.main,
        PLUSH,
        globe(0.043 * s, (0.004 * s, 0, head_z)),
    )
    ears = [
        _blob((0.009 * s, 0.018 * s, 0.018 * s), (0, side * 0.036 * s, head_z + 0.037 * s), fine=False)
        for side in (-1, 1)
    ]
    a.add("ears", ears, a.main, PLUSH)
    snout = _blob((0.020 * s, 0.022 * s, 0.017 * s), (0.042 * s, 0, head_z - 0.010 * s))
    a.add("head", snout, pale, PLUSH)
    eyes = [
        _blob((0.005 * s,) * 3, (0.044 * s, side * 0.018 * s, head_z + 0.012 * s), fine=False)
        for side in (-1, 1)
    ]
    a.add(
        "head",
        [*eyes, _blob((0.006 * s, 0.009 * s, 0.006 * s), (0.060 * s, 0, head_z - 0.004 * s), fine=False)],
        DARK,
        PLASTIC,
    )
    for side in (-1, 1):
        leg = _blob((0.055 * s, 0.025 * s, 0.024 * s), (0.055 * s, side * 0.042 * s, 0.024 * s))
        a.add(
            "legs",
            leg,
            a.main,
            PLUSH,
            slab((0.09 * s, 0.042 * s, 0.046 * s), (0.06 * s, side * 0.042 * s, 0.023 * s)),
        )
        arm = (
            _blob((0.020 * s, 0.018 * s, 0.046 * s), (0, 0, 0))
            .rotated(rotation_about("y", -0.7))
            .moved((0.030 * s, side * 0.060 * s * wide, 0.092 * s))
        )
        a.add(
            "arms",
            arm,
            a.main,
            PLUSH,
            slab((0.06 * s, 0.03 * s, 0.05 * s), (0.028 * s, side * 0.060 * s * wide, 0.092 * s)),
        )
    return a.done(centred=True)


def duck(rng: np.random.Generator, color: str) -> ObjectModel:
    """A rubber duck."""
    a = Assembly("rubber duck", color, rng)
    s = rng.uniform(0.8, 1.3)
    body = loft(
        [
            (oval(0.040 * s * f, 0.030 * s * f), 0.048 * s * z)
            for f, z in ((0.75, 0), (0.97, 0.2), (1.0, 0.45), (0.86, 0.75), (0.5, 0.97), (0.2, 1.0))
        ]
    )
    a.add("body", body, a.main, RUBBER, slab((0.066 * s, 0.048 * s, 0.044 * s), (0, 0, 0.022 * s)), solid=0.3)
    tail = (
        _blob((0.018 * s, 0.014 * s, 0.008 * s), (0, 0, 0), fine=False)
        .rotated(rotation_about("y", 0.7))
        .moved((-0.037 * s, 0, 0.042 * s))
    )
    wings = [
        _blob((0.022 * s, 0.006 * s, 0.013 * s), (-0.006 * s, side * 0.028 * s, 0.026 * s), fine=False)
        for side in (-1, 1)
    ]
    a.add("body", [tail, *wings], a.main, RUBBER, solid=0.3)
    head = (0.017 * s, 0.0, 0.062 * s)
    a.add("head", _blob((0.023 * s,) * 3, head), a.main, RUBBER, globe(0.022 * s, head), solid=0.3)
    beak = _blob((0.012 * s, 0.012 * s, 0.004 * s), (0.041 * s, 0, 0.058 * s), fine=False)
    a.add("beak", beak, a.paint("orange") if color != "orange" else a.paint("yellow"), RUBBER)
    eyes = [
        _blob((0.0035 * s,) * 3, (0.034 * s, side * 0.012 * s, 0.069 * s), fine=False) for side in (-1, 1)
    ]
    a.add("head", eyes, DARK, PLASTIC)
    return a.done(centred=True)


_PLAYROOM = frozenset({"shelf", "walkway", "tabletop"})

TOY_ANIMALS: tuple[Category, ...] = (
    Category(
        "teddy bear",
        "teddy bears",
        bear,
        colors=("brown", "pink", "white", "blue", "orange", "purple", "yellow"),
        yes=known("play comfort toy soft burns"),
        unsure=known("trips water_harms"),
        askable_parts=("head",),
        places=_PLAYROOM,
        part_uses=uses(body="hold"),
    ),
    Category(
        "rubber duck",
        "rubber ducks",
        duck,
        colors=("yellow", "pink", "blue", "green", "purple", "red"),
        yes=known("play toy"),
        unsure=known("bounces soft melts trips toiletry"),
        askable_parts=("head",),
        places=_PLAYROOM | {"bathroom"},
        part_uses=uses(body="press hold"),
    ),
)
