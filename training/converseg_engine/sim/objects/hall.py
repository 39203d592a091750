"""What stands in a hall: shoe, rubber boot, umbrella, potted plant."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import ALONG_X, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, round_walls, shifted, slab
from converseg_engine.sim.objects.forms import (
    OutlineNx2,
    disc,
    loft,
    oval,
    rod,
    rounded,
    soft_box,
    turned_cup,
)
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CERAMIC,
    CLOTH,
    DARK,
    RUBBER,
    SILVER,
    SOIL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel


def shoe(rng: np.random.Generator, color: str) -> ObjectModel:
    """A sports shoe: pale sole, coloured upper with an opening, laces."""
    a = Assembly("shoe", color, rng)
    x, y, h = rng.uniform(0.25, 0.30), rng.uniform(0.090, 0.105), rng.uniform(0.085, 0.11)
    sole = 0.026

    def foot(f: float, g: float, shift: float) -> OutlineNx2:
        outline = oval(x / 2 * f, y / 2 * g, num=24)
        outline[:, 1] *= 1 - 0.16 * np.cos(np.clip((outline[:, 0] / x + 0.1) * 6, -math.pi, math.pi))
        return outline + np.array([shift, 0.0])

    pale = (0.94, 0.94, 0.92) if color != "white" else DARK
    a.add(
        "sole",
        loft([(foot(0.96, 0.92, 0), 0.0), (foot(1, 1, 0), 0.008), (foot(1, 1, 0), sole)]),
        pale,
        RUBBER,
        slab((x * 0.9, y * 0.85, sole), (0, 0, sole / 2)),
        solid=0.35,
    )
    back = -x * 0.20
    upper = [
        (0.97, 0.95, 0.0, sole),
        (0.92, 0.92, -0.01, sole + (h - sole) * 0.35),
        (0.62, 0.82, -0.14 * x, sole + (h - sole) * 0.7),
        (0.46, 0.70, back, h),
    ]
    inner = [(0.38, 0.52, back, h), (0.34, 0.46, back, h * 0.55)]
    skin = loft([(foot(f, g, s), z) for f, g, s, z in (*upper, *inner)])
    a.add(
        "upper",
        skin,
        a.main,
        CLOTH,
        slab((x * 0.8, y * 0.8, (h - sole) * 0.5), (0, 0, sole + (h - sole) * 0.25)),
        slab((x * 0.40, y * 0.66, (h - sole) * 0.5), (back, 0, sole + (h - sole) * 0.75)),
        solid=0.6,
    )
    # The tongue falls from the opening's rim at 0.03 x to seven tenths of the height at 0.17 x.
    laces = [
        rod((x * t, -y * 0.2, z), (x * t, y * 0.2, z), 0.0045, num_sides=6)
        for t in (0.05, 0.10, 0.15)
        for z in (sole + (h - sole) * (1 - 0.3 * (t - 0.03) / 0.14) + 0.002,)
    ]
    a.add("laces", laces, pale, CLOTH)
    return a.done(centred=True)


def boot(rng: np.random.Generator, color: str) -> ObjectModel:
    """A rubber boot, standing."""
    a = Assembly("rubber boot", color, rng)
    x, y, h = rng.uniform(0.25, 0.29), rng.uniform(0.095, 0.11), rng.uniform(0.24, 0.32)
    low = 0.085
    a.add(
        "sole",
        soft_box(x, y, 0.022, radius=0.045, edge=0.004),
        DARK,
        RUBBER,
        slab((x * 0.93, y * 0.9, 0.022), (0, 0, 0.011)),
        solid=0.6,
    )
    toe = loft(
        [
            (rounded(x * 0.97 * f, y * 0.95 * g, 0.04 * g) + np.array([s, 0]), z)
            for f, g, s, z in (
                (1, 1, 0, 0.02),
                (0.98, 1, 0, 0.045),
                (0.8, 0.85, -0.022, 0.075),
                (0.55, 0.8, -0.055, 0.100),
            )
        ]
    )
    a.add("body", toe, a.main, RUBBER, slab((x * 0.9, y * 0.85, 0.055), (0, 0, 0.05)), solid=0.25)
    back, r = -x * 0.24, y * 0.5
    profile = [
        (oval(r * 1.05, r * 0.92, num=20), low),
        (oval(r * 1.12, r * 1.0, num=20), h),
        (oval(r * 1.04, r * 0.92, num=20), h),
        (oval(r * 0.95, r * 0.82, num=20), h * 0.4),
    ]
    a.add(
        "body",
        loft(profile).moved((back, 0, 0)),
        a.main,
        RUBBER,
        *(shifted(s, back) for s in round_wall(r, r * 1.06, low, h, num=6)),
        solid=1.0,
    )
    a.add(
        "rim",
        loft(
            [(oval(r * 1.14, r * 1.02, num=20), h - 0.02), (oval(r * 1.16, r * 1.04, num=20), h - 0.001)]
        ).moved((back, 0, 0)),
        a.other(),
        RUBBER,
        solid=0.05,
    )
    a.add("rim", disc(r * 0.9, 0.001, bottom_z=h - 0.0005).moved((back, 0, 0)), DARK, RUBBER, solid=0.01)
    return a.done(centred=True)


def umbrella(rng: np.random.Generator, color: str) -> ObjectModel:
    """A furled umbrella lying, with a hooked handle."""
    a = Assembly("umbrella", color, rng)
    length, r = rng.uniform(0.42, 0.55), rng.uniform(0.024, 0.032)
    folds = lathe(
        [(0, 0), (r * 0.4, 0.004), (r, length * 0.12), (r * 0.9, length * 0.5), (0.010, length), (0, length)],
        num_segments=12,
    )
    a.add(
        "canopy",
        folds.rotated(ALONG_X).moved((0, 0, r)),
        a.main,
        CLOTH,
        slab((length * 0.6, r * 1.6, 2 * r), (length * 0.34, 0, r)),
        slab((length * 0.35, r, r * 1.2), (length * 0.8, 0, r)),
        solid=0.8,
    )
    a.add(
        "tip",
        rod((length - 0.004, 0, r), (length + 0.06, 0, r), 0.005, end_radius=0.003),
        SILVER,
        ALUMINIUM,
        bar((length, 0, r), (length + 0.058, 0, r), 0.005),
    )
    shaft = 0.10
    hook = np.array(
        [
            (0.0, 0, r),
            (-shaft, 0, r),
            (-shaft - 0.025, 0.006, r),
            (-shaft - 0.040, 0.030, r),
            (-shaft - 0.025, 0.054, r),
            (-shaft, 0.060, r),
        ]
    )
    grip = a.wooden() if color == "brown" else DARK
    handle = tube(hook, [0.009] * 6)
    a.add(
        "handle",
        handle,
        grip,
        WOOD,
        slab((shaft, 0.018, 0.018), (-shaft / 2, 0, r)),
        slab((0.045, 0.07, r + 0.009), (-shaft - 0.022, 0.03, (r + 0.009) / 2)),
    )
    band_x = length * 0.45
    a.add(
        "strap",
        disc(r * 1.0, 0.014, num_segments=14).rotated(ALONG_X).moved((band_x, 0, r)),
        a.other(),
        CLOTH,
    )
    return a.done(centred=True)


def plant(rng: np.random.Generator, color: str) -> ObjectModel:
    """A potted plant: pot, soil, stems with leaves."""
    a = Assembly("potted plant", color, rng)
    r, h = rng.uniform(0.055, 0.095), rng.uniform(0.09, 0.16)
    foot = r * 0.72
    a.add(
        "pot",
        turned_cup(
            [(foot, 0), (r, h * 0.8), (r * 1.08, h * 0.8), (r * 1.08, h)],
            wall=0.006,
            floor=0.01,
            num_segments=26,
        ),
        a.main,
        CERAMIC,
        *round_walls(foot, r * 1.02, h, 0.008, floor=0.01, num=10),
    )
    a.add(
        "soil",
        lathe([(0, 0.012), (foot - 0.008, 0.012), (r * 0.96, h * 0.88), (0, h * 0.9)], num_segments=22),
        (0.20, 0.13, 0.09),
        SOIL,
        drum(foot * 0.9, h * 0.85, bottom_z=0.01),
    )
    leaf: RGB = (
        float(rng.uniform(0.10, 0.22)),
        float(rng.uniform(0.38, 0.55)),
        float(rng.uniform(0.10, 0.2)),
    )
    tall, leaves = rng.uniform(1.0, 1.8) * h, []
    for k in range(int(rng.integers(9, 16))):
        turn, rise = 2.4 * k, float(rng.uniform(0.35, 1.0))
        out = r * float(rng.uniform(0.5, 1.5)) * (1.3 - rise * 0.6)
        c, s = math.cos(turn), math.sin(turn)
        tip = (out * c, out * s, h + tall * rise)
        leaves.append(rod((0, 0, h * 0.86), tip, 0.0025, num_sides=5))
        size = float(rng.uniform(0.5, 0.8)) * r
        blade = sphere(1.0, num_rings=5, num_segments=8).scaled((size, size * 0.42, 0.004))
        leaves.append(
            blade.rotated(
                rotation_about("z", turn) @ rotation_about("y", float(rng.uniform(-0.7, 0.5)))
            ).moved(tip)
        )
    a.name_paint(leaf, "green")
    a.add("leaves", leaves, leaf, CLOTH, drum(r * 0.85, tall * 0.8, bottom_z=h * 1.1), solid=0.5)
    return a.done(base_radius=foot)


_FLOOR = frozenset({"walkway"})
_CART = frozenset({"luggage cart", "walkway"})
_ROOM = frozenset({"walkway"})

HALL: tuple[Category, ...] = (
    Category(
        "shoe",
        "shoes",
        shoe,
        yes=known("wear clothing trips"),
        unsure=known("burns soft travel container water_harms hammer"),
        askable_parts=("sole", "upper"),
        places=_FLOOR | {"shelf"},
        weight=1.3,
        part_uses=uses(upper="wear", laces="tie", sole="stand_on"),
    ),
    Category(
        "rubber boot",
        "rubber boots",
        boot,
        colors=("green", "yellow", "blue", "red", "black", "pink"),
        yes=known("wear clothing"),
        unsure=known("trips melts container burns keep_rain_off"),
        places=_FLOOR,
        part_uses=uses(body="wear", sole="stand_on"),
    ),
    Category(
        "umbrella",
        "umbrellas",
        umbrella,
        yes=known("keep_rain_off"),
        unsure=known("trips travel luggage clothing burns sharp metal keep_from_child rolls"),
        askable_parts=("handle",),
        places=_CART | {"shelf"},
        part_uses=uses(handle="hold hang_by", canopy="keep_rain_off", strap="tie"),
    ),
    Category(
        "potted plant",
        "potted plants",
        plant,
        colors=("brown", "white", "red", "blue", "orange", "yellow", "black", "gray"),
        yes=known("plant breaks"),
        unsure=known("flowers container trips furniture burns poison"),
        askable_parts=("pot", "leaves"),
        places=_ROOM | {"shelf", "desk", "bathroom"},
        part_uses=uses(pot="hold put_things_in", leaves="grow"),
    ),
)
