"""Answers, ids, memory, errors: what the node relies on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from converseg_core.answer import Answer, Status, failed
from converseg_core.tracking import FrameHistory, MaskTracker, SmallFrame, TrackerSettings
from tests.core.tracking.scenes import (
    CENTRE,
    FRAME_NS,
    HEIGHT,
    SETTINGS,
    WIDTH,
    Picture,
    answer,
    iou,
    picture,
    small,
    turned,
)


def carried(k: int) -> Picture:
    return picture(turned(about=CENTRE, dx=2.0 * k, dy=1.0 * k), noise_seed=k)


def test_carrying_forward_is_following_frame_by_frame() -> None:
    frames = [small(carried(k), k) for k in range(10)]
    first = answer(carried(0).mask)
    step_by_step = MaskTracker()
    step_by_step.start(frames[0], first)
    for frame in frames[1:]:
        expected = step_by_step.advance(frame)
    at_once = MaskTracker().carry_forward(frames[0], first, frames[1:])
    assert at_once.answer.mask is not None
    np.testing.assert_array_equal(at_once.answer.mask, expected.answer.mask)
    assert at_once.drift == expected.drift
    assert at_once.stamp_ns == frames[-1].stamp_ns
    assert at_once.answered_stamp_ns == frames[0].stamp_ns
    assert at_once.propagated


def test_a_late_answer_is_brought_to_the_newest_frame() -> None:
    """30 frames of camera motion while the model thought, through the history's thinned frames."""
    history = FrameHistory()
    for k in range(31):
        history.push(small(carried(k), k))
    asked = small(carried(0), 0)
    shown = MaskTracker().carry_forward(asked, answer(carried(0).mask), history.after(asked.stamp_ns))
    assert shown.stamp_ns == asked.stamp_ns + 30 * FRAME_NS
    assert iou(shown.answer.mask, carried(30).mask) > 0.9
    assert iou(carried(0).mask, carried(30).mask) < 0.2


def test_a_new_answer_replaces_the_mask_and_keeps_the_id() -> None:
    tracker = MaskTracker()
    first = tracker.start(small(carried(0), 0), answer(carried(0).mask))
    tracker.advance(small(carried(1), 1))
    other = picture(turned(about=CENTRE, dx=-60.0))
    again = tracker.carry_forward(small(other, 1), answer(other.mask, confidence=0.7), [small(other, 2)])
    assert again.track_id == first.track_id
    assert again.answer.confidence <= 0.7
    assert iou(again.answer.mask, other.mask) > 0.95
    tracker.reset()
    assert not tracker.started
    assert tracker.start(small(other, 3), answer(other.mask)).track_id != first.track_id


def test_catching_up_leaves_the_tracker_alone() -> None:
    tracker, still = MaskTracker(), MaskTracker()
    frames = [small(carried(k), k) for k in range(5)]
    for one in (tracker, still):
        one.start(frames[0], answer(carried(0).mask))
        one.advance(frames[1])
    caught = tracker.catch_up(frames[1], answer(carried(1).mask), frames[2:3])
    left_alone, expected = tracker.advance(frames[2]), still.advance(frames[2])
    assert left_alone.answered_stamp_ns == frames[0].stamp_ns
    np.testing.assert_array_equal(left_alone.answer.mask, expected.answer.mask)
    adopted = tracker.adopt(caught, frames[3:])
    assert adopted.answered_stamp_ns == frames[1].stamp_ns
    assert adopted.stamp_ns == frames[4].stamp_ns


def test_what_is_covered_when_the_model_looks_shows_again_when_it_is_uncovered() -> None:
    hand = (150, 60, 60, 120)
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    for k in range(1, 5):
        tracker.advance(small(picture(cover=hand, noise_seed=k), k))
    seen = picture(cover=hand, noise_seed=4)
    assert 0.2 < np.count_nonzero(seen.mask) / np.count_nonzero(picture().mask) < 0.8
    half = tracker.carry_forward(small(seen, 4), answer(seen.mask), [])
    np.testing.assert_array_equal(half.answer.mask, seen.mask)
    shown = [tracker.advance(small(picture(noise_seed=k), k)) for k in range(5, 9)]
    assert iou(shown[-1].answer.mask, picture().mask) > 0.93
    fresh = MaskTracker()
    fresh.start(small(seen, 4), answer(seen.mask))
    without_memory = fresh.advance(small(picture(noise_seed=5), 5))
    assert iou(without_memory.answer.mask, picture().mask) < 0.8


def test_hidden_when_the_model_looks_is_no_target_until_it_shows_again() -> None:
    hand = (80, 50, 140, 140)
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask, confidence=0.8))
    for k in range(1, 4):
        assert tracker.advance(small(picture(cover=hand, noise_seed=k), k)).answer.status is Status.LOST
    covered = picture(cover=hand, noise_seed=3)
    nothing = tracker.carry_forward(small(covered, 3), answer(covered.mask), [])
    assert nothing.answer.status is Status.NO_TARGET
    still = tracker.advance(small(picture(cover=hand, noise_seed=4), 4))
    assert still.answer.status is Status.NO_TARGET
    back = tracker.advance(small(picture(noise_seed=5), 5))
    assert back.answer.status is Status.OK
    assert back.answer.confidence <= 0.8
    assert iou(back.answer.mask, picture().mask) > 0.9


def test_the_model_is_believed_where_it_sees_nothing_and_nothing_hides_it() -> None:
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    tracker.advance(small(picture(noise_seed=1), 1))
    nothing = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    tracker.carry_forward(small(picture(noise_seed=1), 1), answer(nothing), [])
    for k in range(2, 6):
        shown = tracker.advance(small(picture(noise_seed=k), k))
        assert shown.answer.status is Status.NO_TARGET
        assert shown.answer.mask is not None
        assert not shown.answer.mask.any()


def test_lost_recovers_with_the_next_answer() -> None:
    away = turned(about=CENTRE, dx=1000.0)
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    assert tracker.advance(small(picture(away, noise_seed=1), 1)).answer.status is Status.LOST
    there = picture(turned(about=CENTRE, dx=90.0, dy=60.0), noise_seed=2)
    found = tracker.carry_forward(small(there, 2), answer(there.mask), [small(there, 3)])
    assert found.answer.status is Status.OK
    assert iou(found.answer.mask, there.mask) > 0.95


def test_without_answers_following_ends() -> None:
    settings = TrackerSettings(max_unanswered_s=0.1)
    tracker = MaskTracker(settings)
    tracker.start(small(picture(), 0), answer(picture().mask))
    shown = [tracker.advance(small(picture(noise_seed=k), k)) for k in range(1, 6)]
    assert shown[1].answer.status is Status.OK
    assert shown[-1].answer.status is Status.LOST
    assert "max_unanswered_s" in shown[-1].answer.status_text


def test_a_target_out_of_sight_is_looked_for_only_so_long() -> None:
    settings = TrackerSettings(max_unseen_s=0.1)
    tracker = MaskTracker(settings)
    tracker.start(small(picture(), 0), answer(picture().mask))
    for k in range(1, 7):
        tracker.advance(small(picture(cover=(80, 50, 140, 140), noise_seed=k), k))
    assert tracker.advance(small(picture(noise_seed=7), 7)).answer.status is Status.LOST


def test_a_changed_resolution_is_lost_and_the_next_answer_goes_on() -> None:
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    half = picture().rgb[::2, ::2].copy()
    stamp_ns = small(picture(), 1).stamp_ns
    changed = SmallFrame.of(half, stamp_ns=stamp_ns, settings=SETTINGS)
    assert tracker.advance(changed).answer.status is Status.LOST
    mask = np.ascontiguousarray(picture().mask[::2, ::2])
    assert tracker.start(changed, answer(mask)).answer.status is Status.OK
    later = SmallFrame.of(half, stamp_ns=stamp_ns + FRAME_NS, settings=SETTINGS)
    shown = tracker.advance(later)
    assert shown.answer.mask is not None
    assert shown.answer.mask.shape == half.shape[:2]
    assert iou(shown.answer.mask, mask) > 0.9


def test_an_unknown_confidence_stays_unknown() -> None:
    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask, confidence=math.nan))
    assert math.isnan(tracker.advance(small(picture(noise_seed=1), 1)).answer.confidence)


def test_larger_pictures_are_followed_reduced_and_answered_in_full() -> None:
    def frame(k: int) -> SmallFrame:
        big = np.ascontiguousarray(np.kron(carried(k).rgb, np.ones((4, 4, 1), dtype=np.uint8)))
        return SmallFrame.of(big, stamp_ns=k * FRAME_NS, settings=SETTINGS)

    def truth(k: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        return np.kron(carried(k).mask, np.ones((4, 4), dtype=np.bool_))

    tracker = MaskTracker()
    tracker.start(frame(0), answer(truth(0)))
    for k in range(1, 8):
        shown = tracker.advance(frame(k))
    assert shown.answer.mask is not None
    assert shown.answer.mask.shape == (4 * HEIGHT, 4 * WIDTH)
    assert iou(shown.answer.mask, truth(7)) > 0.93


def test_wrong_use_is_refused_by_name() -> None:
    tracker = MaskTracker()
    frame = small(picture(), 3)
    with pytest.raises(ValueError, match="no answer to follow"):
        tracker.advance(frame)
    with pytest.raises(ValueError, match="ERROR"):
        tracker.start(frame, failed("the mug", Status.ERROR, "broken"))
    with pytest.raises(ValueError, match="mask is"):
        tracker.start(frame, answer(picture().mask[:100]))
    tracker.start(frame, answer(picture().mask))
    with pytest.raises(ValueError, match="not later"):
        tracker.advance(small(picture(), 3))
    with pytest.raises(ValueError, match="shown already"):
        tracker.start(small(picture(), 2), answer(picture().mask))


def test_a_mask_has_the_size_of_its_frame_when_the_camera_changes_it() -> None:
    nothing = Answer(
        "the mug", Status.NO_TARGET, np.zeros((HEIGHT, WIDTH), np.bool_), 0.9, 0.9, "m@1", "none"
    )
    for first in (nothing, answer(carried(0).mask)):
        tracker = MaskTracker()
        tracker.start(small(carried(0), 0), first)
        larger = np.zeros((2 * HEIGHT, 2 * WIDTH, 3), np.uint8)
        frame = SmallFrame.of(larger, stamp_ns=small(carried(1), 1).stamp_ns, settings=SETTINGS)
        shown = tracker.advance(frame).answer
        assert shown.mask is None if shown.status is Status.LOST else shown.mask.shape == frame.size_hw
        assert shown.status is (Status.NO_TARGET if first is nothing else Status.LOST)
