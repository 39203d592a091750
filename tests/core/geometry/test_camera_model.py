from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.geometry import CalibrationError, CameraModel, camera_model

DISTORTIONS = {
    "plumb_bob": (0.12, -0.21, 0.001, -0.002, 0.05),
    "rational_polynomial": (0.9, -0.3, 0.001, -0.0005, 0.02, 1.2, -0.1, 0.01),
    "equidistant": (-0.02, 0.01, -0.004, 0.001),
}


def info(**changes: Any) -> SimpleNamespace:
    fields: dict[str, Any] = {
        "width": 640,
        "height": 480,
        "distortion_model": "plumb_bob",
        "d": [0.0] * 5,
        "k": [600.0, 0, 320.0, 0, 610.0, 240.0, 0, 0, 1],
        "p": [550.0, 0, 318.0, 0, 0, 560.0, 236.0, 0, 0, 0, 1, 0],
        "binning_x": 0,
        "binning_y": 0,
        "roi": SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0, do_rectify=False),
    }
    return SimpleNamespace(**{**fields, **changes})


@pytest.mark.parametrize("name", DISTORTIONS)
def test_rays_point_back_to_their_pixels(name: str) -> None:
    model = camera_model(info(distortion_model=name, d=list(DISTORTIONS[name])))
    rays = model.rays()
    assert rays.shape == (480, 640, 2)
    assert np.isfinite(rays).all()
    rows, columns = np.mgrid[0:480:37, 0:640:41]
    points = np.dstack([rays[rows, columns], np.ones(rows.shape)]).reshape(-1, 3) * 1.7
    pixels, in_front = model.project(points)
    assert in_front.all()
    np.testing.assert_allclose(pixels, np.column_stack([columns.ravel(), rows.ravel()]), atol=0.01)


@given(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(0.2, 8.0))
@settings(deadline=None, max_examples=60)
@pytest.mark.parametrize("name", ["plumb_bob", "rational_polynomial"])
def test_projection_is_opencvs(name: str, x: float, y: float, z: float) -> None:
    model = camera_model(info(distortion_model=name, d=list(DISTORTIONS[name])))
    point = np.array([[x * z, y * z, z]])
    expected, _ = cv2.projectPoints(
        point, np.zeros(3), np.zeros(3), model.matrix, np.array(DISTORTIONS[name])
    )
    np.testing.assert_allclose(model.project(point)[0], expected.reshape(1, 2), atol=1e-6)


def test_equidistant_by_hand() -> None:
    # r = f * theta where all coefficients but the model itself are (nearly) zero: 45 degrees to the right.
    model = camera_model(info(distortion_model="fisheye", d=[1e-12, 0.0, 0.0, 0.0]))
    pixels, _ = model.project(np.array([[1.0, 0.0, 1.0]]))
    np.testing.assert_allclose(pixels, [[320 + 600 * np.pi / 4, 240]], atol=1e-4)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 300), st.integers(0, 200))
@settings(deadline=None, max_examples=60)
def test_roi_and_binning_as_in_image_geometry(by_x: int, by_y: int, left: int, top: int) -> None:
    width, height = 240 // by_x * by_x, 160 // by_y * by_y
    roi = SimpleNamespace(x_offset=left, y_offset=top, width=width, height=height, do_rectify=True)
    model = camera_model(info(roi=roi, binning_x=by_x, binning_y=by_y))
    assert model.size_hw == (height // by_y, width // by_x)
    full = camera_model(info())
    point = np.array([[0.11, -0.07, 0.9]])
    u, v = full.project(point)[0][0]
    np.testing.assert_allclose(model.project(point)[0][0], [(u - left) / by_x, (v - top) / by_y], atol=1e-9)


def test_rectified_pictures_take_p_and_no_distortion() -> None:
    model = camera_model(info(d=list(DISTORTIONS["plumb_bob"])), is_rectified=True)
    assert (model.fx, model.fy, model.cx, model.cy) == (550.0, 560.0, 318.0, 236.0)
    assert model.distortion == ()


def test_ros_1_names_are_read() -> None:
    message = info()
    old = SimpleNamespace(**{{"k": "K", "d": "D", "p": "P"}.get(n, n): v for n, v in vars(message).items()})
    assert camera_model(old) == camera_model(message)


def test_what_the_lens_model_does_not_reach_is_nan() -> None:
    # Strong barrel distortion folds back: in the corners no direction lands on the pixel.
    rays = camera_model(info(d=[-0.9, 0.0, 0.0, 0.0, 0.0])).rays()
    assert np.isnan(rays[0, 0]).all()
    assert np.isfinite(rays[240, 320]).all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"k": [0.0] * 9}, "k"),
        ({"k": [600.0] * 8}, "k"),
        ({"k": [float("nan"), 0, 1, 0, 1, 1, 0, 0, 1]}, "k"),
        ({"k": [-600.0, 0, 320, 0, 600, 240, 0, 0, 1]}, "k"),
        ({"d": [0.1, 0.2]}, "d"),
        ({"d": [0.1] * 5, "distortion_model": "ds"}, "distortion_model"),
        ({"width": 0}, "width"),
    ],
)
def test_bad_calibration_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(CalibrationError, match=rf"\b{field}\b"):
        camera_model(info(**changes))


def test_points_behind_the_camera_are_not_in_front() -> None:
    model = CameraModel(fx=1, fy=1, cx=0, cy=0, width=10, height=10)
    _, in_front = model.project(np.array([[0, 0, 1.0], [0, 0, -1.0], [0, 0, np.nan]]))
    assert in_front.tolist() == [True, False, False]
    assert model.project(np.empty((0, 3)))[0].shape == (0, 2)
