from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_engine.sim.meshes import Mesh, box, extrude, lathe, rotation_about, sphere, tube
from converseg_engine.sim.objects import TABLETOP_CATEGORIES, Category

length = st.floats(0.005, 0.5)


def is_closed(mesh: Mesh) -> bool:
    """Every directed edge has exactly one partner that runs the other way."""
    edges = Counter((int(f[i]), int(f[(i + 1) % 3])) for f in mesh.faces for i in range(3))
    return all(count == 1 and edges[b, a] == 1 for (a, b), count in edges.items())


@given(length, length, length)
@settings(deadline=None, max_examples=50)
def test_box_is_closed_and_has_its_volume(x: float, y: float, z: float) -> None:
    mesh = box((x, y, z), (0.3, -0.2, 0.1))
    assert is_closed(mesh)
    assert mesh.volume == pytest.approx(x * y * z, rel=1e-9)


@given(length, length, st.integers(3, 40))
@settings(deadline=None, max_examples=50)
def test_lathed_cylinder_has_the_volume_of_its_prism(radius: float, height: float, num: int) -> None:
    mesh = lathe([(0, 0), (radius, 0), (radius, height), (0, height)], num_segments=num)
    polygon = 0.5 * num * radius**2 * math.sin(2 * math.pi / num)
    assert is_closed(mesh)
    assert mesh.volume == pytest.approx(polygon * height, rel=1e-9)


def test_hollow_lathe_is_outside_minus_inside() -> None:
    mesh = lathe([(0, 0), (2, 0), (2, 3), (1, 3), (1, 1), (0, 1)], num_segments=400)
    assert is_closed(mesh)
    assert mesh.volume == pytest.approx(math.pi * (4 * 3 - 1 * 2), rel=1e-3)


def test_sphere_and_tube_approach_their_true_volumes() -> None:
    assert sphere(1.0, num_rings=60, num_segments=120).volume == pytest.approx(4 / 3 * math.pi, rel=5e-3)
    path = np.stack([np.linspace(0, 2, 5), np.zeros(5), np.zeros(5)], axis=1)
    straight = tube(path, [0.5] * 5, num_sides=100)
    assert is_closed(straight)
    assert straight.volume == pytest.approx(math.pi * 0.25 * 2, rel=5e-3)


def test_open_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="profile_rz"):
        lathe([(0.1, 0), (0.1, 1), (0, 1)])


@given(st.sampled_from("xyz"), st.floats(-6, 6))
@settings(deadline=None, max_examples=50)
def test_rotation_is_proper_and_keeps_its_axis(axis: str, angle: float) -> None:
    rotation = rotation_about(axis, angle)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    unit = np.eye(3)["xyz".index(axis)]
    np.testing.assert_allclose(rotation @ unit, unit, atol=1e-12)


def test_extrusion_faces_outward_whichever_way_the_outline_runs() -> None:
    outline = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert extrude(outline, height=2.0).volume == pytest.approx(2.0)
    assert extrude(outline[::-1], height=2.0).volume == pytest.approx(2.0)


@pytest.mark.parametrize("category", TABLETOP_CATEGORIES, ids=lambda c: c.name)
def test_every_object_family_is_sound_over_its_variation(category: Category) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        color = category.colors[seed % len(category.colors)]
        model = category.build(rng, color)
        assert (model.category, model.color) == (category.name, color)
        assert {part.name for part in model.parts} >= set(category.askable_parts)
        assert len({part.name for part in model.parts}) == len(model.parts)
        for part in model.parts:
            for surface in part.surfaces:
                assert surface.mesh.volume > 0
                assert all(0 <= channel <= 1 for channel in surface.rgb)
        low, high = model.vertices().min(axis=0), model.vertices().max(axis=0)
        assert abs(low[2]) < 0.012, "it stands on the table, neither in it nor above it"
        assert 0.02 < (high - low).max() < 0.40
        assert model.looks(color) is not False
