"""Crops of things: where they are cut, how large, and what lies beyond the picture."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.scene.crops import (
    FULL_HW,
    LEAST_SIDE,
    MARGIN,
    OUTSIDE,
    SIZE,
    box_of,
    crop,
    crops,
    full_picture,
    paste,
    pyramid,
    window,
)


def mask(rows: slice, columns: slice) -> NDArray[np.bool_]:
    """On the network's grid of 96x128 cells, each 2.5 pixels of the full picture."""
    inside = np.zeros((96, 128), bool)
    inside[rows, columns] = True
    return inside


def test_the_box_is_a_square_round_the_mask() -> None:
    x, y, side = box_of(mask(slice(40, 56), slice(20, 60)))
    assert (x, y) == (100.0, 120.0)
    assert side == pytest.approx(MARGIN * 100)


def test_a_speck_is_seen_with_what_is_round_it() -> None:
    assert box_of(mask(slice(10, 11), slice(10, 11)))[2] == LEAST_SIDE


def test_no_mask_is_the_middle_of_the_picture() -> None:
    assert box_of(np.zeros((96, 128), bool)) == (160.0, 120.0, 240.0)


@pytest.mark.parametrize("half_side", [5, 12, 30, 36])
def test_a_red_square_fills_the_same_share_of_its_crop_at_any_size(half_side: int) -> None:
    image = np.zeros((*FULL_HW, 3), np.uint8)
    inside = mask(slice(48 - half_side, 48 + half_side), slice(64 - half_side, 64 + half_side))
    image[np.kron(inside, np.ones((5, 5), bool))[::2, ::2], 0] = 255
    cut = crop(pyramid(image), inside, box_of(inside))
    assert cut.shape == (4, SIZE, SIZE)
    assert cut[0].mean() / 255 == pytest.approx(1 / MARGIN**2, abs=0.06)
    assert cut[3].mean() / 255 == pytest.approx(1 / MARGIN**2, abs=0.06)
    assert cut[1:3].max() == 0
    assert np.abs(cut[0].astype(int) - cut[3]).mean() < 16  # the mask lies on what it is the mask of


def test_beyond_the_picture_its_edge_goes_on_and_the_mask_does_not() -> None:
    image = np.full((*FULL_HW, 3), 90, np.uint8)
    inside = mask(slice(0, 96), slice(0, 20))
    cut = crop(pyramid(image), inside, box_of(inside))
    assert (cut[:3] == 90).all()
    assert (cut[3, :, : SIZE // 4] == 0).all()
    assert cut[3].max() == 255


def test_crops_of_all_things_and_their_sides() -> None:
    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
    masks = np.stack([mask(slice(10, 20), slice(10, 20)), mask(slice(0, 90), slice(0, 100))])
    cut, log_sides, boxes = crops(full_picture(image), masks)
    assert cut.shape == (2, 4, SIZE, SIZE)
    assert np.exp(log_sides) * SIZE == pytest.approx([MARGIN * 25, MARGIN * 250], rel=1e-5)
    assert boxes == [box_of(item) for item in masks]


def test_of_nothing_there_are_no_crops() -> None:
    cut, log_sides, boxes = crops(np.zeros((*FULL_HW, 3), np.uint8), np.zeros((0, 96, 128), bool))
    assert cut.shape == (0, 4, SIZE, SIZE)
    assert log_sides.shape == (0,)
    assert boxes == []


@pytest.mark.parametrize("box", [(100.0, 90.0, 40.0), (30.5, 200.25, 90.0), (160.0, 120.0, 300.0)])
def test_what_was_cut_out_is_put_back_where_it_was(box: tuple[float, float, float]) -> None:
    y, x = np.mgrid[: FULL_HW[0], : FULL_HW[1]]
    far = np.hypot(x + 0.5 - box[0], y + 0.5 - box[1])
    disc = ((far < box[2] * 0.35) * 255).astype(np.uint8)
    back = paste(window(disc, box, SIZE).astype(np.float32) - 127.5, box)
    inside = back > 0
    assert (inside & (disc > 0)).sum() / (inside | (disc > 0)).sum() > 0.93
    assert (back[far > box[2]] == OUTSIDE).all()


def test_numbers_of_things_are_never_mixed() -> None:
    owner = np.zeros(FULL_HW, np.uint8)
    owner[:, 150:] = 9
    assert set(np.unique(window(owner, (150.0, 100.0, 37.0), 32, nearest=True))) == {0, 9}
