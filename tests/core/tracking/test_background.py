"""What is behind the target is known from the answers, and is not taken for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Status
from converseg_core.tracking import MaskTracker
from converseg_core.tracking.affine import apply, identity, shift
from converseg_core.tracking.background import Background, background_after_answer
from converseg_core.tracking.colours import in_colour_space
from converseg_core.tracking.ground import ground_round
from converseg_core.tracking.memory import state_after_answer
from converseg_core.tracking.searching import searched_wide
from converseg_core.tracking.straightening import smoothed
from tests.core.tracking.scenes import CENTRE, SETTINGS, Picture, answer, iou, pattern, picture, small, turned


def background(shown: Picture, before: Background | None = None) -> Background:
    return background_after_answer(shown.rgb, shown.mask.astype(np.uint8), before, identity())


def test_behind_the_mask_is_what_an_earlier_answer_showed_there() -> None:
    here, there = picture(), picture(turned(about=CENTRE, dx=90), noise_seed=1)
    alone = background(here)
    assert not alone.known[here.mask].any()
    assert (alone.known > 0).mean() > 0.9
    both = background(there, alone)
    known = there.mask & (both.known > 0)
    assert known.sum() == there.mask.sum()
    truth = picture(turned(about=CENTRE, dy=-200)).rgb.astype(int)
    assert np.abs(both.rgb[there.mask].astype(int) - truth[there.mask]).mean() < 5
    # Where the thing was first, the second answer shows what was behind it.
    assert (both.known[here.mask] > 0).all()


def test_background_shows_but_what_is_before_it_does_not() -> None:
    known = background(picture(turned(about=CENTRE, dy=-200)))
    covered = picture(cover=(20, 20, 60, 60), noise_seed=2)
    behind = known.behind(in_colour_space(smoothed(covered.rgb)), identity(), identity())
    assert behind.known.all()
    assert behind.shows[covered.mask].mean() < 0.1
    assert behind.shows[25:75, 25:75].mean() < 0.1
    rest = ~covered.mask
    rest[15:85, 15:85] = False
    assert behind.shows[rest].mean() > 0.95
    assert behind.is_there(covered.mask.astype(np.float32))
    in_front = behind.like_what_is_in_front(covered.rgb, ~covered.mask)
    assert in_front[25:75, 25:75].mean() > 0.9
    assert in_front[covered.mask].mean() < 0.1


def test_background_in_another_place_is_not_gone_by() -> None:
    known = background(picture(turned(about=CENTRE, dy=-200)))
    behind = known.behind(in_colour_space(smoothed(pattern(9, (90, 160, 60)))), identity(), identity())
    assert not behind.is_there(np.zeros(behind.shows.shape, dtype=np.float32))


def with_rail(shown: Picture) -> Picture:
    """A neighbour of the thing's own colours, which the thing may cover."""
    rail = np.zeros_like(shown.mask)
    rail[40:220, 196:204] = True
    rail &= ~shown.mask
    shown.rgb[rail] = pattern(2, (40, 60, 190))[rail]
    return shown


def test_a_rail_of_the_same_colours_is_left_behind_when_the_thing_moves_on() -> None:
    pictures = [with_rail(picture(turned(about=CENTRE, dx=-2.0 * k), noise_seed=k)) for k in range(20)]
    tracker = MaskTracker()
    tracker.start(small(pictures[0], 0), answer(pictures[0].mask))
    shown = [tracker.advance(small(one, k)) for k, one in enumerate(pictures[1:], start=1)]
    assert iou(shown[-1].answer.mask, pictures[-1].mask) > 0.9


def belief_before(pictures: list[Picture]) -> tuple[MaskTracker, int]:
    tracker = MaskTracker()
    tracker.start(small(pictures[0], 0), answer(pictures[0].mask))
    for k, one in enumerate(pictures[1:], start=1):
        tracker.advance(small(one, k))
    return tracker, len(pictures) - 1


def kept_after(pictures: list[Picture], mask: NDArray[np.bool_]) -> int:
    """Pixels of the target that are kept beside an answer for the last picture."""
    tracker, last = belief_before(pictures)
    frame = small(pictures[-1], last)
    state = state_after_answer(frame, mask, tracker._belief_at(frame.stamp_ns), SETTINGS)
    assert state is not None
    return int(np.count_nonzero(state.whole_in(frame.to_full, frame.size_hw) & ~mask))


def test_what_a_hand_hides_is_kept_and_what_lies_bare_is_not() -> None:
    hidden = [picture(cover=(min(150, 60 + 10 * k), 60, 60, 120), noise_seed=k) for k in range(10)]
    assert kept_after(hidden, hidden[-1].mask) > 500
    moved = [picture(turned(about=CENTRE, dx=5.0 * k), noise_seed=k) for k in range(10)]
    half = moved[-1].mask.copy()
    half[:, :190] = False
    assert kept_after(moved, half) < 50


def test_a_sliver_of_a_resting_thing_is_still_followed() -> None:
    """A tenth is in sight beside a hand of colours not far from its own."""

    def scene(k: int) -> Picture:
        shown = picture(noise_seed=k)
        if k:
            hand = np.zeros_like(shown.mask)
            hand[:, : 120 + 8 * min(k, 6)] = True
            shown.rgb[hand] = pattern(3, (130, 105, 150))[hand]
            shown.mask[hand] = False
        return shown

    pictures = [scene(k) for k in range(16)]
    tracker, _ = belief_before(pictures[:15])
    shown = tracker.advance(small(pictures[15], 15))
    assert np.count_nonzero(pictures[15].mask) < 0.3 * np.count_nonzero(pictures[0].mask)
    assert shown.answer.status is Status.OK
    assert iou(shown.answer.mask, pictures[15].mask) > 0.6


def test_a_lost_thing_is_found_far_from_its_place() -> None:
    first = picture()
    state = state_after_answer(small(first, 0), first.mask, None, SETTINGS)
    assert state is not None
    there = picture(turned(about=CENTRE, dx=61, dy=-37), noise_seed=3)
    found = searched_wide(state.template, there.rgb, state.pose)
    way = apply(found, state.template.centre) - apply(state.pose, state.template.centre)
    np.testing.assert_allclose(way, [[61, -37]], atol=5)


def test_ground_keeps_its_keyframe_until_the_camera_turned_away() -> None:
    first = small(picture(), 0)
    ground = ground_round(
        first.grey, identity(), np.zeros((8, 8), dtype=np.bool_), SETTINGS, since=identity()
    )
    near = ground.moved_to(small(picture(camera=shift(12, 5)), 1).grey)
    assert near is not None
    assert not near[0].left_behind
    assert near[0].now is not None
    np.testing.assert_allclose(near[0].now, shift(12, 5), atol=0.3)
    resting = near[0].resting_at(shift(50, 60))
    again = resting.moved_to(small(picture(camera=shift(14, 6)), 2).grey)
    assert again is not None
    np.testing.assert_allclose(again[1], shift(52, 61), atol=0.4)
    far = near[0].moved_to(small(picture(camera=shift(100, 5)), 3).grey)
    assert far is None or far[0].left_behind
