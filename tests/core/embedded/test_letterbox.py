"""Letterbox geometry: what goes in comes back to its own place, at any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.embedded.letterbox import Letterbox


def test_wide_image_is_padded_above_and_below():
    letterbox = Letterbox(100, 400, 192, 256)
    assert letterbox.inner_hw == (64, 256)
    assert letterbox.top_left == (64, 0)
    canvas = letterbox.apply(np.full((100, 400, 3), 200, np.uint8))
    assert canvas.shape == (192, 256, 3)
    assert not canvas[:64].any()
    assert not canvas[128:].any()
    assert (canvas[64:128] == 200).all()


def test_same_size_is_the_identity():
    image = np.random.default_rng(0).integers(0, 256, (192, 256, 3), np.uint8)
    assert (Letterbox(192, 256, 192, 256).apply(image) == image).all()
    map_hw = image[..., 0].astype(np.float32)
    np.testing.assert_allclose(Letterbox(192, 256, 192, 256).restore(map_hw), map_hw, atol=1e-4)


def test_a_linear_ramp_comes_back_without_a_shift():
    """A ramp over the image, sampled on the canvas at half resolution, must be the same ramp again."""
    letterbox = Letterbox(480, 640, 192, 256)
    columns = (np.arange(128) + 0.5) / 128 * 640
    ramp = np.tile(columns.astype(np.float32), (96, 1))
    restored = letterbox.restore(ramp)
    expected = np.arange(640) + 0.5
    np.testing.assert_allclose(restored[240, 8:-8], expected[8:-8], atol=0.2)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900))
def test_any_size_goes_in_and_comes_back(height, width):
    letterbox = Letterbox(height, width, 192, 256)
    canvas = letterbox.apply(np.full((height, width, 3), 255, np.uint8))
    assert canvas.shape == (192, 256, 3)
    rows, columns = letterbox.inner_hw
    assert (canvas == 255).all(axis=2).sum() == rows * columns
    restored = letterbox.restore((canvas[::2, ::2, 0] > 0).astype(np.float32))
    assert restored.shape == (height, width)


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (300, 1000), (97, 131)])
def test_a_box_comes_back_to_its_place(size):
    height, width = size
    mask = np.zeros(size, np.uint8)
    mask[height // 4 : height // 2, width // 4 : width // 2] = 255
    letterbox = Letterbox(height, width, 192, 256)
    restored = letterbox.restore(letterbox.apply(mask).astype(np.float32)) > 127
    intersection = (restored & (mask > 0)).sum()
    assert intersection / (restored | (mask > 0)).sum() > 0.9
