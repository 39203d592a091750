"""What one bakes and measures with."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, round_walls, slab
from converseg_engine.sim.objects.forms import band, disc, loft, oval, ring, rod, soft_box, turned_cup
from converseg_engine.sim.objects.materials import (
    CLOTH,
    DARK,
    ELECTRONICS,
    ENAMEL,
    PLASTIC,
    SILICONE,
    SILVER,
    STEEL,
)
from converseg_engine.sim.objects.model import Cavity, ObjectModel, Shelf


def measuring_cup(rng: np.random.Generator, color: str) -> ObjectModel:
    """A dry measuring cup: a small round cup with a flat straight handle at its rim."""
    a = Assembly("measuring cup", color, rng)
    r, h, wall = rng.uniform(0.034, 0.046), rng.uniform(0.036, 0.052), 0.003
    foot, length, wide = r * rng.uniform(0.8, 0.94), rng.uniform(0.06, 0.085), rng.uniform(0.018, 0.026)
    metal = color == "gray"
    stuff, solid = (STEEL, 0.35) if metal else (PLASTIC, 1.0)
    cup = turned_cup([(foot * 0.92, 0), (foot, 0.004), (r, h)], wall=wall, floor=wall)
    a.add("cup", cup, a.main, stuff, *round_walls(foot, r, h, wall, floor=wall), solid=solid)
    if rng.random() < 0.6:
        low, high = (foot + (r - foot) * z / h for z in (h * 0.45, h * 0.52))
        a.add("cup", band([(low, h * 0.45), (high, h * 0.52)]), a.other(), stuff, solid=0.02)
    middle = -r - length / 2 + 0.004
    flat = soft_box(length + 0.006, wide, 0.004, radius=wide * 0.45, edge=0.001).moved((middle, 0, h - 0.004))
    grip = slab((length, wide, 0.005), (middle, 0, h - 0.0025))
    a.add("handle", flat, a.main, stuff, grip, solid=solid)
    marks = [box((0.003, wide * q, 0.001), (middle + x, 0, h)) for x, q in ((0.012, 0.6), (0.005, 0.45))]
    eye = disc(wide * 0.2, 0.001, bottom_z=h - 0.0005, num_segments=14).moved((-r - length + 0.014, 0, 0))
    a.add("handle", [*marks, eye], DARK if sum(a.main) > 1.0 else a.other(), stuff, solid=0.01)
    return a.done(base_radius=foot * 0.92, cavity=Cavity(foot - wall, r - wall, wall, h))


def muffin_tin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A muffin tin: a sheet with six or twelve round wells."""
    a = Assembly("muffin tin", color, rng)
    nx, ny = ((3, 2), (4, 3), (4, 2))[int(rng.integers(3))]
    r, h = rng.uniform(0.029, 0.036), rng.uniform(0.026, 0.036)
    half = r + rng.uniform(0.004, 0.007)
    foot, skin = r * 0.8, 0.0015
    circle = oval(1.0, 1.0, num=32)
    square = half * circle / np.abs(circle).max(axis=1, keepdims=True)
    outside = [(circle * foot, 0.0), (circle * r, h - 0.002), (square, h - 0.002), (square, h)]
    well = loft([*outside, (circle * (r - skin), h), (circle * (foot - skin), skin)])
    x, y, gap = nx * 2 * half, ny * 2 * half, (half - r) * 2 + 0.006
    spots = [(i * 2 * half + half - x / 2, j * 2 * half + half - y / 2) for i in range(nx) for j in range(ny)]
    bars = [slab((gap, y, h), (i * 2 * half - x / 2, 0, h / 2)) for i in range(nx + 1)]
    bars += [slab((x, gap, h), (0, j * 2 * half - y / 2, h / 2)) for j in range(ny + 1)]
    stuff = STEEL if color == "gray" else ENAMEL
    wells = [well.moved((*spot, 0)) for spot in spots]
    a.add("wells", wells, a.main, stuff, slab((x, y, 0.003), (0, 0, 0.0015)), *bars, solid=0.35)
    rim = [box((x + 0.016, 0.008, 0.003), (0, s * (y / 2 + 0.004), h - 0.0015)) for s in (-1, 1)]
    rim += [box((0.008, y, 0.003), (s * (x / 2 + 0.004), 0, h - 0.0015)) for s in (-1, 1)]
    a.add("rim", rim, a.main, stuff)
    if rng.random() < 0.6:
        tab = soft_box(0.034, y * 0.5, 0.004, radius=0.012, edge=0.001)
        sides = [tab.moved((s * (x / 2 + 0.014), 0, h - 0.0055)) for s in (-1, 1)]
        a.add("rim", sides, a.main, stuff, slab((x + 0.05, y * 0.5, 0.004), (0, 0, h - 0.002)))
    return a.done()


def oven_mitt(rng: np.random.Generator, color: str) -> ObjectModel:
    """An oven mitt lying flat: a padded hand with a thumb, a cuff and a loop."""
    a = Assembly("oven mitt", color, rng)
    length, wide, thick = rng.uniform(0.17, 0.21), rng.uniform(0.125, 0.15), rng.uniform(0.024, 0.032)
    palm = soft_box(length, wide, thick, radius=wide * 0.46, edge=thick * 0.42).moved((length / 2, 0, 0))
    heel = soft_box(length * 0.6, wide, thick, radius=0.015, edge=thick * 0.42).moved((length * 0.3, 0, 0))
    low = slab((length * 0.95, wide * 0.9, thick), (length * 0.475, 0, thick / 2))
    stuff = SILICONE if rng.random() < 0.25 else CLOTH
    a.add("palm", [palm, heel], a.main, stuff, low, solid=0.18 if stuff is SILICONE else 0.5)
    for k in range(1, 5):
        stitch = box((0.0018, wide * 0.8, 0.001), (length * 0.16 * k, 0, thick))
        a.add("palm", stitch, a.other(), stuff, solid=0.01)
    side, turn = (1 if rng.random() < 0.5 else -1), rng.uniform(0.5, 0.8)
    thumb = soft_box(0.125, 0.056, thick * 0.9, radius=0.027, edge=thick * 0.4)
    at = (length * 0.40, side * wide * 0.56, 0.0)
    quat = (math.cos(side * turn / 2), 0.0, 0.0, math.sin(side * turn / 2))
    shape = slab((0.09, 0.045, thick * 0.9), (at[0], at[1], thick * 0.45), quat)
    turned = thumb.rotated(rotation_about("z", side * turn)).moved(at)
    a.add("thumb", turned, a.main, stuff, shape, solid=0.3)
    cuff = soft_box(0.05, wide * 1.06, thick * 1.1, radius=0.012, edge=thick * 0.35).moved((-0.015, 0, 0))
    a.add("cuff", cuff, a.other(), CLOTH, slab((0.045, wide, thick), (-0.015, 0, thick / 2)), solid=0.6)
    loop = ring(0.016, 0.003, num_segments=18).moved((-0.048, side * wide * 0.4, 0.003))
    a.add("loop", loop, a.main, CLOTH)
    return a.done(centred=True)


def kitchen_scale(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat kitchen scale: a body with a lit display and buttons, a plate to weigh on."""
    a = Assembly("kitchen scale", color, rng)
    x, y, z = rng.uniform(0.20, 0.25), rng.uniform(0.15, 0.18), rng.uniform(0.018, 0.028)
    case = soft_box(x, y, z, radius=0.022, edge=0.006)
    a.add("body", case, a.main, ELECTRONICS, slab((x, y, z), (0, 0, z / 2)), solid=0.5)
    size, rise = y * rng.uniform(0.43, 0.47), rng.uniform(0.006, 0.014)
    middle = x / 2 - size - 0.008
    steel = rng.random() < 0.6
    rgb, stuff = (SILVER, STEEL) if steel else (a.other(), PLASTIC)
    if rng.random() < 0.6:
        plate = disc(size, rise, bottom_z=z - 0.001, num_segments=36).moved((middle, 0, 0))
    else:
        plate = soft_box(size * 2, size * 2, rise, radius=0.016, edge=0.002, bottom_z=z - 0.001)
        plate = plate.moved((middle, 0, 0))
    a.add("platform", plate, rgb, stuff, drum(size, rise, bottom_z=z - 0.001, at=(middle, 0)), solid=0.2)
    room = x - 2 * size - 0.008
    at = -x / 2 + room / 2 + 0.002
    screen = box((room * 0.6, y * 0.42, 0.0015), (at, 0, z))
    a.add("display", screen, (0.55, 0.68, 0.60), ELECTRONICS, emission=0.25)
    for k in range(3):
        digit = ring(room * 0.11, room * 0.028, num_segments=8, num_sides=4).scaled((1.5, 0.8, 0.15))
        a.add("display", digit.moved((at, (k - 1) * y * 0.11, z + 0.001)), DARK, PLASTIC, solid=0.01)
    knobs = [disc(room * 0.19, 0.003, bottom_z=z - 0.001).moved((at, s * y * 0.34, 0)) for s in (-1, 1)]
    a.add("buttons", knobs, DARK if sum(a.main) > 1.0 else SILVER, PLASTIC)
    return a.done(shelf=Shelf(min(size * 0.65, x / 2 - size), size * 0.65, z + rise - 0.001))


def _outline(kind: str, r: float) -> list[tuple[float, float]]:
    if kind == "star":
        turns = [k * math.pi / 5 for k in range(10)]
        return [(q * math.cos(t), q * math.sin(t)) for q, t in zip((r, r * 0.5) * 5, turns, strict=True)]
    if kind == "tree":
        edge = [
            (0.35, 0.45),
            (0.40, 0.2),
            (-0.15, 0.65),
            (-0.1, 0.3),
            (-0.65, 0.85),
            (-0.65, 0.18),
            (-1, 0.18),
        ]
        return [(r, 0.0), *((r * x, r * y) for x, y in edge), *((r * x, -r * y) for x, y in reversed(edge))]
    degrees = (0, 28, 42, 55, 70, 88, 106, 122, 136, 150, 180)
    half = [(16 * math.sin(t) ** 3, t) for t in np.radians(degrees).tolist()]
    edge = [
        (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t), w) for w, t in half
    ]
    return [(r * x / 16, r * y / 16) for x, y in (*edge, *((x, -y) for x, y in edge[-2:0:-1]))]


def cookie_cutter(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cookie cutter: an upright band bent to a star, a heart or a fir tree."""
    a = Assembly("cookie cutter", color, rng)
    kind = ("star", "heart", "tree")[int(rng.integers(3))]
    r, h, wall = rng.uniform(0.038, 0.054), rng.uniform(0.014, 0.021), 0.0018
    corners = _outline(kind, r)
    stuff = STEEL if color == "gray" else PLASTIC
    for k, (x, y) in enumerate(corners):
        nx, ny = corners[(k + 1) % len(corners)]
        angle, length = math.atan2(ny - y, nx - x), math.hypot(nx - x, ny - y)
        at, turn = ((x + nx) / 2, (y + ny) / 2, 0.0), rotation_about("z", angle)
        side = box((length + wall, wall, h), (0, 0, h / 2)).rotated(turn).moved(at)
        rim = box((length + 0.003, 0.004, 0.003), (0, 0, h - 0.0015)).rotated(turn).moved(at)
        quat = (math.cos(angle / 2), 0.0, 0.0, math.sin(angle / 2))
        shape = slab((length, 0.003, h), (at[0], at[1], h / 2), quat)
        a.add("edge", side, a.main, stuff, shape)
        a.add("rim", rim, a.main, stuff)
    return a.done(centred=True)


def cooling_rack(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wire rack on four short feet, for what comes from the oven."""
    a = Assembly("cooling rack", color, rng)
    x, y, h, wire = rng.uniform(0.26, 0.36), rng.uniform(0.19, 0.25), rng.uniform(0.022, 0.035), 0.0017
    frame = 0.0026
    z = h - wire
    edges = [rod((-x / 2, s * y / 2, z), (x / 2, s * y / 2, z), frame) for s in (-1, 1)]
    edges += [rod((s * x / 2, -y / 2, z), (s * x / 2, y / 2, z), frame) for s in (-1, 1)]
    num = int(rng.integers(9, 15))
    along = np.linspace(-x / 2, x / 2, num + 2)[1:-1].tolist()
    across = np.linspace(-y / 2, y / 2, int(rng.choice((4, 8, 10))))[1:-1].tolist()
    wires = [rod((q, -y / 2, z), (q, y / 2, z), wire) for q in along]
    wires += [rod((-x / 2, q, z), (x / 2, q, z), wire) for q in across]
    top = slab((x, y, 0.005), (0, 0, h - 0.0025))
    a.add("grid", [*edges, *wires], a.main, STEEL, top)
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = rod((sx * x * 0.44, sy * y / 2, z), (sx * x * 0.44, sy * y / 2, 0), 0.0035)
            post = drum(0.0045, h * 0.8, at=(sx * x * 0.44, sy * y / 2))
            a.add("feet", foot, a.main, STEEL, post)
    return a.done(shelf=Shelf(x * 0.42, y * 0.42, h))


_KITCHEN = frozenset({"kitchen counter", "tabletop", "shelf"})

_BAKES = known("cookware tool dish cutlery metal heat_proof melts stacks recycle")

BAKING: tuple[Category, ...] = (
    Category(
        "measuring cup",
        "measuring cups",
        measuring_cup,
        colors=("red", "green", "blue", "yellow", "white", "orange", "purple", "gray"),
        yes=known("measure wash_up container"),
        unsure=_BAKES | known("pour drink serve hold_soup breaks spills store carry_water season stir"),
        askable_parts=("handle",),
        places=_KITCHEN | {"drawer"},
        only_train=True,
        part_uses=uses(cup="put_things_in scoop", handle="hold"),
    ),
    Category(
        "muffin tin",
        "muffin tins",
        muffin_tin,
        colors=("gray", "black", "red", "blue", "green"),
        yes=known("cookware metal heat_proof wash_up"),
        unsure=_BAKES - known("cookware metal heat_proof melts")
        | known("container serve store carry_dishes hot put_on spills"),
        askable_parts=("wells",),
        places=_KITCHEN | {"drawer"},
        only_train=True,
        part_uses=uses(wells="put_things_in", rim="hold"),
    ),
    Category(
        "oven mitt",
        "oven mitts",
        oven_mitt,
        colors=("red", "blue", "green", "yellow", "orange", "black", "purple", "gray"),
        yes=known("soft"),
        unsure=_BAKES
        | known("wear clothing burns grip keep_warm wipe dry wash_up put_on comfort cleaning pick_up_food"),
        askable_parts=("thumb", "cuff"),
        places=_KITCHEN | {"drawer"},
        only_train=True,
        part_uses=uses(palm="wear grip", thumb="wear", loop="hang_by"),
    ),
    Category(
        "kitchen scale",
        "kitchen scales",
        kitchen_scale,
        colors=("white", "black", "red", "blue", "green", "gray"),
        yes=known("measure electronic"),
        unsure=_BAKES | known("water_harms needs_power breaks put_on wash_up serve calculate"),
        askable_parts=("platform", "display"),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(platform="put_things_on", display="read look_at", buttons="press"),
    ),
    Category(
        "cookie cutter",
        "cookie cutters",
        cookie_cutter,
        colors=("red", "green", "blue", "yellow", "orange", "purple", "gray", "white"),
        yes=known("wash_up"),
        unsure=_BAKES | known("cut sharp play toy keep_from_child swallowed chop_on roll_dough"),
        places=_KITCHEN | {"drawer"},
        only_train=True,
        part_uses=uses(edge="cut", rim="hold press"),
    ),
    Category(
        "cooling rack",
        "cooling racks",
        cooling_rack,
        colors=("gray", "black", "white", "red"),
        yes=known("metal heat_proof"),
        unsure=_BAKES - known("metal heat_proof")
        | known("put_on wash_up serve dry strain carry_dishes hot toast"),
        askable_parts=("grid",),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(grid="put_things_on", feet="stand_on"),
    ),
)
