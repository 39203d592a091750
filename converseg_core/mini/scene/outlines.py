"""The outline of an answer, moved to where the picture's colours change.

Close looks draw masks on 64x64 cells, and their outlines lie half a pixel beside the truth: of a thing of
20x20 pixels that is a tenth of its IoU. A guided filter (He, Sun, Tang 2013, https://doi.org/10.1109/TPAMI.2012.213)
takes the chance of each pixel for a linear function of its colour, fitted in each small square.

Legend of shape suffixes: h, w, c colours.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RADIUS = 3
"""Of the squares, in pixels of the full picture."""
LEAST_VARIANCE = 1e-4
"""Colours, from 0 to 1, that vary less than this within a square say nothing."""
LIMIT = 0.45
"""Of the fitted chance: what is thin loses by the fit, so a little less than a half is inside."""
_LEAST_LOGIT = -4.0
"""A pixel that is less likely, and far from any that is more likely, is left as it is."""
_SURE = 1e-3


def fitted(full_hwc: NDArray[np.uint8], logits_hw: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W) logits of which what is above 0 follows the picture; those far from any mask stay as they are.

    Args:
        full_hwc: (H, W, 3) picture.
        logits_hw: (H, W) float32 mask logits.
    """
    rows, columns = (np.flatnonzero((logits_hw > _LEAST_LOGIT).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return logits_hw
    reach = 2 * RADIUS + 1
    near = tuple(slice(max(0, side[0] - reach), side[-1] + 1 + reach) for side in (rows, columns))
    chance = _sigmoid(logits_hw[near])
    fit = np.clip(_guided(full_hwc[near].astype(np.float32) / np.float32(255), chance), _SURE, 1 - _SURE)
    moved = logits_hw.copy()
    moved[near] = np.log(fit / (1 - fit)) - np.log(LIMIT / (1 - LIMIT))
    return moved


def _guided(picture_hwc: NDArray[np.float32], chance_hw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Guided filter with a picture of three colours: equations 19 to 21."""
    mean_c, mean = cv2.split(_mean(picture_hwc)), _mean(chance_hw)
    colors = cv2.split(picture_hwc)
    common = [_mean(color * chance_hw) - own * mean for color, own in zip(colors, mean_c, strict=True)]
    spread = {
        (one, other): _mean(colors[one] * colors[other]) - mean_c[one] * mean_c[other]
        for one in range(3)
        for other in range(one, 3)
    }
    rr, gg, bb = (spread[color, color] + np.float32(LEAST_VARIANCE) for color in range(3))
    rg, rb, gb = spread[0, 1], spread[0, 2], spread[1, 2]
    # The inverse of a symmetric matrix by its cofactors.
    first = (gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg)
    second = (first[1], rr * bb - rb * rb, rb * rg - rr * gb)
    third = (first[2], second[2], rr * gg - rg * rg)
    size = rr * first[0] + rg * first[1] + rb * first[2]
    slopes = [sum(row[c] * common[c] for c in range(3)) / size for row in (first, second, third)]
    offset = mean - sum(slope * own for slope, own in zip(slopes, mean_c, strict=True))
    fit = _mean(offset) + sum(_mean(slope) * color for slope, color in zip(slopes, colors, strict=True))
    return np.asarray(fit, np.float32)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
