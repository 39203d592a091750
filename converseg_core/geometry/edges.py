"""Flying pixels: depth that lies between two surfaces, where there is nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.depth_image import BoolHW, DepthHW

_SHIFTS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
MIN_LIKE_NEIGHBOURS = 3
"""Of 8. At a straight edge of a surface a pixel has 5, at a corner 3, on a ramp between surfaces 2."""


def step_m(depth_m: DepthHW, *, focal_px: float, relative: float = 0.01, slope: float = 4.0) -> DepthHW:
    """Largest depth difference, metres, between neighbouring pixels of one surface: (H, W).

    A surface whose normal is turned from the line of sight by an angle a changes by tan(a) times the
    pixel's width per pixel; ``slope`` is the largest tan(a) that still counts as a surface, and
    ``relative`` a share of the distance for the sensor's noise.
    """
    factor = np.float32(relative + slope / focal_px)
    return depth_m * factor


def flying_pixels(depth_m: DepthHW, is_valid: BoolHW, limit_m: DepthHW) -> BoolHW:
    """(H, W) True for valid pixels that too few of their 8 neighbours agree with.

    Args:
        depth_m: (H, W) metres.
        is_valid: (H, W) where they count.
        limit_m: (H, W) largest difference of neighbours on one surface, metres.
    """
    filled = np.where(is_valid, depth_m, np.float32(np.inf))
    padded = np.pad(filled, 1, constant_values=np.float32(np.inf))
    num_like = np.zeros(depth_m.shape, np.uint8)
    height, width = depth_m.shape
    with np.errstate(invalid="ignore"):
        for down, right in _SHIFTS:
            other = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
            num_like += np.abs(other - filled) <= limit_m
    flying: NDArray[np.bool_] = is_valid & (num_like < MIN_LIKE_NEIGHBOURS)
    return flying


def eroded(mask: BoolHW, num_px: int) -> BoolHW:
    """The mask without its outermost ``num_px`` pixels; the picture's rim counts as outside."""
    if num_px <= 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * num_px + 1, 2 * num_px + 1))
    shrunk = cv2.erode(mask.astype(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(shrunk, np.bool_)


def dilated(mask: BoolHW, num_px: int) -> BoolHW:
    """The mask and all within ``num_px`` pixels of it."""
    if num_px <= 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * num_px + 1, 2 * num_px + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), np.bool_)


def like_neighbours(pixels: BoolHW, depth_m: DepthHW, limit_m: DepthHW) -> BoolHW:
    """(H, W) True for pixels without a jump to any of their 4 neighbours among ``pixels``."""
    filled = np.where(pixels, depth_m, np.float32(np.nan))
    padded = np.pad(filled, 1, constant_values=np.float32(np.nan))
    height, width = depth_m.shape
    smooth = pixels.copy()
    with np.errstate(invalid="ignore"):
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            other = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
            smooth &= ~(np.abs(other - filled) > limit_m)
    return smooth


def joined(core: BoolHW, allowed: BoolHW, depth_m: DepthHW, limit_m: DepthHW) -> BoolHW:
    """``core`` and all allowed pixels that it reaches, however far, without a jump in depth.

    A mask's rim is thrown away first, because a few of its pixels lie on what is behind; this takes back
    those that lie on the target's own surface, so that its size and its thin parts are kept.
    """
    smooth = like_neighbours(allowed, depth_m, limit_m)
    _, labels = cv2.connectedComponents(smooth.astype(np.uint8), connectivity=4)
    with_core = np.unique(labels[core & smooth])
    reached = np.isin(labels, with_core[with_core > 0]) | core
    # Pixels beside a jump were left out on both of its sides.
    return grown(reached, allowed, depth_m, limit_m, num_px=2)


def grown(core: BoolHW, allowed: BoolHW, depth_m: DepthHW, limit_m: DepthHW, *, num_px: int) -> BoolHW:
    """``core`` and the allowed pixels reached from it in ``num_px`` steps without a jump in depth."""
    reached = core.copy()
    height, width = core.shape
    for _ in range(num_px):
        padded = np.pad(np.where(reached, depth_m, np.float32(np.inf)), 1, constant_values=np.float32(np.inf))
        near = np.zeros(core.shape, np.bool_)
        with np.errstate(invalid="ignore"):
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                other = padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
                near |= np.abs(other - depth_m) <= limit_m
        added = near & allowed & ~reached
        if not added.any():
            break
        reached |= added
    return reached
