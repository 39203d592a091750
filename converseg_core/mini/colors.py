"""How much of something has a colour that has a name: each pixel has the name of the nearest sample."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.selection import Box

_MAX_PIXELS = 2000
# What people call these colours, as (red, green, blue).
_SAMPLES: dict[str, tuple[tuple[int, int, int], ...]] = {
    "red": ((200, 30, 30), (150, 25, 35), (225, 65, 55), (110, 20, 25)),
    "orange": ((240, 140, 40), (220, 110, 30), (250, 170, 90)),
    "yellow": ((240, 220, 60), (250, 235, 130), (205, 180, 50)),
    "green": ((60, 150, 60), (30, 90, 45), (130, 185, 85), (95, 115, 60), (40, 60, 35)),
    "blue": ((40, 80, 190), (30, 45, 110), (110, 160, 220), (75, 110, 155), (50, 190, 210)),
    "purple": ((120, 60, 150), (155, 115, 185), (80, 40, 100)),
    "pink": ((240, 150, 180), (220, 80, 140), (250, 195, 205)),
    "brown": ((120, 75, 45), (90, 60, 40), (165, 120, 80), (65, 42, 30)),
    "white": ((248, 248, 248), (220, 220, 225), (235, 230, 215)),
    "gray": ((128, 128, 128), (90, 92, 95), (170, 170, 172)),
    "black": ((18, 18, 18), (45, 45, 48), (30, 30, 40)),
}


@lru_cache(maxsize=1)
def _samples() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(S, 3) samples in CIELAB, and (S,) the number of each one's name."""
    rgb = np.array([sample for samples in _SAMPLES.values() for sample in samples], np.float32) / 255.0
    owner = np.repeat(np.arange(len(_SAMPLES)), [len(samples) for samples in _SAMPLES.values()])
    return cv2.cvtColor(rgb[np.newaxis], cv2.COLOR_RGB2LAB)[0], owner


def inner_pixels(image_hwc: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """(N, 3) pixels of the inner part of a box."""
    height, width = image_hwc.shape[:2]
    x0, y0, x1, y1 = box
    rows = slice(int((0.85 * y0 + 0.15 * y1) * height), int((0.15 * y0 + 0.85 * y1) * height) + 1)
    columns = slice(int((0.85 * x0 + 0.15 * x1) * width), int((0.15 * x0 + 0.85 * x1) * width) + 1)
    return image_hwc[rows, columns].reshape(-1, 3)


def color_share(pixels_nc: NDArray[np.uint8], color: str) -> float:
    """Share of RGB pixels (N, 3) that have a colour."""
    if not len(pixels_nc):
        return 0.0
    some = pixels_nc[:: max(1, len(pixels_nc) // _MAX_PIXELS)].astype(np.float32) / 255.0
    lab = cv2.cvtColor(np.ascontiguousarray(some[np.newaxis]), cv2.COLOR_RGB2LAB)[0]
    samples, owner = _samples()
    nearest = owner[((lab[:, np.newaxis] - samples) ** 2).sum(axis=2).argmin(axis=1)]
    return float(np.mean(nearest == list(_SAMPLES).index(color)))
