"""Questions about drawn scenes: what must hold for every one of them, whatever is asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from converseg_engine.sim.objects import CATEGORIES
from converseg_engine.sim.places.rigs import draw_place_camera
from converseg_engine.sim.places.world import make_place_world
from converseg_engine.sim.questions.compose import Question
from converseg_engine.sim.questions.facts import MIN_AREA_PX, MIN_VISIBLE, WHOLE
from converseg_engine.sim.questions.meanings.frequency import ASKED_WITH_TARGET, NUM_PICTURES
from converseg_engine.sim.questions.meanings.meaning import SUBFAMILIES, NoTarget, plain
from converseg_engine.sim.questions.meanings.reach import count_reach
from converseg_engine.sim.questions.meanings.select import MAX_MASK_SHARE, ask_about
from converseg_engine.sim.questions.meanings.table import BY_KEY, MEANINGS
from converseg_engine.sim.questions.meanings.wording import fill
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.render import Renderer, View
from converseg_engine.sim.world import World

pytestmark = pytest.mark.egl

PLACES = ("kitchen counter", "tabletop", "shelf", "walkway", "desk", "bathroom")
NUM_QUESTIONS = 15


@dataclass(frozen=True, eq=False)
class Asked:
    world: World
    view: View
    split: str
    questions: list[Question]


def _asked(renderer: Renderer, place: str, seed: int, split: str) -> Asked:
    world = make_place_world(seed, place=place, split=split)
    rng = np.random.default_rng(seed)
    _, camera = draw_place_camera(rng, world, width=320, height=240)
    view = next(renderer.views(world, [camera]))
    return Asked(world, view, split, ask_about(world, view, rng, split=split, num_questions=NUM_QUESTIONS))


@pytest.fixture(scope="module")
def asked(renderer: Renderer) -> tuple[Asked, ...]:
    return tuple(
        _asked(renderer, place, 40 + k, split)
        for k, place in enumerate(PLACES)
        for split in (("train", "test") if k < 2 else ("train",))
    )


def each(asked: tuple[Asked, ...]) -> Iterator[tuple[Asked, Question]]:
    for scene in asked:
        for question in scene.questions:
            yield scene, question


def test_masks_are_the_pixels_of_their_members_and_big_enough(asked: tuple[Asked, ...]) -> None:
    for scene, question in each(asked):
        expected = np.zeros(scene.view.owner.shape, dtype=bool)
        for index, part in question.members:
            pixels = scene.view.owner == index
            if part != WHOLE:
                pixels = pixels & (scene.view.part == part)
            elif not scene.world.objects[index].fixed:
                assert pixels.sum() >= MIN_AREA_PX
            expected |= pixels
        np.testing.assert_array_equal(question.mask, expected)
        assert question.no_target == (not question.mask.any())
        assert question.mask.mean() <= MAX_MASK_SHARE


def test_answers_show_enough_of_each_thing(asked: tuple[Asked, ...]) -> None:
    for scene, question in each(asked):
        facts = PlaceFacts(scene.world, scene.view)
        assert all(
            facts.by_index[i].visible >= MIN_VISIBLE and facts.by_index[i].clear for i, _ in question.members
        )


def test_every_question_says_what_it_means_and_why(asked: tuple[Asked, ...]) -> None:
    for _, question in each(asked):
        meaning = BY_KEY[question.meaning]
        assert (question.concept, question.subfamily) == (meaning.concept, meaning.subfamily)
        assert question.evidence and "object " not in question.evidence
        assert bool(question.no_target_reason) == question.no_target
        if question.no_target:
            assert question.no_target_reason in {reason.value for reason in NoTarget}


def test_families_are_balanced_and_pictures_are_full(asked: tuple[Asked, ...]) -> None:
    for scene in asked:
        assert 8 <= len(scene.questions) <= NUM_QUESTIONS
        assert len({q.prompt.rstrip("?") for q in scene.questions}) == len(scene.questions)
    counts = Counter(q.concept for _, q in each(asked))
    total = sum(counts.values())
    assert all(0.10 <= counts[c] / total <= 0.32 for c in SUBFAMILIES)
    assert 0.05 <= np.mean([q.no_target for _, q in each(asked)]) <= 0.28


def _patterns(phrasings: tuple[str, ...]) -> list[re.Pattern[str]]:
    return [
        re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(plain(p).rstrip("?"))).replace(r"\ an?\ ", " an? "))
        for p in phrasings
    ]


def test_training_never_hears_a_held_out_phrasing_or_category(asked: tuple[Asked, ...]) -> None:
    held_out_names = [c.name for c in CATEGORIES if c.held_out]
    num_held_out = 0
    for scene, question in each(asked):
        meaning = BY_KEY[question.meaning]
        is_held_out = any(
            p.search(question.prompt) for p in _patterns(meaning.held_out_phrasings)
        ) and not any(p.search(question.prompt) for p in _patterns(meaning.phrasings))
        if scene.split == "train":
            assert not is_held_out and not question.held_out
            assert not any(re.search(rf"\b{name}s?\b", question.prompt) for name in held_out_names)
        else:
            num_held_out += is_held_out
    assert num_held_out > 0


def test_no_prompt_has_two_answers_in_one_picture(asked: tuple[Asked, ...]) -> None:
    """All that could be asked, in all its phrasings: the same words never mean two things."""
    for scene in asked[:3]:
        facts = PlaceFacts(scene.world, scene.view)
        answers: dict[str, set[frozenset[tuple[int, int]]]] = defaultdict(set)
        for meaning in MEANINGS:
            for answer in meaning.ask(facts, np.random.default_rng(1)):
                for phrasing in (*meaning.phrasings, *meaning.held_out_phrasings):
                    bare = plain(phrasing)
                    said = fill(bare, dict(answer.slots), np.random.default_rng(0)).rstrip("?")
                    answers[said].add(answer.members)
        assert {said: len(found) for said, found in answers.items() if len(found) > 1} == {}


def test_the_same_picture_is_asked_the_same(renderer: Renderer, asked: tuple[Asked, ...]) -> None:
    again = _asked(renderer, PLACES[0], 40, "train")
    assert [q.prompt for q in again.questions] == [q.prompt for q in asked[0].questions]
    with pytest.raises(ValueError, match="split"):
        ask_about(again.world, again.view, np.random.default_rng(0), split="dev", num_questions=3)


def test_no_trial_leaves_a_trace(asked: tuple[Asked, ...]) -> None:
    for scene in asked:
        bodies = [scene.world.model.body(f"object{i}").id for i in range(len(scene.world.objects))]
        np.testing.assert_array_equal(scene.world.data.xpos[bodies], scene.world.positions)


def test_the_frequencies_are_those_of_meanings() -> None:
    assert set(ASKED_WITH_TARGET) == set(BY_KEY)
    never = [key for key, share in ASKED_WITH_TARGET.items() if share < 0.99 / NUM_PICTURES]
    assert never == [], "no picture answered these: widen them or drop them"


@pytest.mark.slow
def test_meanings_are_reached_as_often_as_the_table_says() -> None:
    reach = count_reach(60, first_seed=7_000_000)
    common = [key for key, share in ASKED_WITH_TARGET.items() if share > 0.15]
    assert len(common) > 20
    assert [key for key in common if not reach.with_target[key]] == []
    assert len(reach.never) < 0.45 * len(MEANINGS)
