"""Which classes of the cells count for what was asked."""

from __future__ import annotations

import numpy as np
import pytest

from converseg_core.mini.lexicon import NAMES
from converseg_core.mini.stretches import numbers_of, shares_of, sureness


def test_only_stuff_is_taken_and_each_name_once() -> None:
    assert [NAMES[number] for number in numbers_of(iter(["sky", "dog", "grass", "sky"]))] == ["sky", "grass"]


def test_what_is_alike_counts_a_little_and_nothing_else_does() -> None:
    cells = np.zeros((len(NAMES), 1, 4), np.float32)
    for column, name in enumerate(("wall", "tile wall", "sky", "brick wall")):
        cells[NAMES.index(name), 0, column] = 1.0
    share = shares_of(cells, numbers_of(["wall"]))
    assert share[0].tolist() == pytest.approx([1.0, 0.05, 0.0, 0.05])
    # Asked for both, neither counts twice.
    both = shares_of(cells, numbers_of(["wall", "tile wall"]))
    assert both[0].tolist() == pytest.approx([1.0, 1.0, 0.0, 0.05])


def test_a_picture_that_does_not_look_like_it_makes_a_class_less_sure() -> None:
    shares = np.zeros((3, 2, 2), np.float32)
    shares[:, 0, 1] = 0.4
    usual, often, never = sureness(shares, np.array([0.1, 0.6, -0.2], np.float32))
    assert usual == pytest.approx(0.4, abs=1e-5)
    assert often == pytest.approx(4 / 5, abs=1e-5)  # odds of 2 to 3, six times
    assert never == pytest.approx(1 / 16, abs=1e-5)  # a tenth of them: a chance of none is not believed
    assert sureness(np.zeros((1, 2, 2), np.float32), np.ones(1, np.float32))[0] < 0.01
