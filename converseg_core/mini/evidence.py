"""What the fusion network is told: detections painted on a grid, words as vectors, which names they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class PromptEvidence:
    """One prompt in numbers.

    Attributes:
        words_le: (L, 768), each word's state in MiniLM's last layer and what it started as; L <= NUM_WORDS.
        sentence_k: (80,) similarity of each class name to the sentence.
        nearest_k: (80,) similarity of each class name to its nearest word.
    """

    words_le: NDArray[np.float32]
    sentence_k: NDArray[np.float32]
    nearest_k: NDArray[np.float32]


def shrink(image_hwc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) -> (192, 256, 3), stretched; area filter where that shrinks."""
    shrinks = image_hwc.shape[0] >= HEIGHT and image_hwc.shape[1] >= WIDTH
    small = cv2.resize(
        image_hwc, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(small, np.uint8)


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


def read_prompt(language: LanguageEncoder, prompt: str, names_ke: NDArray[np.float32]) -> PromptEvidence:
    """One prompt against the class names' unit vectors (80, 384)."""
    states, started, is_word = language.read(prompt)
    sentence = states.mean(axis=0)
    sentence = sentence / max(float(np.linalg.norm(sentence)), 1e-12)
    kept = is_word if is_word.any() else np.ones_like(is_word)
    states, started = states[kept][:NUM_WORDS], started[kept][:NUM_WORDS]
    directions = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12)
    return PromptEvidence(
        words_le=np.concatenate([states, started], axis=1).astype(np.float32),
        sentence_k=np.asarray(names_ke @ sentence, np.float32),
        nearest_k=np.asarray((names_ke @ directions.T).max(axis=1), np.float32),
    )
