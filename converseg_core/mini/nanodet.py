"""NanoDet's raw outputs -> boxes: three grids, distances to the four sides as distributions."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.detector import COCO_NAMES, Detection

LONG_SIDE = 640
_MULTIPLE = 32
_NUM_CLASSES = 80
_NUM_BINS = 11
_NAMES = tuple(COCO_NAMES.values())
# Of blue, green, red: the network was trained on pictures as OpenCV reads them.
_MEAN = np.array([103.53, 116.28, 123.675], np.float32)
_STD = np.array([57.375, 57.12, 58.395], np.float32)


def nanodet_input(image_hwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 3) uint8 RGB -> (1, 3, h, w), normalised: the longer side 640, both multiples of 32."""
    height, width = image_hwc.shape[:2]
    scale = LONG_SIDE / max(height, width)
    inner = [max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height)]
    shrinks = scale < 1
    small = cv2.resize(image_hwc, inner, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    pixels = (small[..., ::-1].astype(np.float32) - _MEAN) / _STD
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])


def decode_nanodet(
    outputs: Sequence[NDArray[np.float32]], *, min_score: float, max_overlap: float = 0.55
) -> list[Detection]:
    """Class logits and distances of each grid -> detections, best first.

    Args:
        outputs: for each grid (cells of 8, 16 and 32 pixels) (1, 80 + 4 * 11, h, w).
        min_score: weaker ones are dropped.
        max_overlap: IoU above which the weaker of two boxes of one class is dropped.
    """
    boxes: list[NDArray[np.float32]] = []
    scores: list[NDArray[np.float32]] = []
    for raw in outputs:
        height, width = raw.shape[2:]
        score_chw = 1.0 / (1.0 + np.exp(-raw[0, :_NUM_CLASSES]))
        rows, columns = np.nonzero(score_chw.max(axis=0) >= min_score)
        bins = raw[0, _NUM_CLASSES:, rows, columns].reshape(-1, 4, _NUM_BINS)
        weights = np.exp(bins - bins.max(axis=2, keepdims=True))
        # Distances to the left, upper, right and lower side, in cells of the grid.
        away_n4 = (weights * np.arange(_NUM_BINS)).sum(axis=2) / weights.sum(axis=2)
        centre_n2 = np.stack([columns + 0.5, rows + 0.5], axis=1)
        corners = np.concatenate([centre_n2 - away_n4[:, :2], centre_n2 + away_n4[:, 2:]], axis=1)
        shares = (corners / np.array([width, height, width, height])).clip(0.0, 1.0)
        boxes.append(np.asarray(shares, np.float32))
        scores.append(np.asarray(score_chw[:, rows, columns].T, np.float32))
    box_n4, score_nc = np.concatenate(boxes), np.concatenate(scores)
    found: list[Detection] = []
    for number in np.flatnonzero((score_nc >= min_score).any(axis=0)):
        chosen = np.flatnonzero(score_nc[:, number] >= min_score)
        xywh = np.concatenate([box_n4[chosen, :2], box_n4[chosen, 2:] - box_n4[chosen, :2]], axis=1)
        values = score_nc[chosen, number]
        kept = cv2.dnn.NMSBoxes((xywh * 1000).tolist(), values.tolist(), min_score, max_overlap)
        for place in np.asarray(kept).reshape(-1):
            x0, y0, x1, y1 = (float(value) for value in box_n4[chosen[place]])
            found.append(Detection(_NAMES[number], float(values[place]), (x0, y0, x1, y1)))
    return sorted(found, key=lambda item: -item.score)
