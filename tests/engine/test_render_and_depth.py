from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.camera import look_at
from converseg_engine.sim.compile import TABLE_TOP
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.scene import Scene, tabletop_scene
from converseg_engine.sim.stereo import StereoSensor


@pytest.mark.egl
def test_depth_of_the_table_agrees_with_geometry(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        view, camera = scene.view, scene.view.camera
        rows, columns = np.nonzero(view.owner == TABLE_TOP)
        k = camera.intrinsics
        rays = np.stack(
            [(columns - k[0, 2]) / k[0, 0], (rows - k[1, 2]) / k[1, 1], np.ones(rows.size)], axis=1
        )
        downward = (rays @ camera.rotation.T)[:, 2]
        expected = -camera.position[2] / downward
        error = np.abs(view.depth_m[rows, columns] - expected)
        # Half a pixel at the rim of the table may see the slab below.
        assert np.quantile(error, 0.999) < 0.001


@pytest.mark.egl
def test_every_object_pixel_lies_on_its_object(scenes: tuple[Scene, ...]) -> None:
    for scene in scenes:
        world, view = scene.world, scene.view
        k = view.camera.intrinsics
        for index in range(len(world.objects)):
            rows, columns = np.nonzero(view.owner == index)
            if rows.size == 0:
                continue
            z = view.depth_m[rows, columns].astype(np.float64)
            local = np.stack([(columns - k[0, 2]) / k[0, 0] * z, (rows - k[1, 2]) / k[1, 1] * z, z], axis=1)
            points = local @ view.camera.rotation.T + view.camera.position
            corners = world.vertices(index)
            assert (points > corners.min(axis=0) - 0.003).all()
            assert (points < corners.max(axis=0) + 0.003).all()
            assert (view.part[rows, columns] >= 0).all()
        assert (view.part[view.owner < 0] == -1).all()


@pytest.mark.egl
def test_the_same_seed_gives_the_same_picture(renderer: Renderer, scenes: tuple[Scene, ...]) -> None:
    again = tabletop_scene(scenes[0].world.seed, renderer, width=320, height=240)
    np.testing.assert_array_equal(again.rgb, scenes[0].rgb)
    np.testing.assert_array_equal(again.view.owner, scenes[0].view.owner)
    assert [q.prompt for q in again.questions] == [q.prompt for q in scenes[0].questions]


@pytest.mark.egl
def test_a_camera_of_another_size_is_refused(renderer: Renderer, scenes: tuple[Scene, ...]) -> None:
    camera = look_at(np.array([1.0, 0, 1]), np.zeros(3), fov_y_deg=45, width=64, height=48)
    with pytest.raises(ValueError, match="cameras"):
        next(renderer.views(scenes[0].world, [camera]))


@given(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(0.0, 0.3))
@settings(deadline=None, max_examples=50)
def test_the_target_is_in_the_middle_and_points_project_by_the_pinhole_law(
    x: float, y: float, z: float
) -> None:
    target = np.array([x, y, z])
    camera = look_at(np.array([1.2, -0.5, 0.9]), target, fov_y_deg=40, width=320, height=240, roll_deg=3)
    pixels, depth = camera.project(target[None])
    np.testing.assert_allclose(pixels[0], [159.5, 119.5], atol=1e-6)
    aside = target + 0.1 * camera.rotation[:, 0] + 0.05 * camera.rotation[:, 1]
    moved, _ = camera.project(aside[None])
    focal = camera.intrinsics[0, 0]
    np.testing.assert_allclose(
        moved[0] - pixels[0], [0.1 * focal / depth[0], 0.05 * focal / depth[0]], atol=1e-6
    )


@given(st.floats(0.3, 5.0), st.floats(200, 800))
@settings(deadline=None, max_examples=50)
def test_stereo_depth_of_a_wall_is_within_half_a_disparity_step(depth: float, focal: float) -> None:
    sensor = StereoSensor()
    wall = np.full((4, 400), depth, dtype=np.float32)
    measured = sensor.measure(wall, focal)
    disparity = focal * sensor.baseline_m / depth
    if disparity < 1 / sensor.disparity_steps:
        return
    # Left of one disparity the second eye's picture has ended.
    assert (measured[:, : int(disparity) - 1] == 0).all()
    seen = measured[measured > 0] / 1000
    bound = 0.5 / sensor.disparity_steps * depth**2 / (focal * sensor.baseline_m) * 1.2 + 0.0006
    assert seen.size > 4 * (400 - disparity - 2) * 0.99
    assert np.abs(seen - depth).max() <= bound


def test_stereo_is_blind_just_left_of_a_near_thing_and_out_of_range() -> None:
    sensor, focal = StereoSensor(), 600.0
    scene = np.full((3, 300), 2.0, dtype=np.float32)
    scene[:, 150:200] = 0.5
    scene[0, 250] = 0.0
    scene[1, 250] = 9.0
    measured = sensor.measure(scene, focal)
    gap = focal * sensor.baseline_m * (1 / 0.5 - 1 / 2.0)
    assert gap == pytest.approx(45)
    assert (measured[2, 150 - 44 : 150] == 0).all()
    assert (measured[2, 60:104] > 1900).all()
    assert (np.abs(measured[2, 152:200].astype(int) - 500) < 10).all()
    assert measured[0, 250] == 0
    assert measured[1, 250] == 0
