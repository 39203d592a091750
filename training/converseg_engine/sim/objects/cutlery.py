"""Fork, spoon and knife."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.meshes import extrude, tube
from converseg_engine.sim.objects.assembly import Assembly
from converseg_engine.sim.objects.category import Category, known, uses
from converseg_engine.sim.objects.collide import slab
from converseg_engine.sim.objects.forms import disc, loft, oval, rod, rounded, soft_box
from converseg_engine.sim.objects.materials import PLASTIC, SILVER, STEEL, WOOD
from converseg_engine.sim.objects.model import ObjectModel


def fork(rng: np.random.Generator, color: str) -> ObjectModel:
    """A fork lying with its tines up a little."""
    a = Assembly("fork", color, rng)
    length, width, lift = rng.uniform(0.11, 0.14), rng.uniform(0.022, 0.027), rng.uniform(0.004, 0.008)
    stuff = STEEL if color == "gray" else PLASTIC
    shaft = loft(
        [
            (rounded(length, w, w * 0.3), z)
            for w, z in ((0.008, 0), (0.011, 0.001), (0.011, 0.004), (0.008, 0.005))
        ]
    )
    a.add(
        "handle",
        shaft.moved((-length / 2, 0, 0)),
        a.main,
        stuff,
        slab((length, 0.011, 0.006), (-length / 2, 0, 0.003)),
    )
    root = extrude(
        [
            (-0.006, -0.005),
            (0.014, -width / 2),
            (0.024, -width / 2),
            (0.024, width / 2),
            (0.014, width / 2),
            (-0.006, 0.005),
        ],
        height=0.0035,
        bottom_z=0.001,
    )
    tines = [
        rod((0.022, y, 0.0025), (0.068, y, lift), 0.0019, end_radius=0.0009, num_sides=6)
        for y in np.linspace(-width / 2 + 0.002, width / 2 - 0.002, 4).tolist()
    ]
    a.add("tines", [root, *tines], a.main, stuff, slab((0.068, width, 0.007), (0.034, 0, 0.0035)))
    return a.done(centred=True)


def spoon(rng: np.random.Generator, color: str) -> ObjectModel:
    """A spoon lying: a shallow oval bowl and a flat handle; steel, plastic or wood."""
    a = Assembly("spoon", color, rng)
    size = rng.uniform(0.85, 1.5)
    half_x, half_y, deep = 0.030 * size, 0.020 * size, 0.008 * size
    stuff = {"gray": STEEL, "brown": WOOD}.get(color, PLASTIC)
    rgb = a.wooden() if color == "brown" else a.main
    wall = 0.0018
    ovals = [(0.35, 0.0), (0.75, 0.3), (0.95, 0.75), (1.0, 1.0)]
    outside = [(oval(half_x * f, half_y * f), deep * z) for f, z in ovals]
    inside = [(oval(half_x * f - wall, half_y * f - wall), deep * z + wall * 0.7) for f, z in reversed(ovals)]
    bowl = loft([*outside, *inside])
    a.add("bowl", bowl, rgb, stuff, slab((half_x * 1.5, half_y * 1.5, deep), (0, 0, deep / 2)))
    length, wide = 0.11 * size, 0.011 * size
    path = np.array(
        [
            (-half_x + 0.003, 0, deep),
            (-half_x - 0.02, 0, deep),
            (-half_x - length * 0.6, 0, deep * 0.7),
            (-half_x - length, 0, 0.004),
        ]
    )
    shaft = (
        tube(path, [wide * 0.32, wide * 0.32, wide * 0.45, wide * 0.6])
        .scaled((1, 1.2, 0.55))
        .moved((0, 0, deep * 0.45))
    )
    bottom = float(shaft.vertices[:, 2].min())
    a.add(
        "handle",
        shaft.moved((0, 0, -min(bottom, 0.0))),
        rgb,
        stuff,
        slab((length, wide, deep), (-half_x - length / 2, 0, deep / 2)),
    )
    return a.done(centred=True)


def knife(rng: np.random.Generator, color: str) -> ObjectModel:
    """A kitchen knife lying flat: long steel blade with an edge, riveted handle."""
    a = Assembly("knife", color, rng)
    blade_len, width = rng.uniform(0.13, 0.20), rng.uniform(0.026, 0.044)
    grip_len, half = rng.uniform(0.10, 0.125), rng.uniform(0.008, 0.010)
    blade = extrude(
        [
            (0, -width / 2),
            (blade_len * 0.6, -width / 2),
            (blade_len * 0.88, -width * 0.1),
            (blade_len, width * 0.42),
            (blade_len * 0.9, width / 2),
            (0, width / 2),
        ],
        height=0.0025,
        bottom_z=half - 0.001,
    )
    a.add("blade", blade, SILVER, STEEL, slab((blade_len, width, 2 * half), (blade_len / 2, 0, half)))
    edge = extrude(
        [
            (0, -width / 2),
            (blade_len * 0.6, -width / 2),
            (blade_len * 0.86, -width * 0.12),
            (blade_len * 0.84, -width * 0.05),
            (blade_len * 0.58, -width * 0.38),
            (0, -width * 0.38),
        ],
        height=0.0008,
        bottom_z=half + 0.0012,
    )
    a.add("blade", edge, (0.86, 0.88, 0.90), STEEL, shine=1.0)
    rgb = a.wooden() if color == "brown" else a.main
    grip = soft_box(grip_len, width * 0.62, 2 * half, radius=0.008, edge=0.004).moved(
        (-grip_len / 2, width * 0.16, 0)
    )
    a.add(
        "handle",
        grip,
        rgb,
        WOOD if color == "brown" else PLASTIC,
        slab((grip_len, width * 0.6, 2 * half), (-grip_len / 2, width * 0.16, half)),
    )
    rivets = [
        disc(0.003, 0.0008, bottom_z=2 * half - 0.0003, num_segments=10).moved(
            (-grip_len * t, width * 0.16, 0)
        )
        for t in (0.25, 0.5, 0.75)
    ]
    a.add("handle", rivets, SILVER, STEEL)
    return a.done(centred=True)


_CUTLERY_COLORS = ("gray", "red", "blue", "green", "white", "black", "yellow")
_DRAWER = frozenset({"kitchen counter", "drawer", "tabletop"})
_GRIPS = ("red", "green", "blue", "black", "orange", "purple", "brown", "yellow")

CUTLERY: tuple[Category, ...] = (
    Category(
        "fork",
        "forks",
        fork,
        colors=_CUTLERY_COLORS,
        yes=known("pick_up_food cutlery wash_up"),
        unsure=known("sharp stir metal dish keep_from_child melts cut turn_food"),
        askable_parts=("tines", "handle"),
        places=_DRAWER,
        part_uses=uses(tines="pierce", handle="hold"),
        sharp_parts=frozenset({"tines"}),
    ),
    Category(
        "spoon",
        "spoons",
        spoon,
        colors=(*_CUTLERY_COLORS, "brown"),
        yes=known("eat_soup_with stir wash_up"),
        unsure=known("cutlery metal pick_up_food dish serve burns cookware melts turn_food"),
        askable_parts=("bowl", "handle"),
        places=_DRAWER,
        weight=1.2,
        part_uses=uses(bowl="scoop stir", handle="hold"),
    ),
    Category(
        "knife",
        "knives",
        knife,
        colors=_GRIPS,
        yes=known("cut sharp keep_from_child wash_up"),
        unsure=known("cutlery tool metal dish turn_screw cut_paper stir turn_food"),
        askable_parts=("blade", "handle"),
        places=_DRAWER,
        weight=1.2,
        part_uses=uses(blade="cut", handle="hold"),
        sharp_parts=frozenset({"blade"}),
    ),
)
