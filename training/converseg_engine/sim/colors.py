"""The colours that questions name, each with a little natural variation."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class NamedColor:
    """A colour word and the range of paints that deserve it (hue in degrees, the rest in [0, 1])."""

    name: str
    hue_deg: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]

    def sample(self, rng: np.random.Generator) -> RGB:
        """One paint of this colour, linear in [0, 1]."""
        hue, saturation, value = (
            float(rng.uniform(low, high)) for low, high in (self.hue_deg, self.saturation, self.value)
        )
        return colorsys.hsv_to_rgb((hue % 360.0) / 360.0, saturation, value)


COLORS: tuple[NamedColor, ...] = (
    NamedColor("red", (-6, 5), (0.85, 0.97), (0.70, 0.85)),
    NamedColor("orange", (22, 29), (0.88, 1.0), (0.95, 1.0)),
    NamedColor("yellow", (50, 57), (0.80, 0.97), (0.92, 1.0)),
    NamedColor("green", (110, 138), (0.65, 0.85), (0.42, 0.62)),
    NamedColor("blue", (212, 230), (0.75, 0.92), (0.65, 0.88)),
    NamedColor("purple", (270, 284), (0.58, 0.75), (0.48, 0.62)),
    NamedColor("pink", (328, 344), (0.38, 0.52), (0.95, 1.0)),
    NamedColor("brown", (18, 26), (0.62, 0.76), (0.40, 0.48)),
    NamedColor("white", (0, 360), (0.0, 0.04), (0.93, 0.99)),
    NamedColor("black", (0, 360), (0.0, 0.20), (0.05, 0.10)),
)

COLOR_NAMES: tuple[str, ...] = tuple(color.name for color in COLORS)

GRAY = NamedColor("gray", (200, 230), (0.0, 0.06), (0.50, 0.70))
"""Bare metal and grey plastic. The tabletop recipe has none of it, so it is not among ``COLOR_NAMES``."""

OBJECT_COLOR_NAMES: tuple[str, ...] = (*COLOR_NAMES, GRAY.name)
"""Every colour word that an object can have."""

_BY_NAME = {color.name: color for color in (*COLORS, GRAY)}


def paint(name: str, rng: np.random.Generator) -> RGB:
    """A paint for a colour word.

    Raises:
        ValueError: the word is none of ``OBJECT_COLOR_NAMES``.
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: {name!r} is no colour of ours; use one of {', '.join(OBJECT_COLOR_NAMES)}")
    return _BY_NAME[name].sample(rng)
