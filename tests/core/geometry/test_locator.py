"""Targets on a table that is computed exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.geometry import CameraModel, CleaningSettings, TargetLocator, TargetSettings, TargetStatus
from converseg_core.geometry.boxes import BoxMethod, principal_box, quaternion_xyzw
from converseg_core.geometry.revolution import round_axis
from converseg_core.geometry.symmetry import in_bulk
from tests.core.geometry.made import CAMERA, table_with_box

LOCATOR = TargetLocator(CAMERA)


@pytest.mark.parametrize("turn_deg", [0.0, 25.0, 70.0])
@pytest.mark.parametrize("elevation_deg", [30.0, 55.0])
def test_place_size_and_turn_of_a_box(turn_deg: float, elevation_deg: float) -> None:
    made = table_with_box((0.12, 0.07, 0.09), turn_deg=turn_deg, elevation_deg=elevation_deg)
    target = LOCATOR.locate(made.mask, made.depth_m)
    assert target.status == TargetStatus.OK, target.reason
    assert target.box is not None
    assert target.support is not None
    np.testing.assert_allclose(target.box.size_m, [0.12, 0.07, 0.09], atol=0.002)
    np.testing.assert_allclose(target.box.centre_m, made.in_camera(np.array([0, 0, 0.045])), atol=0.002)
    np.testing.assert_allclose(target.support.normal, made.to_camera[:, 2], atol=0.01)
    angle = np.radians(turn_deg)
    longer = made.to_camera @ np.array([np.cos(angle), np.sin(angle), 0.0])
    assert abs(float(target.box.rotation[:, 0] @ longer)) > np.cos(np.radians(1.0))
    assert np.linalg.det(target.box.rotation) == pytest.approx(1.0)
    assert target.box.reaches_support
    assert target.approach is not None
    assert target.approach.is_clear
    assert target.counts is not None
    assert target.counts.num_valid == made.mask.sum() == target.num_points + target.num_edge


def test_a_box_in_the_air_does_not_reach_down() -> None:
    made = table_with_box((0.10, 0.08, 0.05), lift_m=0.06, elevation_deg=25)
    target = LOCATOR.locate(made.mask, made.depth_m)
    assert target.box is not None
    assert not target.box.reaches_support
    np.testing.assert_allclose(target.box.size_m, [0.10, 0.08, 0.05], atol=0.003)


def test_without_a_plane_the_principal_axes_are_taken() -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    target = LOCATOR.locate(made.mask, np.where(made.mask, made.depth_m, np.float32(0)))
    assert target.status == TargetStatus.OK
    assert target.support is None
    assert target.box is not None
    assert target.box.method == BoxMethod.PRINCIPAL_AXES
    assert target.approach is not None
    assert target.approach.name == "front"
    assert target.approach.direction[2] > 0


def test_known_gravity_refuses_a_wall() -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    sideways = TargetSettings(up=(1.0, 0.0, 0.0))
    assert TargetLocator(CAMERA, sideways).locate(made.mask, made.depth_m).support is None
    up = made.to_camera[:, 2]
    upright = TargetSettings(up=(float(up[0]), float(up[1]), float(up[2])))
    assert TargetLocator(CAMERA, upright).locate(made.mask, made.depth_m).support is not None


@pytest.mark.parametrize(
    ("hole", "counted"), [(0.0, "num_zero"), (np.nan, "num_nan"), (9.0, "num_out_of_range")]
)
def test_too_few_points_is_a_status_that_says_why(hole: float, counted: str) -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    depth = made.depth_m.copy()
    depth[made.mask] = hole
    target = LOCATOR.locate(made.mask, depth)
    assert target.status == TargetStatus.TOO_FEW_POINTS
    assert target.centroid_m is target.box is target.approach is None
    assert target.counts is not None
    assert getattr(target.counts, counted) == made.mask.sum()
    assert str(made.mask.sum()) in target.reason


def test_empty_masks_and_other_sizes_are_told_apart() -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    assert LOCATOR.locate(np.zeros_like(made.mask), made.depth_m).status == TargetStatus.EMPTY_MASK
    small = LOCATOR.locate(made.mask, made.depth_m[:-1])
    assert small.status == TargetStatus.SIZE_MISMATCH
    assert "320x239" in small.reason


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_whatever_comes_there_is_an_answer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    camera = CameraModel(fx=40, fy=40, cx=16, cy=12, width=32, height=24)
    odd = np.array([0.0, np.nan, np.inf, -np.inf, -0.5, 1e-30, 3e38, 0.6, 0.7, 0.8, 0.9])
    depth = rng.choice(odd, size=(24, 32), p=[0.05] * 7 + [0.65 / 4] * 4).astype(np.float32)
    if rng.random() < 0.5:
        depth = np.where((depth > 0.5) & (depth < 1), np.float32(0.7) + depth / 50, depth)
    mask = rng.random((24, 32)) < rng.random()
    with np.errstate(over="ignore", invalid="ignore"):
        locator = TargetLocator(camera, TargetSettings(min_points=10))
        target = locator.locate(mask, depth)
        scene = locator.scene(mask, depth, target)
    assert (target.status == TargetStatus.OK) == (target.centroid_m is not None)
    assert not (scene & mask & (target.num_other_parts == 0)).any()
    if target.centroid_m is not None and target.box is not None:
        assert np.isfinite(target.centroid_m).all()
        assert np.isfinite(target.box.centre_m).all()
        assert (target.box.size_m >= 0).all()
        np.testing.assert_allclose(target.box.rotation.T @ target.box.rotation, np.eye(3), atol=1e-6)


def test_the_scene_keeps_the_table_and_loses_the_box() -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    thin = made.mask.copy()
    rows = np.flatnonzero(thin.any(axis=1))
    thin[rows[0] : rows[0] + 3] = False  # a mask that misses the upper edge by three pixels
    target = LOCATOR.locate(thin, made.depth_m)
    scene = LOCATOR.scene(thin, made.depth_m, target)
    assert not (scene & made.mask).any()
    assert scene.sum() > 0.95 * (~made.mask).sum()
    points = LOCATOR.points(made.depth_m, scene)
    assert points.dtype == np.float32
    assert target.support is not None
    assert np.abs(target.support.heights(points.astype(float))).max() < 0.005


def test_a_second_thing_stays_in_the_scene() -> None:
    made = table_with_box((0.12, 0.07, 0.09))
    other = np.zeros_like(made.mask)
    other[200:230, 10:60] = True
    target = LOCATOR.locate(made.mask | other, made.depth_m)
    assert target.num_other_parts == 1
    assert "1 other" in target.reason
    assert target.pixels is not None
    assert not (target.pixels & other).any()
    scene = LOCATOR.scene(made.mask | other, made.depth_m, target)
    assert (scene & other).sum() > 0.9 * other.sum()


def test_an_obstacle_above_turns_the_approach_aside() -> None:
    made = table_with_box((0.06, 0.06, 0.05), elevation_deg=35)
    free = LOCATOR.locate(made.mask, made.depth_m)
    assert free.approach is not None
    assert free.approach.name == "above"
    assert free.approach.direction @ made.to_camera[:, 2] == pytest.approx(-1.0, abs=0.01)
    depth = made.depth_m.copy()
    columns = np.flatnonzero(made.mask.any(axis=0))
    above = made.in_camera(np.array([0, 0, 0.12]))
    row = CAMERA.project(above[None])[0][0, 1]
    depth[round(row) - 6 : round(row) + 6, columns.min() : columns.max()] = above[2]
    aside = LOCATOR.locate(made.mask, depth)
    assert aside.approach is not None
    assert aside.approach.name == "side"


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
@settings(max_examples=100)
def test_quaternions_turn_as_their_matrices(values: list[float]) -> None:
    x, y, z, w = np.array(values) / np.linalg.norm(values)
    matrix = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    found = np.array(quaternion_xyzw(matrix))
    assert abs(found @ np.array([x, y, z, w])) == pytest.approx(1.0, abs=1e-9)
    assert found[3] >= 0


def test_principal_box_by_hand() -> None:
    x, y, z = np.meshgrid(np.linspace(0, 0.3, 31), np.linspace(0, 0.2, 21), np.linspace(1, 1.1, 11))
    box = principal_box(np.stack([x, y, z], axis=-1).reshape(-1, 3), tail=0.0)
    np.testing.assert_allclose(box.size_m, [0.3, 0.2, 0.1], atol=1e-9)
    np.testing.assert_allclose(box.centre_m, [0.15, 0.1, 1.05], atol=1e-9)
    assert box.corners().shape == (8, 3)


def test_the_axis_of_half_a_cylinder_and_none_of_a_box() -> None:
    angle = np.linspace(0.2, np.pi - 0.2, 200)
    normals = np.stack([np.cos(angle), np.sin(angle), np.zeros(200)], axis=1)
    points = np.array([0.3, -0.1]) + 0.04 * normals[:, :2]
    found = round_axis(points, normals)
    assert found is not None
    np.testing.assert_allclose(found, [0.3, -0.1], atol=1e-6)
    flat = np.stack([np.linspace(-0.05, 0.05, 200), np.zeros(200)], axis=1)
    assert round_axis(flat, np.tile([0.0, 1.0, 0.0], (200, 1))) is None
    turned = np.concatenate([flat, np.stack([np.full(200, 0.05), np.linspace(0, 0.1, 200)], axis=1)])
    sides = np.concatenate([np.tile([0.0, 1.0, 0.0], (200, 1)), np.tile([1.0, 0.0, 0.0], (200, 1))])
    assert round_axis(turned, sides) is None


def test_a_handle_is_no_part_of_the_bulk() -> None:
    angle = np.linspace(0, 2 * np.pi, 400)
    ring = 0.04 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    handle = np.stack([np.linspace(0.04, 0.07, 60), np.zeros(60)], axis=1)
    bulk = in_bulk(np.concatenate([ring, handle]))
    assert bulk[:400].all()
    assert not bulk[440:].any()


def test_settings_name_their_field() -> None:
    with pytest.raises(ValueError, match="min_points"):
        TargetSettings(min_points=3)
    assert TargetSettings(cleaning=CleaningSettings(erode_px=0)).cleaning.erode_px == 0
