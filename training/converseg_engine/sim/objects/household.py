"""What a household is kept with: ironing, cleaning, sewing."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, loft, ring, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CLOTH,
    DARK,
    ELECTRONICS,
    PALE_WOOD,
    PLASTIC,
    PLUSH,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

FACE_ON = rotation_about("x", math.pi / 2)


def iron(rng: np.random.Generator, color: str) -> ObjectModel:
    """A clothes iron standing on its pointed soleplate, a bow grip above, the cord behind."""
    a = Assembly("iron", color, rng)
    x, y, h = rng.uniform(0.23, 0.28), rng.uniform(0.100, 0.120), rng.uniform(0.12, 0.15)
    t = np.linspace(0, 2 * math.pi, 28, endpoint=False)
    wide = np.clip(1.25 * np.sqrt(1 - np.cos(t)), 0, 1) * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.6
    keel = np.stack([x / 2 * np.cos(t), y / 2 * wide], axis=1)
    plate = slab((x * 0.8, y * 0.85, 0.012), (-x * 0.08, 0, 0.006))
    a.add("soleplate", loft([(keel, 0), (keel, 0.012)]), SILVER, ALUMINIUM, plate)
    top = h * 0.45
    levels = ((0.95, -0.003, 0.012), (0.93, -0.004, h * 0.2), (0.62, -x * 0.10, top))
    hull = loft([(f * keel + np.array([u, 0]), w) for f, u, w in levels])
    block = slab((x * 0.6, y * 0.6, top - 0.012), (-x * 0.12, 0, (top + 0.012) / 2))
    a.add("body", hull, a.main, ELECTRONICS, block, solid=0.45)
    bow = ((-0.36, 0.36), (-0.37, 0.75), (-0.30, 0.94), (-0.05, 0.93), (0.10, 0.80), (0.13, 0.42))
    r, rgb = rng.uniform(0.012, 0.015), a.main if rng.random() < 0.5 else a.other()
    grip = tube(np.array([(x * u, 0, h * w) for u, w in bow]), [r] * 6, num_sides=12)
    bow_shape = bar((-x * 0.3, 0, h * 0.93), (0, 0, h * 0.93), r * 0.9)
    a.add("handle", grip, rgb, PLASTIC, bow_shape, solid=0.6)
    a.add("dial", disc(0.016, 0.008, bottom_z=top - 0.002).moved((-x * 0.1, 0, 0)), a.other(), PLASTIC)
    fall = ((-0.38, 0, 0.8), (-0.46, 0.01, 0.7), (-0.54, 0.08, 0.06), (-0.5, 0.25, 0.03), (-0.2, 0.42, 0.03))
    cord = np.array([(x * u, x * v, h * w) for u, v, w in fall])
    a.add("cord", tube(cord, [0.0035] * 5, num_sides=8), DARK, RUBBER)
    return a.done(centred=True)


def mop(rng: np.random.Generator, color: str) -> ObjectModel:
    """A mop lying: a fan of thick yarn at the end of a long stick."""
    a = Assembly("mop", color, rng)
    length, reach, half = rng.uniform(0.75, 1.05), rng.uniform(0.20, 0.28), rng.uniform(0.010, 0.013)
    yarn, r, mid = [], 0.007, 0.022
    for turn in rng.uniform(-0.75, 0.75, int(rng.integers(26, 34))).tolist():
        far, bend, high = (
            reach * rng.uniform(0.8, 1.1),
            turn + rng.uniform(-0.25, 0.25),
            rng.uniform(0, 0.024),
        )
        steps = ((0.4, turn, high), (0.75, bend, high / 4), (1.0, bend, 0.0))
        path = [(far * t * math.cos(u), far * t * math.sin(u), r + w) for t, u, w in steps]
        yarn.append(tube(np.array([(0, 0.05 * turn, mid), *path]), [r] * 4, num_sides=6))
    block = slab((reach * 0.75, reach * 0.8, 0.03), (reach * 0.45, 0, 0.015))
    a.add("strands", yarn, a.main, CLOTH, block, solid=0.6)
    clamp = soft_box(0.035, 0.085, 0.04, radius=0.012, edge=0.008)
    socket = rod((0, 0, mid), (-0.09, 0, 0.02), half * 1.6, end_radius=half * 1.3)
    rgb = a.main if rng.random() < 0.5 else a.other()
    a.add("clamp", [clamp, socket], rgb, PLASTIC, slab((0.035, 0.085, 0.04), (0, 0, 0.02)), solid=0.6)
    rgb, stuff, solid = (PALE_WOOD, WOOD, 1.0) if rng.random() < 0.6 else (SILVER, ALUMINIUM, 0.3)
    ends = (-length, 0.0, half), (-0.02, 0.0, mid)
    a.add("handle", rod(*ends, half), rgb, stuff, bar(*ends, half), solid=solid)
    return a.done(centred=True)


def clothespin(rng: np.random.Generator, color: str) -> ObjectModel:
    """A clothespin lying on its side: two arms that meet in front, a coil spring between them."""
    a = Assembly("clothespin", color, rng)
    x, z, wide = rng.uniform(0.070, 0.088), rng.uniform(0.009, 0.012), rng.uniform(0.010, 0.014)
    rgb, stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
    front, back = x * 0.45, -x * 0.55
    for s in (-1, 1):
        jaw = [(front, s * 0.0004), (front, s * 0.005), (0, s * 0.0105), (-0.002, s * 0.0015)]
        arm = [(0.0, s * 0.0105), (-0.002, s * 0.0015), (back, s * (wide - 0.006)), (back, s * wide)]
        jaw_shape = slab((front, 0.008, z), (front / 2, s * 0.005, z / 2))
        arm_shape = slab((-back, 0.007, z), (back / 2, s * 0.008, z / 2))
        a.add("jaws", extrude(jaw, height=z), rgb, stuff, jaw_shape)
        a.add("arms", extrude(arm, height=z), rgb, stuff, arm_shape)
    turn, top = ring(0.0045, 0.0010, num_segments=16, num_sides=6), z + 0.0006
    coil = [turn.moved((0, 0, w)) for w in np.linspace(0.001, top, 7).tolist()]
    legs = [rod((-0.003, s * 0.002, top), (front * 0.45, s * 0.008, top), 0.0009) for s in (-1, 1)]
    a.add("spring", [*coil, *legs], SILVER, STEEL)
    return a.done(centred=True)


def coat_hanger(rng: np.random.Generator, color: str) -> ObjectModel:
    """A coat hanger lying flat: sloping shoulders, a bar, a hook on top; thin wire or thick."""
    a = Assembly("coat hanger", color, rng)
    half_x, rise = rng.uniform(0.19, 0.225), rng.uniform(0.07, 0.10)
    rgb, stuff, r, hook_look = a.main, STEEL, 0.0028, (a.main, STEEL)
    if color == "brown" or rng.random() < 0.5:
        rgb, stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
        r, hook_look = rng.uniform(0.006, 0.008), (SILVER, STEEL)
    z = 1.3 * r
    slope = ((-1, 0), (-0.92, 0.16), (-0.5, 0.62), (0, 1), (0.5, 0.62), (0.92, 0.16), (1, 0))
    path = np.array([(half_x * u, rise * v, z) for u, v in slope])
    sides = [bar((s * half_x, 0, z), (0, rise, z), z) for s in (-1, 1)]
    a.add("shoulders", tube(path, [r, r, z, z, z, r, r]), rgb, stuff, *sides)
    ends = (-half_x, 0.0, z), (half_x, 0.0, z)
    a.add("bar", rod(*ends, r * 0.8), rgb, stuff, bar(*ends, z))
    hook, top = rng.uniform(0.018, 0.023), rise + 0.035
    turns = np.linspace(-math.pi / 2, math.pi * 0.95, 10).tolist()
    bow = [(hook * math.cos(t), top + hook + hook * math.sin(t), z) for t in turns]
    wire = tube(np.array([(0, rise, z), (0, rise + 0.02, z), *bow]), [0.0025] * 12)
    a.add("hook", wire, *hook_look, slab((hook * 2, hook * 2 + 0.03, 2 * z), (0, top + hook * 0.7, z)))
    return a.done(centred=True)


def squeegee(rng: np.random.Generator, color: str) -> ObjectModel:
    """A window squeegee lying: a wide rubber lip in a holder across the end of a grip."""
    a = Assembly("squeegee", color, rng)
    wide, end, half = rng.uniform(0.22, 0.34), -rng.uniform(0.18, 0.24), rng.uniform(0.011, 0.014)
    deep, z = rng.uniform(0.020, 0.028), 1.6 * half
    rgb, stuff = (SILVER, ALUMINIUM) if rng.random() < 0.4 else (a.main, PLASTIC)
    holder = soft_box(deep, wide, z, radius=0.005, edge=0.004)
    a.add("holder", holder, rgb, stuff, slab((deep, wide, z), (0, 0, z / 2)), solid=0.5)
    edge = box((0.032, wide * 1.03, 0.004), (deep / 2 + 0.012, 0, z / 2))
    a.add("blade", edge, DARK, RUBBER, slab((0.032, wide, 0.006), (deep / 2 + 0.012, 0, z / 2)))
    outline = [(0, -wide * 0.16), (0, wide * 0.16), (-0.06, half), (-0.06, -half)]
    a.add("handle", extrude(outline, height=z * 0.7, bottom_z=z * 0.1), a.main, PLASTIC, solid=0.6)
    path = np.array([(-0.05, 0, half * 0.9), (-0.08, 0, half), (end * 0.6, 0, half), (end, 0, half)])
    grip = tube(path, [half * 0.7, half * 0.85, half, half * 0.8], num_sides=12)
    a.add("handle", grip, a.main, PLASTIC, slab((-end, 1.6 * half, 2 * half), (end / 2, 0, half)))
    band = ring(half * 0.98, 0.0015, num_sides=6).rotated(rotation_about("y", math.pi / 2))
    bands = [band.moved((end * t, 0, half + 0.0005)) for t in (0.6, 0.68, 0.76)]
    a.add("handle", bands, a.other(), RUBBER, solid=0.1)
    return a.done(centred=True)


def vacuum_cleaner(rng: np.random.Generator, color: str) -> ObjectModel:
    """A vacuum cleaner: a body on wheels, a hose in a bow, a steel pipe down to its nozzle."""
    a = Assembly("vacuum cleaner", color, rng)
    x, y, h = rng.uniform(0.32, 0.40), rng.uniform(0.23, 0.28), rng.uniform(0.19, 0.24)
    levels = ((0.85, 0, 0.025), (1, 0, 0.06), (0.98, 0, h * 0.55), (0.8, -0.03, h * 0.88), (0.55, -0.05, h))
    body = loft([(rounded(x * f, y * f, 0.07 * f) + np.array([s, 0]), w) for f, s, w in levels])
    low = slab((x * 0.85, y * 0.85, h * 0.55), (0, 0, 0.025 + h * 0.275))
    a.add(
        "body",
        body,
        a.main,
        PLASTIC,
        low,
        slab((x * 0.6, y * 0.6, h * 0.4), (-0.04, 0, h * 0.75)),
        solid=0.35,
    )
    belt = loft([(rounded(x * 1.01, y * 1.01, 0.07), h * 0.36), (rounded(x, y, 0.07), h * 0.46)])
    a.add("body", belt, DARK, PLASTIC, solid=0.03)
    r, trim = rng.uniform(0.055, 0.070), a.other()
    wheel = lathe([(0, -0.015), (r * 0.9, -0.015), (r, 0), (r * 0.9, 0.015), (0, 0.015)]).rotated(FACE_ON)
    hub = disc(r * 0.45, 0.036, bottom_z=-0.018).rotated(FACE_ON)
    for at in ((-x * 0.27, -y / 2 - 0.005, r), (-x * 0.27, y / 2 + 0.005, r)):
        a.add("wheels", wheel.moved(at), DARK, RUBBER, slab((r, 0.03, 2 * r), at), solid=0.5)
        a.add("wheels", hub.moved(at), trim, PLASTIC, solid=0.1)
    front = x * 0.36
    a.add("wheels", sphere(0.022).moved((front, 0, 0.022)), DARK, RUBBER, drum(0.02, 0.03, at=(front, 0)))
    back, fore, up = (-0.09, 0.0, h + 0.03), (0.0, 0.0, h + 0.03), h * 0.9
    carry = tube(np.array([(-0.12, 0, up), back, fore, (0.03, 0, up)]), [0.011] * 4)
    a.add("handle", carry, trim, PLASTIC, bar(back, fore, 0.011), solid=0.5)
    foot, rise = (x / 2 + rng.uniform(0.30, 0.38), 0.0, 0.03), h * 0.4 + rng.uniform(0.12, 0.2)
    turns = np.linspace(math.pi, 0.35, 11).tolist()
    bow = [(x / 2 + 0.1 + 0.13 * math.cos(t), 0.0, h * 0.6 + rise * math.sin(t) ** 0.8) for t in turns]
    ribs = [0.018, *(0.016 + 0.002 * (k % 2) for k in range(11))]
    hose = tube(np.array([(x * 0.30, 0, h * 0.5), *bow]), ribs, num_sides=12)
    a.add("hose", hose, DARK, RUBBER, bar(bow[2], bow[7], 0.01), solid=0.35)
    a.add("pipe", rod(bow[-1], foot, 0.016), SILVER, ALUMINIUM, bar(bow[-1], foot, 0.014), solid=0.2)
    nozzle = soft_box(0.085, 0.25, 0.035, radius=0.02, edge=0.012).moved((foot[0], 0, 0))
    rgb = a.main if rng.random() < 0.4 else DARK
    a.add("nozzle", nozzle, rgb, PLASTIC, slab((0.08, 0.24, 0.035), (foot[0], 0, 0.0175)), solid=0.5)
    return a.done(centred=True)


def spool(rng: np.random.Generator, color: str) -> ObjectModel:
    """A spool of thread standing, a loose end of the thread beside it."""
    a = Assembly("spool of thread", color, rng)
    r, h, rim = rng.uniform(0.016, 0.024), rng.uniform(0.038, 0.060), rng.uniform(0.003, 0.006)
    rgb, stuff = (PALE_WOOD, WOOD) if rng.random() < 0.6 else (a.other(), PLASTIC)
    foot = [(r * 0.85, 0), (r, rim * 0.4), (r * 0.8, rim * 1.6), (r * 0.5, rim * 1.8)]
    core = lathe([(0, 0), *foot, *((f, h - w) for f, w in reversed(foot)), (0, h)])
    a.add("spool", core, rgb, stuff, drum(r * 0.95, rim), drum(r * 0.95, rim, bottom_z=h - rim))
    a.add("spool", disc(r * 0.28, 0.0006, bottom_z=h - 0.0002), DARK, PLASTIC, solid=0.01)
    wound, heights = r * rng.uniform(0.78, 0.95), np.linspace(rim, h - rim, 2 * int(rng.integers(9, 14)))
    coil = [(wound * (1.0 if k % 2 else 0.95), w) for k, w in enumerate(heights.tolist())]
    thread = lathe([(0, rim), *coil, (0, h - rim)])
    a.add("thread", thread, a.main, CLOTH, drum(wound * 0.95, h - 2 * rim, bottom_z=rim), solid=0.9)
    sweep = ((0, -1, 0.5), (1, -1, 0.1), (1.9, -0.8, 0), (2.5, 0, 0), (2.2, 0.9, 0), (2.9, 1.5, 0))
    tail = np.array([(wound * u, wound * v, h * w + 0.001) for u, v, w in sweep])
    a.add("thread", tube(tail, [0.0009] * 6, num_sides=6), a.main, CLOTH)
    return a.done(base_radius=r * 0.85)


def feather_duster(rng: np.random.Generator, color: str) -> ObjectModel:
    """A feather duster lying: a bushy head of feathers on a stick."""
    a = Assembly("feather duster", color, rng)
    length, bush, r = rng.uniform(0.20, 0.30), rng.uniform(0.16, 0.22), rng.uniform(0.050, 0.065)
    red, green, blue = (min(1.0, 1.2 * c + 0.04) for c in a.main)
    feathers: tuple[list[Mesh], list[Mesh]] = ([], [])
    for k in range(110):
        leaf = sphere(1.0, num_rings=5, num_segments=6).scaled((rng.uniform(0.03, 0.045), 0.011, 0.003))
        tilt = rotation_about("x", 2.4 * k) @ rotation_about("y", -rng.uniform(0.3, 1.25))
        placed = leaf.moved((0.035, 0, 0)).rotated(tilt).moved(((bush - 0.05) * k / 110, 0, r * 0.8))
        # What would reach into the table lies flat on it.
        feathers[k % 2].append(Mesh(np.maximum(placed.vertices, (-1, -1, 0)), placed.faces))
    block = slab((bush * 0.7, r * 1.3, r * 1.4), (bush * 0.45, 0, r * 0.7))
    a.add("feathers", feathers[0], a.main, PLUSH, block)
    a.add("feathers", feathers[1], a.call_main((red, green, blue)), PLUSH)
    half = rng.uniform(0.007, 0.010)
    low, high = (-length, 0.0, half), (0.03, 0.0, r * 0.8)
    rgb, stuff = (PALE_WOOD, WOOD) if rng.random() < 0.5 else (a.other(), PLASTIC)
    knob = sphere(half * 1.25).moved((-length, 0, half * 1.25))
    a.add("handle", [rod(low, high, half, end_radius=half * 0.8), knob], rgb, stuff, bar(low, high, half))
    return a.done(centred=True)


_FLOOR = frozenset({"walkway", "bathroom"})
_TIDY = frozenset({"shelf", "drawer", "tabletop"})

HOUSEHOLD: tuple[Category, ...] = (
    Category(
        "iron",
        "irons",
        iron,
        colors=("blue", "white", "purple", "red", "green", "orange", "pink"),
        yes=known("electronic water_harms needs_power keep_from_child"),
        unsure=known("hot heat_proof metal tool melts breaks carry_water container spray spills dry trips"),
        askable_parts=("soleplate", "handle", "cord"),
        places=frozenset({"shelf", "tabletop"}),
        part_uses=uses(handle="hold carry", dial="turn", soleplate="stand_on"),
        only_train=True,
    ),
    Category(
        "mop",
        "mops",
        mop,
        colors=("white", "blue", "green", "yellow", "pink", "red", "gray"),
        yes=known("wipe cleaning trips"),
        unsure=known("scrub sweep tool dry burns melts soft metal"),
        askable_parts=("handle", "strands"),
        places=_FLOOR,
        part_uses=uses(handle="hold", strands="wipe"),
        only_train=True,
    ),
    Category(
        "clothespin",
        "clothespins",
        clothespin,
        colors=("brown", "red", "blue", "green", "yellow", "pink", "orange", "white"),
        unsure=known("grip dry stick stationery melts burns swallowed clothing tool toy keep_from_child"),
        places=_TIDY | {"bathroom", "desk"},
        part_uses=uses(jaws="grip", arms="press hold"),
        only_train=True,
    ),
    Category(
        "coat hanger",
        "coat hangers",
        coat_hanger,
        colors=("brown", "black", "white", "blue", "red", "pink", "green"),
        unsure=known(
            "clothing trips metal melts burns furniture tool dry heat_proof travel sharp stacks store"
        ),
        askable_parts=("hook",),
        places=frozenset({"shelf", "walkway", "luggage cart", "tabletop"}),
        part_uses=uses(hook="hang_by"),
        only_train=True,
    ),
    Category(
        "squeegee",
        "squeegees",
        squeegee,
        colors=("blue", "green", "red", "yellow", "orange", "black", "gray"),
        yes=known("cleaning"),
        unsure=known("wipe dry tool scrub sweep melts metal trips toiletry"),
        askable_parts=("handle", "blade"),
        places=frozenset({"bathroom", "shelf", "workbench", "kitchen counter"}),
        part_uses=uses(handle="hold", blade="wipe"),
        only_train=True,
    ),
    Category(
        "vacuum cleaner",
        "vacuum cleaners",
        vacuum_cleaner,
        colors=("red", "blue", "green", "purple", "orange", "white", "gray"),
        yes=known("cleaning electronic needs_power"),
        unsure=known("sweep trips water_harms rolls melts tool breaks container throw_away furniture dry"),
        askable_parts=("hose", "pipe", "nozzle"),
        places=frozenset({"walkway"}),
        part_uses=uses(handle="carry hold", wheels="roll_on stand_on"),
        only_train=True,
    ),
    Category(
        "spool of thread",
        "spools of thread",
        spool,
        colors=("red", "blue", "green", "yellow", "pink", "purple", "black", "orange"),
        unsure=known(
            "burns swallowed rolls tool clothing stick soft melts stationery toy stacks keep_from_child"
        ),
        askable_parts=("thread",),
        places=_TIDY | {"desk", "workbench"},
        part_uses=uses(thread="tie"),
        only_train=True,
    ),
    Category(
        "feather duster",
        "feather dusters",
        feather_duster,
        colors=("pink", "purple", "blue", "yellow", "green", "orange", "red"),
        yes=known("cleaning"),
        unsure=known("wipe sweep soft burns melts water_harms tool trips toy dry"),
        askable_parts=("handle", "feathers"),
        places=frozenset({"shelf", "tabletop", "drawer", "desk"}),
        part_uses=uses(handle="hold"),
        only_train=True,
    ),
)
