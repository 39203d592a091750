"""Which peaks of the heat maps are things and parts of their own.

Legend of shape suffixes: k candidates, things first, then parts; h, w.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

NUM_THINGS, NUM_PARTS = 24, 40
MIN_HEAT = 0.12
MIN_CELLS = 3
SAME_IOU = 0.6
SAME_AS_THING_IOU = 0.85


def peaks(
    heat_hw: NDArray[np.float32], count: int, *, min_heat: float = MIN_HEAT
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Cells (row * width + column) of at most ``count`` local maxima, highest first, and their heat."""
    highest = cv2.dilate(heat_hw, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((heat_hw >= highest) & (heat_hw >= min_heat))
    heat = heat_hw[rows, columns]
    order = np.argsort(-heat, kind="stable")[:count]
    return (rows * heat_hw.shape[1] + columns)[order].astype(np.int64), heat[order]


def distinct(
    masks_khw: NDArray[np.bool_], logits_khw: NDArray[np.float32], heat_k: NDArray[np.float32]
) -> list[int]:
    """Numbers of the candidates that are no second sight of another; ascending.

    Args:
        masks_khw: ``NUM_THINGS`` things, then ``NUM_PARTS`` parts.
        logits_khw: what the masks were cut from, at 0.
        heat_k: heat of each; 0 where there is no candidate.
    """
    flat = masks_khw.reshape(len(masks_khw), -1).astype(np.float32)
    area = flat.sum(axis=1)
    common = flat @ flat.T
    iou = common / np.maximum(area[:, None] + area[None] - common, 1)
    inside = np.where(masks_khw, logits_khw, 0).reshape(len(masks_khw), -1).sum(axis=1) / np.maximum(area, 1)
    score = heat_k / (1 + np.exp(-inside))
    kept: list[int] = []
    for number in np.argsort(-score, kind="stable").tolist():
        if heat_k[number] <= 0 or area[number] < MIN_CELLS:
            continue
        same_kind = [other for other in kept if (other < NUM_THINGS) == (number < NUM_THINGS)]
        if all(iou[number, other] < SAME_IOU for other in same_kind):
            kept.append(number)
    things = [number for number in kept if number < NUM_THINGS]
    parts = [
        number
        for number in kept
        if number >= NUM_THINGS and all(iou[number, other] < SAME_AS_THING_IOU for other in things)
    ]
    return sorted(things) + sorted(parts)
