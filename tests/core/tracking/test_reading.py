"""The network that tells the target's pixels: what it is given, and what comes out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from converseg_core.answer import Status
from converseg_core.tracking import MaskTracker, SmallFrame
from converseg_core.tracking.affine import Affine, identity
from converseg_core.tracking.colours import FloatCHW, FloatHW
from converseg_core.tracking.reading import NUM_PLANES, ColoursAlone, PixelNetwork, Plane, shipped_network
from tests.core.tracking.scenes import CENTRE, answer, iou, picture, small, turned


class Kept:
    """Answers as colours do, and keeps what it was given."""

    finds_again = False

    def __init__(self) -> None:
        self.given: list[tuple[FloatCHW, SmallFrame, Affine]] = []

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        self.given.append((planes.copy(), frame, pose))
        return ColoursAlone()(planes, frame, pose)


class Nothing:
    """Finds no pixel."""

    finds_again = True

    def __call__(self, planes: FloatCHW, frame: SmallFrame, pose: Affine) -> FloatHW:
        return np.zeros(planes.shape[1:], dtype=np.float32)


HAND = (100, 70, 45, 100)
"""Covers the left third of the thing where it begins."""


def moved_by(dx: float, *, seed: int = 0, covered: bool = False) -> tuple[SmallFrame, NDArray[np.bool_]]:
    seen = picture(turned(about=CENTRE, dx=dx), noise_seed=seed, cover=HAND if covered else None)
    return small(seen, 1 + round(dx)), seen.mask


def test_what_it_is_given_lies_in_its_range_and_in_the_patch() -> None:
    kept = Kept()
    tracker = MaskTracker(read=kept)
    frame, mask = moved_by(0)
    tracker.start(frame, answer(mask))
    later, truth = moved_by(4, seed=1, covered=True)
    tracker.advance(later)
    planes, frame, pose = kept.given[-1]
    assert planes.shape[0] == NUM_PLANES and planes.dtype == np.float32
    assert np.abs(planes).max() <= 1
    assert frame.stamp_ns == later.stamp_ns
    # The pose puts the pixels that colours show onto the target.
    rows, columns = np.nonzero(planes[Plane.SHOWN] > 0.5)
    at = np.rint(np.stack([columns, rows], axis=1) @ pose[:, :2].T + pose[:, 2]).astype(int)
    assert truth[at[:, 1], at[:, 0]].mean() > 0.95


def test_what_rests_in_plain_view_is_left_to_colours() -> None:
    kept = Kept()
    tracker = MaskTracker(read=kept)
    frame, mask = moved_by(0)
    tracker.start(frame, answer(mask))
    assert iou(tracker.advance(small(picture(noise_seed=1), 2)).answer.mask, mask) > 0.95
    assert not kept.given


@pytest.mark.parametrize("size_hw", [(112, 112), (37, 90), (9, 11)])
def test_any_size_of_patch_gives_a_mask_of_that_size(size_hw: tuple[int, int]) -> None:
    planes = np.random.default_rng(0).uniform(-1, 1, (NUM_PLANES, *size_hw)).astype(np.float32)
    shown = shipped_network()(planes, moved_by(0)[0], identity())
    assert shown.shape == size_hw and shown.dtype == np.float32
    assert shown.min() >= 0 and shown.max() <= 1


def test_what_is_not_filled_changes_nothing_inside() -> None:
    """Sides are filled up to a multiple of eight; a patch that already is one gives the same pixels."""
    planes = np.zeros((NUM_PLANES, 40, 48), dtype=np.float32)
    planes[:, :33, :41] = np.random.default_rng(1).uniform(-1, 1, (NUM_PLANES, 33, 41))
    network, frame = shipped_network(), moved_by(0)[0]
    np.testing.assert_allclose(
        network(planes[:, :33, :41], frame, identity()),
        network(planes, frame, identity())[:33, :41],
        atol=1e-5,
    )


def test_the_network_follows_a_thing_at_least_as_well_as_colours() -> None:
    agreement = {}
    for name, read in (("network", shipped_network()), ("colours", ColoursAlone())):
        tracker = MaskTracker(read=read)
        frame, mask = moved_by(0)
        tracker.start(frame, answer(mask))
        ious = []
        for k in range(1, 12):
            frame, mask = moved_by(3.0 * k, seed=k, covered=True)
            ious.append(iou(tracker.advance(frame).answer.mask, mask))
        agreement[name] = float(np.mean(ious))
    assert agreement["network"] > max(0.9, agreement["colours"] - 0.02)


def test_where_the_network_finds_no_pixel_the_target_is_lost() -> None:
    tracker = MaskTracker(read=Nothing())
    frame, mask = moved_by(0)
    tracker.start(frame, answer(mask))
    shown = tracker.advance(moved_by(2, seed=1, covered=True)[0])
    assert shown.answer.status is Status.LOST
    assert shown.answer.status_text


@pytest.mark.parametrize("greener", [9, 12, 15, 18])
def test_of_what_fits_too_badly_for_colours_the_network_is_asked(greener: int) -> None:
    """All of it is in sight, in another colour: LOST by colours, and not found again by colours either."""
    first, later = picture(), picture(noise_seed=1)
    first.rgb[first.mask] = (40, 60, 190)
    later.rgb[later.mask] = (40, 60 + greener, 190)
    for read in (ColoursAlone(), Nothing()):
        tracker = MaskTracker(read=read)
        tracker.start(small(first, 0), answer(first.mask))
        assert tracker.advance(small(later, 1)).answer.status is Status.LOST


def test_the_network_is_loaded_once_and_gives_the_same_again() -> None:
    planes = np.random.default_rng(2).uniform(-1, 1, (NUM_PLANES, 24, 24)).astype(np.float32)
    frame = moved_by(0)[0]
    assert shipped_network() is shipped_network()
    np.testing.assert_array_equal(
        shipped_network()(planes, frame, identity()), PixelNetwork()(planes, frame, identity())
    )
