"""How far apart two colours are, and how common a colour is on the target and round it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatHWC = NDArray[np.float32]
Bins = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_LUMA_WEIGHT, _RED_WEIGHT, _BLUE_WEIGHT = 0.7, 1.5 * 0.713, 1.5 * 0.564
"""Brightness changes with light and shadow, colour hardly: so colour counts twice as much."""

_RED, _BLUE = np.array([1.0, 0, 0], dtype=np.float32), np.array([0, 0, 1.0], dtype=np.float32)
_TO_COLOUR_SPACE = np.stack(
    [_LUMA_WEIGHT * _LUMA, _RED_WEIGHT * (_RED - _LUMA), _BLUE_WEIGHT * (_BLUE - _LUMA)], axis=1
).astype(np.float32)

_BITS = 4
_SIDE = 256 >> _BITS
_NEVER = 2e-4


def in_colour_space(picture: NDArray[Any]) -> FloatHWC:
    """(h, w, 3) of an (h, w, 3) RGB picture: brightness, red and blue, weighted as differences count."""
    weighted = cv2.transform(picture.astype(np.float32), np.ascontiguousarray(_TO_COLOUR_SPACE.T))
    return np.asarray(weighted, dtype=np.float32)


def colour_distance(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """(...) from (..., 3) differences of RGB."""
    weighted = difference @ _TO_COLOUR_SPACE
    return np.asarray(np.sqrt(np.einsum("...c,...c->...", weighted, weighted)), dtype=np.float32)


def bins_of(picture: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(h, w) which bin of a colour histogram each pixel of an (h, w, 3) picture belongs to."""
    q = (picture >> _BITS).astype(np.int32)
    return np.asarray((q[..., 0] * _SIDE + q[..., 1]) * _SIDE + q[..., 2])


def histogram(bins: NDArray[np.int32], weight: NDArray[np.float32]) -> Bins:
    """How many pixels each bin holds, (h, w) weights counted; spread to the bins next to it."""
    counts = np.bincount(bins.reshape(-1), weight.reshape(-1), _SIDE**3)
    cube = counts.astype(np.float32).reshape(_SIDE, _SIDE, _SIDE)
    for axis in range(3):
        spread = 0.5 * cube
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(0, -1), slice(1, None)
        spread[tuple(high)] += 0.25 * cube[tuple(low)]
        spread[tuple(low)] += 0.25 * cube[tuple(high)]
        cube = spread
    return np.asarray(cube.reshape(-1), dtype=np.float32)


def log_ratio(target: Bins, around: Bins) -> Bins:
    """For each bin: log of how much commoner it is on the target than round it."""
    on, off = target / max(float(target.sum()), 1.0), around / max(float(around.sum()), 1.0)
    return np.asarray(np.log(on + _NEVER) - np.log(off + _NEVER), dtype=np.float32)
