"""Things cut out of a picture at one size, with their masks, and what was drawn in such a crop put back.

Legend of shape suffixes: k things, h, w, c.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.evidence import stretched

FULL_HW = (240, 320)
"""Pictures are brought to this size first."""
SIZE = 64
MARGIN = 1.3
"""A crop is a square; its side is the longer side of the mask's box times this."""
LEAST_SIDE = 16.0
"""Shortest side, in pixels of the full picture."""
NUM_LEVELS = 3
OUTSIDE = -8.0
"""Logit of what lies beyond a crop."""

Box = tuple[float, float, float]
"""Centre x, y and side of a crop, in pixels of the full picture."""


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


def box_of(mask_hw: NDArray[np.bool_]) -> Box:
    """The crop of a mask; the middle of the picture for no mask."""
    height, width = FULL_HW
    columns, rows = np.flatnonzero(mask_hw.any(axis=0)), np.flatnonzero(mask_hw.any(axis=1))
    if not len(columns):
        return width / 2, height / 2, float(height)
    scale_x, scale_y = width / mask_hw.shape[1], height / mask_hw.shape[0]
    left, right = columns[0] * scale_x, (columns[-1] + 1) * scale_x
    top, bottom = rows[0] * scale_y, (rows[-1] + 1) * scale_y
    side = max(MARGIN * max(right - left, bottom - top), LEAST_SIDE)
    return (left + right) / 2, (top + bottom) / 2, side


def crop(levels: Sequence[NDArray[np.uint8]], mask_hw: NDArray[np.bool_], box: Box) -> NDArray[np.uint8]:
    """(4, 64, 64) uint8: red, green, blue, and 255 where the mask is; edges of the picture are repeated.

    Args:
        levels: of :func:`pyramid`.
        mask_hw: the thing's mask over the whole picture, at any size.
        box: where.
    """
    level = int(np.clip(np.floor(np.log2(box[2] / SIZE)), 0, len(levels) - 1))
    out = np.empty((4, SIZE, SIZE), np.uint8)
    pixels = window(levels[level], box, SIZE, repeats=True)
    out[:3] = pixels.transpose(2, 0, 1)
    out[3] = window(mask_hw.astype(np.uint8) * np.uint8(255), box, SIZE)
    return out


def window(
    image: NDArray[np.uint8], box: Box, size: int, *, repeats: bool = False, nearest: bool = False
) -> NDArray[np.uint8]:
    """(size, size) or (size, size, C) of what lies in a crop.

    Args:
        image: over the whole picture, at any size.
        box: where.
        size: cells a side.
        repeats: whether the picture's edges go on beyond it; 0 is there if not.
        nearest: whether values are numbers of things, which can't be mixed.
    """
    moved = np.array(_to_picture(box, size, (image.shape[0], image.shape[1])))
    return np.asarray(
        cv2.warpAffine(
            image,
            moved,
            (size, size),
            flags=(cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if repeats else cv2.BORDER_CONSTANT,
        )
    )


def paste(
    logits_ss: NDArray[np.float32], box: Box, size_hw: tuple[int, int] = FULL_HW
) -> NDArray[np.float32]:
    """(H, W) logits over the whole picture of what was drawn in a crop; ``OUTSIDE`` beyond it."""
    moved = np.array(_to_picture(box, logits_ss.shape[0], size_hw))
    return np.asarray(
        cv2.warpAffine(
            logits_ss,
            moved,
            size_hw[::-1],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=OUTSIDE,
        )
    )


def _to_picture(box: Box, size: int, size_hw: tuple[int, int]) -> list[list[float]]:
    """From cells of a crop to those of an image over the whole picture; their centres are whole numbers."""
    x, y, side = box
    scale_x, scale_y = size_hw[1] / FULL_HW[1], size_hw[0] / FULL_HW[0]
    step_x, step_y = side * scale_x / size, side * scale_y / size
    return [
        [step_x, 0, x * scale_x - size * step_x / 2 + 0.5 * step_x - 0.5],
        [0, step_y, y * scale_y - size * step_y / 2 + 0.5 * step_y - 0.5],
    ]


def crops(
    full_hwc: NDArray[np.uint8], masks_khw: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.float32], list[Box]]:
    """Crops (K, 4, 64, 64) of all things of a picture, logarithms (K,) of their sides over 64, and where."""
    levels = pyramid(full_hwc)
    boxes = [box_of(mask) for mask in masks_khw]
    cut = np.zeros((len(boxes), 4, SIZE, SIZE), np.uint8)
    for number, box in enumerate(boxes):
        cut[number] = crop(levels, masks_khw[number], box)
    return cut, np.log(np.array([side for _, _, side in boxes], np.float32) / SIZE), boxes
