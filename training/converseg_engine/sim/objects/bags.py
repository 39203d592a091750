"""Bags that one carries: backpack, duffel bag, handbag."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import slab
from converseg_engine.sim.objects.forms import arc, disc, loft, oval, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CLOTH,
    DARK,
    LEATHER,
    PLASTIC,
)
from converseg_engine.sim.objects.model import ObjectModel

FACE_ON = rotation_about("x", math.pi / 2)


def backpack(rng: np.random.Generator, color: str) -> ObjectModel:
    """A backpack standing: rounded top, front pocket, side straps, carrying loop."""
    a = Assembly("backpack", color, rng)
    x, y, h = rng.uniform(0.26, 0.33), rng.uniform(0.15, 0.20), rng.uniform(0.38, 0.48)
    levels = [
        (0.95, 0.95, 0.0),
        (1.0, 1.0, 0.05),
        (1.0, 1.0, 0.62),
        (0.94, 0.88, 0.80),
        (0.76, 0.66, 0.94),
        (0.45, 0.35, 1.0),
    ]
    body = loft([(rounded(x * f, y * g, y * 0.3 * g), h * z) for f, g, z in levels])
    a.add(
        "body",
        body,
        a.main,
        CLOTH,
        slab((x * 0.97, y * 0.95, h * 0.75), (0, 0, h * 0.375)),
        slab((x * 0.75, y * 0.7, h * 0.22), (0, 0, h * 0.86)),
        solid=0.28,
    )
    pocket = soft_box(x * 0.78, y * 0.32, h * 0.42, radius=0.03, edge=0.02, bottom_z=h * 0.05).moved(
        (0, -y / 2, 0)
    )
    a.add(
        "pocket",
        pocket,
        a.main,
        CLOTH,
        slab((x * 0.72, y * 0.2, h * 0.38), (0, -y * 0.55, h * 0.25)),
        solid=0.28,
    )
    zips = [box((x * 0.6, 0.004, 0.008), (0, -y * 0.662, h * 0.40))]
    a.add("zip", zips, a.other(), PLASTIC)
    for s in (-1, 1):
        path = np.array(
            [
                (s * x * 0.22, y * 0.44, h * 0.88),
                (s * x * 0.27, y * 0.60, h * 0.66),
                (s * x * 0.30, y * 0.60, h * 0.3),
                (s * x * 0.36, y * 0.46, h * 0.08),
            ]
        )
        strap = slab((0.05, y * 0.16, h * 0.55), (s * x * 0.34, y * 0.56, h * 0.42))
        bent = tube(path, [0.016, 0.020, 0.018, 0.010]).scaled((1.2, 1.0, 1.0))
        a.add("straps", bent, DARK, CLOTH, strap)
    loop = tube(arc((0, y * 0.30, h * 0.93), 0.045, 0.05, 0, 180, num=9), [0.007] * 9)
    a.add("handle", loop, DARK, CLOTH, slab((0.09, 0.014, 0.05), (0, y * 0.30, h * 0.955)))
    return a.done(centred=True)


def duffel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A long soft bag with end caps, a zip along the top and two carrying loops."""
    a = Assembly("duffel bag", color, rng)
    x, r = rng.uniform(0.46, 0.60), rng.uniform(0.115, 0.145)
    outline = oval(r, r * 1.15, num=18)
    outline[:, 0] = np.maximum(outline[:, 0], -r * 0.80)
    turn = rotation_about("y", -math.pi / 2)
    skin = loft(
        [(outline * 0.86, -x / 2), (outline, -x * 0.46), (outline * 1.0, x * 0.46), (outline * 0.86, x / 2)]
    )
    body = skin.rotated(turn)
    # After the turn the outline's x runs along z: flat side down.
    body = body.moved((0, 0, -float(body.vertices[:, 2].min())))
    tall = float(body.vertices[:, 2].max())
    a.add(
        "body",
        body,
        a.main,
        CLOTH,
        slab((x * 0.95, r * 1.9, tall * 0.6), (0, 0, tall * 0.3)),
        slab((x * 0.95, r * 1.4, tall * 0.35), (0, 0, tall * 0.78)),
        solid=0.25,
    )
    a.add("zip", box((x * 0.8, 0.014, 0.004), (0, 0, tall)), DARK, PLASTIC)
    for s in (-1, 1):
        path = arc((0, 0, 0), x * 0.16, r * 1.0, 0, 180, num=13)
        loop = (
            tube(path, [0.010] * 13)
            .rotated(rotation_about("x", s * 0.25))
            .moved((0, s * r * 0.72, tall * 0.72))
        )
        a.add(
            "handles", loop, DARK, CLOTH, slab((x * 0.2, 0.02, 0.03), (0, s * r * 0.5, tall * 0.72 + r * 0.9))
        )
    bands = [
        box((0.03, 0.004, tall * 0.55), (t * x * 0.16, s * r * 1.13, tall * 0.46))
        for t in (-1, 1)
        for s in (-1, 1)
    ]
    a.add("body", bands, DARK, CLOTH)
    return a.done()


def handbag(rng: np.random.Generator, color: str) -> ObjectModel:
    """A handbag standing: tapering body, flap with a clasp, a bow handle."""
    a = Assembly("handbag", color, rng)
    x, y, h = rng.uniform(0.24, 0.32), rng.uniform(0.10, 0.14), rng.uniform(0.18, 0.24)
    top = rng.uniform(0.45, 0.7)
    body = loft(
        [
            (rounded(x * f, y * g, 0.03 * g), h * z)
            for f, g, z in (
                (0.96, 0.92, 0),
                (1.0, 1.0, 0.06),
                (0.97, 0.85, 0.5),
                (0.88, top, 0.95),
                (0.84, top * 0.6, 1.0),
            )
        ]
    )
    a.add(
        "body",
        body,
        a.main,
        LEATHER,
        slab((x * 0.95, y * 0.9, h * 0.5), (0, 0, h * 0.25)),
        slab((x * 0.88, y * top, h * 0.5), (0, 0, h * 0.75)),
        solid=0.14,
    )
    red, green, blue = a.main
    flap = soft_box(x * 0.84, 0.010, h * 0.5, radius=0.004, bottom_z=0).rotated(
        rotation_about("x", -math.atan2(y * (0.85 - top) / 2 + 0.004, h * 0.45))
    )
    a.add(
        "flap",
        flap.moved((0, -y * 0.425, h * 0.50)),
        a.call_main((red * 0.86, green * 0.86, blue * 0.86)),
        LEATHER,
    )
    a.add(
        "clasp",
        disc(0.014, 0.008, num_segments=16).rotated(FACE_ON).moved((0, -y * 0.43, h * 0.56)),
        (0.86, 0.70, 0.30),
        ALUMINIUM,
    )
    bow, rise = x * 0.28, rng.uniform(0.09, 0.16)
    loop = tube(arc((0, 0, h - 0.006), bow, rise, 0, 180, num=13), [0.008] * 13)
    legs = [slab((0.016, 0.016, rise * 0.8), (s * bow * 0.92, 0, h + rise * 0.4)) for s in (-1, 1)]
    a.add(
        "handle",
        loop,
        a.main if rng.random() < 0.5 else DARK,
        LEATHER,
        *legs,
        slab((bow * 1.4, 0.016, 0.016), (0, 0, h + rise - 0.012)),
    )
    return a.done()


_BAGS = ("black", "blue", "red", "green", "purple", "pink", "orange", "brown", "yellow", "gray")
_CART = frozenset({"luggage cart", "walkway"})

BAGS: tuple[Category, ...] = (
    Category(
        "backpack",
        "backpacks",
        backpack,
        colors=_BAGS,
        yes=known("carry_things luggage container"),
        unsure=known("travel pack store trips wear soft burns clothing water_harms store_tools comfort"),
        askable_parts=("pocket",),
        places=_CART | {"desk"},
        weight=1.2,
        part_uses=uses(
            straps="wear carry",
            handle="hold carry hang_by",
            zip="open",
            pocket="put_things_in",
            body="put_things_in",
        ),
    ),
    Category(
        "duffel bag",
        "duffel bags",
        duffel,
        colors=_BAGS,
        yes=known("travel luggage carry_things container pack"),
        unsure=known("store trips soft burns water_harms comfort store_tools"),
        askable_parts=("handles",),
        places=_CART,
        held_out=True,
        part_uses=uses(handles="hold carry", zip="open", body="put_things_in"),
    ),
    Category(
        "handbag",
        "handbags",
        handbag,
        colors=("red", "brown", "black", "pink", "blue", "white", "green", "purple"),
        yes=known("carry_things container"),
        unsure=known("luggage travel store trips clothing wear pack soft water_harms burns"),
        askable_parts=("handle", "flap"),
        places=_CART | {"desk"},
        part_uses=uses(handle="hold carry hang_by", flap="cover open", clasp="open", body="put_things_in"),
    ),
)
