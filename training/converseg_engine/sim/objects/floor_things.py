"""What lies or stands on floors: shoe, boot, cable, rug, warning sign, cone, broom, dustpan, extinguisher."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, shifted, slab
from converseg_engine.sim.objects.finish import checked, striped
from converseg_engine.sim.objects.forms import OutlineNx2, disc, loft, oval, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    CLOTH,
    DARK,
    PALE_WOOD,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel, Shelf

FACE_ON = rotation_about("x", math.pi / 2)


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
    laces = [
        rod((x * t, -y * 0.17, h * z), (x * t, y * 0.17, h * z), 0.004, num_sides=6)
        for t, z in ((0.02, 0.88), (0.08, 0.80), (0.14, 0.71))
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


def cable(rng: np.random.Generator, color: str) -> ObjectModel:
    """A coiled extension cable lying on the floor, a plug at one end and a socket at the other."""
    a = Assembly("extension cable", color, rng)
    r, thick = rng.uniform(0.09, 0.14), rng.uniform(0.0045, 0.006)
    turns = rng.uniform(3.0, 4.2)
    t = np.linspace(0, turns * 2 * math.pi, int(turns * 22))
    wobble = 1 + 0.06 * np.sin(1.7 * t + float(rng.uniform(0, 6))) + 0.04 * np.sin(0.63 * t)
    layer = np.minimum(t / (2 * math.pi), turns)
    out = r * wobble * (1 - 0.06 * np.sin(2.1 * layer))
    path = np.stack([out * np.cos(t), out * np.sin(t), thick + 1.5 * thick * layer * 0.7], axis=1)
    a.add(
        "cable",
        tube(path, [thick] * len(t), num_sides=7),
        a.main,
        RUBBER,
        *round_wall(r * 1.06, r * 1.06, 0.0, thick * 2 + thick * turns, wall=r * 0.2, num=10),
    )
    end, start = path[-1], path[0]
    plug = soft_box(0.045, 0.030, 0.024, radius=0.008).moved(
        (float(start[0]) + 0.015, float(start[1]) - 0.02, 0)
    )
    prongs = [
        rod(
            (float(start[0]) + 0.036, float(start[1]) - 0.02 + s * 0.008, 0.012),
            (float(start[0]) + 0.056, float(start[1]) - 0.02 + s * 0.008, 0.012),
            0.0025,
            num_sides=6,
        )
        for s in (-1, 1)
    ]
    a.add(
        "plug",
        plug,
        DARK if color != "black" else a.paint("white"),
        PLASTIC,
        slab((0.045, 0.03, 0.024), (float(start[0]) + 0.015, float(start[1]) - 0.02, 0.012)),
    )
    a.add("plug", prongs, SILVER, STEEL)
    at = (float(end[0]) * 1.28, float(end[1]) * 1.28)
    a.add(
        "socket",
        soft_box(0.16, 0.05, 0.036, radius=0.008, edge=0.004).moved((*at, 0)),
        (0.93, 0.93, 0.91),
        PLASTIC,
        slab((0.16, 0.05, 0.036), (*at, 0.018)),
    )
    holes = [
        disc(0.017, 0.001, bottom_z=0.0355, num_segments=16).moved((at[0] + 0.048 * k, at[1], 0))
        for k in (-1, 0, 1)
    ]
    a.add("socket", holes, DARK, PLASTIC, solid=0.01)
    return a.done(centred=True)


def rug(rng: np.random.Generator, color: str) -> ObjectModel:
    """A small rug, flat, with a border or a pattern and fringes."""
    a = Assembly("rug", color, rng)
    x, y, z = rng.uniform(0.65, 0.95), rng.uniform(0.42, 0.60), 0.010
    other = a.other()
    kind = int(rng.integers(3))
    cloth = {1: striped(a.main, other, size_m=0.4, upright=True), 2: checked(a.main, other, size_m=0.3)}.get(
        kind
    )
    a.add(
        "body",
        soft_box(x, y, z, radius=0.01, edge=0.003),
        a.main,
        CLOTH,
        slab((x, y, z), (0, 0, z / 2)),
        texture=cloth,
    )
    if kind == 0:
        border = [box((x * 0.86, 0.02, 0.001), (0, s * y * 0.40, z)) for s in (-1, 1)] + [
            box((0.02, y * 0.8, 0.001), (s * x * 0.42, 0, z)) for s in (-1, 1)
        ]
        a.add("body", border, other, CLOTH)
    fringe = [
        box((0.03, 0.006, 0.003), (s * (x / 2 + 0.012), y * t, 0.0025))
        for s in (-1, 1)
        for t in np.linspace(-0.47, 0.47, 16).tolist()
    ]
    a.add("fringe", fringe, (0.92, 0.89, 0.80), CLOTH)
    return a.done(shelf=Shelf(x * 0.4, y * 0.4, z))


def warning_sign(rng: np.random.Generator, color: str) -> ObjectModel:
    """A folding floor sign that stands like a roof."""
    a = Assembly("warning sign", color, rng)
    x, h, lean = rng.uniform(0.24, 0.30), rng.uniform(0.48, 0.62), rng.uniform(0.20, 0.28)
    for s in (-1, 1):
        back = rotation_about("x", s * lean)
        board = extrude(
            [(-x / 2, 0), (x / 2, 0), (x * 0.36, h), (-x * 0.36, h)], height=0.012, bottom_z=-0.006
        ).rotated(FACE_ON)
        foot = s * math.sin(lean) * h
        quat = (math.cos(s * lean / 2), math.sin(s * lean / 2), 0.0, 0.0)
        low = 0.006 * math.sin(lean)
        at = (0.0, foot * 0.5, math.cos(lean) * h / 2 + low)
        a.add(
            "boards",
            board.rotated(back).moved((0, foot, low)),
            a.main,
            PLASTIC,
            slab((x * 0.9, 0.012, h), at, quat),
            solid=0.7,
        )
        mark = extrude(
            [(-x * 0.26, h * 0.42), (x * 0.26, h * 0.42), (0.0, h * 0.80)], height=0.0145, bottom_z=-0.00725
        ).rotated(FACE_ON)
        a.add("boards", mark.rotated(back).moved((0, foot, low)), DARK, PLASTIC, solid=0.02)
        text = box((x * 0.6, 0.0145, 0.03), (0, 0, h * 0.24)).rotated(back).moved((0, foot, low))
        a.add("boards", text, DARK, PLASTIC, solid=0.02)
    top = h * math.cos(lean)
    a.add(
        "handle",
        soft_box(x * 0.5, 0.03, 0.035, radius=0.01, bottom_z=top - 0.012),
        a.main,
        PLASTIC,
        slab((x * 0.5, 0.03, 0.035), (0, 0, top + 0.005)),
    )
    return a.done()


def cone(rng: np.random.Generator, color: str) -> ObjectModel:
    """A traffic cone with pale bands on a square foot."""
    a = Assembly("traffic cone", color, rng)
    h, r = rng.uniform(0.30, 0.50), rng.uniform(0.10, 0.13)
    side, tip, foot = 2.5 * r, 0.022, 0.028
    a.add(
        "base",
        soft_box(side, side, foot, radius=0.03, edge=0.006),
        a.main if rng.random() < 0.5 else DARK,
        RUBBER,
        slab((side, side, foot), (0, 0, foot / 2)),
    )
    skin = lathe(
        [(0, foot - 0.004), (r, foot - 0.004), (tip, h), (tip - 0.005, h), (0, h - 0.01)], num_segments=28
    )
    mid = (r + tip) / 2
    a.add(
        "body",
        skin,
        a.main,
        PLASTIC,
        drum(r * 0.92, (h - foot) * 0.25, bottom_z=foot),
        drum(mid, (h - foot) * 0.3, bottom_z=foot + (h - foot) * 0.25),
        drum((mid + tip) / 2, (h - foot) * 0.45, bottom_z=foot + (h - foot) * 0.55),
        solid=0.15,
    )
    for f0, f1 in ((0.32, 0.52), (0.66, 0.78)):
        z0, z1 = (foot + (h - foot) * f for f in (f0, f1))
        r0, r1 = (r + (tip - r) * f + 0.0012 for f in (f0, f1))
        a.add(
            "bands",
            lathe([(0, z0), (r0, z0), (r1, z1), (0, z1)], num_segments=28),
            (0.94, 0.94, 0.93),
            PLASTIC,
            solid=0.01,
        )
    return a.done()


def broom(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hand brush lying: bristles down, a long grip."""
    a = Assembly("broom", color, rng)
    length, wide, deep = rng.uniform(0.70, 1.0), rng.uniform(0.22, 0.30), rng.uniform(0.06, 0.08)
    z = 0.035
    head = soft_box(0.04, wide, 2 * z * 0.6, radius=0.012, edge=0.008, bottom_z=z - 0.6 * z)
    a.add("head", head, a.main, PLASTIC, slab((0.04, wide, 2 * z), (0, 0, z)), solid=0.5)
    hair = loft(
        [(rounded(0.016, wide * 0.96, 0.006), 0.0), (rounded(0.058, wide * 1.06, 0.01), deep)]
    ).rotated(rotation_about("y", math.pi / 2))
    a.add(
        "bristles",
        hair.moved((0.018, 0, z)),
        a.other(),
        PLASTIC,
        slab((deep, wide, 0.05), (0.018 + deep / 2, 0, z)),
        solid=0.15,
    )
    # The stick comes down to the floor: one lifts it by its end.
    a.add(
        "handle",
        rod((-0.01, 0, z), (-length, 0, 0.0125), 0.0125),
        a.wooden() if color == "brown" else PALE_WOOD,
        WOOD,
        bar((-0.02, 0, z), (-length, 0, 0.0125), 0.012),
    )
    return a.done(centred=True)


def dustpan(rng: np.random.Generator, color: str) -> ObjectModel:
    """A dustpan lying flat, grip behind."""
    a = Assembly("dustpan", color, rng)
    x, y, h = rng.uniform(0.20, 0.25), rng.uniform(0.21, 0.26), rng.uniform(0.045, 0.06)
    wall = 0.004
    floor = box((x, y, wall), (0, 0, wall / 2))
    back = box((wall, y, h), (-x / 2 + wall / 2, 0, h / 2))
    sides = [
        extrude([(-x / 2, 0), (x / 2, 0), (x / 2, 0.006), (-x / 2, h)], height=wall)
        .rotated(FACE_ON)
        .moved((0, s * y / 2 + (wall if s < 0 else 0), 0))
        for s in (-1, 1)
    ]
    shapes = (
        slab((x, y, wall), (0, 0, wall / 2)),
        slab((wall, y, h), (-x / 2 + wall / 2, 0, h / 2)),
        *(slab((x * 0.6, wall, h * 0.6), (-x * 0.2, s * y / 2, h * 0.3)) for s in (-1, 1)),
    )
    a.add("pan", [floor, back, *sides], a.main, PLASTIC, *shapes)
    length = rng.uniform(0.11, 0.14)
    end = (-x / 2 - length, 0.0, 0.012)
    a.add(
        "handle",
        rod((-x / 2 + 0.002, 0, h * 0.6), end, 0.012, end_radius=0.0115),
        a.main,
        PLASTIC,
        bar((-x / 2, 0, h * 0.6), end, 0.0118),
    )
    return a.done(centred=True)


def extinguisher(rng: np.random.Generator, color: str) -> ObjectModel:
    """A fire extinguisher: steel bottle, lever, hose, label."""
    a = Assembly("fire extinguisher", color, rng)
    r, h = rng.uniform(0.062, 0.080), rng.uniform(0.34, 0.44)
    body = lathe(
        [(0, 0), (r * 0.9, 0), (r, 0.015), (r, h * 0.82), (r * 0.75, h * 0.94), (0.024, h), (0, h)],
        num_segments=28,
    )
    a.add(
        "body",
        body,
        a.main,
        STEEL,
        drum(r, h * 0.86),
        drum(r * 0.5, h * 0.14, bottom_z=h * 0.86),
        solid=0.12,
        shine=0.7,
    )
    label = lathe(
        [(0, h * 0.34), (r + 0.0008, h * 0.34), (r + 0.0008, h * 0.62), (0, h * 0.62)], num_segments=28
    )
    a.add("label", label, (0.93, 0.92, 0.86), PLASTIC, solid=0.003)
    a.add("body", disc(0.022, 0.035, bottom_z=h - 0.004, num_segments=14), SILVER, STEEL)
    lever = [
        rod((-0.012, 0, h + 0.030), (0.095, 0, h + 0.060), 0.008),
        rod((-0.012, 0, h + 0.018), (0.085, 0, h + 0.022), 0.008),
    ]
    a.add("lever", lever, DARK, STEEL, bar((-0.012, 0, h + 0.028), (0.09, 0, h + 0.045), 0.012), solid=0.5)
    hose = tube(
        np.array([(-0.015, 0, h + 0.02), (-0.06, 0, h), (-r - 0.022, 0, h * 0.72), (-r - 0.018, 0, h * 0.3)]),
        [0.009, 0.009, 0.009, 0.009],
    )
    horn = rod((-r - 0.018, 0, h * 0.31), (-r - 0.018, 0, h * 0.10), 0.010, end_radius=0.017)
    a.add("hose", [hose, horn], DARK, RUBBER, bar((-r - 0.018, 0, h * 0.7), (-r - 0.018, 0, h * 0.1), 0.012))
    a.fill("foam", math.pi * r**2 * h, share=0.5)
    return a.done(base_radius=r * 0.9)


_FLOOR = frozenset({"walkway"})

FLOOR_THINGS: tuple[Category, ...] = (
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
        "extension cable",
        "extension cables",
        cable,
        colors=("orange", "black", "yellow", "white", "red", "blue"),
        yes=known("power trips water_harms needs_power"),
        unsure=known("electronic melts tool keep_from_child"),
        askable_parts=("socket",),
        places=_FLOOR | {"workbench", "desk"},
        part_uses=uses(plug="plug_in", socket="plug_in"),
    ),
    Category(
        "rug",
        "rugs",
        rug,
        colors=("red", "blue", "green", "brown", "purple", "orange", "pink"),
        yes=known("burns soft"),
        unsure=known("trips furniture water_harms sit comfort put_on dry keep_warm wipe"),
        places=_FLOOR | {"bathroom"},
        weight=0.7,
    ),
    Category(
        "warning sign",
        "warning signs",
        warning_sign,
        colors=("yellow", "orange", "red"),
        yes=known("warn"),
        unsure=known("read trips cleaning melts"),
        places=_FLOOR,
        part_uses=uses(boards="read warn", handle="hold carry"),
    ),
    Category(
        "traffic cone",
        "traffic cones",
        cone,
        colors=("orange", "yellow", "red", "green"),
        yes=known("warn"),
        unsure=known("trips play melts stacks"),
        askable_parts=("base",),
        places=_FLOOR,
        part_uses=uses(body="warn", base="stand_on"),
    ),
    Category(
        "broom",
        "brooms",
        broom,
        colors=("red", "blue", "green", "yellow", "brown"),
        yes=known("sweep cleaning trips"),
        unsure=known("tool burns melts scrub"),
        askable_parts=("handle", "bristles"),
        places=_FLOOR,
        held_out=True,
        part_uses=uses(handle="hold", bristles="sweep"),
    ),
    Category(
        "dustpan",
        "dustpans",
        dustpan,
        colors=("red", "blue", "green", "yellow", "gray", "pink"),
        yes=known("cleaning"),
        unsure=known("sweep trips melts throw_away container tool"),
        askable_parts=("handle",),
        places=_FLOOR | {"workbench"},
        part_uses=uses(handle="hold", pan="scoop put_things_in"),
    ),
    Category(
        "fire extinguisher",
        "fire extinguishers",
        extinguisher,
        colors=("red",),
        yes=known("put_out_fire metal"),
        unsure=known("spray trips poison keep_from_child tool container"),
        askable_parts=("lever", "hose"),
        places=_FLOOR | {"workbench"},
        held_out=True,
        part_uses=uses(lever="press carry hold", hose="aim spray", label="read"),
    ),
)
