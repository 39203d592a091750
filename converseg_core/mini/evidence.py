"""What the trained networks are told: small pictures, detections painted on a grid, words as vectors."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.detector import COCO_NAMES, Detection
from converseg_core.mini.language import LanguageEncoder

HEIGHT, WIDTH = 192, 256
GRID_HW = (24, 32)
NUM_WORDS = 32
MIN_PAINTED_SCORE = 0.1
_MEAN = np.array([0.45, 0.42, 0.40], np.float32)
_STD = np.array([0.25, 0.25, 0.25], np.float32)
_NUMBER_OF = {name: number for number, name in enumerate(COCO_NAMES.values())}


def shrink(image_hwc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) -> (192, 256, 3), stretched."""
    return stretched(image_hwc, (HEIGHT, WIDTH))


def stretched(image_hwc: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) -> (height, width, 3), whatever its shape was; area filter where that shrinks."""
    height, width = size_hw
    shrinks = image_hwc.shape[0] >= height and image_hwc.shape[1] >= width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image_hwc, (width, height), interpolation=how), np.uint8)


def normalised(small_hwc: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(192, 256, 3) uint8 -> (1, 3, 192, 256) as the network was trained."""
    pixels = (small_hwc.astype(np.float32) / 255.0 - _MEAN) / _STD
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])


def paint(detections: Sequence[Detection]) -> NDArray[np.float32]:
    """(80, 24, 32): score of the best detection of each class that covers a cell's centre, else 0."""
    height, width = GRID_HW
    painted = np.zeros((len(COCO_NAMES), height, width), np.float32)
    for item in detections:
        x0, y0, x1, y1 = item.box
        columns = slice(int(np.ceil(x0 * width - 0.5)), max(int(np.floor(x1 * width - 0.5)) + 1, 0))
        rows = slice(int(np.ceil(y0 * height - 0.5)), max(int(np.floor(y1 * height - 0.5)) + 1, 0))
        if columns.start >= columns.stop or rows.start >= rows.stop:
            # Smaller than a cell: the cell that holds its centre.
            column, row = (
                min(int((x0 + x1) / 2 * width), width - 1),
                min(int((y0 + y1) / 2 * height), height - 1),
            )
            columns, rows = slice(column, column + 1), slice(row, row + 1)
        area = painted[_NUMBER_OF[item.name], rows, columns]
        np.maximum(area, item.score, out=area)
    return painted


def read_words(language: LanguageEncoder, prompt: str) -> NDArray[np.float32]:
    """(L, 768), L <= NUM_WORDS: each word's state in MiniLM's last layer, and what it started as."""
    states, started, is_word = language.read(prompt)
    kept = is_word if is_word.any() else np.ones_like(is_word)
    return np.concatenate([states[kept], started[kept]], axis=1)[:NUM_WORDS].astype(np.float32)
