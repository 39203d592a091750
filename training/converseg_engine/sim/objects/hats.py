"""Hats and caps."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, slab
from converseg_engine.sim.objects.forms import band, disc
from converseg_engine.sim.objects.materials import (
    CLOTH,
    WICKER,
)
from converseg_engine.sim.objects.model import ObjectModel

_TO_X = rotation_about("z", math.pi / 2) @ rotation_about("x", math.pi / 2)
"""Turns what lies flat, its width along x, to stand with its face towards x."""


def straw_hat(rng: np.random.Generator, color: str) -> ObjectModel:
    """A straw hat lying on its wide brim, with a ribbon round the crown."""
    a = Assembly("straw hat", color, rng)
    r, h = rng.uniform(0.082, 0.094), rng.uniform(0.085, 0.115)
    wide, lift = r * rng.uniform(1.75, 2.15), rng.uniform(0.008, 0.020)
    stretch = (1.06, 0.94, 1.0)
    straw = a.call_main({"yellow": (0.90, 0.76, 0.36), "brown": (0.62, 0.43, 0.22)}.get(color, a.main))
    brim = lathe(
        [
            (0, 0),
            (r, 0),
            (wide * 0.9, lift * 0.4),
            (wide, lift),
            (wide, lift + 0.004),
            (r, 0.006),
            (0, 0.006),
        ],
        num_segments=36,
    )
    a.add("brim", brim.scaled(stretch), straw, WICKER, drum(wide * 0.88, 0.010), solid=0.8)
    top = rng.uniform(0.72, 0.86)
    dome = [(r, 0.004), (r * 0.98, h * 0.4), (r * (top + 0.08), h * 0.85), (r * top * 0.9, h * 0.98)]
    crown = lathe([(0, 0.004), *dome, (r * 0.4, h), (0, h * 0.96)], num_segments=30)
    a.add("crown", crown.scaled(stretch), straw, WICKER, drum(r * 0.9, h * 0.96), solid=0.06)
    ribbon = band([(r, 0.008), (r * 0.985, 0.008 + h * 0.26)], proud=0.002)
    word = [c for c in ("red", "blue", "black", "green", "white") if c != color][int(rng.integers(4))]
    a.add("ribbon", ribbon.scaled(stretch), a.paint(word), CLOTH, solid=0.5)
    return a.done(base_radius=r)


def baseball_cap(rng: np.random.Generator, color: str) -> ObjectModel:
    """A baseball cap: a dome of six panels, a curved peak, a button on top."""
    a = Assembly("baseball cap", color, rng)
    r, h = rng.uniform(0.082, 0.092), rng.uniform(0.095, 0.115)
    turns = np.linspace(0, math.pi / 2, 8)
    dome = [(r * math.cos(t) ** 0.8, h * (0.2 + 0.8 * math.sin(t))) for t in turns[:-1]]
    stretch = (1.08, 0.94, 1.0)
    crown = lathe([(0, 0), (r, 0), *dome, (0, h)], num_segments=30).scaled(stretch)
    a.add(
        "crown",
        crown,
        a.main,
        CLOTH,
        drum(r * 0.9, h * 0.6),
        drum(r * 0.6, h * 0.38, bottom_z=h * 0.6),
        solid=0.12,
    )
    red, green, blue = a.main
    seam = a.call_main((0.75 * red, 0.75 * green, 0.75 * blue) if sum(a.main) > 0.6 else (0.2, 0.2, 0.22))
    for k in range(6):
        c, s = math.cos(k * math.pi / 3 + 0.52), math.sin(k * math.pi / 3 + 0.52)
        path = np.array([(u * c * stretch[0], u * s * stretch[1], z) for u, z in dome])
        a.add("crown", tube(path, [0.0016] * len(path), num_sides=5), seam, CLOTH, solid=0.2)
    accent = a.main if rng.random() < 0.5 else a.other()
    button = sphere(0.008, num_rings=5, num_segments=10).scaled((1, 1, 0.6)).moved((0, 0, h))
    a.add("button", button, accent, CLOTH)
    reach, half = r + rng.uniform(0.060, 0.075), r * 0.86
    t = np.linspace(-math.pi / 2, math.pi / 2, 21)
    edge = np.stack([r * 0.55 + (reach - r * 0.55) * np.cos(t) ** 0.8, half * np.sin(t)], axis=1)
    flat = extrude([(float(x), float(y)) for x, y in edge], height=0.005)
    bent = flat.vertices.copy()
    bent[:, 2] += rng.uniform(0.012, 0.022) * (1 - (bent[:, 1] / half) ** 2)
    peak = slab((reach - r * 0.7, half * 1.1, 0.012), ((reach + r * 0.7) / 2, 0, 0.006))
    a.add("peak", Mesh(bent, flat.faces), accent, CLOTH, peak, solid=0.8)
    if rng.random() < 0.6:
        badge = disc(0.020, 0.006, num_segments=18).rotated(_TO_X).moved((r * 1.035, 0, h * 0.42))
        a.add("badge", badge, a.other(), CLOTH, solid=0.2)
    return a.done(centred=True)


_ROOM = frozenset({"tabletop", "shelf", "walkway", "luggage cart"})

HATS: tuple[Category, ...] = (
    Category(
        "straw hat",
        "straw hats",
        straw_hat,
        colors=("yellow", "brown", "white", "pink"),
        yes=known("wear clothing burns"),
        unsure=known(
            "soft water_harms keep_rain_off stacks travel trips container carry_things melts "
            "breaks recycle rolls luggage"
        ),
        askable_parts=("brim", "crown"),
        places=_ROOM | {"desk"},
        only_train=True,
        part_uses=uses(crown="wear"),
    ),
    Category(
        "baseball cap",
        "baseball caps",
        baseball_cap,
        colors=("red", "blue", "green", "black", "white", "yellow", "pink", "gray"),
        yes=known("wear clothing"),
        unsure=known(
            "soft burns water_harms keep_rain_off keep_warm stacks "
            "travel trips container melts luggage play recycle"
        ),
        askable_parts=("peak",),
        places=_ROOM | {"desk", "drawer"},
        only_train=True,
        part_uses=uses(crown="wear"),
    ),
)
