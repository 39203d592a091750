"""Questions written over masks are true of the masks."""

from __future__ import annotations

import numpy as np

from converseg_training.mini.photo_prompts import Segment, questions, readable


def _segment(name: str, x0: int, x1: int, *, is_thing: bool = True, is_crowd: bool = False) -> Segment:
    mask = np.zeros((20, 100), np.bool_)
    mask[5:15, x0:x1] = True
    return Segment(name, is_thing, is_crowd, mask)


def test_names_read_like_words() -> None:
    names = ("wall-other-merged", "floor-wood", "dining table", "sky-other-merged", "mirror-stuff")
    assert [readable(name) for name in names] == ["wall", "wood floor", "dining table", "sky", "mirror"]


def test_each_question_has_the_mask_it_names() -> None:
    left, right = _segment("cup", 5, 20), _segment("cup", 60, 80)
    wall = _segment("wall", 0, 100, is_thing=False)
    asked = {item.prompt: item for item in questions([right, left, wall], ["dog"], np.random.default_rng(0))}
    assert np.array_equal(asked["cup"].mask, left.mask | right.mask)
    assert np.array_equal(asked["the cup on the left"].mask, left.mask)
    assert np.array_equal(asked["the cup on the right"].mask, right.mask)
    assert np.array_equal(asked["something to drink from"].mask, left.mask | right.mask)
    assert asked["wall"].subfamily == "class-stuff"
    assert not asked["dog"].mask.any()
    assert len(asked) == 6


def test_no_side_is_asked_for_where_it_is_unclear() -> None:
    pairs = (
        [_segment("cup", 5, 20), _segment("cup", 12, 27)],  # beside each other by less than 12 %
        [_segment("cup", 5, 20), _segment("cup", 60, 80, is_crowd=True)],
        [_segment("wall", 5, 20, is_thing=False), _segment("wall", 60, 80, is_thing=False)],
    )
    for pair in pairs:
        asked = questions(pair, [], np.random.default_rng(0))
        assert not [item for item in asked if item.concept == "spatial"]
