"""Which peaks and masks count as things of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import NUM_PARTS, NUM_THINGS, distinct, peaks


def test_peaks_are_local_and_come_highest_first() -> None:
    heat = np.zeros((6, 8), np.float32)
    heat[1, 2], heat[1, 3] = 0.9, 0.8  # neighbours: one peak
    heat[4, 6] = 0.95
    heat[5, 0] = 0.05  # too cool
    cells, scores = peaks(heat, 5)
    assert cells.tolist() == [4 * 8 + 6, 1 * 8 + 2]
    assert scores == pytest.approx([0.95, 0.9])
    assert peaks(heat, 1)[0].tolist() == [4 * 8 + 6]


def _masks() -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.float32]]:
    logits = np.full((NUM_THINGS + NUM_PARTS, 12, 16), -4.0, np.float32)
    heat = np.zeros(len(logits), np.float32)
    logits[0, 2:8, 2:8], heat[0] = 4.0, 0.9
    logits[1, 2:8, 2:7], heat[1] = 4.0, 0.7  # nearly the same thing, less sure
    logits[2, 9:11, 10:14], heat[2] = 4.0, 0.5
    logits[3, 0, 0], heat[3] = 4.0, 0.9  # a speck
    part = NUM_THINGS
    logits[part, 2:8, 2:8], heat[part] = 4.0, 0.9  # the whole thing once more
    logits[part + 1, 2:4, 2:8], heat[part + 1] = 4.0, 0.4
    return logits > 0, logits, heat


def test_second_sights_specks_and_parts_that_are_the_whole_are_dropped() -> None:
    assert distinct(*_masks()) == [0, 2, NUM_THINGS + 1]


def test_the_surer_of_two_sights_stays() -> None:
    masks, logits, heat = _masks()
    heat[0] = 0.1
    assert distinct(masks, logits, heat)[:2] == [1, 2]
    assert distinct(masks, logits, np.zeros_like(heat)) == []
