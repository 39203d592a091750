"""The axis of things that are round seen from above, from the directions of their sides alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIN_POINTS = 40
_MIN_SIDEWAYS = 0.5
_MIN_SPREAD = 0.04
_MAX_ERROR_SHARE = 0.12


def round_axis(flat: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Where all lines along the normals of the sides meet, as they do for bottles, cans and balls.

    The point is the least-squares one, twice weighted down where lines pass far from it. None where the
    sides are flat (parallel lines), or where the lines do not meet in one place (a box, a mug's handle).

    Args:
        flat: (N, 2) points in the support plane, metres.
        normals: (N, 3) unit normals, the third number upwards; zero where not known.
    """
    sideways = np.linalg.norm(normals[:, :2], axis=1)
    is_side = sideways > _MIN_SIDEWAYS
    if np.count_nonzero(is_side) < _MIN_POINTS:
        return None
    points, directions = flat[is_side], normals[is_side, :2] / sideways[is_side, None]
    across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
    along = np.einsum("ij,ij->i", across, points)
    width = max(float(np.ptp(np.quantile(points, (0.02, 0.98), axis=0), axis=0).max()), 1e-6)
    weights = np.ones(len(points))
    centre = points.mean(axis=0)
    for _ in range(4):
        system = (across * weights[:, None]).T @ across
        if np.linalg.eigvalsh(system)[0] < _MIN_SPREAD * weights.sum():
            return None
        centre = np.linalg.solve(system, (across * weights[:, None]).T @ along)
        errors = across @ centre - along
        weights = 1.0 / (1.0 + (errors / (0.05 * width)) ** 2)
    return centre if float(np.median(np.abs(errors))) < _MAX_ERROR_SHARE * width / 2 else None
