"""What furniture, floors and walls are covered with: paints and procedural pictures of materials."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.objects.textures import PixelsHWC, Texture


@dataclass(frozen=True, eq=False)
class Finish:
    """A covering: its colour, or a picture that carries the colour, and what people would call it.

    Attributes:
        rgb: mean colour.
        shine: strength of highlights, [0, 1].
        texture: picture, where it is not plain.
        color: the colour word; "gray" where it is one of stone, steel and concrete.
        accents: colour words that somebody might use as well.
    """

    rgb: RGB
    shine: float = 0.2
    texture: Texture | None = None
    color: str = "gray"
    accents: frozenset[str] = frozenset()


def _mixed(rgb: RGB, factor: float) -> RGB:
    return (min(1.0, rgb[0] * factor), min(1.0, rgb[1] * factor), min(1.0, rgb[2] * factor))


def darker(finish: Finish, factor: float) -> Finish:
    """The same covering, plain, with its colour multiplied."""
    return Finish(_mixed(finish.rgb, factor), finish.shine, None, finish.color, finish.accents)


def noise(rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]) -> NDArray[np.float64]:
    """(H, W) smooth noise of unit spread at the grid's points; it repeats without a seam."""
    coarse = rng.normal(size=cells)
    out = coarse
    for axis in (0, 1):
        at = np.arange(size[axis]) * cells[axis] / size[axis]
        i, f = at.astype(int), at % 1.0
        f = f * f * (3 - 2 * f)
        shape = (-1, 1) if axis == 0 else (1, -1)
        low, high = np.take(out, i, axis), np.take(out, (i + 1) % cells[axis], axis)
        out = low * (1 - f).reshape(shape) + high * f.reshape(shape)
    return out


def _bytes(rgb: NDArray[np.float64]) -> PixelsHWC:
    return np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _textured(
    base: RGB, tone: NDArray[np.float64], size_m: tuple[float, float], shine: float, color: str, *accents: str
) -> Finish:
    pixels = _bytes(np.asarray(base) * tone[..., None])
    return Finish(base, shine, Texture(pixels, *size_m), color, frozenset(accents))


_WOODS: tuple[tuple[RGB, tuple[str, ...]], ...] = (
    ((0.80, 0.66, 0.47), ("yellow", "orange")),
    ((0.70, 0.52, 0.34), ("orange",)),
    ((0.60, 0.44, 0.30), ()),
    ((0.87, 0.78, 0.62), ("yellow", "white")),
    ((0.45, 0.31, 0.22), ("black",)),
)


def wood(rng: np.random.Generator) -> Finish:
    """Planed boards: long grain, a few tones, fine joints."""
    base, accents = _WOODS[int(rng.integers(len(_WOODS)))]
    height, width = 256, 192
    v = np.linspace(0, 1, height, endpoint=False)[:, None]
    warp = 0.05 * noise(rng, (height, width), (5, 3))
    tone = 1 + 0.06 * np.sin(2 * math.pi * rng.integers(7, 15) * (v + warp))
    tone += 0.05 * noise(rng, (height, width), (64, 3)) + 0.03 * noise(rng, (height, width), (128, 8))
    num_planks = int(rng.integers(3, 7))
    plank = np.minimum((v[:, 0] * num_planks).astype(int), num_planks - 1)
    tone += rng.normal(0, 0.04, size=num_planks)[plank][:, None]
    tone[(v[:, 0] * num_planks % 1.0) < 0.014] *= 0.78
    return _textured(base, tone, (rng.uniform(0.7, 1.1), rng.uniform(0.5, 0.8)), 0.2, "brown", *accents)


_PLAINS: tuple[tuple[RGB, str, tuple[str, ...]], ...] = (
    ((0.90, 0.90, 0.88), "white", ()),
    ((0.83, 0.82, 0.78), "white", ("gray",)),
    ((0.62, 0.64, 0.66), "gray", ()),
    ((0.42, 0.44, 0.47), "gray", ("black",)),
    ((0.70, 0.76, 0.80), "gray", ("blue",)),
    ((0.72, 0.77, 0.69), "gray", ("green",)),
    ((0.82, 0.75, 0.68), "white", ("brown", "pink")),
    ((0.45, 0.54, 0.64), "blue", ("gray",)),
    ((0.30, 0.32, 0.34), "black", ("gray",)),
)


def laminate(rng: np.random.Generator) -> Finish:
    """A plain coated board."""
    base, color, accents = _PLAINS[int(rng.integers(len(_PLAINS)))]
    tone = 1 + 0.012 * noise(rng, (128, 128), (24, 24))
    return _textured(base, tone, (0.6, 0.6), float(rng.uniform(0.15, 0.4)), color, *accents)


def stone(rng: np.random.Generator) -> Finish:
    """Granite or composite: speckles on soft clouds."""
    grey = float(rng.choice([0.24, 0.45, 0.62, 0.80]))
    tint = 1 + rng.normal(0, 0.03, size=3)
    base = (grey * tint[0], grey * tint[1], grey * tint[2])
    speck = rng.normal(size=(192, 192))
    tone = 1 + 0.05 * noise(rng, (192, 192), (6, 6)) + float(rng.uniform(0.05, 0.13)) * speck
    tone += 0.25 * (noise(rng, (192, 192), (96, 96)) > 1.7)
    color = "black" if grey < 0.3 else "white" if grey > 0.75 else "gray"
    return _textured(base, tone, (0.35, 0.35), 0.35, color, "gray", "black" if grey < 0.5 else "white")


def tiles(rng: np.random.Generator, *, tile_m: float | None = None) -> Finish:
    """Glazed tiles with joints, each of its own slight tone."""
    base, color, accents = _PLAINS[int(rng.integers(len(_PLAINS)))]
    num, size = 4, 256
    side = tile_m if tile_m is not None else float(rng.choice([0.10, 0.15, 0.20]))
    at = np.arange(size) * num / size
    each = rng.normal(0, 0.022, size=(num, num))[at.astype(int)][:, at.astype(int)]
    joint = (at % 1.0 < 0.035)[:, None] | (at % 1.0 < 0.035)[None]
    tone = np.where(joint, 0.80 if sum(base) > 1.2 else 1.5, 1 + each)
    return _textured(base, tone, (side * num, side * num), 0.4, color, *accents)


def concrete(rng: np.random.Generator) -> Finish:
    """A cast floor: clouds, stains, grit."""
    grey = float(rng.uniform(0.48, 0.68))
    tone = 1 + 0.05 * noise(rng, (256, 256), (5, 5)) + 0.03 * noise(rng, (256, 256), (40, 40))
    tone += 0.025 * rng.normal(size=(256, 256))
    return _textured((grey, grey, grey * 0.97), tone, (1.6, 1.6), 0.08, "gray")


def carpet(rng: np.random.Generator) -> Finish:
    """Short pile in a muted colour."""
    base, color, accents = _PLAINS[int(rng.integers(2, len(_PLAINS)))]
    tone = 0.92 + 0.07 * rng.normal(size=(192, 192)) + 0.03 * noise(rng, (192, 192), (8, 8))
    return _textured(base, tone, (0.5, 0.5), 0.0, color, *accents)


def steel(rng: np.random.Generator) -> Finish:
    """Brushed steel: fine lines one way."""
    tone = 1 + 0.05 * noise(rng, (192, 64), (150, 2)) + 0.02 * noise(rng, (192, 64), (6, 4))
    grey = float(rng.uniform(0.66, 0.78))
    return _textured((grey, grey, grey * 1.02), tone, (0.4, 0.3), 0.7, "gray", "white")


def plaster(rng: np.random.Generator) -> Finish:
    """A painted wall."""
    base, color, accents = _PLAINS[int(rng.integers(len(_PLAINS) - 1))]
    rgb = _mixed(base, float(rng.uniform(0.85, 1.08)))
    tone = 1 + 0.012 * noise(rng, (128, 128), (40, 40)) + 0.02 * noise(rng, (128, 128), (3, 3))
    return _textured(rgb, tone, (1.5, 1.5), 0.0, color, *accents)


def painted(rgb: RGB, color: str, *, shine: float = 0.3, accents: tuple[str, ...] = ()) -> Finish:
    """One plain colour."""
    return Finish(rgb, shine, None, color, frozenset(accents))


def one_of(rng: np.random.Generator, *choices: Callable[[np.random.Generator], Finish]) -> Finish:
    """One of several kinds of covering, drawn evenly."""
    return choices[int(rng.integers(len(choices)))](rng)
