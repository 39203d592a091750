"""Points of a truth at the image's own resolution, for losses that look at borders."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.embedded.letterbox import Letterbox


def sampled_points(
    mask_hw: NDArray[np.bool_], letterbox: Letterbox, num_points: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pixels of the image, three in four near the mask's border where it has one.

    Returns:
        (p, 2) x and y in the canvas, [0, 1] from edge to edge; (p,) 1 for inside.
    """
    if num_points == 0:
        return np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
    height, width = mask_hw.shape
    rows = rng.integers(0, height, num_points)
    cols = rng.integers(0, width, num_points)
    filled = mask_hw.astype(np.uint8)
    border = np.argwhere(cv2.morphologyEx(filled, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    if len(border):
        num_near = num_points * 3 // 4
        reach = max(2.0, 0.01 * max(height, width))
        near = border[rng.integers(0, len(border), num_near)] + rng.normal(0, reach, (num_near, 2))
        rows[:num_near] = near[:, 0].round().clip(0, height - 1)
        cols[:num_near] = near[:, 1].round().clip(0, width - 1)
    (inner_height, inner_width), (top, left) = letterbox.inner_hw, letterbox.top_left
    x = (left + (cols + 0.5) * inner_width / width) / letterbox.canvas_width
    y = (top + (rows + 0.5) * inner_height / height) / letterbox.canvas_height
    return np.stack([x, y], axis=1).astype(np.float32), mask_hw[rows, cols].astype(np.float32)
