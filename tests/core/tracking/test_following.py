"""Known motions: the mask must be where geometry says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.tracking import MaskTracker, Tracked
from tests.core.tracking.scenes import CENTRE, Picture, answer, iou, picture, small, turned

NUM_FRAMES = 24


def followed(pictures: list[Picture], tracker: MaskTracker | None = None) -> list[Tracked]:
    """Answer the first, follow through the rest."""
    tracker = tracker or MaskTracker()
    shown = [tracker.start(small(pictures[0], 0), answer(pictures[0].mask))]
    shown += [tracker.advance(small(one, k)) for k, one in enumerate(pictures[1:], start=1)]
    return shown


MOTIONS: dict[str, Callable[[float], Picture]] = {
    "still": lambda t: picture(noise_seed=int(100 * t)),
    "carried": lambda t: picture(turned(about=CENTRE, dx=70 * t, dy=-30 * t), noise_seed=int(100 * t)),
    "turned": lambda t: picture(turned(about=CENTRE, degrees=50 * t), noise_seed=int(100 * t)),
    "nearer": lambda t: picture(turned(about=CENTRE, scale=1 + 0.6 * t), noise_seed=int(100 * t)),
    "farther": lambda t: picture(turned(about=CENTRE, scale=1 - 0.4 * t), noise_seed=int(100 * t)),
    "camera": lambda t: picture(
        camera=turned(about=CENTRE, degrees=-15 * t, scale=1 + 0.2 * t, dx=-50 * t), noise_seed=int(100 * t)
    ),
    "both": lambda t: picture(
        turned(about=CENTRE, degrees=30 * t, dx=40 * t),
        turned(about=CENTRE, dx=-60 * t, dy=15 * t),
        noise_seed=int(100 * t),
    ),
}


@pytest.mark.parametrize("name", MOTIONS)
def test_the_mask_is_where_the_thing_is(name: str) -> None:
    pictures = [MOTIONS[name](k / (NUM_FRAMES - 1)) for k in range(NUM_FRAMES)]
    shown = followed(pictures)
    assert all(one.answer.status is Status.OK for one in shown)
    agreement = [iou(one.answer.mask, true.mask) for one, true in zip(shown, pictures, strict=True)]
    assert min(agreement) > 0.88
    assert np.mean(agreement) > 0.93
    assert not shown[0].propagated
    assert all(one.propagated and one.answered_stamp_ns == shown[0].stamp_ns for one in shown[1:])


def test_the_ground_alone_would_not_do() -> None:
    """The carried thing really leaves its old place: a mask that stays scores badly."""
    pictures = [MOTIONS["carried"](k / (NUM_FRAMES - 1)) for k in range(NUM_FRAMES)]
    assert iou(pictures[0].mask, pictures[-1].mask) < 0.1


def test_what_covers_the_target_is_not_the_target() -> None:
    """A hand passes in front: the mask is what is in sight, and all of it again afterwards."""
    pictures = [picture(cover=(30 + 7 * k, 40, 60, 90), noise_seed=k) for k in range(36)]
    shares = [np.count_nonzero(one.mask) for one in pictures]
    assert min(shares) < 0.75 * max(shares)
    shown = followed(pictures)
    agreement = [iou(one.answer.mask, true.mask) for one, true in zip(shown, pictures, strict=True)]
    assert min(agreement) > 0.8
    assert np.mean(agreement) > 0.93
    assert agreement[-1] > 0.95
    covered = int(np.argmin(shares))
    assert shown[covered].drift < 1
    for one in shown[1:]:
        assert one.answer.confidence == pytest.approx(0.9 * (1 - 0.5 * one.drift**2))


def test_hidden_is_lost_and_in_sight_again_is_found() -> None:
    covers = [(-200 + 40 * min(k, 6), 60, 200, 130) for k in range(16)] + [None] * 6
    pictures = [picture(cover=cover, noise_seed=k) for k, cover in enumerate(covers)]
    shown = followed(pictures)
    hidden = [k for k, one in enumerate(pictures) if not one.mask.any()]
    assert len(hidden) > 5
    for k in hidden:
        assert shown[k].answer.status is Status.LOST
        assert shown[k].answer.mask is None
        assert shown[k].drift == 1.0
        assert "hidden" in shown[k].answer.status_text
    assert shown[-1].answer.status is Status.OK
    assert iou(shown[-1].answer.mask, pictures[-1].mask) > 0.9


@pytest.mark.parametrize("way", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_leaving_the_picture_is_lost(way: tuple[int, int]) -> None:
    def scene(k: int) -> Picture:
        far = 14.0 * k
        return picture(camera=turned(about=CENTRE, dx=way[0] * far, dy=way[1] * far), noise_seed=k)

    pictures = [scene(k) for k in range(22)]
    shown = followed(pictures)
    gone = [k for k, one in enumerate(pictures) if not one.mask.any()]
    assert len(gone) >= 3
    for k in gone:
        assert shown[k].answer.status is Status.LOST
    assert "left the picture" in shown[gone[-1]].answer.status_text
    whole = np.count_nonzero(pictures[0].mask)
    for one, true in zip(shown, pictures, strict=True):
        if np.count_nonzero(true.mask) > 0.4 * whole:
            assert iou(one.answer.mask, true.mask) > 0.8


def test_another_thing_in_its_place_is_lost() -> None:
    """The thing is gone between two frames, and nothing moves: no mask on the bare ground."""
    before = picture()
    after = picture(turned(about=CENTRE, dx=1000.0), noise_seed=1)
    shown = followed([before, after, after])
    assert [one.answer.status for one in shown[1:]] == [Status.LOST, Status.LOST]


def test_a_shadow_is_not_a_hand() -> None:
    pictures = [picture(noise_seed=k) for k in range(8)]
    dark = []
    for k, one in enumerate(pictures):
        rgb = one.rgb.astype(np.float32)
        rgb[:, : 110 + 8 * k] *= 0.6
        dark.append(Picture(rgb.astype(np.uint8), one.mask))
    shown = followed([pictures[0], *dark])
    assert iou(shown[-1].answer.mask, pictures[-1].mask) > 0.9


def test_a_tiny_target_is_followed() -> None:
    def scene(k: int) -> Picture:
        return picture(turned(about=CENTRE, scale=0.12), turned(about=CENTRE, dx=2.0 * k), noise_seed=k)

    pictures = [scene(k) for k in range(12)]
    assert 20 < np.count_nonzero(pictures[0].mask) < 60
    shown = followed(pictures)
    assert shown[-1].answer.status is Status.OK
    assert iou(shown[-1].answer.mask, pictures[-1].mask) > 0.5
