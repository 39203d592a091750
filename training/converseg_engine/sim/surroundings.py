"""Table, floor, walls and light: everything in a picture that is not an object."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.layout import Placement

TABLE_HEIGHT_M = 0.74
TextureHWC = NDArray[np.uint8]


@dataclass(frozen=True)
class Light:
    """A lamp: position (m), colour, and whether it throws shadows."""

    position: tuple[float, float, float]
    rgb: RGB
    casts_shadow: bool


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The room of a scene. The table top is the plane z = 0.

    Attributes:
        table_xyxy: extent of the top, metres.
        table_texture, floor_texture, wall_rgb: looks.
        ambient: light that comes from everywhere.
        lights: one or two lamps.
    """

    table_xyxy: tuple[float, float, float, float]
    table_texture: TextureHWC
    floor_texture: TextureHWC
    wall_rgb: RGB
    ambient: float
    lights: tuple[Light, ...]


_WOODS: tuple[RGB, ...] = (
    (0.80, 0.66, 0.47),
    (0.70, 0.52, 0.34),
    (0.60, 0.45, 0.31),
    (0.86, 0.76, 0.60),
    (0.52, 0.40, 0.30),
)
_PLAINS: tuple[RGB, ...] = (
    (0.84, 0.84, 0.82),
    (0.62, 0.64, 0.66),
    (0.44, 0.46, 0.48),
    (0.72, 0.77, 0.80),
    (0.74, 0.78, 0.71),
    (0.83, 0.77, 0.72),
    (0.55, 0.60, 0.66),
)


def _smooth_noise(rng: np.random.Generator, size: int, cells: int) -> NDArray[np.float64]:
    coarse = rng.normal(size=(cells + 1, cells + 1))
    at = np.linspace(0, cells, size, endpoint=False)
    i, f = at.astype(int), at % 1.0
    f = f * f * (3 - 2 * f)
    rows = coarse[i] * (1 - f)[:, None] + coarse[i + 1] * f[:, None]
    out: NDArray[np.float64] = rows[:, i] * (1 - f)[None] + rows[:, i + 1] * f[None]
    return out


def _wood(rng: np.random.Generator, size: int) -> TextureHWC:
    base = np.array(_WOODS[int(rng.integers(len(_WOODS)))])
    v = np.linspace(0, 1, size, endpoint=False)
    warp = _smooth_noise(rng, size, 4) * 0.06
    planks = int(rng.integers(3, 8))
    rings = np.sin(2 * math.pi * rng.uniform(8, 18) * (v[:, None] + warp))
    tone = 1 + 0.07 * rings + 0.03 * _smooth_noise(rng, size, 32)
    plank_tone = rng.normal(0, 0.05, size=planks)[np.minimum((v * planks).astype(int), planks - 1)]
    tone += plank_tone[:, None]
    tone[(v * planks % 1.0) < 0.02] *= 0.75
    return _to_bytes(base[None, None] * tone[..., None])


def _plain(rng: np.random.Generator, size: int) -> TextureHWC:
    base = np.array(_PLAINS[int(rng.integers(len(_PLAINS)))])
    tone = 1 + rng.uniform(0.01, 0.05) * _smooth_noise(rng, size, int(rng.integers(4, 40)))
    return _to_bytes(base[None, None] * tone[..., None])


def _checked(rng: np.random.Generator, size: int) -> TextureHWC:
    base = np.array(_PLAINS[int(rng.integers(len(_PLAINS)))])
    other = base * rng.uniform(0.80, 0.90)
    num = int(rng.integers(5, 12))
    k = (np.arange(size) * num // size) % 2
    stripes = rng.random() < 0.35
    pattern = k[:, None] * np.ones((1, size)) if stripes else (k[:, None] + k[None]) % 2
    return _to_bytes(base + (other - base) * pattern[..., None])


def _to_bytes(rgb: NDArray[np.float64]) -> TextureHWC:
    return np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def draw_surroundings(
    rng: np.random.Generator, placements: list[Placement], *, texture_size: int = 256
) -> Surroundings:
    """A room round the objects; each table edge lies 2 to 28 cm beyond the outermost object."""
    corners = np.concatenate([p.corners() for p in placements])
    margins = rng.uniform(0.02, 0.28, size=4)
    low, high = corners.min(axis=0) - margins[:2], corners.max(axis=0) + margins[2:]
    table = (_wood, _plain, _checked)[int(rng.choice(3, p=(0.45, 0.35, 0.20)))](rng, texture_size)
    floor = (_wood, _plain, _checked)[int(rng.integers(3))](rng, texture_size)
    wall = np.clip(np.array(_PLAINS[int(rng.integers(len(_PLAINS)))]) * rng.uniform(0.8, 1.1), 0, 1)
    tint = 1 + rng.normal(0, 0.025, size=3)
    lights = []
    shadow = bool(rng.random() < 0.6)
    num_lights = int(rng.integers(1, 3))
    for k in range(num_lights):
        angle, radius = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 1.4)
        power = rng.uniform(0.50, 0.68) / (1.0 if num_lights == 1 else 1.6)
        rgb = np.clip(power * tint, 0, 1)
        lights.append(
            Light(
                (
                    float(radius * math.cos(angle)),
                    float(radius * math.sin(angle)),
                    float(rng.uniform(1.2, 2.0)),
                ),
                (float(rgb[0]), float(rgb[1]), float(rgb[2])),
                shadow and k == 0,
            )
        )
    return Surroundings(
        table_xyxy=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        table_texture=table,
        floor_texture=floor,
        wall_rgb=(float(wall[0]), float(wall[1]), float(wall[2])),
        ambient=float(rng.uniform(0.38, 0.52)),
        lights=tuple(lights),
    )
