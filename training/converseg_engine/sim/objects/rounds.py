"""Round things made on a lathe that hold nothing here: bottle, can, vase, candle, ball."""

from __future__ import annotations

import math

import numpy as np

from converseg_engine.sim.colors import RGB, paint
from converseg_engine.sim.meshes import Mesh, lathe, merged, rotation_about, sphere
from converseg_engine.sim.objects.model import (
    CollisionShape,
    ObjectModel,
    Part,
    Surface,
)

ON_SIDE = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)


def _darker(rgb: RGB, factor: float) -> RGB:
    return (rgb[0] * factor, rgb[1] * factor, rgb[2] * factor)


def bottle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bottle with a neck and a cap, standing."""
    r, h = rng.uniform(0.032, 0.041), rng.uniform(0.19, 0.25)
    neck, shoulder = r * rng.uniform(0.36, 0.46), h * rng.uniform(0.52, 0.64)
    cap_h = 0.028
    body = lathe(
        [
            (0, 0),
            (r * 0.92, 0),
            (r, 0.008),
            (r, shoulder),
            (r * 0.8, shoulder + 0.022),
            (neck, shoulder + 0.055),
            (neck, h - cap_h),
            (0, h - cap_h),
        ]
    )
    cap = lathe([(0, h - cap_h), (neck * 1.3, h - cap_h), (neck * 1.3, h), (0, h)])
    rgb = paint(color, rng)
    cap_rgb = paint(
        "black" if color == "white" or (color != "black" and rng.random() < 0.5) else "white", rng
    )
    return ObjectModel(
        category="bottle",
        color=color,
        parts=(
            Part("body", (Surface(body, rgb, shine=0.8),)),
            Part("cap", (Surface(cap, cap_rgb, shine=0.4),)),
        ),
        shapes=(
            CollisionShape("cylinder", (r, shoulder / 2), (0, 0, shoulder / 2), mass_kg=0.5),
            CollisionShape(
                "cylinder", (neck * 1.3, (h - shoulder) / 2), (0, 0, (h + shoulder) / 2), mass_kg=0.05
            ),
        ),
        base_radius=r * 0.92,
    )


def _laid_down(mesh: Mesh, radius: float, length: float) -> Mesh:
    return mesh.rotated(rotation_about("y", math.pi / 2)).moved((-length / 2, 0, radius))


def can(rng: np.random.Generator, color: str) -> ObjectModel:
    """A food tin with metal ends; now and then it lies on its side."""
    r, h = rng.uniform(0.034, 0.044), rng.uniform(0.085, 0.115)
    label = lathe([(0, 0.006), (r, 0.006), (r, h - 0.006), (0, h - 0.006)])
    ends = merged(
        [
            lathe([(0, 0), (r * 1.03, 0), (r * 1.03, 0.006), (0, 0.006)]),
            lathe(
                [
                    (0, h - 0.006),
                    (r * 1.03, h - 0.006),
                    (r * 1.03, h),
                    (r * 0.94, h),
                    (r * 0.94, h - 0.003),
                    (0, h - 0.003),
                ]
            ),
        ]
    )
    lying = bool(rng.random() < 0.4)
    rgb, outer = paint(color, rng), r * 1.03
    metal = (0.66, 0.67, 0.69)
    if lying:
        label, ends = (_laid_down(m, outer, h) for m in (label, ends))
    shape = CollisionShape(
        "cylinder",
        (outer, h / 2),
        (0, 0, outer if lying else h / 2),
        ON_SIDE if lying else (1.0, 0.0, 0.0, 0.0),
        0.4,
    )
    return ObjectModel(
        category="can",
        color=color,
        parts=(Part("body", (Surface(label, rgb, shine=0.5), Surface(ends, metal, shine=0.9))),),
        shapes=(shape,),
        lying=lying,
        base_radius=0.0 if lying else outer,
    )


def vase(rng: np.random.Generator, color: str) -> ObjectModel:
    """A bellied vase with a narrow throat and an open mouth."""
    h, belly = rng.uniform(0.15, 0.20), rng.uniform(0.048, 0.060)
    foot, throat, mouth = (
        belly * rng.uniform(0.55, 0.68),
        belly * rng.uniform(0.34, 0.45),
        belly * rng.uniform(0.6, 0.75),
    )
    knots_z = np.array([0.0, 0.18, 0.38, 0.58, 0.74, 0.88, 1.0]) * h
    knots_r = np.array([foot, belly * 0.9, belly, belly * 0.8, throat, throat * 1.15, mouth])
    zs = np.linspace(0, h, 15)
    rs = np.interp(zs, knots_z, knots_r)
    rs[1:-1] = (rs[:-2] + 2 * rs[1:-1] + rs[2:]) / 4
    outer = [(float(r), float(z)) for r, z in zip(rs, zs, strict=True)]
    inner = [(max(r - 0.006, 0.004), z) for r, z in outer[:7:-1]]
    body = lathe([(0, 0), *outer, *inner, (0, outer[8][1])])
    rgb = paint(color, rng)
    return ObjectModel(
        category="vase",
        color=color,
        parts=(Part("body", (Surface(body, rgb, shine=0.7),)),),
        shapes=(
            CollisionShape("cylinder", (foot, 0.004), (0, 0, 0.004), mass_kg=0.25),
            CollisionShape("cylinder", (belly, h * 0.3), (0, 0, h * 0.35), mass_kg=0.3),
            CollisionShape("cylinder", (mouth, h * 0.17), (0, 0, h * 0.83), mass_kg=0.1),
        ),
        base_radius=foot,
    )


def candle(rng: np.random.Generator, color: str) -> ObjectModel:
    """A burning candle: a wax cylinder and a flame."""
    r, h = rng.uniform(0.024, 0.034), rng.uniform(0.08, 0.14)
    wax = lathe([(0, 0), (r, 0), (r, h), (r * 0.8, h), (r * 0.7, h - 0.004), (0, h - 0.005)])
    wick = lathe([(0, h - 0.008), (0.002, h - 0.008), (0.002, h + 0.008), (0, h + 0.008)], num_segments=6)
    f = rng.uniform(0.9, 1.2)
    flame = lathe(
        [
            (0, h + 0.004),
            (0.006 * f, h + 0.009),
            (0.0095 * f, h + 0.017),
            (0.006 * f, h + 0.031),
            (0, h + 0.046 * f),
        ],
        num_segments=12,
    )
    rgb = paint(color, rng)
    return ObjectModel(
        category="candle",
        color=color,
        parts=(
            Part("body", (Surface(wax, rgb, shine=0.2), Surface(wick, (0.1, 0.1, 0.1)))),
            Part("flame", (Surface(flame, (1.0, 0.72, 0.18), emission=1.0),)),
        ),
        shapes=(CollisionShape("cylinder", (r, h / 2), (0, 0, h / 2), mass_kg=0.2),),
        base_radius=r,
    )


def ball(rng: np.random.Generator, color: str) -> ObjectModel:
    """A plain ball, sometimes with a band."""
    r = rng.uniform(0.032, 0.048)
    rgb = paint(color, rng)
    surfaces = [Surface(sphere(r).moved((0, 0, r)), rgb, shine=0.5)]
    if rng.random() < 0.4:
        band = lathe([(0, -0.004), (r * 1.004, -0.004), (r * 1.004, 0.004), (0, 0.004)], num_segments=28)
        tilt = rotation_about("x", float(rng.uniform(0.2, 1.4)))
        surfaces.append(Surface(band.rotated(tilt).moved((0, 0, r)), _darker(rgb, 0.55), shine=0.5))
    return ObjectModel(
        category="ball",
        color=color,
        parts=(Part("body", tuple(surfaces)),),
        shapes=(CollisionShape("sphere", (r,), (0, 0, r), mass_kg=0.08),),
    )
