"""A row's picture with its answer: lightly tinted, outlined, and boxed where it is easily overlooked."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.overlay import paint_mask
from converseg_engine.audit.sample import AuditRow

SMALL_SHARE = 0.004
"""Answers under this share of the picture get a box round them."""
AMBER_RGB = (255, 176, 0)


def with_mask(row: AuditRow, *, width: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB, ``width`` pixels wide: the picture, the answer tinted and outlined."""
    pixels = row.picture.pixels()
    height = round(pixels.shape[0] * width / pixels.shape[1])
    large = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    if row.question.no_target:
        return large
    mask = row.question.mask(row.picture.height, row.picture.width)
    large_mask = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    # The tint is light: whether "the red ones" are red must be seen through it.
    painted: NDArray[np.uint8] = paint_mask(large, large_mask, fill_alpha=0.15)
    if mask.mean() < SMALL_SHARE:
        ys, xs = np.nonzero(large_mask)
        margin = width // 60
        low = (int(xs.min()) - margin, int(ys.min()) - margin)
        cv2.rectangle(painted, low, (int(xs.max()) + margin, int(ys.max()) + margin), AMBER_RGB, 1)
    return painted
