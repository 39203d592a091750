"""Changes of a picture under which its question stays true."""

from __future__ import annotations

import re

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC

_SIDED = re.compile(
    r"\b(left|right|leftmost|rightmost|lefthand|righthand|clockwise|anticlockwise|counter-?clockwise|east|west"
    r"|eastern|western|mirror\w*|read\w*|writ\w*|text|letters?|words?|numbers?|digits?|logos?|labels?|signs?"
    r"|clocks?|port|starboard|driver\w*|handed)\b"
    r"|\b\d+\s*o'?clock\b|\b(says?|saying)\b",
    re.IGNORECASE,
)
_COLOR = re.compile(
    r"\b(colou?r\w*|red\w*|orange|yellow\w*|green\w*|blue\w*|purple|violet|pink\w*|brown\w*|black|white|gr[ae]y\w*"
    r"|dark\w*|light\w*|bright\w*|pale\w*|shin\w*|ripe\w*|gold\w*|silver\w*|beige|turquoise|cyan|magenta"
    r"|blond\w*|tan|cream|navy|maroon|teal|warm\w*|shad\w*|lit)\b",
    re.IGNORECASE,
)


def may_mirror(prompt: str) -> bool:
    """False where the words name a side, a turning direction, or something to be read."""
    return _SIDED.search(prompt) is None


def may_recolor(prompt: str) -> bool:
    """False where the words name a colour or a brightness."""
    return _COLOR.search(prompt) is None


def augmented(
    image: ImageHWC,
    mask_hw: NDArray[np.bool_],
    prompt: str,
    rng: np.random.Generator,
    *,
    mirror: bool,
    recolor: bool,
) -> tuple[ImageHWC, NDArray[np.bool_]]:
    """Mirrored half the time where the words allow it; exposure, contrast and white balance a little changed.

    The same numbers are drawn whatever is allowed, so one option does not change what another does.
    """
    chance, gamma, gain = rng.random(), rng.uniform(0.75, 1.35), rng.uniform(0.85, 1.15)
    white = rng.uniform(0.96, 1.04, 3)
    if mirror and chance < 0.5 and may_mirror(prompt):
        image, mask_hw = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask_hw[:, ::-1])
    if recolor and may_recolor(prompt):
        levels = np.linspace(0.0, 1.0, 256)[:, None] ** gamma * gain * white
        table = np.clip(levels * 255.0, 0, 255).round().astype(np.uint8)
        image = np.asarray(cv2.LUT(image, table.reshape(1, 256, 3)), np.uint8)
    return image, mask_hw
