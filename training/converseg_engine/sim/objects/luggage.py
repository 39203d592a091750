"""What travels: suitcase, backpack, duffel bag, handbag, briefcase, box, crate, umbrella."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.meshes import box, lathe, rotation_about, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import bar, box_walls, slab
from converseg_engine.sim.objects.forms import arc, disc, loft, oval, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import (
    ALUMINIUM,
    CARDBOARD,
    CLOTH,
    DARK,
    LEATHER,
    PALE_WOOD,
    PAPER,
    PLASTIC,
    RUBBER,
    SILVER,
    WOOD,
)
from converseg_engine.sim.objects.model import Bay, ObjectModel, Shelf

ALONG_X = rotation_about("y", math.pi / 2)
FACE_ON = rotation_about("x", math.pi / 2)


def suitcase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A trolley case standing on four wheels, its pull handle in or out; ribs along the shell."""
    a = Assembly("suitcase", color, rng)
    x, y, h, r = rng.uniform(0.34, 0.46), rng.uniform(0.20, 0.27), rng.uniform(0.48, 0.64), 0.022
    low = 2 * r - 0.004
    a.add(
        "body",
        soft_box(x, y, h, radius=0.05, edge=0.03, bottom_z=low),
        a.main,
        PLASTIC,
        slab((x, y, h), (0, 0, low + h / 2)),
        solid=0.09,
    )
    red, green, blue = a.main
    shade = a.call_main((red * 0.85, green * 0.85, blue * 0.85))
    ribs = [
        box((0.012, 0.004, h * 0.78), (x * t, s * y / 2, low + h / 2))
        for t in (-0.3, -0.1, 0.1, 0.3)
        for s in (-1, 1)
    ]
    a.add("body", ribs, shade, PLASTIC, solid=0.1)
    a.add(
        "zip",
        soft_box(x + 0.004, 0.010, h * 0.985, radius=0.003, bottom_z=low + 0.004),
        DARK,
        CLOTH,
        solid=0.01,
    )
    for sx in (-1, 1):
        pair = [
            disc(r, 0.020, num_segments=16)
            .moved((0, 0, -0.01))
            .rotated(FACE_ON)
            .moved((sx * (x / 2 - 0.05), sy * (y / 2 - 0.04), r))
            for sy in (-1, 1)
        ]
        axle = [
            slab((2 * r * 0.7, 0.02, low), (sx * (x / 2 - 0.05), sy * (y / 2 - 0.04), low / 2))
            for sy in (-1, 1)
        ]
        a.add("wheels", pair, DARK, RUBBER, *axle)
    out = float(rng.choice([0.03, rng.uniform(0.15, 0.32)]))
    top = low + h
    posts = [rod((s * 0.07, y * 0.33, top - 0.01), (s * 0.07, y * 0.33, top + out), 0.007) for s in (-1, 1)]
    grip = soft_box(0.17, 0.028, 0.022, radius=0.01, bottom_z=top + out - 0.004).moved((0, y * 0.33, 0))
    a.add(
        "pull handle",
        [*posts],
        SILVER,
        ALUMINIUM,
        *(bar((s * 0.07, y * 0.33, top), (s * 0.07, y * 0.33, top + out), 0.007) for s in (-1, 1)),
    )
    a.add("pull handle", grip, DARK, PLASTIC, slab((0.17, 0.028, 0.022), (0, y * 0.33, top + out + 0.007)))
    return a.done(shelf=Shelf(x * 0.38, y * 0.2, top) if out < 0.05 else None)


def backpack(rng: np.random.Generator, color: str) -> ObjectModel:
    """A backpack standing: rounded top, front pocket, side straps, carrying loop."""
    a = Assembly("backpack", color, rng)
    x, y, h = rng.uniform(0.26, 0.33), rng.uniform(0.15, 0.20), rng.uniform(0.38, 0.48)
    levels = [
        (0.95, 0.95, 0.0),
        (1.0, 1.0, 0.05),
        (1.0, 1.0, 0.62),
        (0.94, 0.88, 0.80),
        (0.76, 0.66, 0.94),
        (0.45, 0.35, 1.0),
    ]
    body = loft([(rounded(x * f, y * g, y * 0.3 * g), h * z) for f, g, z in levels])
    a.add(
        "body",
        body,
        a.main,
        CLOTH,
        slab((x * 0.97, y * 0.95, h * 0.75), (0, 0, h * 0.375)),
        slab((x * 0.75, y * 0.7, h * 0.22), (0, 0, h * 0.86)),
        solid=0.28,
    )
    pocket = soft_box(x * 0.78, y * 0.32, h * 0.42, radius=0.03, edge=0.02, bottom_z=h * 0.05).moved(
        (0, -y / 2, 0)
    )
    a.add(
        "pocket",
        pocket,
        a.main,
        CLOTH,
        slab((x * 0.72, y * 0.2, h * 0.38), (0, -y * 0.55, h * 0.25)),
        solid=0.28,
    )
    zips = [box((x * 0.6, 0.004, 0.008), (0, -y * 0.662, h * 0.40))]
    a.add("zip", zips, a.other(), PLASTIC)
    for s in (-1, 1):
        path = np.array(
            [
                (s * x * 0.22, y * 0.44, h * 0.88),
                (s * x * 0.27, y * 0.60, h * 0.66),
                (s * x * 0.30, y * 0.60, h * 0.3),
                (s * x * 0.36, y * 0.46, h * 0.08),
            ]
        )
        strap = slab((0.05, y * 0.16, h * 0.55), (s * x * 0.34, y * 0.56, h * 0.42))
        bent = tube(path, [0.016, 0.020, 0.018, 0.010]).scaled((1.2, 1.0, 1.0))
        a.add("straps", bent, DARK, CLOTH, strap)
    loop = tube(arc((0, y * 0.30, h * 0.93), 0.045, 0.05, 0, 180, num=9), [0.007] * 9)
    a.add("handle", loop, DARK, CLOTH, slab((0.09, 0.014, 0.05), (0, y * 0.30, h * 0.955)))
    return a.done(centred=True)


def duffel(rng: np.random.Generator, color: str) -> ObjectModel:
    """A long soft bag with end caps, a zip along the top and two carrying loops."""
    a = Assembly("duffel bag", color, rng)
    x, r = rng.uniform(0.46, 0.60), rng.uniform(0.115, 0.145)
    outline = oval(r, r * 1.15, num=18)
    outline[:, 0] = np.maximum(outline[:, 0], -r * 0.80)
    turn = rotation_about("y", -math.pi / 2)
    skin = loft(
        [(outline * 0.86, -x / 2), (outline, -x * 0.46), (outline * 1.0, x * 0.46), (outline * 0.86, x / 2)]
    )
    body = skin.rotated(turn)
    # After the turn the outline's x runs along z: flat side down.
    body = body.moved((0, 0, -float(body.vertices[:, 2].min())))
    tall = float(body.vertices[:, 2].max())
    a.add(
        "body",
        body,
        a.main,
        CLOTH,
        slab((x * 0.95, r * 1.9, tall * 0.6), (0, 0, tall * 0.3)),
        slab((x * 0.95, r * 1.4, tall * 0.35), (0, 0, tall * 0.78)),
        solid=0.25,
    )
    a.add("zip", box((x * 0.8, 0.014, 0.004), (0, 0, tall)), DARK, PLASTIC)
    for s in (-1, 1):
        path = arc((0, 0, 0), x * 0.16, r * 1.0, 0, 180, num=13)
        loop = (
            tube(path, [0.010] * 13)
            .rotated(rotation_about("x", s * 0.25))
            .moved((0, s * r * 0.72, tall * 0.72))
        )
        a.add(
            "handles", loop, DARK, CLOTH, slab((x * 0.2, 0.02, 0.03), (0, s * r * 0.5, tall * 0.72 + r * 0.9))
        )
    bands = [
        box((0.03, 0.004, tall * 0.55), (t * x * 0.16, s * r * 1.13, tall * 0.46))
        for t in (-1, 1)
        for s in (-1, 1)
    ]
    a.add("body", bands, DARK, CLOTH)
    return a.done()


def handbag(rng: np.random.Generator, color: str) -> ObjectModel:
    """A handbag standing: tapering body, flap with a clasp, a bow handle."""
    a = Assembly("handbag", color, rng)
    x, y, h = rng.uniform(0.24, 0.32), rng.uniform(0.10, 0.14), rng.uniform(0.18, 0.24)
    top = rng.uniform(0.45, 0.7)
    body = loft(
        [
            (rounded(x * f, y * g, 0.03 * g), h * z)
            for f, g, z in (
                (0.96, 0.92, 0),
                (1.0, 1.0, 0.06),
                (0.97, 0.85, 0.5),
                (0.88, top, 0.95),
                (0.84, top * 0.6, 1.0),
            )
        ]
    )
    a.add(
        "body",
        body,
        a.main,
        LEATHER,
        slab((x * 0.95, y * 0.9, h * 0.5), (0, 0, h * 0.25)),
        slab((x * 0.88, y * top, h * 0.5), (0, 0, h * 0.75)),
        solid=0.14,
    )
    red, green, blue = a.main
    flap = soft_box(x * 0.84, 0.010, h * 0.5, radius=0.004, bottom_z=0).rotated(
        rotation_about("x", -math.atan2(y * (0.85 - top) / 2 + 0.004, h * 0.45))
    )
    a.add(
        "flap",
        flap.moved((0, -y * 0.425, h * 0.50)),
        a.call_main((red * 0.86, green * 0.86, blue * 0.86)),
        LEATHER,
    )
    a.add(
        "clasp",
        disc(0.014, 0.008, num_segments=16).rotated(FACE_ON).moved((0, -y * 0.43, h * 0.56)),
        (0.86, 0.70, 0.30),
        ALUMINIUM,
    )
    bow, rise = x * 0.28, rng.uniform(0.09, 0.16)
    loop = tube(arc((0, 0, h - 0.006), bow, rise, 0, 180, num=13), [0.008] * 13)
    legs = [slab((0.016, 0.016, rise * 0.8), (s * bow * 0.92, 0, h + rise * 0.4)) for s in (-1, 1)]
    a.add(
        "handle",
        loop,
        a.main if rng.random() < 0.5 else DARK,
        LEATHER,
        *legs,
        slab((bow * 1.4, 0.016, 0.016), (0, 0, h + rise - 0.012)),
    )
    return a.done()


def briefcase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat case standing on its long edge, handle up, two locks."""
    a = Assembly("briefcase", color, rng)
    x, y, h = rng.uniform(0.38, 0.44), rng.uniform(0.09, 0.12), rng.uniform(0.27, 0.32)
    a.add(
        "body",
        soft_box(x, y, h, radius=0.014, edge=0.012),
        a.main,
        LEATHER,
        slab((x, y, h), (0, 0, h / 2)),
        solid=0.25,
    )
    a.add("body", box((x + 0.003, 0.006, h + 0.002), (0, 0, h / 2)), SILVER, ALUMINIUM, solid=0.05)
    locks = [box((0.035, 0.022, 0.006), (s * x * 0.3, 0, h + 0.002)) for s in (-1, 1)]
    a.add("locks", locks, (0.86, 0.70, 0.30), ALUMINIUM)
    grip = tube(arc((0, 0, h - 0.004), 0.065, 0.045, 0, 180, num=9), [0.008] * 9)
    a.add("handle", grip, DARK, LEATHER, slab((0.11, 0.018, 0.045), (0, 0, h + 0.020)))
    return a.done()


def carton(rng: np.random.Generator, color: str) -> ObjectModel:
    """A closed parcel: cardboard, tape, an address label."""
    a = Assembly("box", color, rng)
    x, y, z = rng.uniform(0.14, 0.34), rng.uniform(0.11, 0.25), rng.uniform(0.07, 0.22)
    rgb = a.call_main((0.70, 0.53, 0.34)) if color == "brown" else a.main
    a.add(
        "body",
        box((x, y, z), (0, 0, z / 2)),
        rgb,
        CARDBOARD,
        slab((x, y, z), (0, 0, z / 2)),
        solid=float(rng.uniform(0.15, 0.5)),
    )
    strip = [
        box((x + 0.0014, y * 0.18, 0.0016), (0, 0, z)),
        *(box((0.0014, y * 0.18, z * 0.3), (s * x / 2, 0, z * 0.86)) for s in (-1, 1)),
    ]
    a.add("tape", strip, (0.80, 0.68, 0.48) if color != "brown" else (0.86, 0.78, 0.60), PAPER, shine=0.6)
    a.add("label", box((x * 0.34, y * 0.26, 0.0012), (x * 0.22, -y * 0.28, z)), (0.95, 0.95, 0.93), PAPER)
    print_ = [
        box((x * 0.24, y * 0.02, 0.0006), (x * 0.22, -y * (0.22 + 0.055 * k), z + 0.0008)) for k in range(3)
    ]
    a.add("label", print_, DARK, PAPER)
    return a.done(shelf=Shelf(x * 0.43, y * 0.43, z + 0.001))


def crate(rng: np.random.Generator, color: str) -> ObjectModel:
    """An open crate of slats with corner posts; things can lie in it."""
    a = Assembly("crate", color, rng)
    x, y, h, wall = rng.uniform(0.30, 0.42), rng.uniform(0.22, 0.30), rng.uniform(0.14, 0.22), 0.012
    wooden = color == "brown"
    rgb, stuff = (a.call_main(PALE_WOOD), WOOD) if wooden else (a.main, PLASTIC)
    slats, gap = 3, h / 3
    pieces = [box((x, y, wall), (0, 0, wall / 2))]
    for k in range(slats):
        z = gap * (k + 0.5) + 0.004
        tall = gap * (0.72 if wooden else 0.8)
        pieces += [box((x, wall, tall), (0, s * (y - wall) / 2, z)) for s in (-1, 1)]
        if k < slats - 1:
            pieces += [box((wall, y - 2 * wall, tall), (s * (x - wall) / 2, 0, z)) for s in (-1, 1)]
    a.add("body", pieces, rgb, stuff, *box_walls(x, y, h, wall), solid=1.0 if wooden else 0.5)
    posts = [
        box((0.022, 0.022, h), (sx * (x / 2 - wall - 0.011), sy * (y / 2 - wall - 0.011), h / 2))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    a.add("body", posts, rgb, stuff)
    grips = [box((wall, y - 2 * wall, gap * 0.42), (s * (x - wall) / 2, 0, h - gap * 0.22)) for s in (-1, 1)]
    a.add("handles", grips, rgb, stuff)
    return a.done(bay=Bay(x / 2 - 0.036, y / 2 - 0.036, wall, h))


def umbrella(rng: np.random.Generator, color: str) -> ObjectModel:
    """A furled umbrella lying, with a hooked handle."""
    a = Assembly("umbrella", color, rng)
    length, r = rng.uniform(0.42, 0.55), rng.uniform(0.024, 0.032)
    folds = lathe(
        [(0, 0), (r * 0.4, 0.004), (r, length * 0.12), (r * 0.9, length * 0.5), (0.010, length), (0, length)],
        num_segments=12,
    )
    a.add(
        "canopy",
        folds.rotated(ALONG_X).moved((0, 0, r)),
        a.main,
        CLOTH,
        slab((length * 0.6, r * 1.6, 2 * r), (length * 0.34, 0, r)),
        slab((length * 0.35, r, r * 1.2), (length * 0.8, 0, r)),
        solid=0.8,
    )
    a.add(
        "tip",
        rod((length - 0.004, 0, r), (length + 0.06, 0, r), 0.005, end_radius=0.003),
        SILVER,
        ALUMINIUM,
        bar((length, 0, r), (length + 0.058, 0, r), 0.005),
    )
    shaft = 0.10
    hook = np.array(
        [
            (0.0, 0, r),
            (-shaft, 0, r),
            (-shaft - 0.025, 0.006, r),
            (-shaft - 0.040, 0.030, r),
            (-shaft - 0.025, 0.054, r),
            (-shaft, 0.060, r),
        ]
    )
    grip = a.wooden() if color == "brown" else DARK
    handle = tube(hook, [0.009] * 6)
    a.add(
        "handle",
        handle,
        grip,
        WOOD,
        slab((shaft, 0.018, 0.018), (-shaft / 2, 0, r)),
        slab((0.045, 0.07, r + 0.009), (-shaft - 0.022, 0.03, (r + 0.009) / 2)),
    )
    band_x = length * 0.45
    a.add(
        "strap",
        disc(r * 1.0, 0.014, num_segments=14).rotated(ALONG_X).moved((band_x, 0, r)),
        a.other(),
        CLOTH,
    )
    return a.done(centred=True)


_CART = frozenset({"luggage cart", "walkway"})
_BAGS = ("black", "blue", "red", "green", "purple", "pink", "orange", "brown", "yellow", "gray")

LUGGAGE: tuple[Category, ...] = (
    Category(
        "suitcase",
        "suitcases",
        suitcase,
        colors=_BAGS,
        yes=known("travel luggage carry_things pack container"),
        unsure=known("trips store melts sit stacks"),
        askable_parts=("wheels", "pull handle"),
        places=_CART,
        weight=1.4,
        part_uses=uses(
            wheels="roll_on stand_on", pull_handle="hold pull carry", body="put_things_in", zip="open"
        ),
    ),
    Category(
        "backpack",
        "backpacks",
        backpack,
        colors=_BAGS,
        yes=known("carry_things luggage container"),
        unsure=known("travel pack store trips wear soft burns clothing water_harms store_tools comfort"),
        askable_parts=("pocket",),
        places=_CART | {"desk"},
        weight=1.2,
        part_uses=uses(
            straps="wear carry",
            handle="hold carry hang_by",
            zip="open",
            pocket="put_things_in",
            body="put_things_in",
        ),
    ),
    Category(
        "duffel bag",
        "duffel bags",
        duffel,
        colors=_BAGS,
        yes=known("travel luggage carry_things container pack"),
        unsure=known("store trips soft burns water_harms comfort store_tools"),
        askable_parts=("handles",),
        places=_CART,
        held_out=True,
        part_uses=uses(handles="hold carry", zip="open", body="put_things_in"),
    ),
    Category(
        "handbag",
        "handbags",
        handbag,
        colors=("red", "brown", "black", "pink", "blue", "white", "green", "purple"),
        yes=known("carry_things container"),
        unsure=known("luggage travel store trips clothing wear pack soft water_harms burns"),
        askable_parts=("handle", "flap"),
        places=_CART | {"desk"},
        part_uses=uses(handle="hold carry hang_by", flap="cover open", clasp="open", body="put_things_in"),
    ),
    Category(
        "briefcase",
        "briefcases",
        briefcase,
        colors=("black", "brown", "red", "blue", "gray"),
        yes=known("carry_things container"),
        unsure=known("travel luggage pack store trips stationery water_harms burns"),
        askable_parts=("handle",),
        places=_CART | {"desk"},
        part_uses=uses(handle="hold carry", locks="open press", body="put_things_in"),
    ),
    Category(
        "box",
        "boxes",
        carton,
        colors=("brown", "white", "red", "blue", "green", "yellow", "black"),
        yes=known("pack container burns stacks recycle water_harms"),
        unsure=known("store carry_things luggage trips travel put_on melts"),
        places=_CART | {"shelf", "tabletop", "workbench"},
        weight=1.3,
        part_uses=uses(body="put_things_in", tape="open", label="read"),
    ),
    Category(
        "crate",
        "crates",
        crate,
        colors=("brown", "blue", "red", "green", "black", "yellow", "gray"),
        yes=known("store carry_things container stacks"),
        unsure=known(
            "pack burns luggage melts trips travel sit store_tools put_on furniture throw_away climb"
        ),
        places=_CART | {"shelf", "workbench"},
        part_uses=uses(body="put_things_in", handles="hold carry"),
    ),
    Category(
        "umbrella",
        "umbrellas",
        umbrella,
        yes=known("keep_rain_off"),
        unsure=known("trips travel luggage clothing burns sharp"),
        askable_parts=("handle",),
        places=_CART | {"shelf"},
        part_uses=uses(handle="hold hang_by", canopy="keep_rain_off", strap="tie"),
    ),
)
