"""Affine maps of the plane as (2, 3) arrays; points are (N, 2), x before y."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]
Points = NDArray[np.float32]


def identity() -> Affine:
    """The map that changes nothing."""
    return np.eye(2, 3)


def scaling(x: float, y: float) -> Affine:
    """The map from one picture size to another that keeps pixel centres where they belong."""
    return np.array([[x, 0.0, (x - 1) / 2], [0.0, y, (y - 1) / 2]])


def shift(dx: float, dy: float) -> Affine:
    """A translation."""
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])


def compose(second: Affine, first: Affine) -> Affine:
    """``first``, then ``second``."""
    out = second[:, :2] @ first
    out[:, 2] += second[:, 2]
    return out


def invert(a: Affine) -> Affine:
    """The way back.

    Raises:
        numpy.linalg.LinAlgError: the map flattens the plane.
    """
    det = size_change(a)
    if det == 0 or not np.isfinite(det):
        raise np.linalg.LinAlgError("the map flattens the plane")
    (m00, m01, x), (m10, m11, y) = a.tolist()
    i00, i01, i10, i11 = m11 / det, -m01 / det, -m10 / det, m00 / det
    return np.array([[i00, i01, -i00 * x - i01 * y], [i10, i11, -i10 * x - i11 * y]])


def apply(a: Affine, points: NDArray[Any]) -> Points:
    """Where the points (N, 2) go."""
    return np.asarray(points @ a[:, :2].T + a[:, 2], dtype=np.float32)


def corners_of(a: Affine, size_hw: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Where the middles of the corner pixels of a picture go: four x and four y."""
    (m00, m01, x), (m10, m11, y) = a.tolist()
    right, down = size_hw[1] - 1, size_hw[0] - 1
    return (
        [x, x + m00 * right, x + m01 * down, x + m00 * right + m01 * down],
        [y, y + m10 * right, y + m11 * down, y + m10 * right + m11 * down],
    )


def apart(a: Affine, b: Affine, size_hw: tuple[int, ...]) -> float:
    """How far two maps put the corners of a picture apart, the farther of x and y."""
    x, y = corners_of(a - b, size_hw)
    return max(max(x), -min(x), max(y), -min(y))


def size_change(a: Affine) -> float:
    """By how much areas grow."""
    return float(a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0])
