"""How a stuff looks close by: one small repeating picture a look, drawn round a colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.colors import RGB
from converseg_engine.sim.objects.textures import Texture

SIZE_PX = 48
_ToneHW = NDArray[np.float64]


def _smooth(rng: np.random.Generator, cells_y: int, cells_x: int) -> _ToneHW:
    """Noise of unit scale that repeats without a seam, (SIZE_PX, SIZE_PX)."""
    coarse = rng.normal(size=(cells_y, cells_x))

    def spread(grid: _ToneHW) -> _ToneHW:
        at = np.arange(SIZE_PX) * len(grid) / SIZE_PX
        i = at.astype(int)
        f = (at - i)[:, None]
        f = f * f * (3 - 2 * f)
        blended: _ToneHW = grid[i] * (1 - f) + grid[(i + 1) % len(grid)] * f
        return blended

    return spread(spread(coarse).T).T


def _grain(rng: np.random.Generator) -> _ToneHW:
    across = np.arange(SIZE_PX)[:, None] / SIZE_PX
    waves = np.sin(2 * math.pi * (int(rng.integers(3, 7)) * across + 0.25 * _smooth(rng, 3, 2)))
    return 1 + 0.09 * waves + 0.05 * _smooth(rng, 24, 3)


def _brushed(rng: np.random.Generator) -> _ToneHW:
    return 1 + 0.05 * _smooth(rng, 48, 2) + 0.03 * _smooth(rng, 6, 6)


def _weave(rng: np.random.Generator) -> _ToneHW:
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    threads = np.where(((x // 4) + (y // 4)) % 2 == 0, np.sin(math.pi * (x % 4 + 0.5) / 4), 0.55)
    return 0.86 + 0.16 * threads + 0.04 * _smooth(rng, 5, 5)


def _speckle(rng: np.random.Generator) -> _ToneHW:
    return 1 + 0.05 * _smooth(rng, 24, 24) + 0.06 * _smooth(rng, 5, 5)


def _fibres(rng: np.random.Generator) -> _ToneHW:
    return 1 + 0.025 * _smooth(rng, 6, 40) + 0.03 * _smooth(rng, 4, 4)


def _scuffs(rng: np.random.Generator) -> _ToneHW:
    tone = 1 + 0.06 * _smooth(rng, 5, 5)
    for _ in range(int(rng.integers(2, 7))):
        x, y = rng.integers(0, SIZE_PX, size=2)
        run = int(rng.integers(5, 18))
        slope = float(rng.uniform(-1, 1))
        steps = np.arange(run)
        tone[(y + np.round(slope * steps).astype(int)) % SIZE_PX, (x + steps) % SIZE_PX] *= rng.choice(
            (0.8, 1.2)
        )
    return tone


LOOKS: Mapping[str, Callable[[np.random.Generator], _ToneHW]] = {
    "grain": _grain,
    "brushed": _brushed,
    "weave": _weave,
    "speckle": _speckle,
    "fibres": _fibres,
    "scuffs": _scuffs,
}


def finish(look: str, rgb: RGB, rng: np.random.Generator, *, size_m: float) -> Texture:
    """A texture of one look in one colour; ``size_m`` is the length of a repeat.

    Raises:
        ValueError: the look is unknown.
    """
    if look not in LOOKS:
        raise ValueError(f"look: {look!r} is unknown; use one of {', '.join(LOOKS)}")
    tone = LOOKS[look](rng)
    pixels = np.round(np.clip(np.asarray(rgb) * tone[..., None], 0, 1) * 255).astype(np.uint8)
    return Texture(pixels, size_m, size_m)


def striped(first: RGB, second: RGB, *, size_m: float, num: int = 4, upright: bool = False) -> Texture:
    """Stripes of two colours."""
    k = (np.arange(SIZE_PX) * 2 * num // SIZE_PX) % 2
    rows = np.broadcast_to(k[None] if upright else k[:, None], (SIZE_PX, SIZE_PX))
    return Texture(_two(rows, first, second), size_m, size_m)


def checked(first: RGB, second: RGB, *, size_m: float, num: int = 3) -> Texture:
    """A chequered cloth."""
    k = (np.arange(SIZE_PX) * 2 * num // SIZE_PX) % 2
    return Texture(_two((k[:, None] + k[None]) % 2, first, second), size_m, size_m)


def _two(where: NDArray[np.int64], first: RGB, second: RGB) -> NDArray[np.uint8]:
    colors = np.round(np.array([first, second]) * 255).astype(np.uint8)
    return colors[where]
