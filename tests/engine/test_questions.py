"""Answers checked against a second, independent reading of the scene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from converseg_engine.shards import encode_mask
from converseg_engine.sim.compile import TABLE_TOP
from converseg_engine.sim.questions.compose import Question, all_drafts
from converseg_engine.sim.questions.facts import MIN_PART_AREA_PX, MIN_VISIBLE, Facts, outline_area
from converseg_engine.sim.questions.wording import CONCEPTS, TEMPLATES
from converseg_engine.sim.scene import Scene

pytestmark = pytest.mark.egl


def columns(scene: Scene, index: int) -> np.ndarray:
    return np.nonzero(scene.view.owner == index)[1]


def in_view(scene: Scene) -> list[int]:
    return [i for i in range(len(scene.world.objects)) if (scene.view.owner == i).any()]


def each_question(scenes: tuple[Scene, ...]) -> list[tuple[Scene, Question]]:
    return [(scene, question) for scene in scenes for question in scene.questions]


def test_masks_are_exactly_the_pixels_of_their_members(scenes: tuple[Scene, ...]) -> None:
    for scene, question in each_question(scenes):
        view = scene.view
        expected = np.zeros(view.owner.shape, dtype=bool)
        for index, part in question.members:
            expected |= (view.owner == index) & ((view.part == part) if part >= 0 else True)
        np.testing.assert_array_equal(question.mask, expected)
        assert question.no_target == (not question.mask.any())


def test_targets_are_big_enough_and_not_mostly_hidden(scenes: tuple[Scene, ...]) -> None:
    for scene, question in each_question(scenes):
        for index, part in question.members:
            if index == TABLE_TOP:
                continue
            pixels = scene.view.owner == index
            assert pixels.sum() / outline_area(scene.world, scene.view, index) >= MIN_VISIBLE - 1e-9
            if part >= 0:
                pixels &= scene.view.part == part
            assert pixels.sum() >= MIN_PART_AREA_PX


def test_outline_of_an_unhidden_object_is_what_is_rendered(scenes: tuple[Scene, ...]) -> None:
    ratios = []
    for scene in scenes:
        for index in in_view(scene):
            rows, cols = np.nonzero(scene.view.owner == index)
            at_rim = rows.min() == 0 or cols.min() == 0 or rows.max() == 239 or cols.max() == 319
            if not at_rim:
                ratios.append(rows.size / outline_area(scene.world, scene.view, index))
    # Filled polygons own their border pixels, rendered ones half of them.
    assert max(ratios) <= 1.02
    assert np.median(ratios) > 0.88


def test_families_are_balanced_and_a_fair_share_has_no_target(scenes: tuple[Scene, ...]) -> None:
    questions = [q for _, q in each_question(scenes)]
    for concept in CONCEPTS:
        assert 0.10 <= np.mean([q.concept == concept for q in questions]) <= 0.30
    assert 0.10 <= np.mean([q.no_target for q in questions]) <= 0.35
    for scene in scenes:
        assert 12 <= len(scene.questions) <= 20
        assert len({q.prompt for q in scene.questions}) == len(scene.questions)


def test_one_meaning_has_different_answers_in_different_pictures(scenes: tuple[Scene, ...]) -> None:
    places: dict[str, set[bytes]] = defaultdict(set)
    for _, question in each_question(scenes):
        places[question.template].add(encode_mask(question.mask))
    often = [name for name, masks in places.items() if len(masks) > 1]
    assert len(often) > 15


def _drafts(scenes: tuple[Scene, ...], *templates: str):  # type: ignore[no-untyped-def]
    for scene in scenes:
        facts = Facts(scene.world, scene.view)
        for draft in all_drafts(facts, np.random.default_rng(3)):
            if draft.template in templates:
                yield scene, draft


def _only(draft) -> int:  # type: ignore[no-untyped-def]
    ((index, _),) = draft.members
    return int(index)


def test_leftmost_and_rightmost_lead_by_their_pixels(scenes: tuple[Scene, ...]) -> None:
    num = 0
    for scene, draft in _drafts(scenes, "leftmost", "rightmost"):
        winner = _only(draft)
        for other in set(in_view(scene)) - {winner}:
            ahead = columns(scene, other).mean() - columns(scene, winner).mean()
            assert (ahead if draft.template == "leftmost" else -ahead) >= 0.05 * 320 - 1e-6
        num += 1
    assert num >= 3


def test_nearest_and_farthest_by_the_rendered_depth(scenes: tuple[Scene, ...]) -> None:
    """By the depth picture, which knows nothing of the vertices that the question was made from."""
    num = 0
    for scene, draft in _drafts(scenes, "nearest", "farthest"):
        k = scene.view.camera.intrinsics
        v, u = np.mgrid[0:240, 0:320]
        stretch = np.sqrt(((u - k[0, 2]) / k[0, 0]) ** 2 + ((v - k[1, 2]) / k[1, 1]) ** 2 + 1)
        distance = scene.view.depth_m * stretch
        nearest = {i: distance[scene.view.owner == i].min() for i in in_view(scene)}
        ranked = sorted(nearest, key=lambda i: nearest[i], reverse=draft.template == "farthest")
        assert ranked[0] == _only(draft)
        num += 1
    assert num >= 3


def test_colors_and_kinds_are_complete(scenes: tuple[Scene, ...]) -> None:
    num = 0
    for scene, draft in _drafts(
        scenes, "category_one", "category_all", "color_category_one", "color_category_all"
    ):
        kind, color = draft.slots["cat"], draft.slots.get("color")
        expected = {
            i
            for i in in_view(scene)
            if scene.world.objects[i].category == kind and color in (None, scene.world.objects[i].color)
        }
        assert {i for i, _ in draft.members} == expected
        num += 1
    assert num > 40


def test_on_top_under_and_inside_follow_the_piles(scenes: tuple[Scene, ...]) -> None:
    num = 0
    for scene, draft in _drafts(scenes, "on_top", "inside", "under", "supports"):
        world = scene.world
        anchors = _named(scene, draft.slots["ref"])
        assert len(anchors) == 1
        anchor = anchors[0]
        if draft.template in ("under", "supports"):
            assert {i for i, _ in draft.members} == world.carriers[anchor]
        else:
            assert {i for i, _ in draft.members} == {k for k, c in enumerate(world.carriers) if anchor in c}
        num += 1
    assert num > 10


def _named(scene: Scene, phrase: str) -> list[int]:
    *color, kind = phrase.split()
    return [
        i
        for i in in_view(scene)
        if scene.world.objects[i].category == kind and (not color or scene.world.objects[i].color == color[0])
    ]


SIDES: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "left_of": lambda mine, anchor: bool(mine.max() < anchor.min() + 4),
    "right_of": lambda mine, anchor: bool(mine.min() > anchor.max() - 4),
}


def test_left_of_and_right_of_by_the_pixels(scenes: tuple[Scene, ...]) -> None:
    num = 0
    for scene, draft in _drafts(scenes, "left_of", "right_of"):
        (anchor,) = _named(scene, draft.slots["ref"])
        expected = {
            i
            for i in _named(scene, draft.slots["cat"])
            if SIDES[draft.template](columns(scene, i), columns(scene, anchor))
        }
        assert {i for i, _ in draft.members} == expected
        num += 1
    assert num > 40


def test_what_rolls_is_round_and_free(scenes: tuple[Scene, ...]) -> None:
    for scene, draft in _drafts(scenes, "rolls"):
        for index, _ in draft.members:
            model = scene.world.objects[index]
            assert model.category == "ball" or model.lying
            assert not any(scene.world.objects[c].cavity for c in scene.world.carriers[index])


def test_what_must_come_off_is_all_that_rests_on_it(scenes: tuple[Scene, ...]) -> None:
    num = 0
    for scene, draft in _drafts(scenes, "comes_off"):
        (anchor,) = _named(scene, draft.slots["ref"])
        assert {i for i, _ in draft.members} == scene.world.carried_by(anchor)
        num += 1
    assert num > 5


def test_every_draft_has_a_known_template(scenes: tuple[Scene, ...]) -> None:
    seen = {draft.template for _, draft in _drafts(scenes, *TEMPLATES)}
    assert len(seen) > 45
