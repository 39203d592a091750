"""Washing and cleaning: brushes, soap, towel, rolls, sponge, sprays, bucket."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, box, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, round_walls, slab
from converseg_engine.sim.objects.finish import striped
from converseg_engine.sim.objects.forms import arc, disc, loft, oval, rod, roll, soft_box, turned_cup
from converseg_engine.sim.objects.materials import (
    CLOTH,
    DARK,
    FOAM,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WAX,
)
from converseg_engine.sim.objects.model import Cavity, ObjectModel, Shelf

ALONG_X = rotation_about("y", math.pi / 2)


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


def spray_bottle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A trigger spray bottle for cleaner."""
    a = Assembly("spray bottle", color, rng)
    x, y, h = rng.uniform(0.085, 0.100), rng.uniform(0.052, 0.062), rng.uniform(0.17, 0.21)
    body = loft(
        [
            (oval(x / 2 * f, y / 2 * g, num=24), h * z)
            for f, g, z in (
                (0.95, 0.95, 0),
                (1, 1, 0.03),
                (1, 1, 0.5),
                (0.62, 0.8, 0.72),
                (0.30, 0.5, 0.92),
                (0.28, 0.48, 1),
            )
        ]
    )
    a.add(
        "body",
        body,
        a.main,
        PLASTIC,
        slab((x * 0.86, y * 0.86, h * 0.55), (0, 0, h * 0.275)),
        drum(y * 0.3, h * 0.45, bottom_z=h * 0.55),
        solid=0.14,
    )
    rgb = a.other()
    label = loft([(oval(x / 2 + 0.0006, y / 2 + 0.0006, num=24), h * z) for z in (0.14, 0.42)])
    a.add("label", label, a.paint("yellow") if color != "yellow" else a.paint("white"), PAPER, solid=0.01)
    collar = disc(y * 0.32, 0.022, bottom_z=h - 0.004)
    head = box((0.085, 0.026, 0.028), (0.012, 0, h + 0.034))
    nozzle = disc(0.010, 0.014, num_segments=12).rotated(ALONG_X).moved((0.054, 0, h + 0.036))
    a.add("head", [collar, head], rgb, PLASTIC, slab((0.085, 0.026, 0.050), (0.012, 0, h + 0.023)), solid=0.4)
    a.add("nozzle", nozzle, a.paint("red") if color != "red" else a.paint("blue"), PLASTIC, solid=0.5)
    trigger = tube(
        np.array([(0.034, 0, h + 0.022), (0.036, 0, h), (0.048, 0, h - 0.030)]), [0.007, 0.006, 0.005]
    )
    a.add("trigger", trigger, rgb, PLASTIC, bar((0.036, 0, h + 0.01), (0.046, 0, h - 0.026), 0.006))
    a.fill("cleaner", x * y * 0.7 * h * 0.6, share=float(rng.uniform(0.2, 0.95)))
    return a.done(base_radius=y * 0.45)


def towel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A folded towel: two or three layers, rounded at the fold."""
    a = Assembly("towel", color, rng)
    x, y, layers, thick = (
        rng.uniform(0.20, 0.30),
        rng.uniform(0.14, 0.20),
        int(rng.integers(2, 5)),
        rng.uniform(0.014, 0.022),
    )
    weave = striped(a.main, a.other(), size_m=0.25, num=3, upright=True) if rng.random() < 0.3 else None
    sheets = [
        soft_box(
            x - 0.004 * (k % 2),
            y - 0.003 * k,
            thick,
            radius=0.012,
            edge=thick * 0.44,
            bottom_z=k * thick * 0.97,
        )
        for k in range(layers)
    ]
    z = layers * thick * 0.97
    a.add("body", sheets, a.main, CLOTH, slab((x, y, z), (0, 0, z / 2)), texture=weave)
    return a.done(shelf=Shelf(x * 0.4, y * 0.4, z))


def paper_roll(rng: np.random.Generator, color: str) -> ObjectModel:
    """A roll of toilet paper, standing or on its side."""
    a = Assembly("toilet roll", color, rng)
    r, h = rng.uniform(0.048, 0.060), rng.uniform(0.092, 0.105)
    inner = 0.021
    lying = bool(rng.random() < 0.35)
    wound, core = roll(r, inner + 0.002, h), roll(inner + 0.002, inner, h)
    flap = box((0.0012, 0.05, h * 0.98), (r + 0.0006, 0.0, h / 2))
    walls = round_wall(r, r, 0.0, h, wall=r - inner, num=8)
    if lying:
        turn = rotation_about("y", math.pi / 2)
        wound, core = (m.rotated(turn).moved((-h / 2, 0, r)) for m in (wound, core))
        flap = flap.rotated(rotation_about("z", 2.0)).rotated(turn).moved((-h / 2, 0, r))
        walls = (bar((-h / 2, 0, r), (h / 2, 0, r), r),)
    a.add("paper", wound if lying else [wound, flap], a.main, PAPER, *walls, solid=0.25)
    a.add("core", core, (0.62, 0.47, 0.31), PAPER, solid=0.5)
    return a.done(lying=lying, base_radius=0.0 if lying else r)


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


def _inside(mesh: Mesh, half_x: float, half_y: float) -> bool:
    at = mesh.vertices.mean(axis=0)
    return bool((at[0] / half_x) ** 2 + (at[1] / half_y) ** 2 < 1)


def sponge(rng: np.random.Generator, color: str) -> ObjectModel:
    """A kitchen sponge: soft block with a rough dark face."""
    a = Assembly("sponge", color, rng)
    x, y, z = rng.uniform(0.09, 0.115), rng.uniform(0.060, 0.075), rng.uniform(0.028, 0.040)
    a.add(
        "soft side",
        soft_box(x, y, z * 0.78, radius=0.008, edge=0.004),
        a.main,
        FOAM,
        slab((x, y, z), (0, 0, z / 2)),
    )
    rough = a.paint("green") if color != "green" else a.paint("black")
    a.add("rough side", soft_box(x, y, z * 0.22, radius=0.008, edge=0.002, bottom_z=z * 0.78), rough, FOAM)
    return a.done()


def bucket(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bucket with its bow handle down on one side or up."""
    a = Assembly("bucket", color, rng)
    r, h = rng.uniform(0.105, 0.135), rng.uniform(0.22, 0.27)
    foot, floor = r * 0.74, 0.006
    body = turned_cup(
        [(foot, 0), (r * 0.985, h * 0.9), (r * 1.02, h * 0.9), (r * 1.03, h)],
        wall=0.004,
        floor=floor,
        num_segments=32,
    )
    stuff = STEEL if color == "gray" else PLASTIC
    a.add(
        "body",
        body,
        a.main,
        stuff,
        *round_walls(foot, r, h, 0.005, floor=floor, num=12),
        solid=0.35 if stuff is STEEL else 1.0,
    )
    tilt = rotation_about("x", float(rng.uniform(0.2, 1.25)) * (1 if rng.random() < 0.5 else -1))
    bow = tube(arc((0, 0, 0), r * 1.04, r * 1.04, 0, 180, num=15), [0.004] * 15)
    grip = rod((-0.05, 0, r * 1.03), (0.05, 0, r * 1.03), 0.010)
    place = (0.0, 0.0, h * 0.93)
    top = tilt @ np.array([0, 0, r * 1.03]) + np.array(place)
    ends = ((-0.05, float(top[1]), float(top[2])), (0.05, float(top[1]), float(top[2])))
    a.add("handle", bow.rotated(tilt).moved(place), SILVER, STEEL)
    a.add("handle", grip.rotated(tilt).moved(place), a.other(), PLASTIC, bar(*ends, 0.010))
    return a.done(base_radius=foot, cavity=Cavity(foot - 0.005, r - 0.006, floor, h))


_BATH = frozenset({"bathroom"})

BATHROOM: tuple[Category, ...] = (
    Category(
        "toothbrush",
        "toothbrushes",
        toothbrush,
        colors=("red", "green", "blue", "orange", "purple", "pink", "yellow"),
        yes=known("brush_teeth toiletry"),
        unsure=known("scrub melts electronic cleaning"),
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
        unsure=known("cleaning melts water_harms wash_hair scrub poison keep_from_child"),
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
        yes=known("wash_hair toiletry container"),
        unsure=known("wash_hands spills poison keep_from_child recycle melts cleaning pour"),
        askable_parts=("cap",),
        places=_BATH,
        part_uses=uses(cap="open cover", body="hold", label="read"),
    ),
    Category(
        "spray bottle",
        "spray bottles",
        spray_bottle,
        colors=("blue", "green", "white", "pink", "purple", "red", "orange"),
        yes=known("spray cleaning container poison keep_from_child"),
        unsure=known("spills wipe scrub recycle melts burns pour toiletry"),
        askable_parts=("trigger",),
        places=_BATH | {"kitchen counter", "workbench"},
        part_uses=uses(trigger="press pull", nozzle="spray aim", body="hold", label="read"),
    ),
    Category(
        "towel",
        "towels",
        towel,
        yes=known("dry soft burns"),
        unsure=known("wipe comfort keep_warm toiletry cleaning clothing heat_proof water_harms wear"),
        places=_BATH | {"kitchen counter", "shelf"},
        part_uses=uses(body="wipe"),
    ),
    Category(
        "toilet roll",
        "toilet rolls",
        paper_roll,
        colors=("white", "pink"),
        yes=known("water_harms burns"),
        unsure=known("wipe soft toiletry dry cleaning recycle write"),
        places=_BATH | {"shelf"},
        part_uses=uses(paper="wipe pull"),
    ),
    Category(
        "hairbrush",
        "hairbrushes",
        hairbrush,
        yes=known("brush_hair toiletry"),
        unsure=known("scrub melts"),
        askable_parts=("handle", "bristles"),
        places=_BATH,
        held_out=True,
        part_uses=uses(handle="hold", bristles="brush"),
    ),
    Category(
        "sponge",
        "sponges",
        sponge,
        colors=("yellow", "pink", "blue", "orange", "green"),
        yes=known("scrub wipe cleaning soft"),
        unsure=known("melts burns toiletry dry bounces wash_up"),
        places=frozenset({"kitchen counter", "bathroom"}),
        part_uses=uses(soft_side="wipe hold", rough_side="wipe"),
    ),
    Category(
        "bucket",
        "buckets",
        bucket,
        colors=("red", "blue", "green", "yellow", "gray", "black", "white"),
        yes=known("carry_water container"),
        unsure=known(
            "cleaning store carry_things throw_away metal melts play trips pour stacks toy tool put_out_fire"
        ),
        askable_parts=("handle",),
        places=frozenset({"walkway", "bathroom", "workbench"}),
        part_uses=uses(body="put_things_in", handle="hold carry"),
    ),
)
