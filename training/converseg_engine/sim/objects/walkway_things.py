"""What stands about in walkways: cable, warning sign, cone, fire extinguisher."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, slab
from converseg_engine.sim.objects.forms import disc, rod, soft_box
from converseg_engine.sim.objects.materials import (
    DARK,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
)
from converseg_engine.sim.objects.model import ObjectModel

FACE_ON = rotation_about("x", math.pi / 2)


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

WALKWAY_THINGS: tuple[Category, ...] = (
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
        "fire extinguisher",
        "fire extinguishers",
        extinguisher,
        colors=("red",),
        yes=known("put_out_fire metal"),
        unsure=known("spray trips poison keep_from_child tool container heat_proof"),
        askable_parts=("lever", "hose"),
        places=_FLOOR | {"workbench"},
        held_out=True,
        part_uses=uses(lever="press carry hold", hose="aim spray", label="read"),
    ),
)
