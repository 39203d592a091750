"""The second renderer: the same scene, pixel for pixel, and pictures that repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

from converseg_engine.sim.cycles.describe import describe
from converseg_engine.sim.cycles.painter import PYTHON_VARIABLE, CyclesPainter, find_python
from converseg_engine.sim.recipe import tabletop
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.scene import Scene, make_scene


@pytest.fixture(scope="module")
def painter() -> Iterator[CyclesPainter]:
    try:
        find_python()
    except RuntimeError as error:
        pytest.skip(str(error))
    made = CyclesPainter(samples=4)
    yield made
    made.close()


@pytest.mark.egl
def test_a_description_holds_every_visible_object(scenes: tuple[Scene, ...]) -> None:
    scene = scenes[0]
    arrays = describe(scene.world, scene.view.camera, samples=4, seed=1)
    meta = json.loads(bytes(arrays["meta"]).decode())
    assert {g["owner"] for g in meta["geoms"]} >= set(range(len(scene.world.objects)))
    for index in range(len(scene.world.objects)):
        mine = [k for k, g in enumerate(meta["geoms"]) if g["owner"] == index]
        points = np.concatenate([arrays[f"vertices/{k}"] for k in mine])
        expected = scene.world.vertices(index)
        # The compiled meshes are the objects' own, moved to where they rest.
        np.testing.assert_allclose(points.min(axis=0), expected.min(axis=0), atol=1e-4)
        np.testing.assert_allclose(points.max(axis=0), expected.max(axis=0), atol=1e-4)


@pytest.mark.egl
@pytest.mark.slow
def test_cycles_sees_the_same_objects_and_parts(scenes: tuple[Scene, ...], painter: CyclesPainter) -> None:
    for scene in scenes[:3]:
        owner, part = painter.indices(scene.world, scene.view.camera)
        assert (owner == scene.view.owner).mean() > 0.999
        assert (part == scene.view.part).mean() > 0.999


@pytest.mark.egl
@pytest.mark.slow
def test_a_photo_repeats_and_looks_like_the_scene(
    scenes: tuple[Scene, ...], painter: CyclesPainter, renderer: Renderer
) -> None:
    recipe = tabletop(renderer="cycles", cycles_samples=4)
    seed = scenes[0].world.seed
    (first,) = make_scene(recipe, seed, renderer, painter=painter)
    (second,) = make_scene(recipe, seed, renderer, painter=painter)
    np.testing.assert_array_equal(first.rgb, second.rgb)
    assert [q.prompt for q in first.questions] == [q.prompt for q in scenes[0].questions]
    # Colours of objects agree with MuJoCo's picture in hue: red stays redder than it is blue.
    plain = scenes[0].view.rgb.reshape(-1, 3).astype(float)
    photo = first.view.rgb.reshape(-1, 3).astype(float)
    for channel, other in ((0, 1), (0, 2), (1, 2)):
        a, b = plain[:, channel] - plain[:, other], photo[:, channel] - photo[:, other]
        assert np.corrcoef(a, b)[0, 1] > 0.8
    with pytest.raises(ValueError, match="painter"):
        make_scene(recipe, seed, renderer)


def test_a_missing_blender_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, "/nowhere/python")
    with pytest.raises(RuntimeError, match=PYTHON_VARIABLE):
        find_python()
