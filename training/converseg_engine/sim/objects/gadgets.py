"""Small electronics."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, globe, slab
from converseg_engine.sim.objects.forms import arc, disc, lines, ring, rod, soft_box
from converseg_engine.sim.objects.materials import (
    DARK,
    ELECTRONICS,
    GLASS,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

FORWARD = rotation_about("x", math.pi / 2)
"""Turns what is upright to the front, -y."""
DIM = (0.35, 0.35, 0.37)


def camera(rng: np.random.Generator, color: str) -> ObjectModel:
    """A camera standing: body with a grip, a round lens in front, viewfinder hump, shutter button."""
    a = Assembly("camera", color, rng)
    x, y, z = rng.uniform(0.105, 0.135), rng.uniform(0.042, 0.052), rng.uniform(0.066, 0.082)
    hull = slab((x, y, z), (0, 0, z / 2))
    a.add("body", soft_box(x, y, z, radius=0.012, edge=0.004), a.main, ELECTRONICS, hull, solid=0.5)
    if rng.random() < 0.5:
        skin = soft_box(x * 1.004, y * 1.008, z * 0.5, radius=0.012, edge=0.0005, bottom_z=z * 0.2)
        a.add("body", skin, DARK if color != "black" else SILVER, PLASTIC, solid=0.02)
    hump, top = x * rng.uniform(0.26, 0.34), rng.uniform(0.012, 0.020)
    side = [(-hump / 2, z - 0.002), (hump / 2, z - 0.002), (hump * 0.32, z + top), (-hump * 0.32, z + top)]
    roof = extrude(side, height=y * 0.8, bottom_z=-y * 0.4).rotated(FORWARD)
    cap = slab((hump * 0.7, y * 0.7, top), (0, 0, z + top / 2))
    a.add("viewfinder", roof, a.main, PLASTIC, cap, solid=0.4)
    pane = box((hump * 0.4, 0.002, top * 0.5), (0, -y * 0.4, z + top * 0.5))
    a.add("viewfinder", pane, (0.8, 0.9, 0.95), GLASS)
    r, reach, mid = z * rng.uniform(0.34, 0.42), rng.uniform(0.022, 0.045), z * 0.48
    barrel = [(0, 0), (r, 0), (r, reach * 0.4), (r * 0.92, reach * 0.42), (r * 0.92, reach), (r * 0.7, reach)]
    lens = lathe([*barrel, (r * 0.6, reach * 0.8), (0, reach * 0.8)]).rotated(FORWARD).moved((0, -y / 2, mid))
    a.add("lens", lens, DARK, PLASTIC, bar((0, -y / 2, mid), (0, -y / 2 - reach, mid), r * 0.95), solid=0.35)
    glass = sphere(r * 0.62).scaled((1, 0.25, 1)).moved((0, -y / 2 - reach * 0.82, mid))
    a.add("lens", glass, (0.20, 0.24, 0.42), GLASS, solid=0.3, shine=1.0)
    band = ring(r * 0.93, 0.0016).rotated(FORWARD).moved((0, -y / 2 - reach * 0.9, mid))
    a.add("lens", band, SILVER, STEEL)
    button = disc(0.0075, 0.006, bottom_z=z - 0.001).moved((-x * 0.36, 0, 0))
    a.add("shutter button", button, SILVER, STEEL)
    dial = disc(0.010, 0.005, bottom_z=z - 0.001).moved((x * 0.34, 0, 0))
    a.add("dial", dial, DARK if color != "black" else SILVER, PLASTIC)
    return a.done(centred=True)


def loudspeaker(rng: np.random.Generator, color: str) -> ObjectModel:
    """An upright cabinet with a big and a small round cone in front."""
    a = Assembly("loudspeaker", color, rng)
    x, y, z = rng.uniform(0.13, 0.18), rng.uniform(0.13, 0.18), rng.uniform(0.22, 0.32)
    stuff, rgb = (WOOD, a.wooden()) if color == "brown" else (PLASTIC, a.main)
    hull = slab((x, y, z), (0, 0, z / 2))
    a.add("cabinet", soft_box(x, y, z, radius=0.008, edge=0.004), rgb, stuff, hull, solid=0.3)
    rim = SILVER if color == "black" or rng.random() < 0.5 else DARK
    big, small = x * rng.uniform(0.36, 0.42), x * rng.uniform(0.16, 0.24)
    for r, at in ((big, z * 0.05 + big * 1.15), (small, z - z * 0.06 - small * 1.2)):
        front = (0.0, -y / 2, at)
        # A cone drawn into its rim, with a dome in the middle.
        hollow = [(0, 0.0005), (r * 0.95, 0.0005), (r * 0.95, 0.004), (r * 0.4, 0.0012), (0, 0.0012)]
        a.add("cones", lathe(hollow).rotated(FORWARD).moved(front), (0.17, 0.17, 0.18), PLASTIC, solid=0.3)
        dome = sphere(r * 0.34).scaled((1, 0.3, 1)).moved(front)
        a.add("cones", [dome, ring(r, 0.0045).rotated(FORWARD).moved(front)], rim, PLASTIC, solid=0.3)
    lamp = disc(0.003, 0.001).rotated(FORWARD).moved((x * 0.4, -y / 2, z * 0.05))
    a.add("cones", lamp, (0.2, 0.8, 0.3), PLASTIC, solid=0.01, emission=0.5)
    return a.done()


def microphone(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hand microphone in the clip of a small table stand, head up and leaning forward."""
    a = Assembly("microphone", color, rng)
    foot, h = rng.uniform(0.050, 0.065), rng.uniform(0.10, 0.17)
    base = lathe([(0, 0), (foot, 0), (foot, 0.010), (foot * 0.5, 0.018), (0, 0.018)], num_segments=28)
    a.add("base", base, a.main if rng.random() < 0.5 else DARK, STEEL, drum(foot, 0.014))
    a.add("base", rod((0, 0, 0.014), (0, 0, h), 0.006), SILVER, STEEL, bar((0, 0, 0.014), (0, 0, h), 0.006))
    clip = rod((0, 0, h - 0.006), (0, 0, h + 0.010), 0.011)
    a.add("base", clip, DARK, PLASTIC, solid=0.6)
    lean, length = math.radians(rng.uniform(25, 50)), rng.uniform(0.12, 0.15)
    r = rng.uniform(0.023, 0.027)
    turn, at = rotation_about("x", lean), np.array([0.0, 0.0, h + 0.012])
    up = turn @ np.array([0.0, 0.0, 1.0])
    tail, neck, head = (tuple((at + up * length * f).tolist()) for f in (-0.45, 0.55, 0.66))
    grip = rod(tail, neck, r * 0.52, end_radius=r * 0.82, num_sides=16)
    a.add("handle", grip, a.main, PLASTIC, bar(tail, neck, r * 0.6), solid=0.6)
    switch = box((0.007, 0.005, 0.016), (0, -r * 0.7, length * 0.3)).rotated(turn).moved(at.tolist())
    a.add("switch", switch, SILVER if color != "gray" else DARK, PLASTIC)
    mesh = SILVER if rng.random() < 0.6 or color == "black" else DARK
    ball = sphere(r).scaled((1, 1, 1.08)).rotated(turn).moved(head)
    a.add("head", ball, mesh, STEEL, globe(r, head), solid=0.12)
    loops = [ring(r * math.cos(t), 0.0012).moved((0, 0, r * 1.08 * math.sin(t))) for t in (0, 0.4, 0.75, 1.1)]
    a.add("head", [o.rotated(turn).moved(head) for o in loops], (0.3, 0.3, 0.32), STEEL)
    return a.done()


def game_controller(rng: np.random.Generator, color: str) -> ObjectModel:
    """A controller with two grips, a cross, four buttons and two thumb sticks."""
    a = Assembly("game controller", color, rng)
    x, y, z = rng.uniform(0.098, 0.112), rng.uniform(0.062, 0.074), rng.uniform(0.036, 0.042)
    hull = slab((x, y, z * 0.92), (0, 0, z / 2))
    middle = soft_box(x * 1.08, y, z * 0.9, radius=0.024, edge=0.010, bottom_z=z * 0.05)
    a.add("body", middle, a.main, ELECTRONICS, hull, solid=0.35)
    for s in (-1, 1):
        turn = rotation_about("z", s * rng.uniform(0.26, 0.34))
        grip = sphere(1.0).scaled((0.023, 0.050, z / 2)).rotated(turn).moved((s * x * 0.60, -y * 0.42, z / 2))
        ends = (s * x * 0.54, -y * 0.1, z / 2), (s * x * 0.65, -y * 0.76, z / 2)
        a.add("grips", grip, a.main, PLASTIC, bar(*ends, z * 0.48), solid=0.4)
        shoulder = soft_box(x * 0.28, 0.014, z * 0.4, radius=0.005, bottom_z=z * 0.4)
        a.add("buttons", shoulder.moved((s * x * 0.34, y / 2 - 0.003, 0)), a.other(), PLASTIC, solid=0.6)
    top = z * 0.95
    pad, cross = (-x * 0.36, y * 0.18), a.other()
    arms = [box((u, v, 0.005), (*pad, top + 0.001)) for u, v in ((0.024, 0.008), (0.008, 0.024))]
    a.add("buttons", arms, cross, PLASTIC)
    for k, name in enumerate(("red", "green", "blue", "yellow")):
        spot = (x * 0.36 + 0.010 * math.cos(k * math.pi / 2), y * 0.18 + 0.010 * math.sin(k * math.pi / 2), 0)
        a.add("buttons", disc(0.0048, 0.005, bottom_z=top - 0.001).moved(spot), a.paint(name), PLASTIC)
    for s in (-1, 1):
        foot = (s * x * 0.18, -y * 0.2)
        stick = lathe([(0, 0), (0.005, 0), (0.005, 0.009), (0.010, 0.010), (0.010, 0.013), (0, 0.012)])
        pin = drum(0.009, 0.011, bottom_z=top, at=foot)
        a.add(
            "thumb sticks", stick.moved((*foot, top - 0.002)), DARK if color != "black" else DIM, RUBBER, pin
        )
        well = disc(0.013, 0.0012, bottom_z=top - 0.0006).moved((*foot, 0))
        a.add("thumb sticks", well, (0.25, 0.25, 0.27), PLASTIC)
    return a.done(centred=True)


def remote_control(rng: np.random.Generator, color: str) -> ObjectModel:
    """A long slim remote control lying: red power button, a ring, rows of keys."""
    a = Assembly("remote control", color, rng)
    x, y, z = rng.uniform(0.042, 0.054), rng.uniform(0.15, 0.21), rng.uniform(0.016, 0.022)
    hull = slab((x, y, z), (0, 0, z / 2))
    a.add("body", soft_box(x, y, z, radius=0.012, edge=0.005), a.main, ELECTRONICS, hull, solid=0.4)
    power = disc(0.0055, 0.003, bottom_z=z - 0.001).moved((-x * 0.26, y * 0.42, 0))
    a.add("buttons", power, a.paint("red") if color != "red" else DARK, PLASTIC)
    ink, at = a.other(), y * rng.choice([0.20, -0.02])
    pads = [ring(x * 0.27, 0.0042).scaled((1, 1, 0.6)), disc(x * 0.11, 0.003, bottom_z=-0.001)]
    pads = [pad.moved((0, at, z)) for pad in pads]
    rows = [y * 0.42 - 0.0135 * (k + 1) for k in range(int(y * 0.84 / 0.0135) - 1)]
    free = [v for v in rows if abs(v - at) > x * 0.27 + 0.010]
    long = rng.random() < 0.5
    key = soft_box(0.0095, 0.0065 if long else 0.0085, 0.0035, radius=0.003, bottom_z=z - 0.001)
    pads += [key.moved((s * x * 0.28, v, 0)) for v in free for s in (-1, 0, 1)]
    a.add("buttons", pads, ink, PLASTIC, slab((x * 0.6, y * 0.8, 0.002), (0, 0, z + 0.001)))
    eye = box((x * 0.45, 0.002, z * 0.4), (0, y / 2, z * 0.5))
    a.add("window", eye, (0.25, 0.05, 0.10), PLASTIC, solid=0.5, shine=0.9)
    return a.done()


def radio(rng: np.random.Generator, color: str) -> ObjectModel:
    """A portable radio standing: grille, dial, knobs, carrying handle and a slanting aerial."""
    a = Assembly("radio", color, rng)
    x, y, z = rng.uniform(0.19, 0.27), rng.uniform(0.065, 0.090), rng.uniform(0.12, 0.16)
    stuff, rgb = (WOOD, a.wooden()) if color == "brown" else (PLASTIC, a.main)
    hull = slab((x, y, z), (0, 0, z / 2))
    a.add("body", soft_box(x, y, z, radius=0.016, edge=0.010), rgb, stuff, hull, solid=0.35)
    side, front = int(rng.choice([-1, 1])), -y / 2
    r, cone = z * 0.33, (side * x * 0.24, front, z * 0.48)
    plate = disc(r, 0.003).rotated(FORWARD).moved(cone)
    a.add("speaker", plate, DARK if color != "black" else SILVER, PLASTIC, solid=0.4)
    for t in (-0.8, -0.53, -0.27, 0.0, 0.27, 0.53, 0.8):
        strip = box((2 * r * math.sqrt(1 - t**2), 0.002, r * 0.07), (cone[0], front - 0.003, cone[2] + r * t))
        a.add("speaker", strip, (0.45, 0.46, 0.48), PLASTIC)
    scale = (-side * x * 0.21, front, z * 0.66)
    a.add("dial", box((x * 0.42, 0.003, z * 0.26), scale), (0.93, 0.90, 0.76), PLASTIC, shine=0.8)
    tick = box((0.0014, 0.004, z * 0.08), (scale[0], front, scale[2] + z * 0.04))
    a.add("dial", [tick.moved((x * 0.036 * k, 0, 0)) for k in range(-5, 6)], DARK, PLASTIC)
    needle = box((0.0025, 0.0046, z * 0.22), (scale[0] + x * rng.uniform(-0.15, 0.15), front, scale[2]))
    a.add("dial", needle, a.paint("red"), PLASTIC, solid=0.02)
    knob = lathe([(0, 0), (z * 0.10, 0), (z * 0.085, 0.012), (0, 0.012)]).rotated(FORWARD)
    places = [(-side * x * (0.21 + d), front, z * 0.3) for d in (-0.11, 0.11)]
    shapes = [bar(p, (p[0], front - 0.010, p[2]), z * 0.08) for p in places]
    a.add("knobs", [knob.moved(p) for p in places], SILVER, PLASTIC, *shapes)
    rise = rng.uniform(0.030, 0.045)
    path = arc((0, 0, z - 0.004), x * 0.34, rise, 0, 180)
    top = slab((x * 0.5, 0.010, 0.008), (0, 0, z + rise - 0.005))
    posts = [slab((0.010, 0.010, rise * 0.7), (s * x * 0.31, 0, z + rise * 0.35)) for s in (-1, 1)]
    a.add("handle", tube(path, [0.005] * len(path)), a.other(), PLASTIC, top, *posts)
    low = (side * x * 0.42, y * 0.32, z - 0.004)
    tip = (low[0] - side * rng.uniform(0.02, 0.12), low[1], z + rng.uniform(0.12, 0.20))
    a.add("aerial", rod(low, tip, 0.0028, end_radius=0.0018), SILVER, STEEL, bar(low, tip, 0.003))
    a.add("aerial", sphere(0.004, num_rings=5, num_segments=8).moved(tip), SILVER, STEEL)
    return a.done()


def printer(rng: np.random.Generator, color: str) -> ObjectModel:
    """A desk printer: paper stands up at the back, a printed page lies on the tray in front."""
    a = Assembly("printer", color, rng)
    x, y, z = rng.uniform(0.38, 0.45), rng.uniform(0.26, 0.32), rng.uniform(0.14, 0.19)
    hull = slab((x, y, z), (0, 0, z / 2))
    a.add("body", soft_box(x, y, z, radius=0.025, edge=0.012), a.main, PLASTIC, hull, solid=0.25)
    front = -y / 2
    a.add("slot", box((x * 0.66, 0.004, z * 0.34), (0, front, z * 0.30)), DARK, PLASTIC, solid=0.02)
    deep, low = rng.uniform(0.11, 0.15), 0.014
    tray = soft_box(x * 0.64, deep + 0.02, low, radius=0.012, edge=0.004)
    tray = tray.moved((0, front - deep / 2 + 0.01, 0))
    board = slab((x * 0.64, deep, low), (0, front - deep / 2, low / 2))
    a.add("paper tray", tray, a.main if color == "black" else (0.33, 0.34, 0.36), PLASTIC, board, solid=0.5)
    page = box((x * 0.5, deep * 0.9, 0.003), (0, front - deep * 0.4, low + 0.001))
    a.add("paper", page, (0.96, 0.96, 0.95), PAPER)
    ink = lines(x * 0.4, deep * 0.6, low + 0.0028, num=5, rng=rng, centre=(0, front - deep * 0.45))
    a.add("paper", ink, (0.3, 0.3, 0.35), PAPER, solid=0.01)
    lean, tall = math.radians(rng.uniform(12, 22)), rng.uniform(0.11, 0.16)
    turn, at = rotation_about("x", -lean), (0.0, y * 0.30, z - 0.01)
    quat = (math.cos(lean / 2), -math.sin(lean / 2), 0.0, 0.0)
    up = (0.0, at[1] + math.sin(lean) * tall / 2, at[2] + math.cos(lean) * tall / 2)
    rest = soft_box(x * 0.58, 0.006, tall * 0.8, radius=0.002).moved((0, 0.006, 0))
    a.add("paper rest", rest.rotated(turn).moved(at), a.main, PLASTIC)
    stack = box((x * 0.52, 0.006, tall), (0, 0, tall / 2)).rotated(turn).moved(at)
    a.add("paper", stack, (0.97, 0.97, 0.96), PAPER, slab((x * 0.5, 0.010, tall), up, quat))
    panel = box((x * 0.30, y * 0.26, 0.003), (x * 0.30, -y * 0.26, z))
    a.add("buttons", panel, DARK if color != "black" else DIM, PLASTIC, solid=0.3)
    display = box((x * 0.13, y * 0.12, 0.002), (x * 0.24, -y * 0.24, z + 0.002))
    a.add("buttons", display, (0.45, 0.70, 0.85), GLASS, solid=0.3, emission=0.3)
    for k, name in enumerate(("green", "red", "white")):
        spot = (x * (0.35 + 0.035 * k), -y * 0.25, z)
        a.add("buttons", disc(0.0055, 0.004).moved(spot), a.paint(name), PLASTIC)
    return a.done(centred=True)


_HOME = frozenset({"desk", "shelf", "tabletop"})
_SHELLS = ("black", "white", "gray", "red", "blue", "pink", "green", "purple")

GADGETS: tuple[Category, ...] = (
    Category(
        "camera",
        "cameras",
        camera,
        colors=("black", "gray", "white", "red", "blue", "pink", "brown"),
        yes=known("electronic water_harms breaks"),
        unsure=known(
            "needs_power show_picture melts metal travel play toy wear tool keep_from_child give_light"
        ),
        askable_parts=("lens",),
        places=_HOME | {"drawer", "luggage cart"},
        only_train=True,
        part_uses=uses(lens="aim", shutter_button="press", dial="turn", body="hold"),
    ),
    Category(
        "loudspeaker",
        "loudspeakers",
        loudspeaker,
        colors=("black", "brown", "white", "gray", "red", "blue"),
        yes=known("electronic water_harms"),
        unsure=known(
            "needs_power breaks melts burns furniture put_on play call warn trips keep_from_child stacks"
        ),
        askable_parts=("cones",),
        places=_HOME | {"workbench"},
        only_train=True,
    ),
    Category(
        "microphone",
        "microphones",
        microphone,
        colors=("black", "gray", "red", "blue", "purple", "pink", "white"),
        yes=known("electronic water_harms"),
        unsure=known("needs_power breaks melts metal play toy call tool"),
        askable_parts=("head", "base"),
        places=_HOME,
        only_train=True,
        part_uses=uses(handle="hold", base="stand_on", switch="press"),
    ),
    Category(
        "game controller",
        "game controllers",
        game_controller,
        colors=_SHELLS,
        yes=known("play electronic water_harms"),
        unsure=known("toy needs_power breaks melts compute type keep_from_child trips"),
        askable_parts=("grips",),
        places=_HOME | {"drawer"},
        only_train=True,
        part_uses=uses(grips="hold", buttons="press", thumb_sticks="press"),
    ),
    Category(
        "remote control",
        "remote controls",
        remote_control,
        colors=("black", "gray", "white", "red", "blue", "green"),
        yes=known("electronic water_harms"),
        unsure=known("needs_power breaks melts type call play swallowed keep_from_child trips tool"),
        askable_parts=("buttons",),
        places=_HOME | {"drawer"},
        only_train=True,
        part_uses=uses(buttons="press", body="hold", window="aim"),
    ),
    Category(
        "radio",
        "radios",
        radio,
        colors=("red", "brown", "blue", "green", "white", "black", "orange", "yellow"),
        yes=known("electronic water_harms needs_power"),
        unsure=known("breaks melts burns play toy warn tell_time call furniture travel metal trips"),
        askable_parts=("speaker", "aerial", "handle"),
        places=_HOME | {"kitchen counter", "workbench", "bathroom"},
        only_train=True,
        part_uses=uses(handle="carry hold", knobs="turn", dial="look_at read"),
    ),
    Category(
        "printer",
        "printers",
        printer,
        colors=("white", "black", "gray", "blue"),
        yes=known("electronic water_harms needs_power"),
        unsure=known(
            "write read breaks melts stationery compute put_on show_picture container furniture burns tool"
        )
        | known("keep_from_child"),
        askable_parts=("paper", "paper tray"),
        places=_HOME,
        only_train=True,
        part_uses=uses(buttons="press"),
    ),
)
