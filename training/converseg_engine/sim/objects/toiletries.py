"""What one washes and grooms oneself with."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, Mesh, box, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, loft, oval, soft_box
from converseg_engine.sim.objects.materials import (
    DARK,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    WAX,
)
from converseg_engine.sim.objects.model import ObjectModel


def _tufts(x: float, y: float, height: float, columns: int, rows: int, *, bottom_z: float) -> list[Mesh]:
    return [
        disc(min(x / columns, y / rows) * 0.36, height, bottom_z=bottom_z, num_segments=6).moved(
            ((c - (columns - 1) / 2) * x / columns, (r - (rows - 1) / 2) * y / rows, 0)
        )
        for c in range(columns)
        for r in range(rows)
    ]


def toothbrush(rng: np.random.Generator, color: str) -> ObjectModel:
    """A toothbrush lying, bristles up."""
    a = Assembly("toothbrush", color, rng)
    length, half = rng.uniform(0.13, 0.15), rng.uniform(0.005, 0.0065)
    path = np.array([(0, 0, half), (length * 0.35, 0, half), (length * 0.62, 0, half), (length, 0, half)])
    shaft = tube(path, [half * 0.9, half, half * 0.6, half * 0.55])
    plate = soft_box(0.030, 0.012, 0.005, radius=0.005, edge=0.001).moved((length + 0.008, 0, half - 0.003))
    a.add("handle", shaft, a.main, PLASTIC, slab((length, 2 * half, 2 * half), (length / 2, 0, half)))
    a.add(
        "head",
        plate,
        a.main,
        PLASTIC,
        slab((0.030, 0.012, half * 2 + 0.009), (length + 0.008, 0, half + 0.0045)),
    )
    tufts = [
        m.moved((length + 0.008, 0, 0)) for m in _tufts(0.024, 0.010, 0.010, 6, 3, bottom_z=half + 0.001)
    ]
    a.add("bristles", tufts, a.other(), PLASTIC)
    return a.done(centred=True)


def toothpaste(rng: np.random.Generator, color: str) -> ObjectModel:
    """A tube of toothpaste lying: flat at one end, capped at the other."""
    a = Assembly("tube of toothpaste", color, rng)
    length, r = rng.uniform(0.12, 0.15), rng.uniform(0.017, 0.021)
    wide = r * 1.45
    levels = [
        (oval(0.0015, wide), 0.0),
        (oval(0.003, wide), length * 0.06),
        (oval(r * 0.85, r * 1.12), length * 0.7),
        (oval(r, r), length * 0.93),
        (oval(r * 0.55, r * 0.55), length),
    ]
    # Laid along x, and dropped so that its belly touches the ground all along.
    body = loft(levels).rotated(ALONG_X)
    body.vertices[:, 2] += np.interp(
        body.vertices[:, 0], [0, length * 0.06, length * 0.7, length], [0.0015, 0.003, r * 0.85, r]
    )
    body.vertices[:, 2] = np.maximum(body.vertices[:, 2], 0.0)
    a.add(
        "body",
        body,
        a.main,
        PLASTIC,
        slab((length * 0.5, 2 * wide * 0.85, r * 0.8), (length * 0.27, 0, r * 0.4)),
        slab((length * 0.5, r * 1.9, r * 1.8), (length * 0.72, 0, r * 0.9)),
    )
    stripe = box((length * 0.5, wide * 0.6, 0.001), (0, 0, 0)).rotated(
        rotation_about("y", -math.atan2(r * 1.25, length * 0.7))
    )
    a.add("body", stripe.moved((length * 0.42, 0, r * 1.08)), a.other(), PLASTIC)
    cap = lathe([(0, 0), (r * 0.75, 0), (r * 0.62, 0.022), (0, 0.022)], num_segments=14)
    a.add(
        "cap",
        cap.rotated(ALONG_X).moved((length - 0.002, 0, r)),
        a.other(),
        PLASTIC,
        slab((0.020, r * 1.2, r * 1.7), (length + 0.01, 0, r * 0.85)),
    )
    return a.done(centred=True)


def soap(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bar of soap."""
    a = Assembly("bar of soap", color, rng)
    x, y, z = rng.uniform(0.075, 0.095), rng.uniform(0.048, 0.062), rng.uniform(0.022, 0.032)
    a.add(
        "body",
        soft_box(x, y, z, radius=0.02, edge=0.010),
        a.main,
        WAX,
        slab((x * 0.94, y * 0.94, z), (0, 0, z / 2)),
    )
    mark = soft_box(x * 0.5, y * 0.4, 0.0008, radius=0.006, bottom_z=z - 0.0002)
    a.add("body", mark, a.call_main((a.main[0] * 0.85, a.main[1] * 0.85, a.main[2] * 0.85)), WAX)
    return a.done()


def dispenser(rng: np.random.Generator, color: str) -> ObjectModel:
    """A soap dispenser: round bottle, pump that is pressed, nozzle."""
    a = Assembly("soap dispenser", color, rng)
    r, h = rng.uniform(0.030, 0.038), rng.uniform(0.11, 0.14)
    body = lathe(
        [(0, 0), (r * 0.95, 0), (r, 0.006), (r, h * 0.82), (r * 0.55, h * 0.97), (r * 0.4, h), (0, h)],
        num_segments=24,
    )
    a.add(
        "body",
        body,
        a.main,
        PLASTIC,
        drum(r, h * 0.85),
        drum(r * 0.6, h * 0.15, bottom_z=h * 0.85),
        solid=0.2,
    )
    rgb = SILVER if rng.random() < 0.4 else a.other()
    lift = rng.uniform(0.022, 0.034)
    pump = lathe(
        [
            (0, h),
            (r * 0.46, h),
            (r * 0.46, h + 0.012),
            (0.005, h + 0.013),
            (0.005, h + lift),
            (r * 0.4, h + lift),
            (r * 0.36, h + lift + 0.012),
            (0, h + lift + 0.013),
        ],
        num_segments=16,
    )
    nose = tube(
        np.array([(0, 0, h + lift + 0.007), (r * 0.9, 0, h + lift + 0.008), (r * 1.3, 0, h + lift - 0.002)]),
        [0.006, 0.005, 0.004],
    )
    a.add("pump", pump, rgb, PLASTIC, drum(r * 0.45, lift + 0.013, bottom_z=h), solid=0.5)
    a.add(
        "nozzle",
        nose,
        rgb,
        PLASTIC,
        bar((r * 0.4, 0, h + lift + 0.006), (r * 1.25, 0, h + lift + 0.003), 0.005),
        solid=0.6,
    )
    a.fill("soap", math.pi * r**2 * h * 0.85, share=float(rng.uniform(0.15, 0.95)))
    return a.done(base_radius=r * 0.95)


def shampoo(rng: np.random.Generator, color: str) -> ObjectModel:
    """An oval shampoo bottle with a flip cap and a label."""
    a = Assembly("shampoo bottle", color, rng)
    x, y, h = rng.uniform(0.062, 0.078), rng.uniform(0.036, 0.046), rng.uniform(0.16, 0.20)
    top = h * 0.82
    body = loft(
        [
            (oval(x / 2 * f, y / 2 * f, num=24), top * z)
            for f, z in ((0.94, 0), (1, 0.03), (1, 0.7), (0.85, 0.9), (0.5, 1.0))
        ]
    )
    a.add("body", body, a.main, PLASTIC, slab((x * 0.86, y * 0.86, top), (0, 0, top / 2)), solid=0.2)
    label = loft([(oval(x / 2 + 0.0006, y / 2 + 0.0006, num=24), top * z) for z in (0.22, 0.6)])
    a.add("label", label, a.other(), PAPER, solid=0.01)
    cap = loft([(oval(x * 0.34, y * 0.42, num=24), top * 0.96), (oval(x * 0.32, y * 0.40, num=24), h)])
    a.add(
        "cap",
        cap,
        a.other() if rng.random() < 0.5 else a.main,
        PLASTIC,
        slab((x * 0.62, y * 0.72, h - top), (0, 0, (h + top) / 2)),
        solid=0.5,
    )
    a.fill("shampoo", x * y * top * 0.7, share=float(rng.uniform(0.2, 0.95)))
    return a.done(base_radius=y * 0.43)


def _inside(mesh: Mesh, half_x: float, half_y: float) -> bool:
    at = mesh.vertices.mean(axis=0)
    return bool((at[0] / half_x) ** 2 + (at[1] / half_y) ** 2 < 1)


def hairbrush(rng: np.random.Generator, color: str) -> ObjectModel:
    """A paddle brush lying, bristles up."""
    a = Assembly("hairbrush", color, rng)
    x, y, z = rng.uniform(0.10, 0.13), rng.uniform(0.055, 0.075), rng.uniform(0.014, 0.018)
    paddle = loft(
        [(oval(x / 2 * f, y / 2 * f, num=24), z * h) for f, h in ((0.9, 0), (1, 0.3), (1, 0.7), (0.92, 1))]
    )
    a.add("head", paddle, a.main, PLASTIC, slab((x * 0.9, y * 0.85, z), (0, 0, z / 2)))
    pad = loft([(oval(x / 2 * f, y / 2 * f, num=24), z * h) for f, h in ((0.82, 0.95), (0.75, 1.1))])
    a.add("bristles", pad, DARK, RUBBER)
    pins = [m for m in _tufts(x * 0.72, y * 0.72, 0.014, 8, 5, bottom_z=z) if _inside(m, x * 0.37, y * 0.37)]
    a.add("bristles", pins, a.other(), PLASTIC, slab((x * 0.7, y * 0.7, 0.013), (0, 0, z + 0.007)))
    length = rng.uniform(0.10, 0.125)
    grip = tube(
        np.array([(-x * 0.47, 0, z / 2), (-x / 2 - length * 0.3, 0, z / 2), (-x / 2 - length, 0, z / 2)]),
        [z * 0.45, z * 0.5, z * 0.48],
    )
    a.add("handle", grip, a.main, PLASTIC, slab((length, z, z), (-x / 2 - length / 2, 0, z / 2)))
    return a.done(centred=True)


_BATH = frozenset({"bathroom"})

TOILETRIES: tuple[Category, ...] = (
    Category(
        "toothbrush",
        "toothbrushes",
        toothbrush,
        colors=("red", "green", "blue", "orange", "purple", "pink", "yellow"),
        yes=known("brush_teeth toiletry melts"),
        unsure=known("scrub electronic cleaning"),
        askable_parts=("handle",),
        places=_BATH | {"luggage cart"},
        part_uses=uses(handle="hold", bristles="brush"),
    ),
    Category(
        "tube of toothpaste",
        "tubes of toothpaste",
        toothpaste,
        colors=("red", "green", "blue", "white", "purple"),
        yes=known("brush_teeth toiletry"),
        unsure=known("container eat melts poison keep_from_child spills recycle cleaning"),
        places=_BATH,
        part_uses=uses(cap="open cover", body="press hold"),
    ),
    Category(
        "bar of soap",
        "bars of soap",
        soap,
        colors=("white", "pink", "green", "yellow", "purple", "blue", "orange"),
        yes=known("wash_hands toiletry"),
        unsure=known("cleaning melts water_harms wash_hair scrub poison keep_from_child breaks"),
        places=_BATH | {"kitchen counter"},
        part_uses=uses(body="hold wipe"),
    ),
    Category(
        "soap dispenser",
        "soap dispensers",
        dispenser,
        yes=known("wash_hands container"),
        unsure=known("toiletry cleaning spills breaks poison keep_from_child melts spray pour"),
        askable_parts=("pump",),
        places=_BATH | {"kitchen counter"},
        part_uses=uses(pump="press", nozzle="pour", body="hold"),
    ),
    Category(
        "shampoo bottle",
        "shampoo bottles",
        shampoo,
        yes=known("wash_hair toiletry container melts"),
        unsure=known("wash_hands spills poison keep_from_child recycle cleaning pour"),
        askable_parts=("cap",),
        places=_BATH,
        part_uses=uses(cap="open cover", body="hold", label="read"),
    ),
    Category(
        "hairbrush",
        "hairbrushes",
        hairbrush,
        yes=known("brush_hair toiletry melts"),
        unsure=known("scrub"),
        askable_parts=("handle", "bristles"),
        places=_BATH,
        held_out=True,
        part_uses=uses(handle="hold", bristles="brush"),
    ),
)
