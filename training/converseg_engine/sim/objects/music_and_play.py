"""Instruments, a spinning top, a puzzle cube."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, Mesh, box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import disc, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    CREAM,
    DARK,
    DARK_WOOD,
    LACQUERED,
    PALE_WOOD,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

_BOUTS = (
    (0, 0), (0.015, 0.4), (0.06, 0.72), (0.15, 0.94), (0.26, 1), (0.38, 0.92), (0.5, 0.74),
    (0.59, 0.67), (0.68, 0.69), (0.78, 0.77), (0.87, 0.75), (0.94, 0.58), (0.985, 0.3), (1, 0),
)  # fmt: skip
"""A guitar's outline: along its body, and half its width, as shares."""


def guitar(rng: np.random.Generator, color: str) -> ObjectModel:
    """A small guitar lying on its back: waisted body, sound hole, long neck, pegs, strings."""
    a = Assembly("guitar", color, rng)
    x, deep = rng.uniform(0.27, 0.34), rng.uniform(0.055, 0.075)
    y, long = x * rng.uniform(0.35, 0.40), x * rng.uniform(0.85, 1.0)
    rgb, top = a.wooden() if color == "brown" else a.main, deep + 0.001
    half = [(x * (u - 0.5), y * w) for u, w in _BOUTS]
    outline = [*((p, -q) for p, q in half), *((p, q) for p, q in half[-2:0:-1])]
    shapes = (
        slab((x * 0.55, y * 1.7, deep), (-x * 0.2, 0, deep / 2)),
        drum(y * 0.65, deep, at=(x * 0.28, 0)),
    )
    a.add("body", extrude(outline, height=deep), rgb, LACQUERED, *shapes, solid=0.16)
    hole, hub = y * 0.3, (x * 0.1, 0, deep)
    a.add("sound hole", disc(hole, 0.001).moved(hub), DARK, PLASTIC, solid=0.01)
    a.add("body", ring(hole * 1.08, 0.002).moved(hub), CREAM, PLASTIC)
    a.add("body", box((0.014, y * 0.75, 0.008), (-x * 0.24, 0, top + 0.003)), DARK_WOOD, WOOD)
    end, wide = x / 2 + long, rng.uniform(0.036, 0.044)
    neck = soft_box(long + 0.02, wide, 0.022, radius=0.004, bottom_z=deep - 0.018)
    under = slab((long, wide, 0.02), (x / 2 + long / 2, 0, deep - 0.006))
    a.add("neck", neck.moved(((x + long) / 2, 0, 0)), DARK_WOOD, WOOD, under, solid=0.6)
    frets = [box((0.002, wide, 0.001), (x / 2 + long * k / 9, 0, deep + 0.0045)) for k in range(1, 9)]
    a.add("neck", frets, SILVER, STEEL)
    tall = wide * 2.4
    head = extrude([(0, -wide / 2), (tall, -wide * 0.8), (tall, wide * 0.8), (0, wide / 2)], height=0.016)
    rest = slab((tall, wide * 1.4, 0.016), (end + tall / 2, 0, deep - 0.008))
    a.add("neck", head.moved((end, 0, deep - 0.016)), rgb, LACQUERED, rest, solid=0.6)
    pegs = []
    for s in (-1, 1):
        for k in (0.2, 0.5, 0.8):
            at, z = end + tall * k, deep - 0.008
            pegs.append(rod((at, s * wide * 0.5, z), (at, s * wide * 1.1, z), 0.005, num_sides=8))
    a.add("pegs", pegs, CREAM, PLASTIC)
    threads = []
    for k in np.linspace(-0.4, 0.4, 6).tolist():
        low, high = (-x * 0.24, k * wide, top + 0.007), (end, k * wide, top + 0.005)
        threads.append(rod(low, high, 0.0009, num_sides=4))
    a.add("strings", threads, SILVER, STEEL)
    return a.done(centred=True)


def toy_drum(rng: np.random.Generator, color: str) -> ObjectModel:
    """A drum standing: pale skin, two hoops, zigzag cords, two sticks lying on it."""
    a = Assembly("drum", color, rng)
    r = rng.uniform(0.085, 0.14)
    h, hoop = r * rng.uniform(0.9, 1.5), rng.uniform(0.006, 0.009)
    a.add("shell", disc(r, h, num_segments=32), a.main, WOOD, drum(r, h), solid=0.12)
    edge = a.other() if rng.random() < 0.5 else SILVER
    hoops = [
        ring(r, hoop, num_segments=32).scaled((1, 1, 1.3)).moved((0, 0, z)) for z in (1.3 * hoop, h - hoop)
    ]
    a.add("hoops", hoops, edge, STEEL, solid=0.3)
    num = int(rng.integers(6, 9))
    turns = np.arange(2 * num + 1) * math.pi / num
    ups = np.where(np.arange(2 * num + 1) % 2, h - 2 * hoop, 2 * hoop)
    knots = [
        (r * 1.02 * math.cos(t), r * 1.02 * math.sin(t), float(z)) for t, z in zip(turns, ups, strict=True)
    ]
    cords = [rod(p, q, 0.003, num_sides=6) for p, q in pairwise(knots)]
    a.add("shell", cords, CREAM, PLASTIC)
    a.add("skin", disc(r * 0.96, 0.003, bottom_z=h, num_segments=32), CREAM, PLASTIC)
    for s in (-1, 1):
        tilt, z = s * rng.uniform(0.15, 0.35), h + 0.009
        dx, dy = r * 0.85 * math.cos(tilt), r * 0.85 * math.sin(tilt)
        at = s * r * 0.3
        tail, tip = (-dx, at - dy * 0.6, z), (dx, at + dy * 0.6, z)
        bead = sphere(0.009, num_rings=7, num_segments=10).moved(tip)
        a.add(
            "sticks", [rod(tail, tip, 0.006, end_radius=0.0045), bead], PALE_WOOD, WOOD, bar(tail, tip, 0.006)
        )
    return a.done(base_radius=r)


def xylophone(rng: np.random.Generator, color: str) -> ObjectModel:
    """A xylophone: bars that grow shorter across two rails, a mallet lying on them."""
    a = Assembly("xylophone", color, rng)
    num, step, wide = int(rng.integers(7, 10)), rng.uniform(0.030, 0.036), rng.uniform(0.15, 0.20)
    x, h, share = num * step, rng.uniform(0.022, 0.032), rng.uniform(0.50, 0.62)
    for s in (-1, 1):
        near, far = s * wide * 0.30, s * wide * 0.30 * share
        rail = [(-x / 2, near - 0.009), (x / 2, far - 0.009), (x / 2, far + 0.009), (-x / 2, near + 0.009)]
        shape = slab((x, 0.03, h), (0, (near + far) / 2, h / 2))
        a.add("frame", extrude(rail, height=h), PALE_WOOD, WOOD, shape)
    pale = a.call_main((0.4 + 0.6 * a.main[0], 0.4 + 0.6 * a.main[1], 0.4 + 0.6 * a.main[2]))
    striped = rng.random() < 0.5
    for k in range(num):
        at, long = x * ((k + 0.5) / num - 0.5), wide * (1 - (1 - share) * (k + 0.5) / num)
        piece = soft_box(step * 0.78, long, 0.008, radius=0.006, edge=0.002, bottom_z=h).moved((at, 0, 0))
        rgb = pale if striped and k % 2 else a.main
        a.add("bars", piece, rgb, LACQUERED, slab((step * 0.78, long, 0.008), (at, 0, h + 0.004)))
        nails = [disc(0.003, 0.0015, bottom_z=h + 0.0075).moved((at, s * long * 0.3, 0)) for s in (-1, 1)]
        a.add("bars", nails, SILVER, STEEL)
    z, lean = h + 0.019, rng.uniform(-0.03, 0.03)
    tail, tip = (-x * 0.42, -lean, z - 0.006), (x * 0.3, lean, z)
    stick = rod(tail, tip, 0.0045)
    ball = sphere(0.012, num_rings=8, num_segments=14).moved(tip)
    a.add("mallet", stick, PALE_WOOD, WOOD, bar(tail, tip, 0.0045))
    a.add("mallet", ball, a.other(), RUBBER)
    return a.done()


def trumpet(rng: np.random.Generator, color: str) -> ObjectModel:
    """A trumpet lying on its side: flared bell, long loop of tube, three valves, a mouthpiece."""
    a = Assembly("trumpet", color, rng)
    long, r, thin = rng.uniform(0.20, 0.24), rng.uniform(0.048, 0.058), rng.uniform(0.006, 0.008)
    side, tilt = rng.uniform(0.030, 0.038), math.asin((r - 0.012) / (2 * long + 0.03))
    high = r - long * math.sin(tilt)
    turn = rotation_about("y", -tilt)
    curve = [(thin, -0.11), (thin * 1.3, -0.06), (0.3 * r, -0.03), (0.55 * r, -0.012), (r, 0)]
    bell = lathe([(0, -0.11), *curve, (r * 0.96, 0.001), (0.5 * r, -0.012), (0.2 * r, -0.03), (0, -0.04)])
    tubes: list[Mesh] = [rod((-long, side, 0), (long - 0.1, side, 0), thin)]
    half = np.radians(np.linspace(-90, 90, 11))
    for end in (-1, 1):
        bend = np.stack([end * (0.1 + side * np.cos(half)), side * np.sin(half), np.zeros(11)], axis=1)
        tubes.append(tube(bend, [thin] * 11))
    tubes.append(rod((-0.1, -side, 0), (0.1, -side, 0), thin))
    horn = [bell.rotated(ALONG_X).moved((long, side, 0)), *tubes]

    def laid(meshes: list[Mesh]) -> list[Mesh]:
        return [m.rotated(turn).moved((0, 0, high)) for m in meshes]

    flare = slab((0.02, 1.6 * r, 1.9 * r), (long - 0.014, side, 0.95 * r))
    low = slab((0.24, 2 * side, high + thin), (0, 0, (high + thin) / 2))
    tail = bar((-long, side, 0.012), (-0.1, side, high), thin)
    a.add("horn", laid(horn), a.main, STEEL, flare, low, tail, solid=0.25)
    cases, buttons = [], []
    for x in (-0.034, 0.0, 0.034):
        cases.append(rod((x, -side - 0.02, 0), (x, side + 0.022, 0), 0.0125, num_sides=14))
        buttons += [rod((x, side + 0.02, 0), (x, side + 0.038, 0), 0.004)]
        buttons += [rod((x, side + 0.036, 0), (x, side + 0.041, 0), 0.010)]
    a.add("horn", laid(cases), a.main, STEEL, solid=0.3)
    a.add("valves", laid(buttons), CREAM, STEEL)
    cup = [rod((-long + 0.004, side, 0), (-long - 0.03, side, 0), thin * 0.8, end_radius=0.012, num_sides=14)]
    a.add("mouthpiece", laid(cup), SILVER, STEEL)
    return a.done(centred=True)


def spinning_top(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wooden top lying on its side: round body with painted rings, a point, a stem to twirl it by."""
    a = Assembly("spinning top", color, rng)
    r, deep = rng.uniform(0.026, 0.042), rng.uniform(0.8, 1.1)
    rim, high = r * deep, r * (deep + rng.uniform(0.3, 0.45))
    tilt = math.atan2(rim, r)
    turn = rotation_about("y", tilt)
    body = lathe([(0, 0), (0.0015, 0), (r * 0.97, rim * 0.96), (r, rim), (r * 0.9, rim + 0.3 * (high - rim)),
                  (r * 0.4, high), (0, high)])  # fmt: skip
    c, s = math.cos(tilt), math.sin(tilt)
    reach = math.hypot(r, rim)
    shapes = (
        slab((reach * 0.9, r * 0.8, r * 0.4), (reach * 0.53, 0, r * 0.2)),
        globe(r * 0.6, (s * rim, 0, c * rim)),
    )
    a.add("body", body.rotated(turn), a.main, LACQUERED, *shapes)
    stripe, cone = a.other(), high - rim
    belts = ((0.6, rim * 0.57, 0.0012), (0.94, rim + 0.2 * cone, 0.0022), (0.65, rim + 0.65 * cone, 0.0022))
    for share, z, thick in belts:
        a.add("body", ring(r * share, thick).moved((0, 0, z)).rotated(turn), stripe, LACQUERED)
    top = high + r * rng.uniform(0.7, 1.0)
    stem = [rod((0, 0, high - 0.002), (0, 0, top), r * 0.11), sphere(r * 0.17).moved((0, 0, top))]
    tip = bar((s * high, 0, c * high), (s * top, 0, c * top), r * 0.11)
    a.add("stem", [m.rotated(turn) for m in stem], PALE_WOOD, WOOD, tip)
    return a.done(centred=True)


def puzzle_cube(rng: np.random.Generator, color: str) -> ObjectModel:
    """A cube of nine small squares a side, their colours mixed; sometimes its top layer is turned."""
    a = Assembly("puzzle cube", color, rng)
    s = rng.uniform(0.052, 0.066)
    unit, words = (
        s / 3,
        ("red", "orange", "yellow", "green", "blue", "white" if color == "black" else "purple"),
    )
    twist = float(rng.choice([0.0, 0.0, 0.35, 0.6]))
    a.add(
        "layers",
        box((s, s, 2 * unit - 0.0006), (0, 0, unit)),
        a.main,
        PLASTIC,
        slab((s, s, s), (0, 0, s / 2)),
        solid=0.6,
    )
    turn = rotation_about("z", twist)
    a.add("layers", box((s, s, unit), (0, 0, 2.5 * unit)).rotated(turn), a.main, PLASTIC, solid=0.6)
    tiles: dict[str, list[Mesh]] = {word: [] for word in words}
    flat = box((unit * 0.86, unit * 0.86, 0.0012))
    for face in range(5):
        tipped = rotation_about("z", face * math.pi / 2) @ ALONG_X if face < 4 else np.eye(3)
        for u in (-1, 0, 1):
            for v in (-1, 0, 1):
                tile = flat.moved((u * unit, v * unit, s / 2)).rotated(tipped).moved((0, 0, s / 2))
                layer = float(tile.vertices[:, 2].mean()) > 2 * unit
                tiles[words[int(rng.integers(6))]].append(tile.rotated(turn) if layer else tile)
    for word, group in tiles.items():
        if group:
            a.add("squares", group, a.paint(word), PLASTIC, solid=0.02)
    return a.done()


_ROOM = frozenset({"shelf", "tabletop", "walkway"})
_INSTRUMENT = known("play toy breaks burns water_harms trips melts tool")
_TOYS = known("breaks burns melts trips water_harms")

MUSIC_AND_PLAY: tuple[Category, ...] = (
    Category(
        "guitar",
        "guitars",
        guitar,
        colors=("brown", "red", "blue", "black", "orange", "white"),
        unsure=_INSTRUMENT | known("electronic needs_power travel"),
        askable_parts=("neck", "body", "sound hole"),
        places=_ROOM | {"luggage cart"},
        only_train=True,
        part_uses=uses(neck="hold", pegs="turn"),
    ),
    Category(
        "drum",
        "drums",
        toy_drum,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "white"),
        unsure=_INSTRUMENT | known("rolls put_on sit container stacks"),
        askable_parts=("skin", "sticks"),
        places=_ROOM,
        only_train=True,
        part_uses=uses(sticks="hold"),
    ),
    Category(
        "xylophone",
        "xylophones",
        xylophone,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "pink", "brown"),
        yes=known("play"),
        unsure=_INSTRUMENT - known("play") | known("metal"),
        askable_parts=("bars", "mallet"),
        places=_ROOM | {"desk"},
        only_train=True,
        part_uses=uses(mallet="hold"),
    ),
    Category(
        "trumpet",
        "trumpets",
        trumpet,
        colors=("yellow", "gray", "red", "blue", "black"),
        unsure=_INSTRUMENT | known("metal heat_proof recycle travel rolls"),
        askable_parts=("valves", "mouthpiece"),
        places=_ROOM | {"desk", "luggage cart"},
        only_train=True,
        part_uses=uses(valves="press"),
    ),
    Category(
        "spinning top",
        "spinning tops",
        spinning_top,
        colors=("red", "blue", "green", "yellow", "orange", "purple", "pink"),
        yes=known("play toy"),
        unsure=_TOYS | known("rolls swallowed sharp keep_from_child bounces"),
        askable_parts=("stem",),
        places=_ROOM | {"desk", "drawer"},
        only_train=True,
        part_uses=uses(stem="hold turn"),
    ),
    Category(
        "puzzle cube",
        "puzzle cubes",
        puzzle_cube,
        colors=("black", "white", "gray", "blue"),
        yes=known("play toy"),
        unsure=_TOYS | known("rolls swallowed stacks keep_from_child"),
        places=_ROOM | {"desk", "drawer"},
        only_train=True,
    ),
)
