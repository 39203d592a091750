"""Corners of a picture: what is cut out, and where what was drawn in them ends up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.mini.cell_features import between
from converseg_core.mini.scene.crops import OUTSIDE
from converseg_core.mini.scene.tiles import HEAT, TILES, Tile, cut, cut_grid, put_back

BOTTOM_RIGHT = Tile(0.25, 0.25, 0.75)


def test_the_corners_cover_the_picture_and_each_shows_three_quarters_of_its_sides() -> None:
    counts = np.zeros((96, 128), int)
    for tile in TILES:
        own = np.arange(96 * 128).reshape(96, 128, 1)
        shown = cut(own.astype(np.uint8), tile)
        assert shown.shape == (72, 96, 1)
        counts += np.isin(own[..., 0], cut(own, tile))
    assert counts.min() == 1 and counts.max() == 4
    assert counts[48, 64] == 4


def test_features_of_a_corner_are_those_of_its_cells() -> None:
    grid = np.arange(16, dtype=np.float32).reshape(1, 1, 1, 16) * np.ones((1, 2, 12, 1), np.float32)
    corner = cut_grid(grid, BOTTOM_RIGHT)
    assert corner.shape == grid.shape
    # A ramp of one a cell stays a ramp, of 0.75 a cell, from where the corner begins; its end is repeated.
    assert corner[0, 1, 5, :15] == pytest.approx(4 + 0.75 * (np.arange(15) + 0.5) - 0.5)
    assert corner[0, 1, 5, 15] == 15


def test_the_whole_as_a_tile_changes_nothing() -> None:
    assert between(10, 10) == pytest.approx(np.eye(10))
    grid = np.random.default_rng(0).random((1, 3, 10, 10), np.float32)
    assert cut_grid(grid, Tile(0, 0, 1)) == pytest.approx(grid)


def drawn(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    logits = np.full((1, 96, 128), -3.0, np.float32)
    logits[0, top:bottom, left:right] = 4.0
    return logits


def test_what_was_drawn_in_a_corner_is_put_where_the_corner_is() -> None:
    whole, heat = put_back(drawn(48, 72, 64, 96), np.array([0.5], np.float32), BOTTOM_RIGHT)
    assert heat == pytest.approx([0.5 * HEAT])
    rows, columns = np.nonzero(whole[0] > 0)
    assert (rows.min(), rows.max() + 1) == (24 + 36, 24 + 54)
    assert (columns.min(), columns.max() + 1) == (32 + 48, 32 + 72)
    assert (whole[0, :24] == OUTSIDE).all() and (whole[0, :, :32] == OUTSIDE).all()
    assert (whole[0, 24:30, 32:40] == -3).all()


def test_what_a_corner_cuts_counts_for_nothing_and_what_the_picture_cuts_does() -> None:
    heat = np.array([0.5], np.float32)
    assert put_back(drawn(0, 20, 50, 70), heat, BOTTOM_RIGHT)[1] == 0  # goes on above the corner
    assert put_back(drawn(40, 60, 0, 20), heat, BOTTOM_RIGHT)[1] == 0  # and on its left
    assert put_back(drawn(80, 96, 110, 128), heat, BOTTOM_RIGHT)[1] > 0  # the picture ends there
    assert put_back(drawn(0, 20, 0, 20), heat, Tile(0, 0, 0.75))[1] > 0
    assert put_back(drawn(80, 96, 50, 70), heat, Tile(0, 0, 0.75))[1] == 0
    assert put_back(drawn(40, 60, 110, 128), heat, Tile(0, 0, 0.75))[1] == 0


def test_where_nothing_was_found_nothing_is_put_back() -> None:
    logits, heat = np.zeros((0, 96, 128), np.float32), np.zeros(0, np.float32)
    whole, scores = put_back(logits, heat, BOTTOM_RIGHT)
    assert whole.shape == (0, 96, 128) and scores.shape == (0,)


@given(
    top=st.integers(0, 40),
    left=st.integers(0, 40),
    share=st.integers(5, 60),
    height=st.integers(1, 500),
    width=st.integers(1, 500),
)
def test_any_tile_of_any_picture_has_pixels(top: int, left: int, share: int, height: int, width: int) -> None:
    shown = cut(np.zeros((height, width, 3), np.uint8), Tile(top / 100, left / 100, share / 100))
    assert shown.size
    for size, whole in zip(shown.shape, (height, width), strict=False):
        assert abs(size - share / 100 * whole) <= 1
