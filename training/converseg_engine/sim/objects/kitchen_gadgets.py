"""Small helpers of a cook that lie in a drawer."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, Points, box, extrude, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_walls, slab
from converseg_engine.sim.objects.forms import disc, loft, ring, rod, rounded, soft_box, turned_cup
from converseg_engine.sim.objects.materials import CERAMIC, DARK, GLASS, PLASTIC, SILICONE, SILVER, STEEL
from converseg_engine.sim.objects.model import ObjectModel

ON_EDGE = rotation_about("x", math.pi / 2)


def whisk(rng: np.random.Generator, color: str) -> ObjectModel:
    """A balloon whisk lying: a cage of bent wires on a straight handle."""
    a = Assembly("whisk", color, rng)
    cage, r = rng.uniform(0.10, 0.14), rng.uniform(0.027, 0.037)
    grip, half = rng.uniform(0.10, 0.14), rng.uniform(0.008, 0.011)
    outline = ((0, 16), (25, 50), (50, 87), (68, 100), (78, 96), (87, 82), (94, 58), (98, 30), (100, 0))
    side = np.array([(cage * x / 100, 0.0, r * z / 100) for x, z in outline])
    loop = np.concatenate([side, side[-2::-1] * (1, 1, -1)])
    lean = math.atan2(half - r, grip + 0.68 * cage)
    turn, up = rotation_about("y", lean), r * math.cos(lean) + 0.68 * cage * math.sin(lean)
    wires = int(rng.integers(4, 7))
    wire = tube(loop, [0.0017] * len(loop), num_sides=6)
    bent = [wire.rotated(turn @ rotation_about("x", math.pi * k / wires)) for k in range(wires)]
    soft = rng.random() < 0.35
    rgb, stuff = (a.main, SILICONE) if soft else (SILVER, STEEL)
    around = slab((cage * 0.6, r * 1.6, r * 2), (cage * 0.65, 0, r))
    a.add("wires", [m.moved((0, 0, up)) for m in bent], rgb, stuff, around)
    path = np.array([(-grip * t, 0.0, 0.0) for t in (-0.12, 0.1, 0.6, 1.0)])
    handle = tube(path, [half * 0.7, half * 0.75, half, half * 0.9]).rotated(turn).moved((0, 0, up))
    tail = turn @ np.array([-grip, 0.0, 0.0])
    held = bar((0.0, 0.0, up), (float(tail[0]), 0.0, up + float(tail[2])), half)
    stuff, solid = (STEEL, 0.2) if color == "gray" else (PLASTIC, 1.0)
    a.add("handle", handle, a.main, stuff, held, solid=solid)
    return a.done(centred=True)


def tongs(rng: np.random.Generator, color: str) -> ObjectModel:
    """Kitchen tongs lying on their side, a little open."""
    a = Assembly("tongs", color, rng)
    length, w = rng.uniform(0.21, 0.28), rng.uniform(0.024, 0.032)
    opening, tip = rng.uniform(0.07, 0.15), rng.uniform(0.045, 0.06)
    soft = rng.random() < 0.6
    arm = extrude([(0, 0), (length, 0), (length, w * 0.6), (0, w)], height=0.003, bottom_z=-0.0015)
    head = loft([(rounded(tip, w * 1.15, w * 0.5, steps=6), z) for z in (-0.0035, 0.0035)])
    grip = soft_box(length * 0.46, 0.011, w * 0.95, radius=0.005).moved((length * 0.37, 0, 0))
    for s in (-1, 1):
        turn, half = rotation_about("z", s * opening), s * opening / 2
        at = (math.cos(2 * half) * length / 2, math.sin(2 * half) * length / 2, w / 2)
        whole = slab((length, 0.01, w), at, (math.cos(half), 0.0, 0.0, math.sin(half)))
        a.add("arms", arm.rotated(turn @ ON_EDGE), SILVER, STEEL, whole)
        a.add("grips", grip.rotated(turn), a.main, PLASTIC, solid=0.7)
        ends = head.moved((length, w * 0.575, 0)).rotated(turn @ ON_EDGE)
        a.add("tips", ends, a.main if soft else SILVER, SILICONE if soft else STEEL, solid=1 if soft else 0.4)
    a.add("hinge", disc(0.008, w, num_segments=14), SILVER, STEEL, drum(0.008, w), solid=0.3)
    eye = ring(0.009, 0.0018, num_segments=16).rotated(ON_EDGE).moved((-0.014, 0, w / 2))
    a.add("hinge", eye, SILVER, STEEL)
    return a.done(centred=True)


def peeler(rng: np.random.Generator, color: str) -> ObjectModel:
    """A vegetable peeler lying: a blade across a fork, or a long one in line with the handle."""
    a = Assembly("peeler", color, rng)
    grip, half = rng.uniform(0.085, 0.115), rng.uniform(0.007, 0.009)
    width = rng.uniform(0.022, 0.028)
    handle = soft_box(grip, width, half * 2, radius=0.011, edge=0.005).moved((-grip / 2, 0, 0))
    a.add("handle", handle, a.main, PLASTIC, slab((grip, width, half * 2), (-grip / 2, 0, half)))
    eye = disc(0.004, 0.001, bottom_z=half * 2 - 0.0004).moved((-grip + 0.012, 0, 0))
    a.add("handle", eye, DARK, PLASTIC, solid=0.01)
    if rng.random() < 0.6:
        reach, out = rng.uniform(0.042, 0.055), rng.uniform(0.026, 0.032)
        for s in (-1, 1):
            bend = ((-0.006, width * 0.25), (reach * 0.4, out), (reach, out))
            prong = np.array([(x, s * y, half) for x, y in bend])
            a.add("fork", tube(prong, [half * 0.9, half * 0.75, half * 0.6]), a.main, PLASTIC)
        strips = [box((0.006, out * 2, 0.0016), (reach - 0.006 + d, 0, half)) for d in (-0.005, 0.005)]
        guard = slab((reach, out * 2, half * 2), (reach / 2, 0, half))
    else:
        reach = rng.uniform(0.075, 0.095)
        a.add("fork", rod((-0.01, 0, half), (0.014, 0, half), 0.005), SILVER, STEEL)
        strips = [box((reach, 0.006, 0.0018), (0.008 + reach / 2, s * 0.0055, half)) for s in (-1, 1)]
        strips += [disc(0.0085, 0.0030, bottom_z=half - 0.0015).moved((x, 0, 0)) for x in (0.010, reach)]
        guard = slab((reach, 0.015, half * 2), (reach / 2, 0, half))
    a.add("blade", strips, SILVER, STEEL, guard)
    return a.done(centred=True)


def pizza_cutter(rng: np.random.Generator, color: str) -> ObjectModel:
    """A pizza cutter lying on its side: a steel wheel in a fork, and a handle."""
    a = Assembly("pizza cutter", color, rng)
    r, grip, half = rng.uniform(0.034, 0.048), rng.uniform(0.10, 0.13), rng.uniform(0.011, 0.014)
    wheel = loft([(rounded(q, q, q / 2, steps=8), z) for q, z in ((r * 2, 0), (r * 1.9, 0.0022))])
    low = slab((r * 1.7, r * 1.7, half * 1.3), (0, 0, half * 0.65))
    a.add("wheel", wheel.moved((0, 0, half - 0.001)), SILVER, STEEL, low)
    hub = disc(r * 0.22, half * 1.3, bottom_z=half * 0.35, num_segments=16)
    a.add("wheel", hub, a.main, PLASTIC)
    cheeks = [box((r * 1.35, 0.012, 0.002), (-r * 0.6, 0, half * (1 + 0.4 * s))) for s in (-1, 1)]
    guard = soft_box(0.012, half * 3.6, half * 2, radius=0.006, edge=0.004).moved((-r * 1.2, 0, 0))
    a.add("handle", cheeks, SILVER, STEEL)
    a.add("handle", guard, a.main, PLASTIC)
    path = np.array([(-r * 1.2 - grip * t, 0.0, half) for t in (0.0, 0.3, 0.7, 1.0)])
    shape = slab((grip, half * 1.8, half * 2), (-r * 1.2 - grip / 2, 0, half))
    a.add("handle", tube(path, [half * 0.75, half * 0.85, half, half * 0.85]), a.main, PLASTIC, shape)
    return a.done(centred=True)


def can_opener(rng: np.random.Generator, color: str) -> ObjectModel:
    """A can opener lying: two long handles, a cutting wheel and a key to turn."""
    a = Assembly("can opener", color, rng)
    length, apart, half = rng.uniform(0.115, 0.145), rng.uniform(0.012, 0.022), 0.009
    for s in (-1, 1):
        points = ((0.004, 0.009), (-length * 0.3, 0.011 + apart * 0.2), (-length, 0.009 + apart))
        path = np.array([(x, s * y, half) for x, y in points])
        grip = slab((length, 0.016, half * 2), (-length / 2, s * (0.010 + apart / 2), half))
        a.add("handles", tube(path, [half * 0.75, half * 0.9, half]), a.main, PLASTIC, grip)
    plate = soft_box(0.066, 0.032, 0.007, radius=0.013, edge=0.001, bottom_z=0.006).moved((0.026, 0, 0))
    a.add("head", plate, SILVER, STEEL, slab((0.06, 0.032, 0.014), (0.026, 0, 0.007)), solid=0.5)
    wheel = disc(0.012, 0.004, bottom_z=0.012, num_segments=20).moved((0.047, 0.008, 0))
    a.add("wheel", wheel, (0.42, 0.43, 0.45), STEEL)
    tall = rng.uniform(0.020, 0.028)
    wing = loft([(rounded(0.032, 0.019, 0.009), z) for z in (-0.0025, 0.0025)]).rotated(ON_EDGE)
    turned = rotation_about("z", float(rng.uniform(-1.2, 1.2)))
    wings = [wing.moved((s * 0.018, 0, tall + 0.007)).rotated(turned).moved((0.018, 0, 0)) for s in (-1, 1)]
    stem = rod((0.018, 0, 0.010), (0.018, 0, tall + 0.012), 0.005)
    a.add("crank", stem, SILVER, STEEL)
    above = drum(0.02, tall + 0.003, bottom_z=0.013, at=(0.018, 0))
    a.add("crank", wings, a.main if rng.random() < 0.6 else SILVER, PLASTIC, above)
    return a.done(centred=True)


def _coil(start_x: float, end_x: float, z: float, radius: float) -> Points:
    t = np.linspace(0, 1, 49)
    angle, size = t * 10 * math.pi, radius * np.minimum(1, (1 - t) * 6 + 0.15)
    along = start_x + (end_x - start_x) * t
    return np.stack([along, size * np.cos(angle), z + size * np.sin(angle)], axis=1)


def corkscrew(rng: np.random.Generator, color: str) -> ObjectModel:
    """A winged corkscrew lying: two levers beside a neck, a screw below, a grip on top."""
    a = Assembly("corkscrew", color, rng)
    bell, neck, arm = rng.uniform(0.016, 0.019), rng.uniform(0.055, 0.07), rng.uniform(0.085, 0.105)
    stuff = STEEL if color == "gray" else PLASTIC
    collar = soft_box(0.026, 0.036, bell * 1.3, radius=0.006, edge=0.003, bottom_z=bell * 0.35)
    posts = [rod((0, s * 0.011, bell), (neck, s * 0.011, bell), 0.004) for s in (-1, 1)]
    skirt = disc(bell, 0.03).rotated(ALONG_X).moved((neck - 0.01, 0, bell))
    low = slab((neck + 0.02, bell * 1.6, bell * 2), (neck / 2 + 0.01, 0, bell))
    a.add("neck", [collar, *posts, skirt], a.main, stuff, low, solid=0.4)
    a.add("screw", rod((-0.03, 0, bell), (neck, 0, bell), 0.0045), SILVER, STEEL)
    tip = neck + rng.uniform(0.05, 0.062)
    a.add("screw", tube(_coil(neck + 0.015, tip, bell, 0.0045), [0.002] * 49, num_sides=6), SILVER, STEEL)
    grip = rod((-0.036, -0.026, bell), (-0.036, 0.026, bell), 0.008)
    knobs = [sphere(0.009, num_rings=6, num_segments=12).moved((-0.036, s * 0.026, bell)) for s in (-1, 1)]
    held = bar((-0.036, -0.03, bell), (-0.036, 0.03, bell), 0.008)
    a.add("handle", [grip, *knobs], a.main, stuff, held, solid=0.6)
    swing = rng.uniform(0.35, 1.3)
    for s in (-1, 1):
        c, sn = math.cos(swing), s * math.sin(swing)
        path = np.array([(arm * t * c, s * 0.019 + arm * t * sn, bell) for t in (0.0, 0.5, 0.8, 1.0)])
        end = (float(path[-1, 0]), float(path[-1, 1]), bell)
        lever = bar((0.0, s * 0.019, bell), end, 0.006)
        a.add("levers", tube(path, [0.005, 0.006, 0.009, 0.007]), a.main, stuff, lever, solid=0.6)
        gear = disc(0.010, 0.008, bottom_z=bell - 0.004, num_segments=12).moved((0, s * 0.018, 0))
        a.add("levers", gear, SILVER, STEEL)
    return a.done(centred=True)


def lemon_squeezer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A lemon squeezer: a ribbed cone in a shallow dish with a spout and a grip."""
    a = Assembly("lemon squeezer", color, rng)
    r, h, floor = rng.uniform(0.048, 0.060), rng.uniform(0.026, 0.036), 0.005
    stuff = (PLASTIC, GLASS, CERAMIC)[int(rng.integers(3))]
    dish = turned_cup([(r * 0.75, 0), (r * 0.95, h * 0.5), (r, h)], wall=0.004, floor=floor)
    a.add("dish", dish, a.main, stuff, *round_walls(r * 0.75, r, h, 0.004, floor=floor))
    beak = [(r - 0.006, -0.014), (r + 0.013, 0), (r - 0.006, 0.014)]
    a.add("spout", extrude(beak, height=0.006, bottom_z=h - 0.006), a.main, stuff)
    angles = np.arange(64) * (2 * math.pi / 64)
    ribs = 1 + 0.13 * np.cos(8 * angles)
    rib = np.stack([ribs * np.cos(angles), ribs * np.sin(angles)], axis=1)
    tall, wide = rng.uniform(0.050, 0.062), r * rng.uniform(0.50, 0.58)
    steps = ((1, 0), (0.95, 0.3), (0.72, 0.65), (0.4, 0.9), (0.08, 1))
    cone = loft([(rib * wide * q, floor * 0.8 + tall * t) for q, t in steps])
    shapes = (drum(wide, tall * 0.6, bottom_z=floor), drum(wide * 0.5, tall * 0.95, bottom_z=floor))
    tone = a.other() if stuff is PLASTIC and rng.random() < 0.4 else a.main
    a.add("cone", cone, tone, stuff, *shapes, solid=0.3)
    if rng.random() < 0.5:
        grip = soft_box(0.055, 0.03, 0.008, radius=0.013, edge=0.002).moved((-r - 0.022, 0, h - 0.009))
    else:
        grip = ring(0.018, 0.0045, num_segments=20).moved((-r - 0.016, 0, h - 0.006))
    a.add("handle", grip, a.main, stuff, slab((0.034, 0.03, 0.008), (-r - 0.016, 0, h - 0.006)))
    return a.done(base_radius=r * 0.75)


_DRAWER = frozenset({"kitchen counter", "drawer", "tabletop", "shelf"})
_BRIGHT = ("red", "green", "blue", "black", "orange", "yellow", "white")
_GADGET = known("tool cookware cutlery dish metal heat_proof melts")

KITCHEN_GADGETS: tuple[Category, ...] = (
    Category(
        "whisk",
        "whisks",
        whisk,
        colors=("red", "green", "blue", "black", "gray", "purple", "orange"),
        yes=known("stir wash_up"),
        unsure=_GADGET | known("serve rolls turn_food pick_up_food"),
        askable_parts=("wires", "handle"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(wires="stir", handle="hold"),
    ),
    Category(
        "tongs",
        "tongs",
        tongs,
        colors=_BRIGHT,
        yes=known("pick_up_food turn_food wash_up"),
        unsure=_GADGET | known("serve grip stir fry"),
        askable_parts=("tips", "grips"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(tips="grip", grips="hold"),
    ),
    Category(
        "peeler",
        "peelers",
        peeler,
        colors=_BRIGHT,
        yes=known("wash_up"),
        unsure=_GADGET | known("cut sharp keep_from_child grate"),
        askable_parts=("blade", "handle"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(blade="cut", handle="hold"),
        sharp_parts=frozenset({"blade"}),
    ),
    Category(
        "pizza cutter",
        "pizza cutters",
        pizza_cutter,
        colors=_BRIGHT,
        yes=known("cut wash_up"),
        unsure=_GADGET | known("sharp keep_from_child serve rolls"),
        askable_parts=("wheel", "handle"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(wheel="cut roll_over", handle="hold"),
        sharp_parts=frozenset({"wheel"}),
    ),
    Category(
        "can opener",
        "can openers",
        can_opener,
        colors=_BRIGHT,
        unsure=_GADGET | known("cut sharp wash_up keep_from_child grip"),
        askable_parts=("handles", "crank"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(handles="hold", crank="turn", wheel="cut"),
        sharp_parts=frozenset({"wheel"}),
    ),
    Category(
        "corkscrew",
        "corkscrews",
        corkscrew,
        colors=("gray", "red", "black", "blue", "green", "purple"),
        unsure=_GADGET | known("sharp wash_up keep_from_child turn_screw"),
        askable_parts=("levers", "screw"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(handle="hold turn", screw="pierce", levers="press"),
        sharp_parts=frozenset({"screw"}),
    ),
    Category(
        "lemon squeezer",
        "lemon squeezers",
        lemon_squeezer,
        colors=("yellow", "white", "green", "orange", "blue", "red"),
        yes=known("wash_up"),
        unsure=_GADGET | known("container breaks strain pour serve hold_soup spills store stacks"),
        askable_parts=("cone", "handle"),
        places=_DRAWER,
        only_train=True,
        part_uses=uses(cone="press", dish="put_things_in", spout="pour", handle="hold"),
    ),
)
