"""A row's picture with its answer: tinted, outlined, and nothing else touched."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.overlay import paint_mask
from converseg_engine.audit.sample import AuditRow


def with_mask(row: AuditRow, *, width: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB, ``width`` pixels wide: the picture, the answer tinted and outlined."""
    pixels = row.picture.pixels()
    height = round(pixels.shape[0] * width / pixels.shape[1])
    large = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    if row.question.no_target:
        return large
    mask = row.question.mask(row.picture.height, row.picture.width)
    large_mask = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    painted: NDArray[np.uint8] = paint_mask(large, large_mask)
    return painted
