"""Which peaks and masks count as things of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import NUM_THINGS, distinct, peaks, sureness, told_apart


def test_peaks_are_local_and_come_highest_first() -> None:
    heat = np.zeros((6, 8), np.float32)
    heat[1, 2], heat[1, 3] = 0.9, 0.8  # neighbours: one peak
    heat[4, 6] = 0.95
    heat[5, 0] = 0.05  # too cool
    cells, scores = peaks(heat, 5)
    assert cells.tolist() == [4 * 8 + 6, 1 * 8 + 2]
    assert scores == pytest.approx([0.95, 0.9])
    assert peaks(heat, 1)[0].tolist() == [4 * 8 + 6]


def _masks() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    logits = np.full((NUM_THINGS, 12, 16), -4.0, np.float32)
    heat = np.zeros(len(logits), np.float32)
    logits[0, 2:8, 2:8], heat[0] = 4.0, 0.9
    logits[1, 2:8, 2:7], heat[1] = 4.0, 0.7  # nearly the same thing, less sure
    logits[2, 9:11, 10:14], heat[2] = 4.0, 0.5
    logits[3, 0, 0], heat[3] = 4.0, 0.9  # a speck
    return logits, heat


def test_second_sights_and_specks_are_dropped() -> None:
    logits, heat = _masks()
    assert distinct(logits > 0, sureness(logits, heat)) == [0, 2]


def test_the_surer_of_two_sights_stays() -> None:
    logits, heat = _masks()
    heat[0] = 0.1
    assert distinct(logits > 0, sureness(logits, heat)) == [1, 2]
    assert distinct(logits > 0, sureness(logits, np.zeros_like(heat))) == []
    # Half-hearted masks count less than their heat.
    logits[1] = np.where(logits[1] > 0, 0.1, logits[1])
    heat[0], heat[1] = 0.6, 0.9
    assert distinct(logits > 0, sureness(logits, heat)) == [0, 2]


def test_of_no_masks_none_is_kept() -> None:
    none = np.zeros((0, 12, 16), np.float32)
    assert distinct(none > 0, sureness(none, np.zeros(0, np.float32))) == []
    assert told_apart(none, np.zeros(0, np.float32)).shape == (0, 12, 16)


def test_sights_of_one_thing_are_drawn_together() -> None:
    logits, heat = _masks()
    once = told_apart(logits, heat)
    assert (once > 0).reshape(2, -1).sum(1).tolist() == [36, 8]  # the surer one decides on the column
    doubtful = logits.copy()
    doubtful[0, 2:8, 7] = 0.5
    both = told_apart(doubtful, heat)
    assert (both > 0).reshape(2, -1).sum(1).tolist() == [30, 8]
    assert np.array_equal(both[1], doubtful[2])


def test_where_nothing_is_warm_nothing_is_told_apart() -> None:
    logits, heat = _masks()
    assert len(told_apart(logits, np.zeros_like(heat))) == 0
