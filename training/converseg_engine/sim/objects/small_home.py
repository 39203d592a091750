"""Small things about the house: what locks, what keeps, what tells the time."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, drum, slab
from converseg_engine.sim.objects.forms import arc, disc, rod, roll, soft_box
from converseg_engine.sim.objects.materials import (
    CERAMIC,
    CREAM,
    DARK,
    ENAMEL,
    GLASS,
    SILVER,
    STEEL,
    WOOD,
)
from converseg_engine.sim.objects.model import ObjectModel

_TO_X = rotation_about("z", math.pi / 2) @ rotation_about("x", math.pi / 2)
"""Turns what lies flat, its width along x, to stand with its face towards x."""
_FLAT = rotation_about("x", math.pi / 2)


def padlock(rng: np.random.Generator, color: str) -> ObjectModel:
    """A padlock lying on its back: a thick body with a keyhole, a steel shackle."""
    a = Assembly("padlock", color, rng)
    x, y, z = rng.uniform(0.045, 0.065), rng.uniform(0.042, 0.060), rng.uniform(0.018, 0.024)
    soft = float(rng.choice([0.004, 0.012, 0.020]))
    a.add(
        "body",
        soft_box(x, y, z, radius=soft, edge=0.003),
        a.main,
        ENAMEL,
        slab((x, y, z), (0, 0, z / 2)),
        solid=0.7,
    )
    thick, half = rng.uniform(0.0042, 0.0058), x * 0.31
    tall, leg = half * rng.uniform(0.95, 1.2), y * rng.uniform(0.20, 0.45)
    curve = arc((0, 0, 0), half, tall, 0, 180, num=13)[:, [0, 2, 1]] + np.array([0, y / 2 + leg, z / 2])
    path = np.concatenate([[(half, y * 0.4, z / 2)], curve, [(-half, y * 0.4, z / 2)]])
    legs = [bar((s * half, y * 0.4, z / 2), (s * half, y / 2 + leg, z / 2), thick) for s in (-1, 1)]
    legs.append(slab((half * 1.5, thick * 2, thick * 2), (0, y / 2 + leg + tall * 0.8, z / 2)))
    a.add("shackle", tube(path, [thick] * len(path)), SILVER, STEEL, *legs)
    plate = DARK if sum(a.main) > 0.6 else SILVER
    a.add("keyhole", disc(0.0055, 0.0015, bottom_z=z - 0.0005).moved((0, y * 0.04, 0)), plate, STEEL)
    slot = extrude(
        [(-0.0018, 0), (-0.0035, -0.013), (0.0035, -0.013), (0.0018, 0)], height=0.0015, bottom_z=z - 0.0005
    )
    a.add("keyhole", slot.moved((0, y * 0.04, 0)), plate, STEEL)
    studs = [
        disc(0.0022, 0.0012, bottom_z=z - 0.0004).moved((s * x * 0.36, t * y * 0.36, 0))
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    a.add("body", studs, SILVER, STEEL)
    return a.done(centred=True)


def key(rng: np.random.Generator, color: str) -> ObjectModel:
    """A key lying: a bow with a hole, a shaft, a bit or a row of teeth."""
    a = Assembly("key", color, rng)
    old = bool(rng.random() < 0.5)
    r, length = rng.uniform(0.012, 0.016), rng.uniform(0.040, 0.055)
    thick = rng.uniform(0.005, 0.007) if old else 0.0035
    bow = roll(r, r * rng.uniform(0.45, 0.62), thick)
    a.add("bow", bow.scaled((1, rng.uniform(1.0, 1.35), 1)), a.main, STEEL, drum(r, thick))
    start, end = r * 0.85, r + length
    if old:
        shaft = rod((start, 0, thick / 2), (end, 0, thick / 2), thick / 2)
        collar = rod((start + 0.005, 0, thick / 2), (start + 0.009, 0, thick / 2), thick * 0.5 + 0.0008)
        teeth = [box((0.004, 0.013, thick * 0.6), (end - u, 0.0075, thick / 2)) for u in (0.004, 0.013)]
        teeth += [box((0.014, 0.006, thick * 0.6), (end - 0.0085, 0.005, thick / 2))]
        a.add(
            "shaft",
            [shaft, collar],
            a.main,
            STEEL,
            slab((end - start, thick, thick), ((start + end) / 2, 0, thick / 2)),
        )
    else:
        wide = rng.uniform(0.007, 0.009)
        blade = extrude(
            [
                (start, -wide / 2),
                (end - 0.004, -wide / 2),
                (end, 0),
                (end - 0.003, wide / 4),
                (start, wide / 4),
            ],
            height=thick,
        )
        a.add(
            "shaft", blade, a.main, STEEL, slab((end - start, wide, thick), ((start + end) / 2, 0, thick / 2))
        )
        groove = box((length * 0.85, 0.0012, 0.0006), ((start + end) / 2, -wide * 0.2, thick))
        a.add("shaft", groove, DARK, STEEL, solid=0.01)
        step = length * 0.14
        teeth = [
            extrude(
                [(-step * 0.5, 0), (step * 0.5, 0), (0, wide * float(rng.uniform(0.25, 0.5)))], height=thick
            ).moved((end - 0.006 - step * k, wide / 4 - 0.0005, 0))
            for k in range(5)
        ]
    a.add("teeth", teeth, a.main, STEEL)
    return a.done(centred=True)


def hourglass(rng: np.random.Generator, color: str) -> ObjectModel:
    """An hourglass: two plates on posts, two bulbs, sand in both."""
    a = Assembly("hourglass", color, rng)
    h, r, plate = rng.uniform(0.12, 0.20), rng.uniform(0.036, 0.048), rng.uniform(0.009, 0.014)
    wood = a.wooden() if color == "brown" else a.main
    for z in (0.0, h - plate):
        a.add("frame", disc(r, plate, bottom_z=z), wood, WOOD, drum(r, plate, bottom_z=z))
    num = int(rng.integers(3, 5))
    for k in range(num):
        c, s = (r * 0.86 * f(2 * math.pi * (k + 0.5) / num) for f in (math.cos, math.sin))
        knots = np.linspace(plate * 0.9, h - plate * 0.9, 7)
        wide = [0.004, 0.0028, 0.0035, 0.005, 0.0035, 0.0028, 0.004]
        post = lathe([(0, knots[0]), *zip(wide, knots, strict=True), (0, knots[-1])], num_segments=10)
        a.add("posts", post.moved((c, s, 0)), wood, WOOD, bar((c, s, plate), (c, s, h - plate), 0.0035))
    middle, room, wall = h / 2, h / 2 - plate, r * 0.70
    ts = np.linspace(0, 1, 13)
    # Half a bulb from the waist outward: narrow, swelling, and a little narrower at the plate.
    bulb = [
        (
            max(0.0035, wall * math.sin(min(1.0, t * 1.12) * math.pi / 2 + max(0.0, t - 0.89) * 4) ** 1.3),
            float(t * room),
        )
        for t in ts
    ]
    share = rng.uniform(0.25, 0.75)
    tone = (
        CREAM
        if rng.random() < 0.5
        else a.paint(str(rng.choice([c for c in ("blue", "red", "yellow", "pink") if c != color])))
    )
    for sign, level in ((1, share), (-1, 1 - (1 - share) * 0.7)):
        cut = next(k for k, t in enumerate(ts) if t >= level)
        near, far = bulb[: cut + 1], bulb[cut:]
        for piece, is_sand in ((near, sign > 0), (far, sign < 0)):
            outline = [(p, middle + sign * q) for p, q in piece]
            mesh = lathe([(0, outline[0][1]), *outline, (0, outline[-1][1])], num_segments=24)
            if is_sand:
                a.add("sand", mesh, tone, GLASS, solid=0.6)
            else:
                a.add("bulbs", mesh, (0.80, 0.88, 0.90), GLASS, solid=0.1, shine=1.0)
    a.add(
        "bulbs",
        disc(0.004, 0.004, bottom_z=middle - 0.002),
        (0.80, 0.88, 0.90),
        GLASS,
        drum(wall * 0.9, h - 2 * plate, bottom_z=plate),
    )
    return a.done(base_radius=r)


def piggy_bank(rng: np.random.Generator, color: str) -> ObjectModel:
    """A piggy bank: round body with a slot, snout, ears, four legs, a curly tail."""
    a = Assembly("piggy bank", color, rng)
    x, r, leg = rng.uniform(0.065, 0.085), rng.uniform(0.050, 0.060), rng.uniform(0.016, 0.024)
    z = leg + r * 0.88
    body = sphere(1.0, num_rings=15, num_segments=28).scaled((x, r, r)).moved((0, 0, z))
    shapes = (slab((x * 1.3, r * 1.3, r * 1.3), (0, 0, z)), slab((x * 0.7, r * 0.8, r * 1.9), (0, 0, z)))
    a.add("body", body, a.main, CERAMIC, *shapes, solid=0.22)
    red, green, blue = a.main
    tone = a.call_main((red * 0.86, green * 0.80, blue * 0.82))
    face = sphere(r * 0.62, num_rings=10, num_segments=20).moved((x * 0.72, 0, z + r * 0.20))
    a.add(
        "body",
        face,
        a.main,
        CERAMIC,
        slab((r * 0.6, r * 0.9, r * 0.9), (x * 0.85, 0, z + r * 0.2)),
        solid=0.2,
    )
    tip, snout = x * 0.72 + r * 0.56, r * rng.uniform(0.26, 0.34)
    nose = lathe([(0, 0), (snout, 0), (snout * 0.92, r * 0.22), (0, r * 0.24)]).rotated(
        rotation_about("y", math.pi / 2)
    )
    a.add("snout", nose.moved((tip - r * 0.06, 0, z + r * 0.14)), tone, CERAMIC, solid=0.6)
    holes = [
        disc(snout * 0.17, 0.002).rotated(_TO_X).moved((tip + r * 0.17, s * snout * 0.4, z + r * 0.14))
        for s in (-1, 1)
    ]
    a.add("snout", holes, DARK, CERAMIC, solid=0.01)
    eyes = [
        sphere(r * 0.075, num_rings=5, num_segments=8).moved(
            (x * 0.72 + r * 0.46, s * r * 0.26, z + r * 0.50)
        )
        for s in (-1, 1)
    ]
    a.add("body", eyes, DARK if sum(a.main) > 0.6 else CREAM, CERAMIC)
    for s in (-1, 1):
        ear = lathe([(0, 0), (r * 0.22, 0.0), (r * 0.14, r * 0.25), (0, r * 0.46)], num_segments=12).scaled(
            (0.45, 1, 1)
        )
        tilt = rotation_about("x", -s * 0.45) @ rotation_about("y", 0.3)
        a.add("ears", ear.rotated(tilt).moved((x * 0.62, s * r * 0.36, z + r * 0.66)), tone, CERAMIC)
    for sx in (-1, 1):
        for sy in (-1, 1):
            at = (sx * x * 0.48, sy * r * 0.48)
            stump = lathe([(0, 0), (r * 0.20, 0), (r * 0.24, leg * 1.8), (0, leg * 1.8)]).moved((*at, 0))
            a.add("legs", stump, a.main, CERAMIC, drum(r * 0.2, leg * 1.6, at=at))
    t = np.linspace(0, 2.6 * math.pi, 22)
    curl = np.stack([-x * 0.96 - 0.008 * t / 4, 0.008 * np.sin(t), z + r * 0.2 + 0.008 * np.cos(t)], axis=1)
    a.add("tail", tube(curl, [0.003] * 22, num_sides=6), tone, CERAMIC)
    a.add(
        "slot",
        box((x * 0.42, 0.005, 0.004), (-x * 0.05, 0, z + r * 0.985)),
        (0.04, 0.03, 0.03),
        CERAMIC,
        solid=0.01,
    )
    return a.done(centred=True)


def mailbox(rng: np.random.Generator, color: str) -> ObjectModel:
    """A mailbox with an arched roof, a door in front, a little flag at its side."""
    a = Assembly("mailbox", color, rng)
    x, y, h = rng.uniform(0.36, 0.48), rng.uniform(0.15, 0.19), rng.uniform(0.19, 0.24)
    side = h - y / 2

    def arch(grow: float) -> list[tuple[float, float]]:
        t = np.linspace(0, math.pi, 15)
        dome = [((y / 2 + grow) * math.cos(k), side + (y / 2 + grow) * math.sin(k)) for k in t]
        return [(-y / 2 - grow, 0.0), (y / 2 + grow, 0.0), *dome]

    shapes = (slab((x, y, side), (0, 0, side / 2)), slab((x, y * 0.7, y * 0.42), (0, 0, side + y * 0.21)))
    a.add(
        "body",
        extrude(arch(0.0), height=x).rotated(_TO_X).moved((-x / 2, 0, 0)),
        a.main,
        STEEL,
        *shapes,
        solid=0.035,
    )
    door = extrude(arch(0.005), height=0.022).rotated(_TO_X).moved((x / 2 - 0.012, 0, 0))
    tone = a.main if rng.random() < 0.6 else a.other()
    a.add("door", door, tone, STEEL, solid=0.15)
    rim = extrude(arch(0.004), height=0.010).rotated(_TO_X).moved((-x / 2, 0, 0))
    a.add("body", rim, a.main, STEEL, solid=0.1)
    grip = box((0.022, 0.030, 0.016), (x / 2 + 0.018, 0, h * 0.86))
    a.add("door", [grip, box((0.006, y * 0.5, 0.012), (x / 2 + 0.011, 0, h * 0.45))], SILVER, STEEL)
    up, at, out = bool(rng.random() < 0.5), x * 0.18, -y / 2 - 0.005
    turn = rotation_about("y", 0.0 if up else math.pi / 2)
    pole = box((0.012, 0.006, 0.14), (0, 0, 0.07))
    cloth = box((0.055, 0.006, 0.042), (-0.022, 0, 0.120))
    word = "red" if color != "red" else "yellow"
    parts = [
        m.rotated(turn if not up else np.eye(3)).moved((at - (0.09 if not up else 0), out, side * 0.75))
        for m in (pole, cloth)
    ]
    a.add("flag", parts, a.paint(word), STEEL, solid=0.5)
    a.add(
        "flag",
        disc(0.011, 0.008).rotated(_FLAT).moved((at - (0.09 if not up else 0), out, side * 0.75)),
        SILVER,
        STEEL,
    )
    return a.done(centred=True)


_SMALL = frozenset({"tabletop", "shelf", "desk", "drawer", "workbench"})
_SHELF = frozenset({"tabletop", "shelf", "desk"})

SMALL_HOME: tuple[Category, ...] = (
    Category(
        "padlock",
        "padlocks",
        padlock,
        colors=("yellow", "red", "blue", "green", "black", "gray", "purple", "orange"),
        yes=known("metal"),
        unsure=known("tool hammer recycle swallowed heat_proof keep_from_child water_harms luggage travel"),
        askable_parts=("shackle",),
        places=_SMALL | {"luggage cart"},
        only_train=True,
        part_uses=uses(shackle="hang_by"),
    ),
    Category(
        "key",
        "keys",
        key,
        colors=("gray", "yellow", "red", "blue", "green", "black"),
        yes=known("metal"),
        unsure=known("tool swallowed keep_from_child sharp recycle turn_screw cut heat_proof travel trips"),
        places=_SMALL | {"kitchen counter", "walkway"},
        only_train=True,
        part_uses=uses(bow="hold turn hang_by"),
    ),
    Category(
        "hourglass",
        "hourglasses",
        hourglass,
        colors=("brown", "red", "blue", "black", "white", "green"),
        yes=known("breaks"),
        unsure=known(
            "tell_time measure play toy rolls water_harms burns recycle container keep_from_child "
            "tool stationery"
        ),
        askable_parts=("sand",),
        places=_SHELF | {"kitchen counter", "bathroom"},
        only_train=True,
        part_uses=uses(frame="stand_on hold", bulbs="look_at", sand="look_at"),
    ),
    Category(
        "piggy bank",
        "piggy banks",
        piggy_bank,
        colors=("pink", "blue", "white", "red", "yellow", "green", "purple", "black"),
        yes=known("container breaks"),
        unsure=known("store toy play melts keep_from_child recycle carry_things comfort"),
        askable_parts=("snout",),
        places=_SHELF | {"kitchen counter"},
        only_train=True,
        part_uses=uses(slot="put_things_in", legs="stand_on"),
    ),
    Category(
        "mailbox",
        "mailboxes",
        mailbox,
        colors=("black", "white", "red", "blue", "green", "gray"),
        yes=known("container"),
        unsure=known(
            "store metal furniture recycle heat_proof carry_things water_harms keep_rain_off "
            "trips warn sit read pack put_on stationery"
        ),
        askable_parts=("flag", "door"),
        places=frozenset({"walkway", "shelf", "workbench"}),
        only_train=True,
        part_uses=uses(door="open", body="put_things_in"),
    ),
)
