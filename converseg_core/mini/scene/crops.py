"""Things and parts cut out of a picture at one size, with their masks: what a glance at each is given.

Legend of shape suffixes: k things or parts, h, w, c.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.evidence import stretched

FULL_HW = (240, 320)
"""Pictures are brought to this size first."""
SIZE = 48
MARGIN = 1.3
"""A crop is a square; its side is the longer side of the mask's box times this."""
LEAST_SIDE = 16.0
"""Shortest side, in pixels of the full picture."""
NUM_LEVELS = 3


def full_picture(image_hwc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) -> (240, 320, 3), stretched."""
    return stretched(image_hwc, FULL_HW)


def pyramid(full_hwc: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The full picture, its half and its quarter."""
    levels = [full_hwc]
    for _ in range(NUM_LEVELS - 1):
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.uint8))
    return levels


def box_of(mask_hw: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Centre x, y and side of a mask's crop, in pixels of the full picture; the middle for no mask."""
    height, width = FULL_HW
    columns, rows = np.flatnonzero(mask_hw.any(axis=0)), np.flatnonzero(mask_hw.any(axis=1))
    if not len(columns):
        return width / 2, height / 2, float(height)
    scale_x, scale_y = width / mask_hw.shape[1], height / mask_hw.shape[0]
    left, right = columns[0] * scale_x, (columns[-1] + 1) * scale_x
    top, bottom = rows[0] * scale_y, (rows[-1] + 1) * scale_y
    side = max(MARGIN * max(right - left, bottom - top), LEAST_SIDE)
    return (left + right) / 2, (top + bottom) / 2, side


def crop(
    levels: Sequence[NDArray[np.uint8]],
    mask_hw: NDArray[np.bool_],
    box: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """(4, 48, 48) uint8: red, green, blue, and 255 where the mask is; edges of the picture are repeated.

    Args:
        levels: of :func:`pyramid`.
        mask_hw: the thing's mask over the whole picture, at any size.
        box: centre x, y and side in pixels of the full picture.
    """
    height, width = FULL_HW
    x, y, side = box
    level = int(np.clip(np.floor(np.log2(side / SIZE)), 0, len(levels) - 1))
    out = np.empty((4, SIZE, SIZE), np.uint8)
    pixels = _window(levels[level], x / 2**level, y / 2**level, side / 2**level, side / 2**level, True)
    out[:3] = pixels.transpose(2, 0, 1)
    scale_x, scale_y = mask_hw.shape[1] / width, mask_hw.shape[0] / height
    inside = mask_hw.astype(np.uint8) * np.uint8(255)
    out[3] = _window(inside, x * scale_x, y * scale_y, side * scale_x, side * scale_y, False)
    return out


def _window(
    image: NDArray[np.uint8], x: float, y: float, wide: float, high: float, repeats: bool
) -> NDArray[np.uint8]:
    scale_x, scale_y = wide / SIZE, high / SIZE
    to_image = np.array(
        [
            [scale_x, 0, x - wide / 2 + 0.5 * scale_x - 0.5],
            [0, scale_y, y - high / 2 + 0.5 * scale_y - 0.5],
        ],
        np.float64,
    )
    return np.asarray(
        cv2.warpAffine(
            image,
            to_image,
            (SIZE, SIZE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if repeats else cv2.BORDER_CONSTANT,
        )
    )


def crops(
    full_hwc: NDArray[np.uint8], masks_khw: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """(K, 4, 48, 48) of all things of a picture, and (K,) logarithms of their sides over ``SIZE``."""
    levels = pyramid(full_hwc)
    boxes = [box_of(mask) for mask in masks_khw]
    cut = np.zeros((len(boxes), 4, SIZE, SIZE), np.uint8)
    for number, box in enumerate(boxes):
        cut[number] = crop(levels, masks_khw[number], box)
    return cut, np.log(np.array([side for _, _, side in boxes], np.float32) / SIZE)
