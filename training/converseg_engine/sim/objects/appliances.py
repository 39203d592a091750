"""Kitchen machines."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import ALONG_X, Mesh, box, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import arc, disc, loft, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import DARK, ELECTRONICS, GLASS, PLASTIC, SILVER, STEEL
from converseg_engine.sim.objects.model import ObjectModel

_CLEAR = (0.80, 0.87, 0.90)
_COFFEE = (0.20, 0.11, 0.06)
_PLATE = (0.22, 0.22, 0.24)


def _feet(x: float, y: float) -> list[Mesh]:
    """Four small feet at the corners of a field."""
    return [disc(0.011, 0.009).moved((sx * x / 2, sy * y / 2, 0)) for sx in (-1, 1) for sy in (-1, 1)]


def blender(rng: np.random.Generator, color: str) -> ObjectModel:
    """A blender: motor base with a dial, a glass pitcher that widens upward, a lid."""
    a = Assembly("blender", color, rng)
    a.name_paint(_CLEAR, "white")
    w, base, tall = rng.uniform(0.15, 0.18), rng.uniform(0.11, 0.15), rng.uniform(0.18, 0.23)
    foot, rim = w * 0.30, w * rng.uniform(0.40, 0.46)
    levels = [(w, 0.0), (w, base * 0.3), (w * 0.74, base * 0.85), (w * 0.68, base)]
    hull = loft([(rounded(s, s, s * 0.3), z) for s, z in levels])
    low = slab((w, w, base * 0.5), (0, 0, base * 0.25))
    high = slab((w * 0.75, w * 0.75, base * 0.5), (0, 0, base * 0.75))
    a.add("base", hull, a.main, ELECTRONICS, low, high, solid=0.35)
    dial = disc(w * 0.15, 0.022, num_segments=18).rotated(ALONG_X).moved((w * 0.41, 0, base * 0.42))
    a.add("dial", dial, SILVER if color != "gray" else DARK, PLASTIC)
    top = base + tall
    jug = lathe([(0, base), (foot, base), (foot, base + 0.015), (rim, top), (0, top)], num_segments=8)
    walls = drum(foot, tall * 0.5, bottom_z=base), drum(rim * 0.9, tall * 0.5, bottom_z=base + tall * 0.5)
    a.add("pitcher", jug, _CLEAR, GLASS, *walls, solid=0.22)
    out = -rim - 0.04
    ends = (-foot, 0, base + tall * 0.2), (-rim * 0.9, 0, base + tall * 0.93)
    path = np.array([ends[0], (out, 0, base + tall * 0.3), (out, 0, base + tall * 0.85), ends[1]])
    grip = slab((0.016, 0.016, tall * 0.55), (out, 0, base + tall * 0.57))
    a.add("handle", tube(path, [0.009] * 4), DARK if color != "black" else a.main, PLASTIC, grip)
    cap = [disc(rim * 1.02, 0.018, bottom_z=top), disc(rim * 0.5, 0.026, bottom_z=top + 0.016)]
    a.add("lid", cap, a.main, PLASTIC, drum(rim, 0.02, bottom_z=top), solid=0.4)
    return a.done(base_radius=w / 2)


def coffee_maker(rng: np.random.Generator, color: str) -> ObjectModel:
    """A drip coffee maker: tank behind, head above, a glass carafe with coffee on the warm plate."""
    a = Assembly("coffee maker", color, rng)
    a.name_paint(_COFFEE, "brown")
    x, y, h = rng.uniform(0.22, 0.25), rng.uniform(0.17, 0.21), rng.uniform(0.29, 0.34)
    back, foot, gap = x * 0.36, 0.035, h * rng.uniform(0.44, 0.50)
    head = foot + gap
    plate, under = soft_box(x, y, foot, radius=0.03, edge=0.006), slab((x, y, foot), (0, 0, foot / 2))
    a.add("body", plate, a.main, ELECTRONICS, under, solid=0.35)
    column = soft_box(back, y * 0.97, h - 0.025, radius=0.025, edge=0.006).moved((back / 2 - x / 2, 0, 0.01))
    behind = slab((back, y, h - 0.02), (back / 2 - x / 2, 0, h / 2 + 0.005))
    a.add("body", column, a.main, ELECTRONICS, behind, solid=0.08)
    above = soft_box(x * 0.94, y, h - head, radius=0.03, edge=0.008, bottom_z=head).moved((-x * 0.03, 0, 0))
    roof = slab((x * 0.92, y, h - head), (-x * 0.03, 0, (h + head) / 2))
    a.add("body", above, a.main, ELECTRONICS, roof, solid=0.08)
    r, at = min(y * 0.40, x * 0.30), x * 0.17
    tall = gap * 0.92
    profile = [(0.0, 0.0), (r * 0.85, 0.0), (r, tall * 0.2), (r * 0.97, tall * 0.5)]
    coffee = lathe([*profile, (0, tall * 0.5)], num_segments=24).moved((at, 0, foot))
    a.add("carafe", coffee, _COFFEE, GLASS, drum(r * 0.95, tall, bottom_z=foot, at=(at, 0)), solid=0.3)
    neck = [(0, tall * 0.5), (r * 0.97, tall * 0.5), (r * 0.72, tall * 0.86), (0, tall * 0.86)]
    clear = lathe(neck, num_segments=24)
    a.add("carafe", clear.moved((at, 0, foot)), _CLEAR, GLASS, solid=0.2)
    stopper = disc(r * 0.74, tall * 0.14, bottom_z=foot + tall * 0.86).moved((at, 0, 0))
    a.add("carafe", stopper, DARK, PLASTIC, solid=0.3)
    ear = arc((at + r * 0.72, 0, foot + tall * 0.55), r * 0.85, tall * 0.36, -62, 86)
    hold = slab((0.014, 0.014, tall * 0.5), (at + r * 1.5, 0, foot + tall * 0.55))
    a.add("handle", tube(ear, [0.007] * len(ear)), DARK, PLASTIC, hold)
    button = box((0.004, 0.022, 0.012), (x / 2, y * 0.3, foot / 2))
    a.add("button", button, a.paint("red") if color != "red" else a.paint("white"), PLASTIC)
    return a.done()


def microwave(rng: np.random.Generator, color: str) -> ObjectModel:
    """A microwave oven: a door with a dark window, a clock and keys beside it."""
    a = Assembly("microwave", color, rng)
    x, y, z = rng.uniform(0.30, 0.36), rng.uniform(0.43, 0.50), rng.uniform(0.24, 0.29)
    low = 0.008
    case = soft_box(x, y, z, radius=0.008, edge=0.004, bottom_z=low)
    a.add("body", case, a.main, STEEL, slab((x, y, z + low), (0, 0, (z + low) / 2)), solid=0.035)
    a.add("body", _feet(x * 0.8, y * 0.8), DARK, PLASTIC)
    front, middle, wide = x / 2, low + z / 2, y * 0.72
    side = y * 0.12
    shade = DARK if color != "black" else SILVER
    a.add("door", box((0.012, wide, z * 0.94), (front + 0.004, side, middle)), a.main, PLASTIC)
    window = box((0.002, wide * 0.76, z * 0.62), (front + 0.0105, side + wide * 0.04, middle))
    a.add("door", window, DARK, GLASS, solid=0.02)
    grip = slab((0.026, 0.014, z * 0.6), (front + 0.021, side - wide * 0.43, middle))
    bow = soft_box(0.026, 0.014, z * 0.6, radius=0.006).moved(
        (front + 0.021, side - wide * 0.43, low + z * 0.2)
    )
    a.add("handle", bow, shade, PLASTIC, grip)
    panel = -y * 0.37
    screen, at = box((0.003, y * 0.17, z * 0.14)), (front + 0.001, panel, low + z * 0.82)
    a.add("clock", screen.moved(at), (0.03, 0.06, 0.05), GLASS)
    digit = box((0.001, y * 0.022, z * 0.08)).moved(at)
    digits = [digit.moved((0.002, k * y * 0.036, 0)) for k in (-1.5, -0.5, 0.5, 1.5)]
    a.add("clock", digits, (0.3, 0.95, 0.6), GLASS, emission=0.8, solid=0.01)
    if rng.random() < 0.6:
        key = box((0.004, y * 0.04, z * 0.075), (front + 0.001, panel, low + z * 0.64))
        keys = [key.moved((0, c * y * 0.055, -0.115 * z * k)) for c in (-1, 0, 1) for k in range(5)]
    else:
        knob = disc(y * 0.06, 0.02, num_segments=18).rotated(ALONG_X).moved((front - 0.001, panel, low))
        keys = [knob.moved((0, 0, z * k)) for k in (0.27, 0.57)]
    a.add("buttons", keys, shade if color != "gray" else DARK, PLASTIC)
    return a.done()


def _beater(x: float, y: float, z: float, length: float, r: float) -> list[Mesh]:
    """A whisk that points along x: a shaft and two crossed loops of wire."""
    along = [0.45 + 0.55 * float(t) for t in np.linspace(0.03, 0.97, 8)]
    loops = []
    for k in range(4):
        c, s = math.cos(k * math.pi / 2), math.sin(k * math.pi / 2)
        out = [r * math.sin(math.pi * ((t - 0.45) / 0.55) ** 0.8) for t in along]
        path = np.array([(x + length * t, y + c * o, z + s * o) for t, o in zip(along, out, strict=True)])
        loops.append(tube(path, [0.0022] * 8, num_sides=6))
    return [rod((x, y, z), (x + length, y, z), 0.003, num_sides=8), *loops]


def hand_mixer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hand mixer stood on its heel: the handle behind, two beaters stick out in front."""
    a = Assembly("hand mixer", color, rng)
    x, y, h = rng.uniform(0.070, 0.085), rng.uniform(0.080, 0.095), rng.uniform(0.185, 0.215)
    levels = [(1.0, 1.0, 0.0), (1.04, 1.0, 0.3), (1.0, 0.92, 0.75), (0.8, 0.72, 0.93), (0.5, 0.45, 1.0)]
    hull = loft([(rounded(x * u, y * v, y * 0.3 * v), h * f) for u, v, f in levels])
    a.add("body", hull, a.main, ELECTRONICS, slab((x, y, h * 0.9), (0, 0, h * 0.45)), solid=0.5)
    reach = rng.uniform(0.050, 0.060)
    back = -x / 2
    ends = (back + 0.01, 0, 0.014), (back + 0.004, 0, h * 0.86)
    path = np.array([ends[0], (back - reach, 0, 0.018), (back - reach, 0, h * 0.80), ends[1]])
    grip = slab((0.022, 0.022, h * 0.75), (back - reach, 0, h * 0.42))
    heel = slab((reach, 0.024, 0.024), (back - reach / 2, 0, 0.013))
    a.add("handle", tube(path, [0.013] * 4), a.main, PLASTIC, grip, heel, solid=0.6)
    length, r = rng.uniform(0.14, 0.17), rng.uniform(0.018, 0.021)
    for s in (-1, 1):
        root = (x * 0.45, s * y * 0.24, h * 0.72)
        axis = bar(root, (x / 2 + length * 0.95, *root[1:]), 0.012)
        a.add("beaters", _beater(*root, length, r), SILVER, STEEL, axis)
    switch = soft_box(0.02, 0.03, 0.014, radius=0.006).moved((back - reach * 0.35, 0, h * 0.86 - 0.006))
    a.add("switch", switch, DARK if color != "black" else SILVER, PLASTIC)
    return a.done(centred=True)


def _griddle(r: float, z: float) -> list[Mesh]:
    """Ridges of a waffle plate of a given radius, on a height."""
    found = []
    for k in (-2, -1, 0, 1, 2):
        at = k * r * 0.34
        length = 2 * math.sqrt(r * r - at * at)
        found += [box((length, 0.006, 0.006), (0, at, z)), box((0.006, length, 0.006), (at, 0, z))]
    return found


def waffle_maker(rng: np.random.Generator, color: str) -> ObjectModel:
    """A round waffle maker, opened: ridged plates below and in the raised lid."""
    a = Assembly("waffle maker", color, rng)
    a.name_paint(_PLATE, "black")
    r, h, thick = rng.uniform(0.090, 0.110), rng.uniform(0.050, 0.062), rng.uniform(0.032, 0.042)
    turn = -float(rng.uniform(1.55, 1.85))
    hull = lathe([(0, 0), (r * 0.86, 0), (r, h * 0.45), (r, h), (0, h)], num_segments=32)
    a.add("base", hull, a.main, ELECTRONICS, drum(r * 0.95, h), solid=0.4)
    a.add("plates", disc(r * 0.88, 0.002, bottom_z=h), _PLATE, STEEL)
    a.add("plates", _griddle(r * 0.86, h + 0.003), (0.36, 0.36, 0.38), STEEL)
    tilt, hinge = rotation_about("y", turn), (-r * 0.98, 0.0, h + 0.004)

    def raised(mesh: Mesh) -> Mesh:
        return mesh.moved((r, 0, 0)).rotated(tilt).moved(hinge)

    shell = lathe([(0, 0), (r, 0), (r, thick * 0.6), (r * 0.84, thick), (0, thick)], num_segments=32)
    middle = tilt @ np.array([r, 0, thick / 2]) + np.array(hinge)
    quat = (math.cos(turn / 2), 0.0, math.sin(turn / 2), 0.0)
    solid = slab((r * 1.8, r * 1.6, thick * 0.9), (float(middle[0]), 0.0, float(middle[2])), quat)
    a.add("lid", raised(shell), a.main, ELECTRONICS, solid, solid=0.16)
    a.add("plates", raised(disc(r * 0.88, 0.002, bottom_z=-0.002)), _PLATE, STEEL)
    a.add("plates", [raised(m) for m in _griddle(r * 0.86, -0.003)], (0.36, 0.36, 0.38), STEEL)
    bow = soft_box(0.055, 0.040, 0.018, radius=0.014).moved((r + 0.02, 0, 0))
    below = slab((0.04, 0.038, 0.018), (r + 0.022, 0, h * 0.6))
    grip = DARK if color != "black" else a.paint("red")
    a.add("handles", bow.moved((0, 0, h * 0.6 - 0.009)), grip, PLASTIC, below)
    a.add("handles", raised(bow.moved((0, 0, thick * 0.2))), grip, PLASTIC)
    return a.done(base_radius=r * 0.86)


def rice_cooker(rng: np.random.Generator, color: str) -> ObjectModel:
    """A rice cooker: a round belly with two ears, a lid of glass or plastic with a knob, a switch."""
    a = Assembly("rice cooker", color, rng)
    a.name_paint(_CLEAR, "white")
    r, h = rng.uniform(0.110, 0.135), rng.uniform(0.145, 0.175)
    belly = [(0, 0), (r * 0.82, 0), (r * 0.96, h * 0.2), (r, h * 0.6), (r * 0.97, h), (0, h)]
    hull = lathe(belly, num_segments=32)
    a.add("body", hull, a.main, ELECTRONICS, drum(r * 0.88, h), solid=0.22)
    rise = h * rng.uniform(0.22, 0.30)
    top = h + rise
    dome = [(0, h), (r, h), (r, h + 0.008), (r * 0.8, h + rise * 0.65), (r * 0.4, top), (0, top)]
    rgb, stuff = (_CLEAR, GLASS) if rng.random() < 0.5 else (a.main, PLASTIC)
    a.add("lid", lathe(dome, num_segments=32), rgb, stuff, drum(r * 0.8, rise * 0.8, bottom_z=h), solid=0.15)
    trim = DARK if color != "black" else SILVER
    turned = [(0, 0), (0.012, 0), (0.022, 0.014), (0.018, 0.024), (0, 0.024)]
    knob = lathe(turned, num_segments=18).moved((0, 0, top))
    a.add("knob", knob, trim, PLASTIC, drum(0.02, 0.024, bottom_z=top))
    for s in (-1, 1):
        ear = soft_box(0.07, 0.04, 0.018, radius=0.015).moved((0, s * (r + 0.008), h * 0.72))
        a.add("body", ear, trim, PLASTIC, slab((0.066, 0.034, 0.018), (0, s * (r + 0.008), h * 0.72 + 0.009)))
    panel = soft_box(0.03, r * 0.75, h * 0.55, radius=0.01).moved((r * 0.92, 0, h * 0.14))
    block = slab((0.03, r * 0.7, h * 0.5), (r * 0.92, 0, h * 0.42))
    a.add("panel", panel, a.other(), PLASTIC, block, solid=0.3)
    lamp = sphere(0.006, num_rings=5, num_segments=10).moved((r * 0.92 + 0.015, 0, h * 0.52))
    a.add("panel", lamp, a.paint("red"), PLASTIC, emission=0.6)
    return a.done(base_radius=r * 0.82)


_KITCHEN = frozenset({"kitchen counter", "tabletop", "shelf"})

APPLIANCES: tuple[Category, ...] = (
    Category(
        "blender",
        "blenders",
        blender,
        colors=("red", "black", "white", "gray", "blue", "green", "orange", "pink"),
        yes=known("electronic needs_power"),
        unsure=known(
            "water_harms stir cut sharp pour container breaks cookware spills melts tool wash_up drink "
            "hold_soup carry_water measure dish grate serve metal keep_from_child recycle"
        ),
        askable_parts=("pitcher", "lid", "base"),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(
            pitcher="put_things_in pour", lid="cover open", handle="hold", base="stand_on", dial="turn"
        ),
    ),
    Category(
        "coffee maker",
        "coffee makers",
        coffee_maker,
        colors=("black", "white", "red", "gray", "blue", "green"),
        yes=known("electronic needs_power"),
        unsure=known(
            "water_harms boil pour hot keep_warm breaks container drink serve spills melts cookware metal "
            "carry_water keep_from_child wash_up strain heat_proof measure dish tool recycle"
        ),
        askable_parts=("carafe",),
        places=_KITCHEN | {"desk"},
        only_train=True,
        part_uses=uses(carafe="put_things_in pour", handle="hold carry", button="press"),
    ),
    Category(
        "microwave",
        "microwaves",
        microwave,
        colors=("white", "black", "gray", "red", "blue"),
        yes=known("electronic needs_power water_harms"),
        unsure=known(
            "boil keep_warm hot cookware fry toast metal breaks melts keep_from_child furniture tell_time "
            "put_on container heat_proof store tool give_light recycle"
        ),
        askable_parts=("door", "buttons"),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(door="open cover", handle="pull hold", buttons="press turn", clock="look_at read"),
    ),
    Category(
        "hand mixer",
        "hand mixers",
        hand_mixer,
        colors=("white", "red", "black", "blue", "green", "pink", "yellow"),
        yes=known("stir electronic needs_power water_harms"),
        unsure=known("tool cookware metal keep_from_child melts breaks sharp wash_up cut drill recycle"),
        askable_parts=("beaters", "handle"),
        places=_KITCHEN | {"drawer"},
        only_train=True,
        part_uses=uses(beaters="stir", handle="hold carry", switch="press turn"),
    ),
    Category(
        "waffle maker",
        "waffle makers",
        waffle_maker,
        colors=("black", "red", "white", "gray", "blue", "green"),
        yes=known("electronic needs_power water_harms"),
        unsure=known(
            "hot fry toast cookware metal heat_proof melts keep_from_child breaks wash_up keep_warm tool "
            "recycle container spills turn_food"
        ),
        askable_parts=("plates", "lid"),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(plates="put_things_on", lid="cover open", handles="hold", base="stand_on"),
    ),
    Category(
        "rice cooker",
        "rice cookers",
        rice_cooker,
        colors=("white", "red", "black", "gray", "pink", "green", "blue"),
        yes=known("electronic needs_power"),
        unsure=known(
            "boil container cookware hot keep_warm water_harms metal heat_proof hold_soup serve spills melts "
            "keep_from_child wash_up breaks recycle fry store tool dish carry_water"
        ),
        askable_parts=("lid",),
        places=_KITCHEN,
        only_train=True,
        part_uses=uses(body="put_things_in", lid="cover open", knob="hold", panel="press"),
    ),
)
"""What cooks, stirs and brews with a plug."""
