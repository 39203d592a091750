"""The COCO detector's raw outputs -> boxes (SSD, six grids, box code of the TensorFlow zoo)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

INPUT_SIDE = 300
NUM_CLASSES = 91
_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
_RATIOS = (1.0, 2.0, 0.5, 3.0, 1.0 / 3.0)

_DROPPED = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)  # COCO's numbers have holes where classes were dropped
_NAMES = """
person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,
parking meter,
bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,
skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,
wine glass,
cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,
potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,
refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush
"""
COCO_NAMES: dict[int, str] = dict(
    zip(
        (number for number in range(1, NUM_CLASSES) if number not in _DROPPED),
        _NAMES.replace("\n", "").split(","),
        strict=True,
    )
)


@dataclass(frozen=True)
class Detection:
    """One thing found: class name, score in [0, 1], box (x0, y0, x1, y1) as shares of the image."""

    name: str
    score: float
    box: tuple[float, float, float, float]


def detector_input(image_hwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W, 3) uint8 RGB -> (1, 3, 300, 300) in [-1, 1]; stretched, as the network was trained."""
    small = cv2.resize(image_hwc, (INPUT_SIDE, INPUT_SIDE)).astype(np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis])


def decode(
    outputs: Sequence[NDArray[np.float32]], *, min_score: float, max_overlap: float = 0.5
) -> list[Detection]:
    """Boxes and class logits of each grid, in turn -> detections, best first.

    Args:
        outputs: for each grid (1, A * 4, h, w) box codes and (1, A * 91, h, w) class logits.
        min_score: weaker ones are dropped.
        max_overlap: IoU above which the weaker of two boxes of one class is dropped.
    """
    boxes: list[NDArray[np.float32]] = []
    scores: list[NDArray[np.float32]] = []
    for level, (codes, logits) in enumerate(zip(outputs[0::2], outputs[1::2], strict=True)):
        height, width = codes.shape[2:]
        shapes = _anchor_shapes(level)
        code = codes.reshape(len(shapes), 4, height, width)
        anchor_h, anchor_w = (shapes[:, axis, np.newaxis, np.newaxis] for axis in (0, 1))
        centre_y = (np.arange(height)[:, np.newaxis] + 0.5) / height + code[:, 0] / 10.0 * anchor_h
        centre_x = (np.arange(width)[np.newaxis] + 0.5) / width + code[:, 1] / 10.0 * anchor_w
        half_h = 0.5 * anchor_h * np.exp(np.clip(code[:, 2] / 5.0, -5, 5))
        half_w = 0.5 * anchor_w * np.exp(np.clip(code[:, 3] / 5.0, -5, 5))
        corners = np.stack([centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h], -1)
        boxes.append(corners.reshape(-1, 4).clip(0.0, 1.0).astype(np.float32))
        of_classes = logits.reshape(len(shapes), NUM_CLASSES, height, width).transpose(0, 2, 3, 1)
        scores.append((1.0 / (1.0 + np.exp(-of_classes.reshape(-1, NUM_CLASSES)))).astype(np.float32))
    box_n4, score_nc = np.concatenate(boxes), np.concatenate(scores)
    found: list[Detection] = []
    for number, name in COCO_NAMES.items():
        chosen = np.flatnonzero(score_nc[:, number] >= min_score)
        if not chosen.size:
            continue
        xywh = np.concatenate([box_n4[chosen, :2], box_n4[chosen, 2:] - box_n4[chosen, :2]], axis=1)
        kept = cv2.dnn.NMSBoxes(
            (xywh * 1000).tolist(), score_nc[chosen, number].tolist(), min_score, max_overlap
        )
        for place in np.asarray(kept).reshape(-1):
            x0, y0, x1, y1 = (float(value) for value in box_n4[chosen[place]])
            found.append(Detection(name, float(score_nc[chosen[place], number]), (x0, y0, x1, y1)))
    return sorted(found, key=lambda item: -item.score)


def _anchor_shapes(level: int) -> NDArray[np.float32]:
    """(A, 2) heights and widths of a grid's anchors, as shares of the image."""
    scale = _SCALES[level]
    if level == 0:
        pairs = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
    else:
        pairs = [(scale, ratio) for ratio in _RATIOS] + [(float(np.sqrt(scale * _SCALES[level + 1])), 1.0)]
    return np.array([(side / np.sqrt(ratio), side * np.sqrt(ratio)) for side, ratio in pairs], np.float32)
