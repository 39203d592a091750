"""The outline goes to where the colours change, and only if the answered one lay there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from converseg_core.tracking.rim import edge_share, to_colour_edges
from tests.core.tracking.scenes import iou, picture

SQUARE = np.ones((3, 3), dtype=np.uint8)


@pytest.mark.parametrize("change", [cv2.erode, cv2.dilate])
def test_a_pixel_too_little_or_too_much_is_put_right(change: type[cv2.erode]) -> None:
    scene = picture()
    wrong = np.asarray(change(scene.mask.astype(np.uint8), SQUARE)) > 0
    assert iou(wrong, scene.mask) < 0.95
    assert iou(to_colour_edges(scene.rgb, wrong, wrong.astype(np.float32)), scene.mask) > 0.98


def test_where_colours_do_not_change_the_mask_stays() -> None:
    rgb = np.full((60, 80, 3), 120, dtype=np.uint8)
    mask = np.zeros((60, 80), dtype=np.bool_)
    mask[20:40, 30:60] = True
    assert np.array_equal(to_colour_edges(rgb, mask, mask.astype(np.float32)), mask)
    assert edge_share(rgb, mask) is None


def test_no_pixel_stays_no_pixel() -> None:
    scene = picture()
    nothing = np.zeros_like(scene.mask)
    assert not to_colour_edges(scene.rgb, nothing, nothing.astype(np.float32)).any()
    assert edge_share(scene.rgb, nothing) is None


def test_a_mask_on_the_edges_says_so_and_one_beside_them_does_not() -> None:
    scene = picture()
    share = edge_share(scene.rgb, scene.mask)
    assert share is not None
    assert share == pytest.approx(0.5, abs=0.11)
    assert edge_share(scene.rgb, np.roll(scene.mask, 2, axis=1)) is None
