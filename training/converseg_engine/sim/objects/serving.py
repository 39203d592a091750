"""What stands on a laid table beside plates and cups."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import extrude, lathe, sphere
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import drum, round_wall, slab
from converseg_engine.sim.objects.finish import checked, striped
from converseg_engine.sim.objects.forms import disc, loft, ring, rounded, soft_box
from converseg_engine.sim.objects.materials import CERAMIC, CLOTH, GLASS, SILVER, STEEL, WOOD
from converseg_engine.sim.objects.model import Cavity, ObjectModel, Shelf


def goblet(rng: np.random.Generator, color: str) -> ObjectModel:
    """A goblet: a deep cup on a knobbed stem and a round foot; of metal or of tinted glass."""
    a = Assembly("goblet", color, rng)
    r, h = rng.uniform(0.034, 0.042), rng.uniform(0.15, 0.19)
    foot, low, wall = r * rng.uniform(0.85, 1.0), h * rng.uniform(0.42, 0.50), 0.003
    rim = r * rng.uniform(0.85, 1.05)
    red, green, blue = a.main
    tint = (0.35 + 0.6 * red, 0.37 + 0.6 * green, 0.40 + 0.6 * blue)
    metal = color in ("gray", "yellow")
    rgb, stuff = (a.main, STEEL) if metal else (a.call_main(tint), GLASS)
    stand = [(0, 0), (foot, 0), (foot, 0.003), (foot * 0.3, 0.014), (0.005, 0.03), (0.005, low), (0, low)]
    stem = [lathe(stand, num_segments=28), sphere(0.011, num_rings=7).moved((0, 0, low * 0.62))]
    shapes = drum(foot, 0.008), drum(0.008, low - 0.008, bottom_z=0.008)
    a.add("stem", stem, rgb, stuff, *shapes, solid=0.5 if metal else 1.0)
    belly = low + (h - low) * 0.5
    outside = [(0.0, low - 0.002), (0.012, low), (r * 0.75, low + 0.014), (r, belly), (rim, h)]
    floor = low + 0.006
    inside = [(rim - wall, h), (r - wall, belly), (r * 0.7, floor + 0.012), (0.0, floor)]
    walls = round_wall(r * 0.85, max(r, rim), floor, h, num=8)
    cup = lathe([*outside, *inside], num_segments=28)
    a.add("cup", cup, rgb, stuff, drum(r * 0.7, 0.008, bottom_z=low), *walls, solid=0.5 if metal else 1.0)
    return a.done(base_radius=foot, cavity=Cavity(r * 0.7, rim - 0.005, low + 0.008, h))


def saucer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A saucer: a small shallow dish with a round well in its middle, a rim line on some."""
    a = Assembly("saucer", color, rng)
    r, h = rng.uniform(0.066, 0.080), rng.uniform(0.016, 0.022)
    well = r * rng.uniform(0.34, 0.42)
    below = [(0.0, 0.0), (r * 0.55, 0.0), (r * 0.58, 0.004), (r, h - 0.003), (r, h)]
    above = [(r * 0.97, h), (r * 0.55, 0.009), (well + 0.004, 0.0085), (well, 0.005), (0.0, 0.005)]
    shapes = drum(r * 0.56, 0.005), *round_wall(r * 0.58, r, 0.004, h, num=10)
    a.add("body", lathe([*below, *above], num_segments=32), a.main, CERAMIC, *shapes)
    if rng.random() < 0.5:
        a.add("rim", ring(r * 0.985, 0.0014, num_segments=32).moved((0, 0, h)), a.other(), CERAMIC)
    circle = ring(well + 0.003, 0.0010, num_segments=28).moved((0, 0, 0.0085))
    a.add("well", circle, a.other() if rng.random() < 0.4 else a.main, CERAMIC)
    return a.done(base_radius=r * 0.55, shelf=Shelf(well * 0.7, well * 0.7, 0.006))


def coaster(rng: np.random.Generator, color: str) -> ObjectModel:
    """A coaster for one cup, round or square, with a raised edge and a pattern of lines."""
    a = Assembly("coaster", color, rng)
    size, thick = rng.uniform(0.090, 0.105), rng.uniform(0.005, 0.008)
    stuff, rgb = (WOOD, a.wooden()) if color == "brown" else (CERAMIC, a.main)
    r = size / 2
    if rng.random() < 0.5:
        plate = disc(r, thick, num_segments=32)
        edge, rings = ring(r * 0.96, 0.002, num_segments=32), [ring(r * f, 0.0012) for f in (0.35, 0.6)]
        shape = drum(r, thick)
    else:
        plate = soft_box(size, size, thick, radius=0.012, edge=0.002)
        frame = (0.98, -0.001), (0.98, 0.002), (0.9, 0.002), (0.9, -0.001)
        edge = loft([(rounded(size * k, size * k, 0.01), z) for k, z in frame])
        rings = [ring(r * f, 0.0012, num_segments=4) for f in (0.4, 0.7)]
        shape = slab((size, size, thick), (0, 0, thick / 2))
    a.add("top", plate, rgb, stuff, shape)
    a.add("top", edge.moved((0, 0, thick)), rgb, stuff)
    a.add("pattern", [m.moved((0, 0, thick)) for m in rings], a.other(), stuff)
    return a.done(shelf=Shelf(r * 0.65, r * 0.65, thick))


def napkin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cloth napkin: folded flat into a triangle or rolled through a metal band."""
    a = Assembly("napkin", color, rng)
    weave = checked if rng.random() < 0.5 else striped
    cloth = weave(a.main, a.other(), size_m=0.06) if rng.random() < 0.4 else None
    if rng.random() < 0.55:
        side, thick = rng.uniform(0.15, 0.19), rng.uniform(0.004, 0.006)
        sheets = []
        for k in range(3):
            s = side * (1 - 0.07 * k)
            corners = [(-s / 2, -s * 0.25), (s / 2, -s * 0.25), (0, s * 0.25)]
            sheets.append(extrude(corners, height=thick, bottom_z=k * thick * 0.9))
        z = thick * 2.8
        wide = slab((side * 0.8, side * 0.16, z), (0, -side * 0.16, z / 2))
        narrow = slab((side * 0.4, side * 0.2, z), (0, 0.01, z / 2))
        a.add("cloth", sheets, a.main, CLOTH, wide, narrow, texture=cloth)
        return a.done(shelf=Shelf(side * 0.15, side * 0.08, z))
    length, r = rng.uniform(0.19, 0.23), rng.uniform(0.016, 0.020)
    ends = [(1.5, -length / 2), (1.25, -length * 0.25), (1.0, 0.0), (1.25, length * 0.25), (1.5, length / 2)]
    levels = [(rounded(2 * r * 0.96, 2 * r * k, r * 0.9), z) for k, z in ends]
    along = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    rolled, inside = loft(levels).rotated(along).moved((0, 0, r)), slab((length, 2.2 * r, 2 * r), (0, 0, r))
    a.add("cloth", rolled, a.main, CLOTH, inside, texture=cloth, solid=0.4)
    hoop = ring(r * 1.02, 0.003, num_segments=28).scaled((0.92, 1.03, 4.0)).rotated(along).moved((0, 0, r))
    a.add("band", hoop, SILVER if color != "gray" else a.paint("yellow"), STEEL)
    return a.done()


def cake_stand(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cake stand: a wide round plate with a low rim on a turned foot."""
    a = Assembly("cake stand", color, rng)
    r, h = rng.uniform(0.12, 0.16), rng.uniform(0.09, 0.14)
    foot, waist = r * rng.uniform(0.45, 0.58), r * rng.uniform(0.10, 0.16)
    edge = [(r * 0.98, h - 0.006), (r, h + 0.008), (r * 0.97, h + 0.008), (r * 0.95, h)]
    top = [(0.0, h - 0.008), *edge, (0.0, h)]
    a.add("platter", lathe(top, num_segments=40), a.main, CERAMIC, drum(r, 0.010, bottom_z=h - 0.009))
    profile = [
        (0, 0),
        (foot, 0),
        (foot, 0.006),
        (foot * 0.5, 0.022),
        (waist, h * 0.45),
        (waist * 1.3, h * 0.6),
    ]
    stem = lathe([*profile, (waist, h * 0.72), (waist * 2.4, h - 0.006), (0.0, h - 0.006)], num_segments=32)
    shapes = drum(foot, 0.012), drum(waist, h - 0.02, bottom_z=0.010)
    a.add("foot", stem, a.main, CERAMIC, *shapes, solid=0.6)
    if rng.random() < 0.6:
        bead, turns = sphere(0.006, num_rings=5, num_segments=8), np.arange(28) * math.pi / 14
        beads = [bead.moved((r * math.cos(t), r * math.sin(t), h + 0.004)) for t in turns]
        a.add("platter", beads, a.other() if rng.random() < 0.5 else a.main, CERAMIC)
    return a.done(base_radius=foot, shelf=Shelf(r * 0.6, r * 0.6, h + 0.001))


def cocktail_shaker(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cocktail shaker of three pieces: a tapered cup, a shoulder, a small cap."""
    a = Assembly("cocktail shaker", color, rng)
    r, h = rng.uniform(0.042, 0.048), rng.uniform(0.20, 0.25)
    low = r * rng.uniform(0.70, 0.80)
    split, neck = h * 0.62, h * 0.82
    cup = [(0.0, 0.0), (low, 0.0), (low + 0.001, 0.004), (r, split), (0.0, split)]
    walls = drum(low, split / 2), drum(r * 0.92, split / 2, bottom_z=split / 2)
    a.add("cup", lathe(cup, num_segments=32), a.main, STEEL, *walls, solid=0.06)
    rgb = SILVER if color == "gray" or rng.random() < 0.6 else a.main
    wide = r * 1.03
    slope = [
        (0, split),
        (wide, split),
        (wide, split + 0.012),
        (r * 0.94, h * 0.7),
        (r * 0.55, neck),
        (0, neck),
    ]
    shape = drum(r * 0.85, neck - split, bottom_z=split)
    a.add("shoulder", lathe(slope, num_segments=32), rgb, STEEL, shape, solid=0.06)
    cap = [(0.0, neck), (r * 0.60, neck), (r * 0.52, h * 0.93), (r * 0.36, h * 0.985), (0.0, h)]
    shape = drum(r * 0.5, h - neck - 0.002, bottom_z=neck)
    a.add("cap", lathe(cap, num_segments=28), rgb, STEEL, shape, solid=0.10)
    return a.done(base_radius=low)


def butter_dish(rng: np.random.Generator, color: str) -> ObjectModel:
    """A butter dish: an oblong base under a lid with a knob or a bar."""
    a = Assembly("butter dish", color, rng)
    x, y = rng.uniform(0.16, 0.19), rng.uniform(0.10, 0.12)
    levels = [(0.86, 0.0), (0.9, 0.004), (1.0, 0.016), (0.95, 0.016), (0.84, 0.008)]
    base = loft([(rounded(x * k, y * k, 0.022 * k), z) for k, z in levels])
    under = slab((x * 0.88, y * 0.88, 0.008), (0, 0, 0.004))
    edge = slab((x * 0.98, y * 0.98, 0.006), (0, 0, 0.011))
    a.add("base", base, a.main, CERAMIC, under, edge)
    sides = [(0.82, 0.009), (0.80, 0.04), (0.74, 0.052), (0.6, 0.058)]
    cover = loft([(rounded(x * k, y * (k - 0.02), 0.02 * k), z) for k, z in sides])
    a.add("lid", cover, a.main, CERAMIC, slab((x * 0.8, y * 0.76, 0.045), (0, 0, 0.0315)), solid=0.35)
    rgb = a.other() if rng.random() < 0.5 else a.main
    if rng.random() < 0.5:
        outline = [(0.0, 0.056), (0.008, 0.056), (0.007, 0.063), (0.013, 0.070), (0.009, 0.078), (0.0, 0.080)]
        a.add("knob", lathe(outline, num_segments=20), rgb, CERAMIC, drum(0.011, 0.024, bottom_z=0.055))
    else:
        lift = soft_box(0.05, 0.016, 0.02, radius=0.007, edge=0.005, bottom_z=0.055)
        a.add("knob", lift, rgb, CERAMIC, slab((0.05, 0.016, 0.02), (0, 0, 0.065)))
    return a.done()


_TABLE = frozenset({"tabletop", "kitchen counter", "shelf"})

SERVING: tuple[Category, ...] = (
    Category(
        "goblet",
        "goblets",
        goblet,
        colors=("gray", "yellow", "blue", "green", "purple", "white"),
        yes=known("drink container dish wash_up"),
        unsure=known(
            "breaks metal flowers spills hold_soup hold_pens store pour keep_from_child recycle heat_proof "
            "serve carry_water measure stacks"
        ),
        askable_parts=("cup", "stem"),
        places=_TABLE,
        only_train=True,
        part_uses=uses(cup="drink_from put_things_in", stem="hold stand_on"),
    ),
    Category(
        "saucer",
        "saucers",
        saucer,
        colors=("white", "blue", "red", "green", "yellow", "pink", "black", "gray"),
        yes=known("put_on breaks dish wash_up stacks"),
        unsure=known(
            "serve container heat_proof carry_dishes cover_pot chop_on hold_soup drink keep_from_child store "
            "cookware"
        ),
        places=_TABLE,
        only_train=True,
        part_uses=uses(body="put_things_on hold", well="put_things_on"),
    ),
    Category(
        "coaster",
        "coasters",
        coaster,
        colors=("brown", "red", "blue", "green", "black", "white", "orange"),
        yes=known("put_on"),
        unsure=known(
            "breaks heat_proof burns stacks dish serve melts wash_up carry_dishes water_harms chop_on "
            "furniture cover_pot recycle"
        ),
        places=_TABLE | {"desk", "drawer"},
        only_train=True,
        part_uses=uses(top="put_things_on"),
    ),
    Category(
        "napkin",
        "napkins",
        napkin,
        colors=("white", "red", "blue", "green", "yellow", "purple", "orange", "gray"),
        yes=known("wipe soft burns"),
        unsure=known(
            "dry clothing cleaning water_harms dish wash_up put_on heat_proof melts toiletry wear cutlery "
            "comfort keep_warm put_out_fire recycle serve stacks write cover_pot strain scrub"
        ),
        places=_TABLE | {"drawer"},
        only_train=True,
        part_uses=uses(cloth="wipe"),
    ),
    Category(
        "cake stand",
        "cake stands",
        cake_stand,
        colors=("white", "pink", "blue", "green", "yellow", "red"),
        yes=known("serve breaks"),
        unsure=known(
            "dish wash_up put_on carry_dishes stacks heat_proof container furniture store chop_on "
            "keep_from_child cover_pot carry_things cookware"
        ),
        askable_parts=("platter", "foot"),
        places=_TABLE,
        only_train=True,
        part_uses=uses(platter="put_things_on", foot="stand_on hold"),
    ),
    Category(
        "cocktail shaker",
        "cocktail shakers",
        cocktail_shaker,
        colors=("gray", "black", "red", "blue", "yellow", "green"),
        yes=known("container metal"),
        unsure=known(
            "pour stir drink serve wash_up dish strain measure spills keep_cold heat_proof cookware flowers "
            "keep_warm hold_pens carry_water store tool hold_soup recycle"
        ),
        askable_parts=("cap", "cup"),
        places=_TABLE,
        only_train=True,
        part_uses=uses(cup="put_things_in hold", shoulder="pour cover", cap="cover open"),
    ),
    Category(
        "butter dish",
        "butter dishes",
        butter_dish,
        colors=("white", "blue", "green", "yellow", "red", "pink"),
        yes=known("container dish breaks"),
        unsure=known(
            "wash_up serve store keep_cold spoils food hold_soup heat_proof keep_from_child stacks put_on "
            "melts keep_warm cover_pot carry_dishes pack eat"
        ),
        askable_parts=("lid", "base"),
        places=_TABLE,
        only_train=True,
        part_uses=uses(base="put_things_on", lid="cover", knob="hold open"),
    ),
)
"""What one serves and sips with."""
