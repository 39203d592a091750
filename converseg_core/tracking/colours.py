"""How far apart two colours are, and how common a colour is on the target and round it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatHW = NDArray[np.float32]
FloatCHW = NDArray[np.float32]
"""Planes, one after another: three times as fast to count with as three values in each pixel."""

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
_SPREAD = (0.5 * np.eye(_SIDE) + 0.25 * np.eye(_SIDE, k=1) + 0.25 * np.eye(_SIDE, k=-1)).astype(np.float32)
_NEVER = 2e-4


def in_colour_space(picture: NDArray[Any]) -> FloatCHW:
    """(3, h, w) of an (h, w, 3) RGB picture: brightness, red and blue, weighted as differences count."""
    weighted = cv2.transform(picture.astype(np.float32), np.ascontiguousarray(_TO_COLOUR_SPACE.T))
    planes = np.empty((3, *picture.shape[:2]), dtype=np.float32)
    cv2.split(weighted, list(planes))
    return planes


def dot(a: FloatCHW, b: FloatCHW) -> FloatHW:
    """(h, w) product of the colours of each pixel, summed."""
    return np.asarray(np.einsum("chw,chw->hw", a, b), dtype=np.float32)


def square(a: FloatCHW) -> FloatHW:
    """(h, w) squared length of the colour of each pixel."""
    return dot(a, a)


def blurred(planes: FloatCHW, side_px: int) -> FloatCHW:
    """(C, h, w) mean of a square round each pixel."""
    return np.stack([cv2.blur(plane, (side_px, side_px)) for plane in planes])


def to_colour_space(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, N) brightness, red and blue of (3, N) RGB, or differences of them."""
    return np.asarray(_TO_COLOUR_SPACE.T @ colours, dtype=np.float32)


def colour_distance(difference: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) from (3, N) differences of RGB."""
    weighted = to_colour_space(difference)
    return np.asarray(np.sqrt(np.einsum("cn,cn->n", weighted, weighted)), dtype=np.float32)


def bins_of(picture: NDArray[np.uint8]) -> NDArray[np.intp]:
    """(h, w) which bin of a colour histogram each pixel of an (h, w, 3) picture belongs to."""
    q = (picture >> _BITS).astype(np.intp)
    return np.asarray((q[..., 0] * _SIDE + q[..., 1]) * _SIDE + q[..., 2])


def histogram(bins: NDArray[np.intp], weight: NDArray[np.float32]) -> Bins:
    """How many pixels each bin holds, (h, w) weights counted; spread to the bins next to it."""
    counts = np.bincount(bins.reshape(-1), weight.reshape(-1), _SIDE**3)
    cube = counts.astype(np.float32).reshape(_SIDE, _SIDE, _SIDE)
    spread = np.matmul(_SPREAD, cube @ _SPREAD).reshape(_SIDE, -1)
    return np.asarray((_SPREAD @ spread).reshape(-1), dtype=np.float32)


def log_ratio(target: Bins, around: Bins) -> Bins:
    """For each bin: log of how much commoner it is on the target than round it."""
    on, off = target / max(float(target.sum()), 1.0), around / max(float(around.sum()), 1.0)
    return np.asarray(np.log(on + _NEVER) - np.log(off + _NEVER), dtype=np.float32)
