"""A translucent mask with a crisp, anti-aliased outline.

A slightly blurred mask is a signed distance to the edge in disguise: one table look-up turns its value
into fill, line or halo. The cost depends on the target's box alone, never on how ragged the mask is.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import MaskHW

ImageHWC = NDArray[np.uint8]
ColourRGB = tuple[int, int, int]

TARGET_RGB: ColourRGB = (0, 214, 143)
"""Green that few table tops, floors or tools have; the halo keeps it readable on those that do."""

_JUST_INSIDE = 150


def line_width_px(height: int, width: int) -> float:
    """Outline width for a picture of this size: 1 px at 64, 2 px at 480, 7 px at 2160."""
    return max(1.0, min(height, width) / 300 + 0.4)


def paint_mask(
    image: ImageHWC, mask: MaskHW, *, colour: ColourRGB = TARGET_RGB, fill_alpha: float = 0.30
) -> ImageHWC:
    """Return a copy of ``image`` (H, W, 3) with ``mask`` (H, W) tinted and outlined.

    Args:
        image: uint8 RGB; not changed.
        mask: bool, of the image's size.
        colour: RGB of fill and line.
        fill_alpha: share of colour inside, 0 to 1.

    Raises:
        ValueError: ``image`` is not (H, W, 3) uint8, or ``mask`` has another height or width.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image: need (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}")
    if mask.shape != image.shape[:2]:
        raise ValueError(f"mask: shape {mask.shape} is not the image's {image.shape[:2]}")
    painted = np.array(image, order="C")
    box = _box(mask)
    if box is None:
        return painted

    line_px = line_width_px(*mask.shape)
    sigma = 0.45 + 0.55 * line_px
    margin = math.ceil(3 * sigma) + 1
    top, bottom = max(box[0] - margin, 0), min(box[1] + margin, mask.shape[0])
    left, right = max(box[2] - margin, 0), min(box[3] + margin, mask.shape[1])
    region = np.s_[top:bottom, left:right]

    # BORDER_REPLICATE: a target cut by the picture's edge has no outline along that edge, because there
    # is no edge of the target there.
    inside = mask[region].astype(np.uint8)
    soft = cv2.GaussianBlur(inside * np.uint8(255), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    # A target one or two pixels wide blurs to less than half; every pixel of it is edge, so say so.
    soft = cv2.max(soft, inside * np.uint8(_JUST_INSIDE))
    keep, paint = _tables(line_px, sigma, fill_alpha, colour)
    paint_hwc = cv2.LUT(cv2.cvtColor(soft, cv2.COLOR_GRAY2RGB), paint)
    keep_hw = cv2.LUT(soft, keep)
    under = painted[region]
    painted[region] = cv2.blendLinear(under, paint_hwc, keep_hw, np.float32(1.0) - keep_hw)
    return painted


@functools.lru_cache(maxsize=32)
def _tables(
    line_px: float, sigma: float, fill_alpha: float, colour: ColourRGB
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """For each blurred mask value: how much picture stays (256,), and the colour laid over it (1, 256, 3)."""
    # A straight edge blurred by a Gaussian is its cumulative distribution; the inverse gives back pixels.
    gauss = NormalDist(0.0, sigma)
    outwards_px = np.array([-gauss.inv_cdf((level + 0.5) / 256) for level in range(256)])
    # Everything fades over one pixel, which is what anti-aliasing needs. The line lies just inside the
    # edge, where the target's own pixels are; the halo just outside.
    line = np.clip(line_px / 2 - np.abs(outwards_px + line_px / 2) + 0.5, 0.0, 1.0)
    halo_px = max(1.2, 0.6 * line_px)
    halo = np.clip(halo_px - outwards_px + 0.5, 0.0, 1.0) * (outwards_px > 0) * 0.55
    fill = fill_alpha * (outwards_px <= 0)
    halo[0] = 0.0  # the picture beyond the blur stays as it is

    alpha = np.maximum.reduce([line, halo * (1 - line), fill * (1 - line)])
    bright = np.asarray(colour, dtype=np.float64)
    dark = bright * 0.12
    lit = np.clip(line + (outwards_px <= 0), 0.0, 1.0)[:, None]
    paint = lit * bright + (1 - lit) * dark
    return (1.0 - alpha).astype(np.float32), np.rint(paint).astype(np.uint8).reshape(1, 256, 3)


def _box(mask: MaskHW) -> tuple[int, int, int, int] | None:
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    cols = np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1
