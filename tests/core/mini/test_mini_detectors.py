"""NanoDet's boxes, and what two detectors say together, on outputs small enough to compute by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.mini.agreement import Agreement, agreed, overlap, pairs
from converseg_core.mini.colors import color_share, inner_pixels
from converseg_core.mini.detector import Detection
from converseg_core.mini.nanodet import decode_nanodet, nanodet_input

_CUP = Detection("cup", 0.6, (0.1, 0.1, 0.3, 0.3))


def _heads() -> list[NDArray[np.float32]]:
    """A dog in row 2, column 3 of the middle grid of a 640x480 picture: two cells to each side."""
    heads = [np.full((1, 124, 480 // stride, 640 // stride), -9.0, np.float32) for stride in (8, 16, 32)]
    heads[1][0, 16, 2, 3] = 2.0
    bins = heads[1][0, 80:].reshape(4, 11, 30, 40)
    bins[:, 2, 2, 3] = 20.0
    return heads


def test_distances_become_a_box() -> None:
    (found,) = decode_nanodet(_heads(), min_score=0.5)
    assert found.name == "dog"
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-6)
    assert found.box == pytest.approx((1.5 / 40, 0.5 / 30, 5.5 / 40, 4.5 / 30), abs=1e-5)
    heads = _heads()
    heads[0][0, 16, 5, 7] = 1.0  # the same dog on the finer grid: at half the size of a cell, four cells
    heads[0][0, 80:].reshape(4, 11, 60, 80)[:, 4, 5, 7] = 20.0
    assert [item.score for item in decode_nanodet(heads, min_score=0.5)] == [found.score]


@pytest.mark.parametrize(("height", "width", "inner"), [(480, 640, (480, 640)), (500, 333, (640, 416))])
def test_pictures_fill_the_long_side(height: int, width: int, inner: tuple[int, int]) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = 255  # red comes last
    ready = nanodet_input(image)
    assert ready.shape == (1, 3, *inner)
    assert ready[0, 2].min() > 2.0 > -1.5 > ready[0, 0].max()


def test_what_both_see_is_surer_than_what_one_sees() -> None:
    near = Detection("cup", 0.5, (0.12, 0.1, 0.32, 0.3))
    apart = Detection("cup", 0.5, (0.6, 0.1, 0.8, 0.3))
    other = Detection("dog", 0.5, _CUP.box)
    assert overlap(_CUP.box, near.box) == pytest.approx(0.18 / 0.22)
    (mean, *rest) = pairs([_CUP], [near, apart, other])
    assert mean[0] == "cup" and mean[2] == (0.6, 0.5)
    assert mean[1] == pytest.approx((0.1 + 0.02 * 5 / 11, 0.1, 0.3 + 0.02 * 5 / 11, 0.3))
    assert [name for name, _, _ in rest] == ["cup", "dog"]
    assert rest[0][1] == pytest.approx(apart.box) and rest[1][1] == pytest.approx(other.box)
    assert {scores for _, _, scores in rest} == {(0.0, 0.5)}
    (both,) = agreed([_CUP], [near], Agreement(), min_score=0.05)
    (first,) = agreed([_CUP], [], Agreement(), min_score=0.05)
    (second,) = agreed([], [near], Agreement(), min_score=0.05)
    assert both.score > max(first.score, second.score)
    assert min(first.score, second.score) > 0.0


def test_a_colour_is_that_of_the_inner_part() -> None:
    image = np.full((100, 100, 3), 240, np.uint8)
    image[30:70, 30:70] = (205, 35, 30)
    box = (0.25, 0.25, 0.75, 0.75)
    assert color_share(inner_pixels(image, box), "red") > 0.9
    assert color_share(inner_pixels(image, box), "white") < 0.2
    assert color_share(inner_pixels(image, (0.0, 0.0, 0.2, 0.2)), "white") == 1.0
    assert color_share(np.zeros((0, 3), np.uint8), "red") == 0.0
