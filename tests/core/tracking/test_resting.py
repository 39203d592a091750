"""What rests is where it was, however little of it is seen; a cover of colours like its own is not it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.tracking import MaskTracker, Tracked
from converseg_core.tracking.affine import compose, shift
from converseg_core.tracking.memory import state_after_answer
from tests.core.tracking.scenes import SETTINGS, Picture, answer, iou, pattern, picture, small


def covered(upto: int, colour: tuple[int, int, int], *, noise_seed: int, shade: float = 1.0) -> Picture:
    """All left of a column is behind a hand, whose shadow lies on the rest of the thing."""
    shown = picture(noise_seed=noise_seed)
    rgb = shown.rgb.astype(np.float32)
    rgb[:, upto : upto + 70] *= shade
    hand = np.zeros_like(shown.mask)
    hand[40:200, :upto] = True
    rgb[hand] = pattern(7, colour)[hand]
    return Picture(rgb.astype(np.uint8), shown.mask & ~hand)


def shown_for(pictures: list[Picture]) -> list[Tracked]:
    tracker = MaskTracker()
    tracker.start(small(pictures[0], 0), answer(pictures[0].mask))
    return [tracker.advance(small(one, k)) for k, one in enumerate(pictures[1:], start=1)]


def test_a_sliver_beside_a_hand_is_shown() -> None:
    steps = [min(178, 60 + 12 * k) for k in range(16)]
    pictures = [covered(upto, (200, 150, 120), noise_seed=k) for k, upto in enumerate(steps)]
    whole = np.count_nonzero(pictures[0].mask)
    assert 0.02 * whole < np.count_nonzero(pictures[-1].mask) < 0.12 * whole
    shown = shown_for(pictures)
    assert shown[-1].answer.status is Status.OK
    assert iou(shown[-1].answer.mask, pictures[-1].mask) > 0.5


def all_but_hidden(*, with_ground: bool, noise_seed: int) -> Picture:
    """A hand hides all but nine rows of eight pixels, and the ground on all sides or on one."""
    shown = covered(150, (200, 150, 120), noise_seed=noise_seed)
    hand = np.zeros_like(shown.mask)
    hand[75:170, 95 : 200 if with_ground else 225] = True
    hand[121:130, 165:173] = False
    shown.rgb[hand] = pattern(7, (200, 150, 120))[hand]
    shown.mask[hand] = False
    return shown


@pytest.mark.parametrize("with_ground", [True, False])
def test_of_what_a_hand_all_but_hides_some_pixels_just_as_they_were_are_enough(with_ground: bool) -> None:
    """Less than a thirtieth of the thing, whether the ground beside it is in sight or not."""
    pictures = [covered(min(150, 60 + 12 * k), (200, 150, 120), noise_seed=k) for k in range(8)]
    pictures += [all_but_hidden(with_ground=with_ground, noise_seed=k) for k in range(8, 14)]
    last = pictures[-1]
    assert 20 < np.count_nonzero(last.mask) < 0.03 * np.count_nonzero(pictures[0].mask)
    shown = shown_for(pictures)[-1].answer
    assert shown.status is Status.OK
    assert iou(shown.mask, last.mask) > 0.8


def test_a_cover_of_almost_its_own_colours_is_not_the_target() -> None:
    steps = [min(230, 60 + 12 * k) for k in range(20)]
    pictures = [covered(upto, (70, 80, 170), noise_seed=k) for k, upto in enumerate(steps)]
    assert not pictures[-1].mask.any()
    hidden = [one for one, true in zip(shown_for(pictures), pictures[1:], strict=True) if not true.mask.any()]
    assert len(hidden) > 5
    assert all(one.answer.status is Status.LOST for one in hidden)


def test_an_answer_on_a_sliver_keeps_what_rests_covered_though_the_pose_was_dragged_away() -> None:
    first, later = picture(), covered(165, (200, 150, 120), noise_seed=1)
    frame = small(later, 1)
    state = state_after_answer(small(first, 0), first.mask, None, SETTINGS)
    assert state is not None
    off = compose(shift(25.0, 10.0), state.pose)
    dragged = replace(
        state, pose=off, moved=True, seen=0.1, hidden=state.template.mask, stamp_ns=frame.stamp_ns
    )
    kept = state_after_answer(frame, later.mask, dragged, SETTINGS)
    assert kept is not None
    assert iou(kept.whole_in(frame.to_full, frame.size_hw), first.mask) > 0.9
    sure = state_after_answer(frame, later.mask, replace(dragged, seen=0.9), SETTINGS)
    assert sure is not None
    assert iou(sure.whole_in(frame.to_full, frame.size_hw), later.mask) > 0.9


def test_in_plain_view_again_it_is_what_it_was_before_a_hand_came() -> None:
    steps = [60 + 12 * k for k in range(9)]
    pictures = [covered(upto, (200, 150, 120), noise_seed=k, shade=0.6) for k, upto in enumerate(steps)]
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    for k, one in enumerate(pictures, start=1):
        tracker.advance(small(one, k))
    tracker.carry_forward(small(pictures[-1], 9), answer(pictures[-1].mask), ())
    plain = picture(noise_seed=50)
    shown = tracker.advance(small(plain, 10))
    assert iou(shown.answer.mask, plain.mask) > 0.97
