"""More of the thing comes into sight, or its looks lie beside it: the outline goes where its colours end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking import MaskTracker
from converseg_core.tracking.colours import bins_of, histogram, log_ratio
from converseg_core.tracking.looks import signed_distance
from converseg_core.tracking.outline import by_colours
from converseg_core.tracking.template import make_template
from tests.core.tracking.scenes import CENTRE, SETTINGS, Picture, answer, iou, pattern, picture, small, turned


def followed(pictures: list[Picture]) -> list[NDArray[np.bool_] | None]:
    tracker = MaskTracker()
    tracker.start(small(pictures[0], 0), answer(pictures[0].mask))
    return [tracker.advance(small(one, k)).answer.mask for k, one in enumerate(pictures[1:], start=1)]


def test_what_comes_out_from_behind_something_belongs_to_the_target() -> None:
    pictures = [
        picture(turned(about=CENTRE, dx=1.5 * k), cover=(100, 60, 50, 120), noise_seed=k) for k in range(16)
    ]
    first, last = np.count_nonzero(pictures[0].mask), np.count_nonzero(pictures[-1].mask)
    assert first < 0.75 * last
    assert iou(followed(pictures)[-1], pictures[-1].mask) > 0.9


def test_a_neighbour_of_the_same_colour_does_not_become_the_target() -> None:
    def scene(k: int) -> Picture:
        shown = picture(noise_seed=k)
        beside = np.zeros_like(shown.mask)
        beside[100:140, 100:130] = True
        beside &= ~shown.mask
        shown.rgb[beside] = pattern(2, (40, 60, 190))[beside]
        return shown

    pictures = [scene(k) for k in range(12)]
    assert iou(followed(pictures)[-1], pictures[-1].mask) > 0.9


def test_what_a_hand_hides_is_kept_though_its_shadow_changes_the_rest() -> None:
    """An answer says what is in sight, where the tracker took all for hidden: the hidden part is kept."""

    def scene(k: int, *, hand: bool) -> Picture:
        shown = picture(cover=(150, 60, 60, 120) if hand else None, noise_seed=k)
        if hand:
            shown.rgb[:, :150] = (0.2 * shown.rgb[:, :150]).astype(np.uint8)
        return shown

    tracker = MaskTracker()
    tracker.start(small(picture(), 0), answer(picture().mask))
    for k in range(1, 4):
        tracker.advance(small(scene(k, hand=True), k))
    half = scene(3, hand=True)
    tracker.carry_forward(small(half, 3), answer(half.mask), [])
    shown = [tracker.advance(small(scene(k, hand=False), k)) for k in range(4, 8)]
    without = MaskTracker()
    without.start(small(half, 3), answer(half.mask))
    alone = [without.advance(small(scene(k, hand=False), k)) for k in range(4, 8)]
    assert iou(shown[-1].answer.mask, picture().mask) > iou(alone[-1].answer.mask, picture().mask) + 0.1


def test_colours_of_the_target_are_commoner_on_it() -> None:
    rgb = np.full((20, 20, 3), (200, 40, 40), dtype=np.uint8)
    rgb[:, 10:] = (40, 40, 200)
    bins = bins_of(rgb)
    on = np.zeros((20, 20), dtype=np.float32)
    on[:, :10] = 1
    counts = histogram(bins, on)
    assert np.isclose(counts.sum(), 200)
    ratio = log_ratio(counts, histogram(bins, 1 - on))
    assert ratio[bins[0, 0]] > 3
    assert ratio[bins[0, 19]] < -3
    # A colour just beyond its bin still counts.
    assert ratio[bins_of(np.array([[[208, 40, 40]]], dtype=np.uint8))[0, 0]] > 2


def test_distance_is_of_the_outline_to_parts_of_a_pixel() -> None:
    soft = np.zeros((9, 9), dtype=np.float32)
    soft[3:6, 3:6] = 1.0
    soft[3:6, 6] = 0.3
    distance = signed_distance(soft)
    assert distance[4, 4] > 1
    np.testing.assert_allclose(distance[4, 6], -0.2, atol=1e-6)
    assert distance[0, 0] < -3


def test_a_grey_target_in_a_shadow_is_in_sight_and_under_a_dark_cover_it_is_not() -> None:
    """Grey has nothing but its brightness: the ground beside it tells a shadow from a cover."""
    rng = np.random.default_rng(0)
    patch = np.full((48, 48, 3), (170, 160, 140), dtype=np.float32)
    soft = np.zeros((48, 48), dtype=np.float32)
    soft[16:32, 16:32] = 1.0
    patch[16:32, 16:32] = 110
    template = make_template((patch + rng.normal(0, 2, patch.shape)).astype(np.uint8), soft, SETTINGS)
    everywhere, only_there = 0.5 * patch, patch.copy()
    only_there[16:32, 16:32] *= 0.5
    shares = []
    for frame in (everywhere, only_there):
        now = template.compare((frame + rng.normal(0, 2, patch.shape)).astype(np.uint8), np.eye(2, 3))
        hidden = template.spread_to_rim(now.differs)
        assert np.count_nonzero(hidden & template.mask) > 200
        said = by_colours(template, now, hidden, soft, soft)
        assert np.count_nonzero((np.maximum(said.shown, said.unseen) > 0.5) & template.mask) == 256
        shares.append(np.count_nonzero((said.shown > 0.5) & template.mask) / 256)
    assert shares[0] > 0.8
    assert shares[1] < 0.1
