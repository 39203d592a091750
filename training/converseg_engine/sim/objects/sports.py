"""Sports things: racket, bat, dumbbell, frisbee, bowling pin, skateboard, bicycle helmet."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import band, disc, loft, oval, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    CREAM,
    DARK,
    FOAM,
    LACQUERED,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel


def tennis_racket(rng: np.random.Generator, color: str) -> ObjectModel:
    """A tennis racket lying: oval frame with strings, a forked throat, a wrapped handle."""
    a = Assembly("tennis racket", color, rng)
    hx, hy, t = rng.uniform(0.135, 0.165), rng.uniform(0.110, 0.128), rng.uniform(0.010, 0.012)
    neck, grip, half = rng.uniform(0.08, 0.11), rng.uniform(0.15, 0.19), rng.uniform(0.014, 0.016)
    hoop = ring(hy, t, num_segments=32).scaled((hx / hy, 1, 1)).moved((0, 0, t))
    shapes = [slab((0.026, 0.026, 2 * t), (hx * math.cos(k), hy * math.sin(k), t)) for k in range(6)]
    a.add("frame", hoop, a.main, PLASTIC, *shapes, drum(hy * 0.9, 2 * t), solid=0.7)
    end = -hx - neck
    fork = [rod((-hx * 0.82, s * hy * 0.57, t), (end, s * 0.006, half), t * 0.9) for s in (-1, 1)]
    a.add("frame", fork, a.main, PLASTIC, slab((neck, 0.04, 2 * t), (-hx - neck / 2, 0, t)), solid=0.7)
    threads = []
    for u in np.linspace(-0.86, 0.86, 13).tolist():
        reach = 2 * math.sqrt(1 - u * u)
        threads += [
            box((hx * reach, 0.0018, 0.0018), (0, u * hy, t)),
            box((0.0018, hy * reach, 0.0018), (u * hx, 0, t)),
        ]
    a.add("strings", threads, CREAM, PLASTIC)
    shaft = rod((end + 0.01, 0, half), (end - grip, 0, half), half, num_sides=8)
    a.add("handle", shaft, DARK, RUBBER, slab((grip, 1.7 * half, 2 * half), (end - grip / 2, 0, half)))
    cap = rod((end - grip + 0.004, 0, half), (end - grip - 0.012, 0, half), half * 1.0)
    a.add("handle", cap, a.main, RUBBER)
    return a.done(centred=True)


def baseball_bat(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bat lying: a thick barrel that narrows to a wrapped handle and a knob."""
    a = Assembly("baseball bat", color, rng)
    length, r, knob = rng.uniform(0.55, 0.70), rng.uniform(0.028, 0.034), rng.uniform(0.021, 0.024)
    thin = rng.uniform(0.0115, 0.014)
    share, radius = [0, 0.01, 0.035, 0.32, 0.55, 0.72], [r * 0.6, r * 0.9, r, r, r * 0.72, thin]

    def at(s: float) -> tuple[float, float, float]:
        return (s * length, 0.0, float(np.interp(s, [0.32, 1], [r, knob])))

    rgb = a.wooden() if color == "brown" else a.main
    body = tube(np.array([at(s) for s in share]), radius, num_sides=16)
    thick = bar((0, 0, r), (length * 0.34, 0, r), r)
    rear = bar((length * 0.34, 0, r), (length * 0.6, 0, r), r * 0.7)
    a.add("barrel", body, rgb, WOOD if color == "brown" else LACQUERED, thick, rear)
    wrap = DARK if color == "brown" or rng.random() < 0.5 else a.other()
    grip = tube(np.array([at(s) for s in (0.715, 0.85, 0.985)]), [thin * 1.08] * 3, num_sides=12)
    hold = bar(at(0.7), at(0.97), thin)
    a.add("handle", grip, wrap, RUBBER, hold)
    tip = tube(np.array([at(s) for s in (0.975, 0.982, 0.994, 1)]), [thin, knob, knob, knob * 0.7])
    a.add("handle", tip, rgb, LACQUERED, globe(knob, at(0.967)))
    return a.done(lying=True, centred=True)


def dumbbell(rng: np.random.Generator, color: str) -> ObjectModel:
    """A dumbbell: six-sided or round weights on a steel handle."""
    a = Assembly("dumbbell", color, rng)
    r, wide = rng.uniform(0.034, 0.052), rng.uniform(0.034, 0.055)
    grip, thin = rng.uniform(0.10, 0.13), rng.uniform(0.012, 0.015)
    corners = 6 if rng.random() < 0.6 else 24
    high = r * math.cos(math.pi / corners)
    turns = np.arange(corners) * (2 * math.pi / corners)
    head = extrude([(r * math.sin(t), r * math.cos(t)) for t in turns], height=wide, bottom_z=-wide / 2)
    ends = (grip + wide) / 2
    for x in (-ends, ends):
        weight = head.rotated(rotation_about("y", math.pi / 2)).moved((x, 0, high))
        a.add("weights", weight, a.main, STEEL, slab((wide, 1.6 * r, 2 * high), (x, 0, high)), solid=0.75)
    ends += 0.0 if corners == 6 else wide / 2 + 0.008
    handle = rod((-ends, 0, high), (ends, 0, high), thin, num_sides=14)
    a.add("handle", handle, SILVER, STEEL, bar((-grip / 2, 0, high), (grip / 2, 0, high), thin))
    return a.done(centred=True)


def frisbee(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flying disc lying with its rim down, ridges and a round print on top."""
    a = Assembly("frisbee", color, rng)
    r, h = rng.uniform(0.10, 0.137), rng.uniform(0.022, 0.030)
    outside = [(r * 0.985, 0), (r, h * 0.3), (r * 0.97, h * 0.68), (r * 0.86, h * 0.93), (r * 0.3, h)]
    inside = [(r * 0.3, h - 0.003), (r * 0.85, h * 0.93 - 0.003), (r * 0.94, h * 0.6), (r * 0.955, 0)]
    shell = lathe([(0, h), *reversed(outside), *reversed(inside), (0, h - 0.003)], num_segments=36)
    a.add("body", shell, a.main, PLASTIC, drum(r * 0.97, h * 0.7), drum(r * 0.8, h * 0.3, bottom_z=h * 0.7))
    ridges = [
        ring(r * k, 0.0014, num_segments=32).moved((0, 0, h * z)) for k, z in ((0.72, 0.95), (0.8, 0.94))
    ]
    a.add("body", ridges, a.main, PLASTIC)
    mark = a.other()
    if rng.random() < 0.5:
        a.add("print", disc(r * rng.uniform(0.2, 0.3), 0.0012, bottom_z=h), mark, PLASTIC, solid=0.01)
    else:
        stripe = band([(r * 0.5, h * 0.972), (r * 0.62, h * 0.957)], proud=0.0).moved((0, 0, 0.001))
        dot = disc(r * 0.12, 0.0012, bottom_z=h)
        a.add("print", [stripe, dot], mark, PLASTIC, solid=0.01)
    return a.done()


def bowling_pin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bowling pin: narrow foot, round belly, striped neck, round head."""
    a = Assembly("bowling pin", color, rng)
    h = rng.uniform(0.24, 0.38)
    r = h * rng.uniform(0.150, 0.165)
    curve = [
        (0.50, 0.0), (0.60, 0.03), (0.86, 0.17), (1.0, 0.31), (0.93, 0.43), (0.66, 0.57),
        (0.44, 0.68), (0.40, 0.74), (0.46, 0.82), (0.53, 0.90), (0.47, 0.955), (0.26, 0.99),
    ]  # fmt: skip
    profile = [(r * k, h * z) for k, z in curve]
    body = lathe([(0, 0), *profile, (0, h)], num_segments=26)
    shapes = (
        drum(r * 0.55, h * 0.1),
        drum(r * 0.88, h * 0.36, bottom_z=h * 0.1),
        drum(r * 0.45, h * 0.52, bottom_z=h * 0.46),
    )
    a.add("body", body, a.main, LACQUERED, *shapes, solid=float(rng.uniform(0.4, 0.9)))
    stripe = a.paint("red") if color in ("white", "blue", "black") else a.other()
    marks = [(0.44, 0.68, 0.425, 0.70), (0.40, 0.74, 0.43, 0.78)]
    bands: list[Mesh] = [band([(r * p, h * z), (r * q, h * w)], proud=0.001) for p, z, q, w in marks]
    a.add("stripes", bands, stripe, PLASTIC, solid=0.02)
    return a.done(base_radius=r * 0.55)


def skateboard(rng: np.random.Generator, color: str) -> ObjectModel:
    """A skateboard on its four wheels, both ends of the deck bent up."""
    a = Assembly("skateboard", color, rng)
    x, y, t = rng.uniform(0.36, 0.48), rng.uniform(0.17, 0.21), 0.011
    wheel, z = rng.uniform(0.024, 0.029), rng.uniform(0.072, 0.085)
    deck = box((x, y, t), (0, 0, z + t / 2))
    a.add("deck", deck, a.main, LACQUERED, slab((x, y, t), (0, 0, z + t / 2)))
    tilt = rng.uniform(0.25, 0.38)
    for s in (-1, 1):
        half = [
            (y * 0.62 * math.cos(k), y / 2 * math.sin(k)) for k in np.linspace(-math.pi / 2, math.pi / 2, 13)
        ]
        nose = extrude([(s * p, q) for p, q in half], height=t).rotated(rotation_about("y", -s * tilt))
        lift = y * 0.25 * math.sin(tilt)
        shape = slab((y * 0.4, y * 0.7, t), (s * (x / 2 + y * 0.22), 0, z + lift))
        a.add("deck", nose.moved((s * x / 2, 0, z)), a.main, LACQUERED, shape)
        along = s * x * 0.36
        hanger = box((0.05, 0.055, z - wheel), (along, 0, wheel + (z - wheel) / 2))
        axle = rod((along, -y * 0.46, wheel), (along, y * 0.46, wheel), 0.008)
        a.add(
            "axles", [hanger, axle], SILVER, STEEL, slab((0.05, 0.05, z - wheel), (along, 0, (z + wheel) / 2))
        )
    paint = CREAM if rng.random() < 0.5 else a.other()
    for sx in (-1, 1):
        for sy in (-1, 1):
            near, far = (sx * x * 0.36, sy * y * 0.33, wheel), (sx * x * 0.36, sy * y * 0.52, wheel)
            a.add("wheels", rod(near, far, wheel, num_sides=18), paint, RUBBER, bar(near, far, wheel))
    if rng.random() < 0.6:
        lines = [box((x, y * 0.07, 0.001), (0, s * y * 0.2, z + t)) for s in (-1, 1)]
        a.add("deck", lines, a.other(), PLASTIC, solid=0.01)
    else:
        pads = [box((x * 0.28, y * 0.8, 0.001), (s * x * 0.3, 0, z + t)) for s in (-1, 1)]
        a.add("deck", pads, DARK, RUBBER, solid=0.01)
    return a.done()


def bicycle_helmet(rng: np.random.Generator, color: str) -> ObjectModel:
    """A helmet lying on its rim: long dome with dark vents, a chin strap, sometimes a peak."""
    a = Assembly("bicycle helmet", color, rng)
    hx, hy, h = rng.uniform(0.12, 0.15), rng.uniform(0.092, 0.108), rng.uniform(0.125, 0.15)
    low = 0.016
    levels = [(oval(hx * math.cos(k), hy * math.cos(k), num=28), low + (h - low) * math.sin(k)) for k in
              (0, 0.2, 0.45, 0.7, 0.95, 1.2, 1.4, 1.53)]  # fmt: skip
    shapes = (
        slab((hx * 1.75, hy * 1.5, h * 0.45), (0, 0, h * 0.225)),
        slab((hx * 1.3, hy * 1.2, h * 0.3), (0, 0, h * 0.6)),
        slab((hx * 0.7, hy * 0.7, h * 0.2), (0, 0, h * 0.85)),
    )
    a.add("shell", loft(levels), a.main, FOAM, *shapes, shine=0.5)
    rim = loft([(oval(hx * 0.95, hy * 0.94, num=28), 0.0), (oval(hx * 0.99, hy * 0.99, num=28), low + 0.001)])
    a.add("shell", rim, DARK, FOAM)
    vents = []
    for v in (-0.66, -0.33, 0.0, 0.33, 0.66):
        flat = math.sqrt(1 - v * v)
        for first, last in ((18, 74), (106, 160)) if v else ((18, 60), (120, 160)):
            angles = np.radians(np.linspace(first, last, 9))
            ex, ez = (hx - 0.0095) * flat, (h - low - 0.0095) * flat
            y = np.full(9, v * hy * 0.97)
            path = np.stack([ex * np.cos(angles), y, low + ez * np.sin(angles)], axis=1)
            vents.append(tube(path, [0.007, 0.010, *[0.012] * 5, 0.010, 0.007]))
    a.add("vents", vents, DARK, PLASTIC, solid=0.02)
    turn = np.linspace(-0.4, math.pi + 0.4, 13)
    out = rng.uniform(0.035, 0.055)
    side = -hy * 0.9 - 0.6 * out
    loop = np.stack([0.055 * np.cos(turn), side - out * np.sin(turn), np.full(13, 0.004)], axis=1)
    buckle = soft_box(0.03, 0.018, 0.011, radius=0.004).moved((0, side - out, 0))
    a.add("strap", [tube(loop, [0.004] * 13), buckle], DARK, PLASTIC)
    if rng.random() < 0.4:
        wide, tip = hy * 0.7, hy * 0.45
        peak = extrude([(0.0, -wide), (0.06, -tip), (0.06, tip), (0.0, wide)], height=0.005)
        tipped = peak.rotated(rotation_about("y", 0.12)).moved((hx * 0.86, 0, low + h * 0.22))
        a.add("peak", tipped, DARK, PLASTIC)
    return a.done()


_HALL = frozenset({"shelf", "walkway", "luggage cart"})
_PLAYED = known("toy trips burns melts breaks water_harms")

SPORTS: tuple[Category, ...] = (
    Category(
        "tennis racket",
        "tennis rackets",
        tennis_racket,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "white", "pink"),
        unsure=_PLAYED | known("play tool metal hammer strain keep_from_child travel"),
        askable_parts=("strings", "handle", "frame"),
        places=_HALL | {"tabletop"},
        only_train=True,
        part_uses=uses(handle="hold"),
    ),
    Category(
        "baseball bat",
        "baseball bats",
        baseball_bat,
        colors=("brown", "red", "blue", "black", "yellow", "green"),
        unsure=_PLAYED | known("play tool rolls hammer metal roll_dough keep_from_child"),
        askable_parts=("barrel", "handle"),
        places=_HALL | {"tabletop"},
        only_train=True,
        part_uses=uses(handle="hold"),
    ),
    Category(
        "dumbbell",
        "dumbbells",
        dumbbell,
        colors=("black", "gray", "red", "blue", "pink", "purple", "green"),
        unsure=known(
            "metal tool rolls trips heat_proof hammer keep_from_child play toy stacks melts recycle"
        ),
        askable_parts=("weights", "handle"),
        places=frozenset({"shelf", "walkway", "tabletop", "workbench"}),
        only_train=True,
        part_uses=uses(handle="hold carry"),
    ),
    Category(
        "frisbee",
        "frisbees",
        frisbee,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
        yes=known("play toy"),
        unsure=known("melts stacks trips rolls put_on container bounces soft hold_soup serve burns"),
        places=_HALL | {"tabletop", "desk"},
        only_train=True,
        part_uses=uses(body="hold"),
    ),
    Category(
        "bowling pin",
        "bowling pins",
        bowling_pin,
        colors=("white", "red", "yellow", "green", "blue", "orange"),
        yes=known("play"),
        unsure=_PLAYED | known("rolls bounces hammer roll_dough"),
        askable_parts=("stripes",),
        places=frozenset({"shelf", "walkway", "tabletop"}),
        only_train=True,
    ),
    Category(
        "skateboard",
        "skateboards",
        skateboard,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"),
        yes=known("trips"),
        unsure=(_PLAYED - known("trips"))
        | known("play travel carry_things sit put_on climb rolls keep_from_child"),
        askable_parts=("deck", "wheels"),
        places=_HALL | {"workbench"},
        only_train=True,
        part_uses=uses(deck="step_on", wheels="roll_on stand_on"),
    ),
    Category(
        "bicycle helmet",
        "bicycle helmets",
        bicycle_helmet,
        colors=("red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
        yes=known("wear"),
        unsure=known(
            "clothing container store travel keep_rain_off melts burns breaks trips rolls soft bounces"
        ),
        askable_parts=("shell",),
        places=_HALL | {"tabletop", "desk"},
        only_train=True,
        part_uses=uses(shell="wear", strap="tie"),
    ),
)
