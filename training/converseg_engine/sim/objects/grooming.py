"""What one grooms oneself with, and what else stands in a bathroom."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, box, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import disc, lines, loft, ring, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    DARK,
    ELECTRONICS,
    GLASS,
    PALE_WOOD,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel


def comb(rng: np.random.Generator, color: str) -> ObjectModel:
    """A comb lying flat: a row of teeth along a spine, a grip behind it on some."""
    a = Assembly("comb", color, rng)
    x, y, z = rng.uniform(0.15, 0.19), rng.uniform(0.013, 0.017), rng.uniform(0.005, 0.007)
    deep, step = rng.uniform(0.020, 0.030), rng.uniform(0.0045, 0.0060)
    row = x * 0.62 if rng.random() < 0.5 else x - 0.012
    first, at_y = x / 2 - 0.006 - row, 0.002 - y / 2 - deep / 2
    spine = soft_box(x, y, z, radius=0.006, edge=0.0015)
    a.add("handle", spine, a.main, PLASTIC, slab((x, y, z), (0, 0, z / 2)))
    places = np.arange(first, first + row, step).tolist()
    teeth = [box((step * 0.5, deep, z * 0.6), (at, at_y, z / 2)) for at in places]
    a.add("teeth", teeth, a.main, PLASTIC, slab((row, deep, z), (first + row / 2, at_y, z / 2)))
    return a.done(centred=True)


def razor(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wet razor lying: a wide head with blades across the end of a slim grip."""
    a = Assembly("razor", color, rng)
    length, half = rng.uniform(0.10, 0.13), rng.uniform(0.0055, 0.0075)
    wide, deep, tall = rng.uniform(0.040, 0.046), rng.uniform(0.016, 0.022), rng.uniform(0.010, 0.013)
    bend = (-length * 0.25, 0, half + rng.uniform(0.0, 0.008))
    path = np.array([(0, 0, tall * 0.5), bend, (-length * 0.6, 0, half), (-length, 0, half)])
    grip = tube(path, [half * 0.6, half * 0.85, half, half * 0.9])
    a.add("handle", grip, a.main, PLASTIC, slab((length, 2 * half, 2 * half), (-length / 2, 0, half)))
    pad = ring(half * 0.94, 0.0012, num_segments=14, num_sides=6).rotated(ALONG_X)
    pads = [pad.moved((-length * t, 0, half + 0.0005)) for t in (0.62, 0.70, 0.78, 0.86)]
    a.add("handle", pads, a.other(), RUBBER, solid=0.1)
    mid = deep * 0.4
    head = soft_box(deep, wide, tall, radius=0.004, edge=0.003).moved((mid, 0, 0))
    a.add("head", head, a.main, PLASTIC, slab((deep, wide, tall), (mid, 0, tall / 2)))
    a.add("head", box((deep * 0.75, wide * 0.86, 0.001), (mid, 0, tall)), DARK, PLASTIC, solid=0.01)
    num = int(rng.integers(2, 5))
    edge = box((mid / num, wide * 0.82, 0.0016))
    blades = [edge.moved((mid + 0.6 * deep * ((k + 0.5) / num - 0.5), 0, tall)) for k in range(num)]
    a.add("blades", blades, SILVER, STEEL)
    return a.done(centred=True)


def hair_dryer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hair dryer lying on its side: barrel, nozzle, grip with a switch, cord and plug."""
    a = Assembly("hair dryer", color, rng)
    r, length = rng.uniform(0.036, 0.044), rng.uniform(0.12, 0.15)
    out, mouth = rng.uniform(0.045, 0.065), r * rng.uniform(0.55, 0.75)
    side = [(0, 0), (r * 0.8, 0), (r, length * 0.15), (r, length * 0.5), (r * 0.78, length), (0, length)]
    back, front = (-length * 0.4, 0, r), (length * 0.6, 0.0, r)
    block = slab((length * 0.8, 1.5 * r, 2 * r), (-length * 0.03, 0, r))
    a.add("body", lathe(side).rotated(ALONG_X).moved(back), a.main, ELECTRONICS, block, solid=0.35)
    grill = disc(r * 0.7, 0.003, bottom_z=-0.001).rotated(ALONG_X).moved(back)
    a.add("body", grill, DARK, PLASTIC, solid=0.01)
    cone = lathe([(0, -0.01), (r * 0.84, -0.01), (mouth, out), (mouth * 0.8, out), (0, out / 2)])
    wide = rng.uniform(1.0, 1.2)
    cone = cone.rotated(ALONG_X).scaled((1, wide, 1 / wide)).moved(front)
    a.add("nozzle", cone, DARK, PLASTIC, bar(front, (front[0] + out, 0, r), mouth * 0.7), solid=0.3)
    end, half = -r - rng.uniform(0.11, 0.14), rng.uniform(0.015, 0.018)
    low, high = (-0.02, end, half), (0.0, -r * 0.5, r)
    grip = rod(high, low, half * 1.15, end_radius=half * 0.9, num_sides=14)
    a.add("handle", grip, a.main, ELECTRONICS, bar(high, low, half * 0.9), solid=0.4)
    switch = soft_box(0.012, 0.030, 0.006, radius=0.004).moved((-0.007, -r * 1.6, r * 0.8 + half * 0.9))
    a.add("switch", switch, a.other(), PLASTIC, solid=0.3)
    bends = ((-0.024, -0.03, 0.006), (-0.06, -0.05, 0.004), (-0.11, -0.02, 0.004), (-0.13, 0.04, 0.004))
    cord = [low, *((u, end + v, w) for u, v, w in bends), (-0.11, end + 0.09, 0.006)]
    a.add("cord", tube(np.array(cord), [0.0035] * 6, num_sides=8), DARK, RUBBER)
    plug = soft_box(0.026, 0.034, 0.022, radius=0.008).moved((-0.11, end + 0.105, 0))
    a.add("plug", plug, DARK, PLASTIC, slab((0.026, 0.034, 0.022), (-0.11, end + 0.105, 0.011)))
    pins = [box((0.003, 0.02, 0.003), (-0.11 + s, end + 0.13, 0.011)) for s in (-0.007, 0.007)]
    a.add("plug", pins, SILVER, STEEL)
    return a.done(centred=True)


def plunger(rng: np.random.Generator, color: str) -> ObjectModel:
    """A plunger standing on its rubber cup, the stick upright."""
    a = Assembly("plunger", color, rng)
    r, h, length = rng.uniform(0.060, 0.078), rng.uniform(0.070, 0.095), rng.uniform(0.30, 0.45)
    if rng.random() < 0.5:
        side = [(1, 0.05), (0.97, 0.3), (0.8, 0.62), (0.45, 0.8), (0.32, 0.84)]
    else:
        side = [(1, 0.07), (0.96, 0.25), (0.72, 0.36), (0.74, 0.5), (0.52, 0.6), (0.5, 0.75), (0.32, 0.85)]
    cup = lathe([(0, 0), (r * 0.96, 0), *((r * f, h * g) for f, g in side), (r * 0.28, h), (0, h)])
    shapes = drum(r * 0.95, h * 0.5), drum(r * 0.5, h * 0.5, bottom_z=h * 0.5)
    a.add("cup", cup, a.main, RUBBER, *shapes, solid=0.4)
    stick, top = rng.uniform(0.010, 0.013), h + length
    rgb, stuff = (PALE_WOOD, WOOD) if rng.random() < 0.7 else (a.other(), PLASTIC)
    ends = [(stick, h * 0.9), (stick, top - 0.02), (stick * 1.15, top - 0.01)]
    pole = lathe([(0, h * 0.9), *ends, (0, top)], num_segments=14)
    a.add("handle", pole, rgb, stuff, drum(stick, length, bottom_z=h), solid=0.8)
    return a.done(base_radius=r * 0.95)


def bathroom_scale(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bathroom scale: a flat platform on feet, with a dial or lit figures at its front."""
    a = Assembly("bathroom scale", color, rng)
    x, y, z = rng.uniform(0.27, 0.32), rng.uniform(0.26, 0.31), rng.uniform(0.028, 0.040)
    has_dial = rng.random() < 0.5
    plate = soft_box(x, y, z - 0.01, radius=0.03, edge=0.006, bottom_z=0.01)
    a.add("platform", plate, a.main, PLASTIC, slab((x, y, z), (0, 0, z / 2)), solid=0.7)
    feet = [disc(0.018, 0.013).moved((s * x * 0.38, t * y * 0.38, 0)) for s in (-1, 1) for t in (-1, 1)]
    a.add("feet", feet, DARK, RUBBER)
    mat = soft_box(x * (0.3 if has_dial else 0.1), y * 0.5, 0.002, radius=0.015)
    mats = [mat.moved((s * x * 0.25, -y * 0.12, z - 0.0004)) for s in (-1, 1)]
    a.add("platform", mats, a.other() if has_dial else SILVER, RUBBER, solid=0.1)
    at = (0, y / 2 - 0.055, z)
    if has_dial:
        a.add("display", disc(0.040, 0.0015).moved(at), (0.95, 0.95, 0.93), PLASTIC, solid=0.01)
        a.add("display", ring(0.041, 0.003).moved(at), SILVER, STEEL, solid=0.3)
        turns = [rotation_about("z", t) for t in np.linspace(-2.2, 2.2, 15).tolist()]
        ticks = [box((0.002, 0.008, 0.001), (0, 0.032, 0.0018)).rotated(t).moved(at) for t in turns]
        a.add("display", ticks, DARK, PLASTIC, solid=0.01)
        needle = box((0.0025, 0.034, 0.001), (0, 0.012, 0.0022)).rotated(turns[int(rng.integers(15))])
        a.add("display", needle.moved(at), a.paint("red"), PLASTIC, solid=0.01)
    else:
        a.add("display", soft_box(0.095, 0.046, 0.002, radius=0.006).moved(at), DARK, PLASTIC, solid=0.01)
        strokes = ((0.012, 0.003, 0, 0.012), (0.012, 0.003, 0, -0.012), (0.003, 0.026, 0.007, 0))
        bars = [box((w, d, 0.001), (0.024 * k + u, v, 0.0023)) for k in (-1, 0, 1) for w, d, u, v in strokes]
        lit = [m.moved(at) for m in bars]
        a.add("display", lit, (0.55, 0.95, 0.75), PLASTIC, solid=0.01, emission=0.6)
    return a.done()


def perfume_flacon(rng: np.random.Generator, color: str) -> ObjectModel:
    """A small thick-walled flacon with a metal collar and a showy cap."""
    a = Assembly("perfume flacon", color, rng)
    x, h, kind = rng.uniform(0.042, 0.060), rng.uniform(0.050, 0.075), int(rng.integers(3))
    y = x * rng.uniform(0.5, 0.8)
    if kind == 0:
        body = soft_box(x, y, h, radius=0.006, edge=0.004)
        a.add("label", box((x * 0.55, 0.0012, h * 0.35), (0, -y / 2, h * 0.45)), a.other(), PAPER, solid=0.01)
    elif kind == 1:
        levels = ((0.75, 0), (1.0, 0.35), (1.0, 0.5), (0.42, 1.0))
        body = loft([(rounded(x * f, y * f, 0.008), h * g) for f, g in levels])
    else:
        face = [(0, -y / 2), (h * 0.4, -y / 2), (h / 2, 0), (h * 0.4, y / 2), (0, y / 2)]
        body = lathe(face).rotated(rotation_about("x", math.pi / 2)).moved((0, 0, h / 2))
        a.add("body", soft_box(h * 0.5, y, 0.008, radius=0.004), a.main, GLASS)
    wide = {0: x, 1: x * 0.8, 2: h * 0.7}[kind]
    a.add("body", body, a.main, GLASS, slab((wide, y * 0.8, h), (0, 0, h / 2)), solid=0.5)
    neck = disc(0.009, 0.010, bottom_z=h - 0.002)
    a.add("collar", neck, SILVER, STEEL, drum(0.009, 0.010, bottom_z=h - 0.002), solid=0.4)
    tall, base = rng.uniform(0.020, 0.030), h + 0.006
    caps = (
        sphere(tall * 0.6).moved((0, 0, base + tall * 0.5)),
        soft_box(tall, min(tall, y * 0.9), tall, radius=0.003, edge=0.002, bottom_z=base),
        disc(0.012, tall, bottom_z=base),
    )
    rgb = a.paint(str(rng.choice(["black", "white", "yellow"])))
    a.add("cap", caps[int(rng.integers(3))], rgb, PLASTIC, drum(0.011, tall, bottom_z=base), solid=0.5)
    a.fill("perfume", x * y * h * 0.4, share=float(rng.uniform(0.3, 0.9)))
    return a.done(base_radius=y * 0.37)


def tissues(rng: np.random.Generator, color: str) -> ObjectModel:
    """A pocket pack of tissues lying flat: a printed wrapper, a tab, a tissue that peeps out."""
    a = Assembly("pack of tissues", color, rng)
    x, y, z = rng.uniform(0.100, 0.115), rng.uniform(0.052, 0.062), rng.uniform(0.022, 0.032)
    pack = soft_box(x, y, z, radius=0.008, edge=0.007)
    a.add("wrapper", pack, a.main, PAPER, slab((x, y, z), (0, 0, z / 2)), solid=0.3)
    fins = [box((0.008, y * 0.8, 0.001), (s * (x / 2 + 0.002), 0, z / 2)) for s in (-1, 1)]
    a.add("wrapper", fins, a.main, PAPER)
    second = "white" if color != "white" else "blue"
    stripe = box((x * 0.22, y * 0.7, 0.0012), (x * 0.12, 0, z))
    print_ = [stripe, *lines(x * 0.16, y * 0.6, z, num=3, rng=rng, centre=(x * 0.36, 0))]
    a.add("label", print_, a.paint(second), PAPER, solid=0.01)
    slit = -x * 0.2
    tab = soft_box(0.018, y * 0.45, 0.0014, radius=0.006).moved((slit - 0.014, 0, z - 0.0002))
    a.add("tab", tab, a.paint("red" if color != "red" else "blue"), PAPER, solid=0.01)
    peaks = []
    for k in range(int(rng.integers(2, 5))):
        wide, tall = rng.uniform(0.010, 0.016), rng.uniform(0.020, 0.034)
        fold = lathe([(0, 0), (wide * 0.5, 0), (wide, tall * 0.8), (0, tall * 0.5)], num_segments=7)
        turn = rotation_about("y", float(rng.uniform(-0.3, 0.5))) @ rotation_about("z", float(k))
        peaks.append(fold.scaled((1, 0.4, 1)).rotated(turn).moved((slit, y * 0.13 * (k - 1), z - 0.003)))
    a.add("tissue", peaks, (0.97, 0.97, 0.96), PAPER, solid=0.2)
    return a.done(centred=True)


_BATH = frozenset({"bathroom"})
_AT_HAND = _BATH | {"shelf", "drawer"}

GROOMING: tuple[Category, ...] = (
    Category(
        "comb",
        "combs",
        comb,
        colors=("black", "red", "blue", "green", "brown", "pink", "white", "yellow"),
        yes=known("brush_hair toiletry"),
        unsure=known("melts travel swallowed tool burns"),
        askable_parts=("teeth",),
        places=_AT_HAND | {"luggage cart", "tabletop", "desk"},
        part_uses=uses(handle="hold", teeth="brush"),
        only_train=True,
    ),
    Category(
        "razor",
        "razors",
        razor,
        colors=("blue", "pink", "black", "green", "orange", "gray", "purple", "white"),
        yes=known("sharp toiletry keep_from_child"),
        unsure=known(
            "cut cut_paper melts metal tool travel electronic swallowed throw_away water_harms needs_power"
        ),
        askable_parts=("handle", "head"),
        places=_AT_HAND | {"luggage cart"},
        part_uses=uses(handle="hold", blades="cut"),
        sharp_parts=frozenset({"blades"}),
        only_train=True,
    ),
    Category(
        "hair dryer",
        "hair dryers",
        hair_dryer,
        colors=("black", "red", "pink", "white", "purple", "blue", "gray"),
        yes=known("electronic water_harms needs_power"),
        unsure=known("dry hot toiletry keep_from_child melts breaks tool trips travel keep_warm"),
        askable_parts=("nozzle", "handle", "cord"),
        places=_AT_HAND | {"luggage cart", "tabletop"},
        part_uses=uses(nozzle="aim", handle="hold", switch="press", plug="plug_in"),
        only_train=True,
    ),
    Category(
        "plunger",
        "plungers",
        plunger,
        colors=("red", "black", "orange", "blue", "brown", "green", "gray"),
        unsure=known("tool cleaning trips melts burns toiletry scrub"),
        askable_parts=("cup", "handle"),
        places=_BATH | {"walkway", "workbench"},
        part_uses=uses(handle="hold", cup="stand_on"),
        only_train=True,
    ),
    Category(
        "bathroom scale",
        "bathroom scales",
        bathroom_scale,
        colors=("white", "black", "blue", "pink", "gray", "green"),
        unsure=known(
            "measure electronic needs_power water_harms breaks trips put_on toiletry tool "
            "furniture melts metal"
        ),
        askable_parts=("display",),
        places=_BATH | {"walkway"},
        part_uses=uses(platform="step_on", display="read look_at", feet="stand_on"),
        only_train=True,
    ),
    Category(
        "perfume flacon",
        "perfume flacons",
        perfume_flacon,
        colors=("pink", "purple", "blue", "green", "red", "orange", "white", "yellow"),
        yes=known("toiletry breaks container"),
        unsure=known(
            "spray poison keep_from_child spills recycle burns travel pour swallowed heat_proof melts"
        ),
        askable_parts=("cap",),
        places=_AT_HAND | {"tabletop", "desk", "luggage cart"},
        part_uses=uses(cap="cover open", body="hold put_things_in"),
        only_train=True,
    ),
    Category(
        "pack of tissues",
        "packs of tissues",
        tissues,
        colors=("blue", "green", "white", "pink", "red", "yellow", "purple"),
        yes=known("wipe burns soft"),
        unsure=known(
            "toiletry dry cleaning travel recycle melts throw_away wash_hands container water_harms"
        ),
        places=_AT_HAND | {"tabletop", "desk"},
        part_uses=uses(tab="open pull", tissue="wipe"),
        only_train=True,
    ),
)
