"""Open vessels made on a lathe: mug, bowl, plate, pan."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB, paint
from converseg_engine.sim.meshes import box, lathe, tube
from converseg_engine.sim.objects.model import (
    Cavity,
    CollisionShape,
    ObjectModel,
    Part,
    Shelf,
    Surface,
    ring_of_boxes,
)

ON_SIDE = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)


def _darker(rgb: RGB, factor: float) -> RGB:
    return (rgb[0] * factor, rgb[1] * factor, rgb[2] * factor)


def mug(rng: np.random.Generator, color: str) -> ObjectModel:
    """A hollow cylinder with a ring for a handle."""
    r, h = rng.uniform(0.040, 0.050), rng.uniform(0.085, 0.115)
    flare, wall = rng.uniform(0.92, 1.08), 0.005
    top = r * flare
    body = lathe([(0, 0), (r * 0.9, 0), (r, 0.006), (top, h), (top - wall, h), (r - wall, 0.012), (0, 0.010)])
    rise, reach = h * rng.uniform(0.28, 0.36), rng.uniform(0.032, 0.042)
    angles = np.linspace(-0.5, 0.5, 9) * math.pi
    path = np.stack(
        [r - 0.004 + reach * np.cos(angles), np.zeros(9), h * 0.52 + rise * np.sin(angles)], axis=1
    )
    handle = tube(path, [rng.uniform(0.0075, 0.0095)] * 9)
    rgb = paint(color, rng)
    return ObjectModel(
        category="mug",
        color=color,
        parts=(
            Part("body", (Surface(body, rgb, shine=0.6),)),
            Part("handle", (Surface(handle, _darker(rgb, 0.93), shine=0.6),)),
        ),
        shapes=(
            CollisionShape("cylinder", (max(r, top), h / 2), (0, 0, h / 2), mass_kg=0.3),
            CollisionShape("box", (reach / 2, 0.008, rise), (r + reach / 2, 0, h * 0.52), mass_kg=0.02),
        ),
        base_radius=r * 0.9,
    )


def bowl(rng: np.random.Generator, color: str) -> ObjectModel:
    """A wide open vessel."""
    rim, h = rng.uniform(0.078, 0.100), rng.uniform(0.050, 0.068)
    foot, wall = rim * rng.uniform(0.42, 0.52), 0.006
    curve = [
        (foot + (rim - foot) * math.sin(t), h * (1 - math.cos(t))) for t in np.linspace(0.1, math.pi / 2, 7)
    ]
    inner = [(max(r - wall, 0.004), z + wall * 0.8) for r, z in curve[-2::-1]]
    body = lathe([(0, 0), (foot, 0), *curve, (rim - wall, h), *inner, (0, wall + 0.003)], num_segments=32)
    rgb = paint(color, rng)
    return ObjectModel(
        category="bowl",
        color=color,
        parts=(Part("body", (Surface(body, rgb, shine=0.6),)),),
        shapes=(
            CollisionShape("cylinder", (foot, 0.006), (0, 0, 0.006), mass_kg=0.25),
            *ring_of_boxes(
                num=12,
                low_radius=foot,
                high_radius=rim - wall,
                low_z=0.004,
                high_z=h,
                thickness=0.008,
                mass_kg=0.2,
            ),
        ),
        base_radius=foot,
        cavity=Cavity(foot, rim - wall, 0.012, h),
    )


def plate(rng: np.random.Generator, color: str) -> ObjectModel:
    """A flat disc with a raised rim."""
    rim, h = rng.uniform(0.095, 0.120), rng.uniform(0.014, 0.020)
    flat = rim * rng.uniform(0.64, 0.70)
    body = lathe(
        [
            (0, 0),
            (flat, 0),
            (rim, h - 0.003),
            (rim, h),
            (flat * 1.02, 0.008),
            (flat * 0.98, 0.006),
            (0, 0.006),
        ],
        num_segments=36,
    )
    rgb = paint(color, rng)
    return ObjectModel(
        category="plate",
        color=color,
        parts=(Part("body", (Surface(body, rgb, shine=0.5),)),),
        shapes=(CollisionShape("cylinder", (flat, 0.003), (0, 0, 0.003), mass_kg=0.35),),
        base_radius=flat,
        shelf=Shelf(flat * 0.68, flat * 0.68, 0.006),
    )


def pan(rng: np.random.Generator, color: str) -> ObjectModel:
    """A frying pan: the coloured body, a dark or wooden handle."""
    rim, h, wall = rng.uniform(0.090, 0.112), rng.uniform(0.032, 0.045), 0.006
    foot = rim * rng.uniform(0.80, 0.88)
    body = lathe(
        [(0, 0), (foot, 0), (rim, h), (rim - wall, h), (foot - wall, 0.008), (0, 0.007)], num_segments=32
    )
    length, half_width = rng.uniform(0.13, 0.17), rng.uniform(0.012, 0.015)
    handle = box((length, 2 * half_width, 0.016), (rim + length / 2 - 0.006, 0, h - 0.008))
    rgb = paint(color, rng)
    grip = paint("brown", rng) if color == "black" or rng.random() < 0.3 else paint("black", rng)
    return ObjectModel(
        category="pan",
        color=color,
        parts=(
            Part("body", (Surface(body, rgb, shine=0.5),)),
            Part("handle", (Surface(handle, grip, shine=0.2),)),
        ),
        shapes=(
            CollisionShape("cylinder", (foot, 0.004), (0, 0, 0.004), mass_kg=1.0),
            *ring_of_boxes(
                num=12,
                low_radius=foot - wall,
                high_radius=rim - wall,
                low_z=0.004,
                high_z=h,
                thickness=0.007,
                mass_kg=0.3,
            ),
            CollisionShape(
                "box", (length / 2, half_width, 0.008), (rim + length / 2 - 0.006, 0, h - 0.008), mass_kg=0.05
            ),
        ),
        accents=frozenset({"black", "brown"}),
        base_radius=foot,
        cavity=Cavity(foot - wall, rim - wall, 0.008, h),
    )
