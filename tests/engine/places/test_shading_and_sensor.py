from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.meshes import box, lathe, sphere
from converseg_engine.sim.places.shading import CREASE_COS, corner_normals, paned_box, split_at_creases
from converseg_engine.sim.places.world import make_place_world
from converseg_engine.sim.sensor import CameraSensor, draw_sensor

length = st.floats(0.01, 2.0)


@given(length, length, length)
@settings(deadline=None, max_examples=30)
def test_a_box_of_panes_has_the_volume_of_the_box(x: float, y: float, z: float) -> None:
    mesh = paned_box((x, y, z), (0.2, -0.1, 0.4))
    assert mesh.volume == pytest.approx(x * y * z, rel=1e-9)
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([x, y, z])


def test_edges_of_a_box_stay_sharp_and_a_ball_is_smooth() -> None:
    mesh = box((0.3, 0.2, 0.1))
    corners = mesh.vertices[mesh.faces]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    np.testing.assert_allclose(corner_normals(mesh), np.repeat(faces, 3, axis=0), atol=1e-12)
    ball = sphere(0.5)
    outward = ball.vertices[ball.faces].reshape(-1, 3) / 0.5
    assert (np.einsum("ij,ij->i", corner_normals(ball), outward) > 0.97).all()


def test_splitting_keeps_the_surface() -> None:
    mesh = lathe([(0, 0), (0.1, 0), (0.1, 0.2), (0, 0.2)])
    split, normals = split_at_creases(mesh)
    np.testing.assert_array_equal(split.vertices[split.faces], mesh.vertices[mesh.faces])
    # Each rim vertex becomes one of the side and one of the lid.
    assert len(split.vertices) == 4 * 24 + 2
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1.0)


def test_the_compiled_normals_look_the_way_of_their_faces() -> None:
    """What is handed over and what the renderer gets are not the same thing: read it back."""
    model = make_place_world(4, place="desk").model
    for k in range(model.nmesh):
        v0, f0 = model.mesh_vertadr[k], model.mesh_faceadr[k]
        vertices = model.mesh_vert[v0 : v0 + model.mesh_vertnum[k]]
        faces = slice(f0, f0 + model.mesh_facenum[k])
        normals = model.mesh_normal[model.mesh_normaladr[k] :][: model.mesh_normalnum[k]]
        corners = vertices[model.mesh_face[faces]].astype(np.float64)
        plane = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        size = np.linalg.norm(plane, axis=1)
        good = size > 1e-10
        unit = plane[good] / size[good, None]
        cosine = np.einsum("ij,ikj->ik", unit, normals[model.mesh_facenormal[faces]][good])
        assert cosine.min() > CREASE_COS - 0.1


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(20, 235, size=(60, 80, 3)).astype(np.uint8)


def test_a_perfect_camera_changes_nothing() -> None:
    rgb = picture()
    out = CameraSensor().take(np.random.default_rng(0), rgb)
    assert np.abs(out.astype(int) - rgb).max() <= 1


def test_noise_is_drawn_from_the_generator_alone() -> None:
    sensor, rgb = CameraSensor(noise=0.03, read_noise=0.005, jpeg_quality=80), picture()
    first, again, other = (sensor.take(np.random.default_rng(seed), rgb) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_exposure_darkens_and_the_lens_darkens_corners() -> None:
    rgb = np.full((60, 80, 3), 120, np.uint8)
    assert CameraSensor(exposure=0.5).take(np.random.default_rng(0), rgb).mean() < 100
    dim = CameraSensor(vignette=0.3).take(np.random.default_rng(0), rgb)
    assert dim[30, 40, 0] >= 119
    assert dim[0, 0, 0] < 110


@given(st.floats(1.5, 9.0), st.floats(0, 180))
@settings(deadline=None, max_examples=20)
def test_motion_smears_without_moving_or_losing_light(length_px: float, angle: float) -> None:
    rgb = np.zeros((41, 41, 3), np.uint8)
    rgb[20, 20] = 255
    sensor = CameraSensor(motion_px=length_px, motion_deg=angle, gamma=2.2)
    light = sensor.take(np.random.default_rng(0), rgb)[..., 0].astype(float)
    rows, columns = np.mgrid[0:41, 0:41]
    assert light.sum() == pytest.approx(255, rel=0.12)
    assert (light * rows).sum() / light.sum() == pytest.approx(20, abs=0.3)
    assert (light * columns).sum() / light.sum() == pytest.approx(20, abs=0.3)


def test_drawn_cameras_differ_and_scale_with_the_picture() -> None:
    drawn = [draw_sensor(np.random.default_rng(seed), width=320) for seed in range(60)]
    assert len(set(drawn)) == 60
    assert any(s.motion_px for s in drawn)
    assert any(s.exposure < 0.7 for s in drawn)
    double = [draw_sensor(np.random.default_rng(seed), width=640) for seed in range(60)]
    assert all(b.motion_px == pytest.approx(2 * a.motion_px) for a, b in zip(drawn, double, strict=True))
