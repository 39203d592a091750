from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from converseg_engine.sim.recipe import SPLITS, load_recipe, places, tabletop
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.rows import full_row
from converseg_engine.sim.scene import make_scene


def test_splits_share_no_seed() -> None:
    for recipe in (tabletop(), places()):
        seeds = [recipe.seeds(split) for split in SPLITS]
        for i, first in enumerate(seeds):
            assert recipe.split_of(first[0]) == recipe.split_of(first[-1]) == SPLITS[i]
            for second in seeds[i + 1 :]:
                assert first.stop <= second.start or second.stop <= first.start
    with pytest.raises(ValueError, match="seed"):
        tabletop().split_of(2_000_000)


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "desks.json"
    path.write_text(json.dumps({"base": "places", "place_weights": {"desk": 1}, "no_target_share": 0}))
    recipe = load_recipe(str(path), width=640)
    assert (recipe.name, recipe.place_weights, recipe.width) == ("desks", {"desk": 1}, 640)
    assert recipe.digest != places().digest == places().digest


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"base": "nowhere"}, "base"),
        ({"base": "places", "colour": 1}, "colour"),
        ({"base": "places", "width": "wide"}, "width"),
        ({"base": "places", "width": True}, "width"),
        ({"base": "places", "width": 7}, "width"),
        ({"base": "places", "place_weights": {"moon": 1}}, "place_weights"),
        ({"base": "places", "place_weights": {}}, "place_weights"),
        ({"base": "places", "renderer": "crayon"}, "renderer"),
        ({"base": "places", "no_target_share": 1.0}, "no_target_share"),
        ({"base": "places", "min_questions": 9, "max_questions": 8}, "min_questions"),
        ({"base": "tabletop", "no_target_share": 0.5}, "no_target_share"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], named: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=named):
        load_recipe(str(path))


def test_an_unknown_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="moonbase"):
        load_recipe("moonbase")
    (tmp_path / "r.json").write_text("{")
    with pytest.raises(ValueError, match="no JSON"):
        load_recipe(str(tmp_path / "r.json"))


@pytest.mark.egl
def test_a_scene_is_a_function_of_recipe_and_seed(renderer: Renderer) -> None:
    recipe = places(frames_per_scene=2, store_depth=True)
    seed = recipe.seeds("train").start + 5
    first = [full_row(scene, recipe) for scene in make_scene(recipe, seed, renderer)]
    again = [full_row(scene, recipe) for scene in make_scene(recipe, seed, renderer)]
    assert first == again
    assert [row.frame for row in first] == [0, 1]
    assert first[0].image != first[1].image
    assert {o.number for o in first[0].objects} != set()
    assert not any(o.held_out for row in first for o in row.objects)
    assert not any(q.held_out for row in first for q in row.questions)
    assert first[0].depth_png is not None
    for row in first:
        named = {q.meaning for q in row.questions}
        assert "" not in named
        assert all(q.evidence for q in row.questions)


@pytest.mark.egl
def test_pictures_of_which_nothing_is_asked_are_those_of_the_same_scene(renderer: Renderer) -> None:
    asked, silent = places(frames_per_scene=2), load_recipe("pictures", frames_per_scene=2)
    seed = asked.seeds("train").start + 7
    for with_questions, without in zip(
        make_scene(asked, seed, renderer), make_scene(silent, seed, renderer), strict=True
    ):
        assert with_questions.questions and not without.questions
        np.testing.assert_array_equal(with_questions.rgb, without.rgb)
        assert full_row(without, silent).objects == full_row(with_questions, asked).objects


@pytest.mark.egl
def test_place_weights_decide_the_places(renderer: Renderer) -> None:
    recipe = places(place_weights={"desk": 1.0}, min_questions=2, max_questions=2)
    for seed in range(3_000_000, 3_000_003):
        (scene,) = make_scene(recipe, seed, renderer)
        assert scene.world.place == "desk"
        assert scene.rgb.shape == (240, 320, 3)
        assert np.isfinite(scene.view.depth_m).all()
