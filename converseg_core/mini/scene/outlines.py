"""The outline of an answer, moved to where the picture's colours change, at the picture's own size.

Close looks draw masks on 64x64 cells, and an outline half a pixel beside the truth costs a thing of 20x20
pixels a tenth of its IoU. A guided filter (He, Sun, Tang 2013, https://doi.org/10.1109/TPAMI.2012.213) takes
the chance of each pixel for a linear function of its colour, fitted in each small square. The functions are
fitted on the small picture and hold for the large one too (He, Sun 2015, arXiv 1505.00996).

Legend of shape suffixes: h, w, c colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RADIUS = 3
"""Of the squares, in pixels of the full picture."""
LEAST_VARIANCE = 1e-4
"""Colours, from 0 to 1, that vary less than this within a square say nothing."""
LIMIT = 0.45
"""Of the fitted chance: what is thin loses by the fit, so a little less than a half is inside."""
MOST_CHANGE = 2.0
"""A mask that would grow or shrink by more than this is left as it was: it is too thin for the squares."""
_LEAST_LOGIT = -4.0
"""A pixel that is less likely, and far from any that is more likely, is left as it is."""
_SURE = 1e-3

FloatHW = NDArray[np.float32]
DoubleHW = NDArray[np.float64]


@dataclass(frozen=True)
class Outline:
    """A mask over a picture.

    Attributes:
        logits_hw: (240, 320) of which what is above 0 is inside.
        near: rows and columns beyond which nothing is inside; None where nothing was fitted.
        slopes_chw: (3, h, w) there: what a colour, from 0 to 1, adds to the chance.
        offset_hw: (h, w) there: the chance of black.
    """

    logits_hw: FloatHW
    near: tuple[slice, slice] | None = None
    slopes_chw: FloatHW | None = None
    offset_hw: FloatHW | None = None

    def mask(self, picture_hwc: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(H, W) bool of the picture at any size, sampled at pixel centres.

        Args:
            picture_hwc: (H, W, 3) what was fitted to, before it was stretched.
        """
        size_hw = (picture_hwc.shape[0], picture_hwc.shape[1])
        if self.near is None or self.slopes_chw is None or self.offset_hw is None:
            return np.asarray(cv2.resize(self.logits_hw, size_hw[::-1], interpolation=cv2.INTER_LINEAR) > 0)
        if size_hw == self.logits_hw.shape:
            return np.asarray(self.logits_hw > 0)
        scales = [wide / small for wide, small in zip(size_hw, self.logits_hw.shape, strict=True)]
        (top, bottom), (left, right) = (
            (int(side.start * scale), min(wide, int(np.ceil(side.stop * scale))))
            for side, scale, wide in zip(self.near, scales, size_hw, strict=True)
        )
        # From a pixel's centre there to the cell that it lies in.
        moved = np.array(
            [
                [1 / scales[1], 0, (left + 0.5) / scales[1] - 0.5 - self.near[1].start],
                [0, 1 / scales[0], (top + 0.5) / scales[0] - 0.5 - self.near[0].start],
            ]
        )

        def wider(values: FloatHW) -> FloatHW:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (right - left, bottom - top)
            wide = cv2.warpAffine(values, moved, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            return np.asarray(wide, np.float32)

        colors = cv2.split(picture_hwc[top:bottom, left:right].astype(np.float32) / np.float32(255))
        chance = wider(self.offset_hw)
        for slope, color in zip(self.slopes_chw, colors, strict=True):
            chance += wider(slope) * color
        mask = np.zeros(size_hw, np.bool_)
        mask[top:bottom, left:right] = chance > LIMIT
        return mask


def fitted(full_hwc: NDArray[np.uint8], logits_hw: FloatHW) -> Outline:
    """A mask's outline where colours change; as it is for a mask of nothing, and one that would be lost.

    Args:
        full_hwc: (240, 320, 3) the picture.
        logits_hw: (240, 320) float32 mask logits.
    """
    inside = int((logits_hw > 0).sum())
    rows, columns = (np.flatnonzero((logits_hw > _LEAST_LOGIT).any(axis=axis)) for axis in (1, 0))
    if not inside:
        return Outline(logits_hw)
    reach = 2 * RADIUS + 1
    down, across = (
        slice(max(0, int(side[0]) - reach), min(size, int(side[-1]) + 1 + reach))
        for side, size in zip((rows, columns), logits_hw.shape, strict=True)
    )
    near = (down, across)
    chance = 1 / (1 + np.exp(-np.clip(logits_hw[near].astype(np.float64), -30, 30)))
    picture = full_hwc[near] / 255.0
    slopes, offset = _guided(picture, chance)
    fit = np.clip((slopes * picture.transpose(2, 0, 1)).sum(axis=0) + offset, _SURE, 1 - _SURE)
    if not inside / MOST_CHANGE <= int((fit > LIMIT).sum()) <= inside * MOST_CHANGE:
        return Outline(logits_hw)
    moved = logits_hw.copy()
    moved[near] = np.log(fit / (1 - fit)) - np.log(LIMIT / (1 - LIMIT))
    return Outline(moved, near, slopes.astype(np.float32), offset.astype(np.float32))


def _guided(picture_hwc: DoubleHW, chance_hw: DoubleHW) -> tuple[DoubleHW, DoubleHW]:
    """Slopes (3, H, W) and offset (H, W) of a guided filter with three colours: equations 19 to 21.

    In double precision: of a grey picture the matrix is nearly singular.
    """
    colors, mean = picture_hwc.transpose(2, 0, 1), _mean(chance_hw)
    means = [_mean(color) for color in colors]
    common = [_mean(color * chance_hw) - own * mean for color, own in zip(colors, means, strict=True)]
    spread = {
        (one, other): _mean(colors[one] * colors[other]) - means[one] * means[other]
        for one in range(3)
        for other in range(one, 3)
    }
    rr, gg, bb = (spread[color, color] + LEAST_VARIANCE for color in range(3))
    rg, rb, gb = spread[0, 1], spread[0, 2], spread[1, 2]
    # The inverse of a symmetric matrix by its cofactors.
    first = (gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg)
    second = (first[1], rr * bb - rb * rb, rb * rg - rr * gb)
    third = (first[2], second[2], rr * gg - rg * rg)
    size = rr * first[0] + rg * first[1] + rb * first[2]
    slopes = np.stack([sum(row[c] * common[c] for c in range(3)) / size for row in (first, second, third)])
    offset = mean - (slopes * np.stack(means)).sum(axis=0)
    return np.stack([_mean(slope) for slope in slopes]), _mean(offset)


def _mean(values: DoubleHW) -> DoubleHW:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float64)
