"""Which parts of a mask are one thing: parts that touch in space, or that something in front cuts apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.depth_image import BoolHW

_MAX_PARTS = 12
_MAX_SAMPLES = 250
_MAX_CUT_M = 0.15
_MIN_CUT_SHARE = 0.8
_IN_FRONT_M = 0.005


def largest_group(target: BoolHW, cloud: NDArray[np.float32], *, max_gap_m: float) -> tuple[BoolHW, int]:
    """The largest thing in a mask, and how many others there are.

    Parts of a mask that do not touch in the picture belong together where their nearest points are at most
    ``max_gap_m`` apart, or where what lies between them in the picture is in front of them: then it hides
    whether they touch. Two cups with the table between them are two things.

    Args:
        target: (H, W) pixels with valid depth.
        cloud: (H, W, 3) points of all pixels, metres; 0 or NaN where there is none.
        max_gap_m: see above.
    """
    num_labels, labels, stats, _ = cv2.connectedComponentsWithStats(target.astype(np.uint8), connectivity=8)
    by_size = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:_MAX_PARTS]
    if num_labels <= 2 or not len(by_size):
        return target, 0
    floor_px = max(1, int(0.02 * stats[by_size[0], cv2.CC_STAT_AREA]))
    left = [int(k) for k in by_size if stats[k, cv2.CC_STAT_AREA] >= floor_px]
    samples = {k: _sample(labels == k) for k in left}
    groups: list[list[int]] = []
    while left:
        group = [left.pop(0)]
        for member in group:  # grows while it is walked through
            near = [k for k in left if _belong(samples[member], samples[k], cloud, max_gap_m)]
            group += near
            left = [k for k in left if k not in near]
        groups.append(group)
    sizes = [sum(int(stats[k, cv2.CC_STAT_AREA]) for k in group) for group in groups]
    kept: BoolHW = np.isin(labels, groups[int(np.argmax(sizes))])
    return kept, len(groups) - 1


def _sample(pixels: BoolHW) -> NDArray[np.int64]:
    """(N, 2) rows and columns, mostly of the rim, where parts come nearest to each other."""
    inner = cv2.erode(pixels.astype(np.uint8), np.ones((3, 3), np.uint8))
    places = np.argwhere(pixels & (inner == 0))
    return places[:: max(1, -(-len(places) // _MAX_SAMPLES))]


def _belong(
    one: NDArray[np.int64], other: NDArray[np.int64], cloud: NDArray[np.float32], max_gap_m: float
) -> bool:
    first, second = cloud[one[:, 0], one[:, 1]], cloud[other[:, 0], other[:, 1]]
    squares = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    i, j = np.unravel_index(int(np.argmin(squares)), squares.shape)
    gap_m = float(np.sqrt(squares[i, j]))
    if gap_m <= max_gap_m:
        return True
    return gap_m <= _MAX_CUT_M and _is_cut(one[i], other[j], cloud[..., 2])


def _is_cut(start: NDArray[np.int64], end: NDArray[np.int64], depth_m: NDArray[np.float32]) -> bool:
    """Whether nearly all pixels between two places show something nearer."""
    num = int(np.abs(end - start).max()) + 1
    share = np.linspace(0.0, 1.0, num)[1:-1]
    if not len(share):
        return True
    rows, columns = np.rint(start + share[:, None] * (end - start)).astype(np.int64).T
    between = depth_m[tuple(start)] + share * (depth_m[tuple(end)] - depth_m[tuple(start)])
    seen = depth_m[rows, columns]
    with np.errstate(invalid="ignore"):
        in_front = (seen > 0) & (seen < between - _IN_FRONT_M)
    return float(np.mean(in_front)) >= _MIN_CUT_SHARE
