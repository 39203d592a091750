"""What lies on a desk to work with paper."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, Mesh, box, extrude, lathe, rotation_about
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, lines, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    CARDBOARD,
    DARK,
    GLASS,
    LACQUERED,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

ALONG_Y = rotation_about("x", math.pi / 2)
PAGE = (0.96, 0.96, 0.94)


def hole_punch(rng: np.random.Generator, color: str) -> ObjectModel:
    """A two-hole punch: flat base, steel block with two plungers, a wide lever that slopes over it."""
    a = Assembly("hole punch", color, rng)
    x, y, low = rng.uniform(0.105, 0.130), rng.uniform(0.100, 0.125), rng.uniform(0.012, 0.016)
    base = soft_box(x, y, low, radius=0.012, edge=0.003)
    a.add("base", base, DARK, PLASTIC, slab((x, y, low), (0, 0, low / 2)))
    at, tall = y * 0.12, 0.020
    sides = [box((0.020, 0.036, tall), (s * x * 0.36, at, low + tall / 2 + 0.004)) for s in (-1, 1)]
    feet = [box((x * 0.72 + 0.02, 0.016, 0.006), (0, at + 0.010, low + 0.002))]
    block = slab((x * 0.8, 0.036, tall), (0, at, low + tall / 2))
    a.add("plungers", sides + feet, SILVER, STEEL, block, solid=0.3)
    pins = [disc(0.006, 0.016, bottom_z=low + tall).moved((s * x * 0.36, at - 0.006, 0)) for s in (-1, 1)]
    a.add("plungers", pins, SILVER, STEEL)
    lean, length = math.radians(rng.uniform(14, 22)), y * 0.95
    turn = rotation_about("x", -lean)
    middle = (0.0, at + 0.022 - length / 2 * math.cos(lean), low + tall + 0.007 + length / 2 * math.sin(lean))
    lever = soft_box(x * 0.98, length, 0.012, radius=0.024, edge=0.004, bottom_z=-0.006)
    quat = (math.cos(lean / 2), -math.sin(lean / 2), 0.0, 0.0)
    plate = slab((x * 0.94, length * 0.94, 0.011), middle, quat)
    a.add("lever", lever.rotated(turn).moved(middle), a.main, STEEL, plate, solid=0.3, shine=0.5)
    return a.done(centred=True)


def magnifier(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round lens in a rim with a handle, lying."""
    a = Assembly("magnifier", color, rng)
    r, rim, half = rng.uniform(0.034, 0.050), rng.uniform(0.005, 0.0065), rng.uniform(0.0075, 0.0095)
    length = rng.uniform(0.085, 0.115)
    steel = rng.random() < 0.4
    rgb, stuff = (SILVER, STEEL) if steel else (a.main, PLASTIC)
    a.add("rim", ring(r, rim, num_segments=32).moved((0, 0, rim)), rgb, stuff, drum(r + rim, 2 * rim))
    dome = lathe([(0, rim * 0.3), (r, rim * 0.8), (r, rim * 1.1), (r * 0.6, rim * 1.5), (0, rim * 1.7)])
    a.add("lens", dome, (0.72, 0.86, 0.92), GLASS, shine=1.0)
    neck = rod((r, 0, rim), (r + 0.022, 0, half), rim * 0.8, end_radius=half * 0.7)
    a.add("rim", neck, SILVER, STEEL, solid=0.5)
    grip = lathe([(0, 0), (half * 0.7, 0), (half, length * 0.2), (half, length * 0.9), (0, length)])
    lying = grip.rotated(ALONG_X).moved((r + 0.016, 0, half))
    grip_rgb, grip_stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
    ends = (r + 0.010, 0.0, half), (r + 0.016 + length, 0.0, half)
    a.add("handle", lying, grip_rgb, grip_stuff, bar(*ends, half))
    return a.done(centred=True)


def ruler(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat ruler with marks along an edge."""
    a = Assembly("ruler", color, rng)
    x, y, z = rng.choice([0.165, 0.215, 0.315]), rng.uniform(0.028, 0.040), rng.uniform(0.003, 0.0045)
    stuff = WOOD if color == "brown" else STEEL if color == "gray" else PLASTIC
    rgb = a.wooden() if color == "brown" else a.main
    strip = soft_box(x, y, z, radius=0.003, edge=0.0008)
    a.add("strip", strip, rgb, stuff, slab((x, y, z), (0, 0, z / 2)))
    ink = a.other() if color not in ("brown", "gray") else DARK
    marks = []
    for k in range(round((x - 0.015) / 0.005) + 1):
        long = 0.42 if k % 10 == 0 else 0.30 if k % 2 == 0 else 0.17
        at = (0.0075 - x / 2 + 0.005 * k, y / 2 - y * long / 2 - 0.0005, z)
        marks.append(box((0.0013, y * long, 0.0006), at))
    digit = box((0.0022, y * 0.16, 0.0006), (0.0075 - x / 2, -y * 0.12, z))
    marks += [digit.moved((0.02 * k, 0, 0)) for k in range(round(x / 0.02))]
    a.add("marks", marks, ink, PLASTIC, solid=0.02)
    if rng.random() < 0.5:
        hole = disc(y * 0.12, 0.0006, bottom_z=z).moved((x / 2 - y * 0.3, -y * 0.25, 0))
        a.add("strip", hole, DARK, PLASTIC, solid=0.02)
    return a.done()


def sharpener(rng: np.random.Generator, color: str) -> ObjectModel:
    """A pencil sharpener: a wedge with a screwed blade and a dark hole, on a tub for shavings at times."""
    a = Assembly("pencil sharpener", color, rng)
    x, y, z = rng.uniform(0.030, 0.036), rng.uniform(0.019, 0.024), rng.uniform(0.017, 0.021)
    low = rng.uniform(0.022, 0.032) if rng.random() < 0.5 else 0.0
    if low:
        tub = soft_box(x * 1.2, y * 1.5, low, radius=0.006, edge=0.002)
        wall = slab((x * 1.2, y * 1.5, low), (0, 0, low / 2))
        a.add("body", tub, a.main, PLASTIC, wall, solid=0.5)
    stuff = STEEL if color == "gray" else PLASTIC
    side = [(-x / 2, 0.0), (x / 2, 0.0), (x / 2, z), (-x / 2, z * 0.66)]
    wedge = extrude(side, height=y, bottom_z=-y / 2).rotated(ALONG_Y).moved((0, 0, low))
    whole = slab((x, y, z * 0.66), (0, 0, low + z * 0.33))
    upper = slab((x / 2, y, z * 0.26), (x / 4, 0, low + z * 0.79))
    a.add("body", wedge, a.main, stuff, whole, upper, solid=0.75)
    slope = math.atan2(z * 0.34, x)
    turn, top = rotation_about("y", -slope), (0.0, 0.0, low + z * 0.83)
    blade = box((x * 0.84, y * 0.52, 0.0012), (0, y * 0.08, 0.0008)).rotated(turn).moved(top)
    a.add("blade", blade, SILVER, STEEL)
    screw = disc(y * 0.13, 0.002).moved((0, y * 0.08, 0.0008)).rotated(turn).moved(top)
    a.add("blade", screw, (0.45, 0.42, 0.34), STEEL)
    hole = disc(z * 0.26, 0.001).rotated(ALONG_X).moved((x / 2 - 0.0004, 0, low + z * 0.48))
    a.add("hole", hole, DARK, PLASTIC, solid=0.01)
    return a.done()


def eraser(rng: np.random.Generator, color: str) -> ObjectModel:
    """A block of rubber, in a paper sleeve or with slanted ends."""
    a = Assembly("eraser", color, rng)
    x, y, z = rng.uniform(0.042, 0.060), rng.uniform(0.019, 0.026), rng.uniform(0.011, 0.015)
    hull = slab((x * 0.94, y, z), (0, 0, z / 2))
    if rng.random() < 0.6:
        a.add("rubber", soft_box(x, y, z, radius=0.004, edge=0.0025), a.main, RUBBER, hull)
        length, at = x * rng.uniform(0.5, 0.62), -x * 0.16
        a.add("sleeve", box((length, y + 0.0014, z + 0.0007), (at, 0, z / 2)), a.other(), PAPER, solid=0.1)
        stripe = box((length * 0.28, y + 0.002, z + 0.001), (at, 0, z / 2))
        a.add("sleeve", stripe, a.paint(str(rng.choice(["blue", "red", "green"]))), PAPER, solid=0.02)
        return a.done()
    lean = z * 0.7
    for part, left, right in (("rubber", -x / 2, x * 0.1), ("sleeve", x * 0.1, x / 2)):
        side = [(left, 0.0), (right, 0.0), (right + lean, z), (left + lean, z)]
        piece = extrude(side, height=y, bottom_z=-y / 2).rotated(ALONG_Y)
        half = slab((x * 0.55, y, z), ((left + right + lean) / 2, 0, z / 2))
        a.add(part, piece, a.main if part == "rubber" else a.other(), RUBBER, half)
    return a.done(centred=True)


def clipboard(rng: np.random.Generator, color: str) -> ObjectModel:
    """A board with a steel clip at its head, a sheet of paper under it."""
    a = Assembly("clipboard", color, rng)
    x, y, z = rng.uniform(0.215, 0.245), rng.uniform(0.305, 0.345), rng.uniform(0.003, 0.005)
    stuff, rgb = (WOOD, a.wooden()) if color == "brown" else (PLASTIC, a.main)
    a.add("board", soft_box(x, y, z, radius=0.014, edge=0.001), rgb, stuff, slab((x, y, z), (0, 0, z / 2)))
    sheet_x, sheet_y = x * rng.uniform(0.72, 0.84), y * rng.uniform(0.68, 0.84)
    at = (0.0, y * 0.43 - sheet_y / 2)
    a.add("paper", box((sheet_x, sheet_y, 0.0014), (*at, z + 0.0007)), PAGE, PAPER)
    num, middle = int(rng.integers(5, 12)), (0.0, at[1] - y * 0.05)
    rows = lines(sheet_x * 0.8, sheet_y * 0.7, z + 0.0012, num=num, rng=rng, centre=middle)
    a.add("paper", rows, (0.35, 0.36, 0.42), PAPER, solid=0.01)
    wide, top = x * rng.uniform(0.42, 0.6), y / 2 - 0.016
    jaw = soft_box(wide, 0.022, 0.010, radius=0.004, bottom_z=z).moved((0, top - 0.012, 0))
    a.add("clip", jaw, SILVER, STEEL, slab((wide, 0.022, 0.010), (0, top - 0.012, z + 0.005)), solid=0.3)
    tab = soft_box(wide * 0.55, 0.030, 0.005, radius=0.010, bottom_z=z + 0.008).moved((0, top, 0))
    a.add("clip", tab, SILVER, STEEL, slab((wide * 0.5, 0.026, 0.012), (0, top, z + 0.006)), solid=0.5)
    return a.done()


def binder(rng: np.random.Generator, color: str) -> ObjectModel:
    """A thick ring binder full of paper, standing with its labelled back outside, or lying."""
    a = Assembly("binder", color, rng)
    x, y, z = rng.uniform(0.050, 0.080), rng.uniform(0.27, 0.29), rng.uniform(0.30, 0.32)
    lying = bool(rng.random() < 0.35)
    turn = ALONG_X if lying else np.eye(3)
    # Lying, the thickness becomes the height.
    shift = (-z / 2, 0.0, x / 2) if lying else (0.0, 0.0, 0.0)

    def put(size: tuple[float, float, float], at: tuple[float, float, float]) -> Mesh:
        return box(size, at).rotated(turn).moved(shift)

    hull = slab((z, y, x), (0, 0, x / 2)) if lying else slab((x, y, z), (0, 0, z / 2))
    wall = 0.004
    covers = [put((wall, y, z), (s * (x - wall) / 2, 0, z / 2)) for s in (-1, 1)]
    back = put((x, wall, z), (0, wall / 2 - y / 2, z / 2))
    a.add("cover", [*covers, back], a.main, CARDBOARD, hull)
    pages = put((x * rng.uniform(0.5, 0.85), y * 0.86, z * 0.93), (0, -y * 0.03, z * 0.48))
    a.add("paper", pages, PAGE, PAPER, solid=0.5)
    a.add("label", put((x * 0.72, 0.0016, z * 0.42), (0, -y / 2, z * 0.66)), a.other(), PAPER, solid=0.1)
    rows = ((1, 0.80), (0.7, 0.72), (0.9, 0.56))
    marks = [put((x * 0.5 * f, 0.0024, 0.008), (0, -y / 2, z * h)) for f, h in rows]
    a.add("label", marks, a.main, PAPER, solid=0.01)
    hole = ring(min(0.014, x * 0.24), 0.003).rotated(ALONG_Y).moved((0, -y / 2, z * 0.2))
    eye = disc(min(0.013, x * 0.23), 0.0016).rotated(ALONG_Y).moved((0, 0.0004 - y / 2, z * 0.2))
    a.add("finger hole", hole.rotated(turn).moved(shift), SILVER, STEEL)
    a.add("finger hole", eye.rotated(turn).moved(shift), DARK, PLASTIC, solid=0.01)
    return a.done()


def rubber_stamp(rng: np.random.Generator, color: str) -> ObjectModel:
    """A stamp standing on its rubber: a block with a turned knob to press."""
    a = Assembly("rubber stamp", color, rng)
    x, y, low = rng.uniform(0.042, 0.070), rng.uniform(0.026, 0.040), rng.uniform(0.014, 0.020)
    stuff, rgb = (WOOD, a.wooden()) if color == "brown" else (LACQUERED, a.main)
    whole = slab((x, y, low), (0, 0, low / 2))
    pad = box((x * 0.94, y * 0.94, 0.005), (0, 0, 0.0025))
    a.add("base", pad, a.paint(str(rng.choice(["red", "black"]))), RUBBER)
    a.add("base", soft_box(x, y, low - 0.004, radius=0.004, edge=0.002, bottom_z=0.004), rgb, stuff, whole)
    r, h = rng.uniform(0.012, 0.016), rng.uniform(0.050, 0.070)
    curve = [(r * 0.9, 0.0), (r * 0.55, h * 0.25), (r * 0.6, h * 0.5), (r, h * 0.76), (r * 0.8, h * 0.95)]
    knob = lathe([(0, 0), *curve, (0, h)]).moved((0, 0, low - 0.001))
    a.add("handle", knob, rgb, stuff, drum(r * 0.8, h, bottom_z=low), shine=0.5)
    return a.done()


_DESK = frozenset({"desk", "drawer", "tabletop", "shelf"})
_PAINTED = ("red", "blue", "green", "black", "orange", "purple", "pink", "white")

OFFICE: tuple[Category, ...] = (
    Category(
        "hole punch",
        "hole punches",
        hole_punch,
        colors=_PAINTED,
        yes=known("stationery"),
        unsure=known("tool metal cut cut_paper drill sharp keep_from_child heat_proof melts"),
        askable_parts=("lever", "base"),
        places=_DESK,
        only_train=True,
        part_uses=uses(lever="press", base="stand_on", plungers="pierce"),
    ),
    Category(
        "magnifier",
        "magnifiers",
        magnifier,
        colors=("black", "red", "blue", "green", "brown", "purple"),
        unsure=known("breaks stationery tool read toy play metal keep_from_child burns melts sharp hot"),
        askable_parts=("lens", "handle"),
        places=_DESK | {"workbench"},
        only_train=True,
        part_uses=uses(handle="hold"),
    ),
    Category(
        "ruler",
        "rulers",
        ruler,
        colors=("yellow", "brown", "white", "blue", "green", "red", "pink", "gray"),
        yes=known("measure stationery"),
        unsure=known(
            "tool metal heat_proof burns melts breaks cut cut_paper write stir sharp read check_level play"
        ),
        places=_DESK | {"workbench"},
        only_train=True,
        part_uses=uses(marks="read"),
    ),
    Category(
        "pencil sharpener",
        "pencil sharpeners",
        sharpener,
        colors=("red", "blue", "green", "yellow", "orange", "pink", "gray"),
        yes=known("stationery"),
        unsure=known("sharp cut swallowed keep_from_child tool metal heat_proof melts container grate write"),
        places=_DESK,
        only_train=True,
        part_uses=uses(blade="cut", hole="put_things_in", body="hold"),
        sharp_parts=frozenset({"blade"}),
    ),
    Category(
        "eraser",
        "erasers",
        eraser,
        colors=("white", "pink", "blue", "green", "yellow", "orange", "red"),
        yes=known("stationery"),
        unsure=known(
            "swallowed soft bounces burns melts keep_from_child wipe write scrub tool play cleaning"
        ),
        places=_DESK,
        only_train=True,
    ),
    Category(
        "clipboard",
        "clipboards",
        clipboard,
        colors=("brown", "black", "blue", "red", "green", "white", "yellow"),
        yes=known("stationery"),
        unsure=known(
            "write read show_picture put_on grip heat_proof burns melts water_harms tool metal stacks"
        )
        | known("serve carry_dishes recycle"),
        askable_parts=("clip", "paper"),
        places=_DESK | {"workbench"},
        only_train=True,
        part_uses=uses(clip="press", paper="read"),
    ),
    Category(
        "binder",
        "binders",
        binder,
        colors=("red", "blue", "green", "black", "yellow", "orange", "white", "gray"),
        yes=known("stationery water_harms burns"),
        unsure=known(
            "read store container carry_things show_picture recycle put_on melts stacks write trips"
        ),
        askable_parts=("label",),
        places=frozenset({"desk", "shelf", "tabletop"}),
        only_train=True,
        part_uses=uses(label="read", finger_hole="pull", paper="read"),
    ),
    Category(
        "rubber stamp",
        "rubber stamps",
        rubber_stamp,
        colors=("brown", "black", "red", "blue", "green"),
        yes=known("stationery"),
        unsure=known("tool write toy play burns melts water_harms swallowed paint stick keep_from_child"),
        askable_parts=("handle",),
        places=_DESK,
        only_train=True,
        part_uses=uses(handle="hold press", base="stand_on"),
    ),
)
