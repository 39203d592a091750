"""Garden and outdoor things: rake, shovel, pruning shears, watering can, garden hose, birdhouse."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, round_wall, slab
from converseg_engine.sim.objects.forms import arc, disc, ring, rod
from converseg_engine.sim.objects.materials import DARK, PALE_WOOD, PLASTIC, RUBBER, SILVER, STEEL, WOOD
from converseg_engine.sim.objects.model import ObjectModel

SIDEWAYS = rotation_about("x", math.pi / 2)
_IRON: RGB = (0.36, 0.37, 0.39)


def rake(rng: np.random.Generator, color: str) -> ObjectModel:
    """A rake lying: a fan of thin tines, or a crossbar with its tines up; a long handle."""
    a = Assembly("rake", color, rng)
    length, r, wide = rng.uniform(0.65, 0.95), rng.uniform(0.011, 0.014), rng.uniform(0.28, 0.38)
    pole = rod((-length, 0, r), (0.02, 0, r), r, num_sides=12)
    rgb, stuff = (PALE_WOOD, WOOD) if rng.random() < 0.5 else (a.main, PLASTIC)
    a.add("handle", pole, rgb, stuff, slab((length, 2 * r, 2 * r), (-length / 2, 0, r)))
    if rng.random() < 0.5:
        deep, num = rng.uniform(0.24, 0.32), int(rng.integers(9, 14))
        tines = []
        for s in np.linspace(-1, 1, num).tolist():
            y, reach = s * wide / 2, deep * (1 - 0.15 * s * s)
            half_way, tip = (reach * 0.5, y * 0.55, r * 0.7), (reach, y, r * 0.5)
            path = np.array([(0, y * 0.06, r), half_way, tip, (reach + 0.004, y, 0.001)])
            tines.append(tube(path, [0.004, 0.004, 0.004, 0.003], num_sides=6))
        brace = box((0.018, wide * 0.62, 0.006), (deep * 0.5, 0, r * 0.7))
        socket = rod((-0.05, 0, r), (0.03, 0, r), r * 1.05, num_sides=12)
        near, far = (deep, wide * 0.5, r), (deep * 0.3, wide, r)
        shapes = slab(near, (deep / 2, 0, r / 2)), slab(far, (deep * 0.75, 0, r / 2))
        a.add("tines", [*tines, brace, socket], a.main, STEEL, *shapes)
    else:
        num, tall = int(rng.integers(10, 15)), rng.uniform(0.055, 0.075)
        beam = box((0.022, wide, 0.016), (0.075, 0, 0.008))
        neck = rod((-0.04, 0, r), (0.075, 0, r), r * 0.8)
        tines = [
            rod((0.075, y, 0.01), (0.062, y, tall), 0.0055, end_radius=0.002, num_sides=6)
            for y in np.linspace(-wide / 2 + 0.006, wide / 2 - 0.006, num).tolist()
        ]
        rest, up = tall - 0.016, tall / 2 + 0.008
        shapes = slab((0.03, wide, 0.016), (0.07, 0, 0.008)), slab((0.014, wide, rest), (0.068, 0, up))
        a.add("tines", [beam, neck, *tines], a.main, STEEL, *shapes)
    return a.done(centred=True)


def shovel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A shovel lying: hollow blade, pointed or square, shaft, grip like a D."""
    a = Assembly("shovel", color, rng)
    length, r = rng.uniform(0.50, 0.75), rng.uniform(0.014, 0.017)
    deep, half = rng.uniform(0.24, 0.30), rng.uniform(0.095, 0.125)
    steps = np.linspace(-1, 1, 13).tolist()
    power = 2.2 if rng.random() < 0.6 else 9.0
    front = [(deep * (1 - 0.45 * abs(s) ** power), s * half) for s in steps]
    back = [(0.012 * abs(s), -s * half * 0.95) for s in steps]
    flat = extrude([*front, *back], height=0.004)
    hollow = flat.vertices.copy()
    hollow[:, 2] += 2.4 * hollow[:, 1] ** 2
    steel = a.main if rng.random() < 0.45 else _IRON
    rest = slab((deep * 0.9, half * 1.5, 0.014), (deep * 0.45, 0, 0.007))
    a.add("blade", Mesh(hollow, flat.faces), steel, STEEL, rest)
    socket = rod((-0.08, 0, r), (deep * 0.35, 0, 0.006), r * 1.05, end_radius=0.004, num_sides=12)
    a.add("blade", socket, steel, STEEL, solid=0.5)
    rgb, stuff = (a.wooden(), WOOD) if color == "brown" else (a.main, PLASTIC)
    pole = rod((-length, 0, r), (-0.02, 0, r), r * 0.95, num_sides=12)
    a.add("shaft", pole, rgb, stuff, slab((length, 2 * r, 2 * r), (-length / 2, 0, r)))
    grip, wide = rng.uniform(0.075, 0.095), rng.uniform(0.050, 0.060)
    bow = [(-length + 0.01, 0, r), (-length - 0.03, wide, r), (-length - grip, wide, r)]
    sides = [tube(np.array(bow) * [1, s, 1], [r * 0.75] * 3) for s in (-1, 1)]
    cross = rod((-length - grip, -wide - 0.008, r), (-length - grip, wide + 0.008, r), r * 0.9, num_sides=12)
    shapes = slab((grip, wide * 1.9, 2 * r), (-length - grip / 2, 0, r))
    a.add("handle", [*sides, cross], a.main if color == "brown" else a.paint("black"), PLASTIC, shapes)
    return a.done(centred=True)


def shears(rng: np.random.Generator, color: str) -> ObjectModel:
    """Pruning shears lying a little open: curved blade over a hook, coated handles, a spring between."""
    a = Assembly("pruning shears", color, rng)
    grip, z, blade = rng.uniform(0.11, 0.135), rng.uniform(0.017, 0.021), rng.uniform(0.055, 0.07)
    spread, mid = rng.uniform(0.20, 0.34), z / 2
    for s in (-1, 1):
        turn = rotation_about("z", s * spread)
        t = [(-0.012, s * 0.004), (0.012, s * 0.017), (blade * 0.6, s * (0.016 if s > 0 else 0.011))]
        tip = [(blade, s * 0.002), (blade * 0.5, -s * (0.002 if s > 0 else -0.004)), (0, -s * 0.006)]
        cut = extrude([*t, *tip], height=0.005, bottom_z=mid - (0.005 if s > 0 else 0.0)).rotated(turn)
        c, n = math.cos(s * spread), math.sin(s * spread)
        quat = (math.cos(s * spread / 2), 0.0, 0.0, math.sin(s * spread / 2))
        at = (c * blade / 2, n * blade / 2, mid)
        a.add("blades", cut, SILVER if s > 0 else _IRON, STEEL, slab((blade * 0.9, 0.016, z), at, quat))
        path = [(0.0, -s * 0.004), (-0.03, -s * 0.012), (-grip * 0.6, -s * 0.018), (-grip, -s * 0.006)]
        arm = tube(np.array([(x, y, mid) for x, y in path]), [0.008, mid, mid, mid * 0.8]).rotated(turn)
        at = (-c * grip * 0.55 + n * s * 0.014, -n * grip * 0.55 - c * s * 0.014, mid)
        a.add("handles", arm, a.main, PLASTIC, slab((grip * 0.8, 0.016, z), at, quat), solid=1.5)
    pin = [disc(0.009, z * 0.9, num_segments=14)]
    coil = [(-0.042, s * 0.03, mid) for s in np.linspace(-0.7, 0.7, 9).tolist()]
    pin += [ring(0.005, 0.0014, num_segments=10, num_sides=5).rotated(SIDEWAYS).moved(p) for p in coil]
    a.add("blades", pin, _IRON, STEEL)
    return a.done(centred=True)


def watering_can(rng: np.random.Generator, color: str) -> ObjectModel:
    """A watering can: round body half open above, long spout with a rose, handle over the top or behind."""
    a = Assembly("watering can", color, rng)
    r, h = rng.uniform(0.080, 0.105), rng.uniform(0.14, 0.20)
    top = r * rng.uniform(0.8, 1.0)
    stuff = STEEL if color == "gray" else PLASTIC
    body = lathe(
        [(0, 0), (r * 0.97, 0), (r, 0.008), (top, h - 0.006), (top * 0.97, h), (0, h)], num_segments=28
    )
    thin = 0.02 if color == "gray" else 0.07
    a.add("body", body, a.main, stuff, drum(r, h * 0.5), drum(top, h * 0.5, bottom_z=h * 0.5), solid=thin)
    half = [(top * 0.8 * math.sin(t), top * 0.82 * math.cos(t)) for t in np.linspace(0, math.pi, 13)]
    a.add("body", extrude(half, height=0.001, bottom_z=h), DARK, PLASTIC, solid=0.01)
    reach, rise = rng.uniform(0.13, 0.18), h * rng.uniform(0.95, 1.15)
    ends = (-r * 0.85, 0.0, h * 0.22), (-r - reach, 0.0, rise)
    pipe = rod(*ends, r * 0.20, end_radius=r * 0.12, num_sides=14)
    a.add("spout", pipe, a.main, stuff, bar(*ends, r * 0.14), solid=thin * 4)
    along = np.array(ends[1]) - np.array(ends[0])
    tilt = rotation_about("y", -math.atan2(-along[0], along[2]))
    rose = lathe([(0, 0), (r * 0.12, 0), (r * 0.36, 0.035), (r * 0.34, 0.042), (0, 0.045)], num_segments=18)
    rgb = a.main if rng.random() < 0.5 else a.paint("yellow" if color != "yellow" else "green")
    a.add("rose", rose.rotated(tilt).moved(ends[1]), rgb, PLASTIC, solid=0.4)
    if rng.random() < 0.5:
        path, mid = arc((0, 0, h - 0.01), top * 0.9, r * 0.75, 0, 180), (0.0, 0.0, h + r * 0.35)
        grip = slab((top * 1.6, 0.02, r * 0.7), mid)
    else:
        path = arc((r * 0.85, 0, h * 0.55), r * 0.75, h * 0.42, -85, 95)
        grip = slab((r * 0.7, 0.02, h * 0.7), (r * 1.2, 0, h * 0.55))
    a.add("handle", tube(path, [r * 0.11] * len(path)), rgb, stuff, grip, solid=0.5)
    return a.done(base_radius=r * 0.95)


def garden_hose(rng: np.random.Generator, color: str) -> ObjectModel:
    """A garden hose lying in a coil, its end with a nozzle turned away."""
    a = Assembly("garden hose", color, rng)
    r, t, turns = rng.uniform(0.15, 0.20), rng.uniform(0.009, 0.012), int(rng.integers(5, 9))
    path = []
    for k in range(turns * 28):
        lap, angle = k / 28, k / 28 * 2 * math.pi
        out = r - t * (1 + 2 * (round(lap) % 2)) + 0.3 * t * math.sin(3 * angle + lap)
        path.append((out * math.cos(angle), out * math.sin(angle), t * (1 + 0.8 * lap)))
    tall = path[-1][2]
    end = [(r - t + 0.01 * k, 0.03 * k, tall - (tall - t) * min(1.0, k / 5)) for k in range(2, 8)]
    hose = tube(np.array([*path, *end]), [t] * (len(path) + 6), num_sides=8)
    walls = round_wall(r, r, 0.0, tall + t, wall=4 * t, num=12)
    a.add("hose", hose, a.main, RUBBER, *walls, solid=0.5)
    x, y, z = end[-1]
    tip = rod((0, 0, 0), (0, 0, 0.09), t * 1.3, end_radius=t * 0.75, num_sides=14)
    knob = rod((0, 0, -0.02), (0, 0, 0.012), t * 1.25, num_sides=10)
    turn = rotation_about("z", math.atan2(0.03, 0.01)) @ rotation_about("y", math.pi / 2)
    rest = bar((x, y, t), (x + 0.025, y + 0.075, t), t)
    a.add("nozzle", knob.rotated(turn).moved((x, y, z * 1.25)), DARK, PLASTIC, rest)
    rgb = a.paint("orange" if color not in ("orange", "red") else "yellow")
    a.add("nozzle", tip.rotated(turn).moved((x, y, z * 1.25)), rgb, PLASTIC, solid=0.5)
    return a.done(centred=True)


def birdhouse(rng: np.random.Generator, color: str) -> ObjectModel:
    """A birdhouse: wooden walls under a pitched roof, a round hole in front with a perch below."""
    a = Assembly("birdhouse", color, rng)
    x, y, h = rng.uniform(0.11, 0.14), rng.uniform(0.11, 0.14), rng.uniform(0.12, 0.17)
    pitch = rng.uniform(0.55, 0.85)
    ridge = h + x / 2 * math.tan(pitch)
    gable = extrude([(-x / 2, 0), (x / 2, 0), (x / 2, h), (0, ridge), (-x / 2, h)], height=y, bottom_z=-y / 2)
    wood = a.wooden() if color == "brown" else a.main
    shapes = slab((x, y, h), (0, 0, h / 2)), slab((x * 0.5, y, ridge - h), (0, 0, (h + ridge) / 2))
    a.add("walls", gable.rotated(SIDEWAYS), wood, WOOD, *shapes, solid=0.3)
    slope, eaves = x / 2 / math.cos(pitch), rng.uniform(0.02, 0.035)
    rgb = a.paint(("red", "brown", "green", "blue")[int(rng.integers(4))]) if color != "brown" else a.main
    for s in (-1, 1):
        board = box((slope + eaves, y * 1.3, 0.010), ((slope + eaves) / 2, 0, 0.004))
        leaf = board.rotated(rotation_about("y", pitch))
        if s < 0:
            leaf = leaf.rotated(rotation_about("z", math.pi))
        a.add("roof", leaf.moved((0, 0, ridge)), rgb, WOOD)
    hole, high = rng.uniform(0.018, 0.026), h * rng.uniform(0.62, 0.75)
    dark = rod((0, -y / 2 - 0.0012, high), (0, -y / 2 + 0.002, high), hole, num_sides=22)
    a.add("hole", dark, DARK, WOOD, solid=0.01)
    low = high - hole - 0.022
    stick = rod((0, -y / 2 - 0.05, low), (0, -y / 2 + 0.01, low), 0.005)
    a.add("perch", stick, PALE_WOOD, WOOD, slab((0.01, 0.05, 0.01), (0, -y / 2 - 0.025, low)))
    floor = box((x + 0.016, y + 0.016, 0.012), (0, 0, 0.006))
    a.add("walls", floor, wood, WOOD, slab((x + 0.016, y + 0.016, 0.012), (0, 0, 0.006)))
    return a.done()


_SHED = frozenset({"workbench", "shelf", "walkway"})
_COATED = ("red", "green", "blue", "black", "orange", "yellow")

GARDEN: tuple[Category, ...] = (
    Category(
        "rake",
        "rakes",
        rake,
        colors=_COATED,
        yes=known("tool"),
        unsure=known("sweep cleaning trips sharp metal burns keep_from_child"),
        askable_parts=("handle", "tines"),
        places=frozenset({"walkway"}),
        only_train=True,
        part_uses=uses(handle="hold", tines="sweep"),
    ),
    Category(
        "shovel",
        "shovels",
        shovel,
        colors=(*_COATED, "brown"),
        yes=known("tool"),
        unsure=known("trips sharp metal burns keep_from_child cut carry_things hammer cleaning sweep toy"),
        askable_parts=("handle", "shaft", "blade"),
        places=frozenset({"walkway"}),
        only_train=True,
        part_uses=uses(handle="hold", shaft="hold", blade="scoop"),
    ),
    Category(
        "pruning shears",
        "pruning shears",
        shears,
        colors=_COATED,
        yes=known("cut tool sharp keep_from_child"),
        unsure=known("metal flowers cut_paper grip stationery recycle"),
        askable_parts=("handles", "blades"),
        places=_SHED | {"drawer", "tabletop"},
        only_train=True,
        part_uses=uses(handles="hold press", blades="cut"),
        sharp_parts=frozenset({"blades"}),
    ),
    Category(
        "watering can",
        "watering cans",
        watering_can,
        colors=("green", "blue", "red", "yellow", "gray", "pink", "white"),
        yes=known("pour carry_water container"),
        unsure=known(
            "tool metal melts flowers spills spray trips recycle toy play carry_things cleaning"
            " put_out_fire store"
        ),
        askable_parts=("spout", "handle", "rose"),
        places=_SHED | {"tabletop", "bathroom"},
        only_train=True,
        part_uses=uses(spout="pour", rose="pour spray", handle="hold carry", body="put_things_in"),
    ),
    Category(
        "garden hose",
        "garden hoses",
        garden_hose,
        colors=("green", "yellow", "blue", "black", "orange"),
        yes=known("trips"),
        unsure=known(
            "carry_water spray pour tool cleaning put_out_fire melts burns soft rolls spills wash_hands"
            " wash_hair play"
        ),
        askable_parts=("nozzle",),
        places=_SHED,
        only_train=True,
        part_uses=uses(nozzle="spray aim"),
    ),
    Category(
        "birdhouse",
        "birdhouses",
        birdhouse,
        colors=("brown", "white", "blue", "yellow", "red", "green"),
        unsure=known("burns container store furniture toy play breaks water_harms keep_rain_off comfort"),
        askable_parts=("roof", "walls"),
        places=_SHED | {"tabletop"},
        only_train=True,
        part_uses=uses(roof="cover keep_rain_off", perch="sit_on"),
    ),
)
