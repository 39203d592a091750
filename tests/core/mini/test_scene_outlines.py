"""Outlines of answers follow the picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from converseg_core.mini.scene.outlines import RADIUS, fitted

NOISE = np.random.default_rng(0).integers(0, 12, (240, 320, 3), np.uint8)


def _picture(inside: np.ndarray) -> np.ndarray:
    colors = np.array([[90, 100, 110], [200, 60, 30]], np.uint8)
    return np.asarray(colors[inside.astype(np.intp)] + NOISE, np.uint8)


def _disc(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:240, :320]
    return np.asarray((rows - y) ** 2 + (columns - x) ** 2 < radius**2)


def _logits(x: float, y: float, radius: float) -> np.ndarray:
    """A disc that is less and less likely outwards."""
    rows, columns = np.mgrid[:240, :320]
    return np.asarray(np.clip(2 * (radius - np.hypot(rows - y, columns - x)), -8, 8), np.float32)


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize(("radius", "drawn"), [(10, 11.5), (10, 9.0), (30, 32.0), (30, 28.5)])
def test_an_outline_moves_to_where_colours_change(radius: float, drawn: float) -> None:
    true = _disc(160, 120, radius)
    before = _logits(160.7, 119.6, drawn)
    after = fitted(_picture(true), before).logits_hw
    assert _iou(after > 0, true) > _iou(before > 0, true) + 0.02
    assert _iou(after > 0, true) > 0.84


@pytest.mark.parametrize("noise", [0, 1])
def test_grey_pictures_are_followed_too(noise: int) -> None:
    true = _disc(160, 120, 20)
    shade = np.where(true, np.uint8(240), np.uint8(5)) + noise * NOISE[..., 0]
    picture = np.ascontiguousarray(shade[..., None].repeat(3, axis=2), np.uint8)
    before = _logits(160.7, 119.6, 18.5)
    outline = fitted(picture, before)
    assert _iou(outline.logits_hw > 0, true) > max(0.95, _iou(before > 0, true))
    twice = picture.repeat(2, axis=0).repeat(2, axis=1)
    assert _iou(outline.mask(twice), true.repeat(2, axis=0).repeat(2, axis=1)) > 0.95


def test_where_colours_say_nothing_a_mask_stays() -> None:
    before = _logits(100, 100, 20)
    after = fitted(np.full((240, 320, 3), 127, np.uint8), before).logits_hw
    assert _iou(after > 0, before > 0) > 0.93


def test_what_is_far_stays_as_it_is() -> None:
    before = _logits(60, 60, 20)
    after = fitted(_picture(_disc(60, 60, 20)), before).logits_hw
    far = 60 + 20 + 2 + 2 * RADIUS + 1
    assert (after[far:] == before[far:]).all() and (after[:, far:] == before[:, far:]).all()
    assert after.dtype == np.float32


@pytest.mark.parametrize("logit", [-8.0, 8.0])
def test_nothing_and_all_of_a_picture_stay(logit: float) -> None:
    after = fitted(NOISE, np.full((240, 320), logit, np.float32)).logits_hw
    assert ((after > 0) == (logit > 0)).all()
    assert np.isfinite(after).all()


def test_a_mask_at_the_edge_is_fitted_too() -> None:
    true = _disc(0, 239, 25)
    before = _logits(0, 239, 23.5)
    after = fitted(_picture(true), before).logits_hw
    assert _iou(after > 0, true) > _iou(before > 0, true) + 0.05


def test_what_is_thin_is_not_lost() -> None:
    before = np.full((240, 320), -8.0, np.float32)
    before[120, 100:200] = 0.5
    outline = fitted(np.full((240, 320, 3), 127, np.uint8), before)
    assert ((outline.logits_hw > 0) == (before > 0)).all()
    assert (outline.mask(np.zeros((240, 320, 3), np.uint8)) == (before > 0)).all()


@pytest.mark.parametrize(("height", "width"), [(480, 640), (600, 1000), (120, 160), (241, 333)])
def test_masks_are_as_fine_as_the_picture(height: int, width: int) -> None:
    scale = np.array([height / 240, width / 320])
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot((rows + 0.5) / scale[0] - 120.5, (columns + 0.5) / scale[1] - 160.5)
    true = away < 30
    colors = np.array([[90, 100, 110], [200, 60, 30]], np.uint8)[true.astype(np.intp)]
    noise = np.random.default_rng(1).integers(0, 12, colors.shape, np.uint8)
    picture = np.asarray(colors + noise, np.uint8)
    outline = fitted(_picture(_disc(160, 120, 30)), _logits(160.5, 119.6, 29))
    mask = outline.mask(picture)
    coarse = cv2.resize((_logits(160.5, 119.6, 29) > 0).astype(np.uint8), (width, height)) > 0
    assert mask.shape == (height, width)
    assert _iou(mask, true) > max(0.97, _iou(coarse, true))


def test_at_its_own_size_both_ways_are_one() -> None:
    true = _disc(100, 90, 22)
    picture = _picture(true)
    outline = fitted(picture, _logits(100, 90, 20))
    assert (outline.mask(picture) == (outline.logits_hw > 0)).all()
    twice = picture.repeat(2, axis=0).repeat(2, axis=1)
    assert _iou(outline.mask(twice)[::2, ::2], outline.logits_hw > 0) > 0.97


def test_a_mask_of_nothing_is_nothing_at_any_size() -> None:
    outline = fitted(NOISE, np.full((240, 320), -8.0, np.float32))
    assert not outline.mask(np.zeros((480, 640, 3), np.uint8)).any()
