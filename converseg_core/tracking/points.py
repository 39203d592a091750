"""Corners, where they went, and the motion that most of them share."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, Points

GreyHW = NDArray[np.uint8]
GoodN = NDArray[np.bool_]

MAX_RETURN_ERROR_PX = 0.7
"""A point that, followed there and back, ends farther from its start was not followed."""

Precision = tuple[int, int, float]
_STOP = cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS
FINE: Precision = (_STOP, 30, 0.01)
ROUGH: Precision = (_STOP, 10, 0.03)
"""Stop after so many rounds, or when a point moves less than so many pixels; rough will do for a mean."""

_QUALITY = 0.01


def corners(grey: GreyHW, *, num: int, spacing_px: float, mask: NDArray[np.uint8] | None = None) -> Points:
    """Up to ``num`` corners (N, 2), where ``mask`` is not 0."""
    found = cv2.goodFeaturesToTrack(grey, num, _QUALITY, spacing_px, mask=mask)
    return np.zeros((0, 2), dtype=np.float32) if found is None else found.reshape(-1, 2).astype(np.float32)


def follow(
    before: GreyHW,
    after: GreyHW,
    points: Points,
    *,
    guess: Points | None = None,
    window_px: int = 15,
    num_levels: int = 4,
    precision: Precision = FINE,
    max_return_error_px: float = MAX_RETURN_ERROR_PX,
) -> tuple[Points, GoodN]:
    """Where points went (Lucas-Kanade on pyramids), and which are to be believed: those that return.

    Args:
        before: (h, w) the picture in which the points lie.
        after: (h, w) the picture in which they are looked for.
        points: (N, 2).
        guess: (N, 2) where they may be by now.
        window_px: side of the patch that is compared.
        num_levels: how often the pictures are halved.
        precision: when to stop refining.
        max_return_error_px: allowed distance after the way back.
    """
    if len(points) == 0:
        return points, np.zeros(0, dtype=np.bool_)
    start = np.ascontiguousarray(points, dtype=np.float32)[:, None]
    aim = start.copy() if guess is None else np.ascontiguousarray(guess, dtype=np.float32)[:, None].copy()
    size, flags = (window_px, window_px), cv2.OPTFLOW_USE_INITIAL_FLOW
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, start, aim, winSize=size, maxLevel=num_levels, flags=flags, criteria=precision
    )
    # On the way back it is known where to look: halved once is enough.
    levels = min(num_levels, 1)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        after, before, there, start.copy(), winSize=size, maxLevel=levels, flags=flags, criteria=precision
    )
    error = np.linalg.norm((back - start)[:, 0], axis=1)
    good = (found[:, 0] > 0) & (returned[:, 0] > 0) & (error < max_return_error_px)
    return np.asarray(there[:, 0], dtype=np.float32), np.asarray(good, dtype=np.bool_)


def shared_motion(
    start: Points, end: Points, *, tolerance_px: float, affine: bool = False
) -> tuple[Affine, GoodN] | None:
    """The similarity (or affine map) that most points share, and which do; None where there is none.

    RANSAC, then least squares on those that agree (OpenCV); deterministic.
    """
    if len(start) < (3 if affine else 2):
        return None
    fit = cv2.estimateAffine2D if affine else cv2.estimateAffinePartial2D
    motion, agree = fit(start, end, method=cv2.RANSAC, ransacReprojThreshold=tolerance_px)
    if motion is None or not np.isfinite(motion).all():
        return None
    return np.asarray(motion, dtype=np.float64), agree[:, 0] > 0


def middle_shift(start: Points, end: Points) -> tuple[float, float]:
    """The median way of the points, x and y."""
    way = np.sort(end - start, axis=0)
    x, y = 0.5 * (way[(len(way) - 1) // 2] + way[len(way) // 2])
    return float(x), float(y)
