"""A target is found where it fits best, and two poses are as far apart as their corners."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from converseg_core.tracking.affine import apart, apply, compose, shift
from converseg_core.tracking.searching import searched
from converseg_core.tracking.template import make_template
from tests.core.tracking.scenes import SETTINGS, picture


def test_the_search_says_what_opencv_says() -> None:
    rgb, reach = picture().rgb, 6
    patch = np.ascontiguousarray(rgb[70:130, 90:160])
    soft = np.zeros(patch.shape[:2], dtype=np.float32)
    soft[8:50, 10:60] = 1
    template = make_template(patch, soft, SETTINGS)
    visible = template.core.copy()
    visible[:, 40:] = False
    pose = shift(87, 74)
    found = searched(template, rgb, pose, visible, reach_px=reach)
    area = cv2.blur(np.ascontiguousarray(rgb[68:140, 81:163]), (3, 3))
    weight = np.repeat(visible.astype(np.uint8)[..., None], 3, axis=2)
    costs = cv2.matchTemplate(area, template.target_u8, cv2.TM_SQDIFF, mask=weight)
    x, y = cv2.minMaxLoc(costs)[2]
    assert (x, y) == (9, 2)
    assert found == pytest.approx(compose(pose, shift(x - reach, y - reach)))


def test_where_it_is_already_the_pose_itself_is_given_back() -> None:
    rgb = picture().rgb
    soft = np.zeros((60, 70), dtype=np.float32)
    soft[8:50, 10:60] = 1
    template = make_template(np.ascontiguousarray(rgb[70:130, 90:160]), soft, SETTINGS)
    pose = shift(90, 70)
    assert searched(template, rgb, pose, template.core, reach_px=4) is pose


def test_maps_are_as_far_apart_as_the_corner_that_they_part_most() -> None:
    a = np.array([[1.0, 0.2, 3.0], [-0.1, 1.1, -7.0]])
    b = np.array([[1.1, 0.1, 1.0], [0.0, 1.0, -2.0]])
    corners = np.array([[0.0, 0.0], [49, 0], [0, 29], [49, 29]])
    assert apart(a, b, (30, 50)) == pytest.approx(
        np.abs(apply(a, corners) - apply(b, corners)).max(), rel=1e-5
    )
