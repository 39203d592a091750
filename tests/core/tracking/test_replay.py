from __future__ import annotations

import pytest

from converseg_core.answer import Answer
from converseg_core.tracking.replay import replay
from tests.core.tracking.scenes import CENTRE, FRAME_NS, answer, iou, picture, turned


def test_answers_arrive_late_and_masks_are_on_time() -> None:
    pictures = [picture(turned(about=CENTRE, dx=1.5 * k), noise_seed=k) for k in range(30)]
    asked: list[int] = []

    def answer_on(index: int) -> Answer:
        asked.append(index)
        return answer(pictures[index].mask)

    ticks = iter(range(1000))
    stamps_ns = [k * FRAME_NS for k in range(30)]
    lives = replay(
        [one.rgb for one in pictures],
        stamps_ns,
        answer_on,
        latency_s=9.5 * FRAME_NS * 1e-9,
        timer=lambda: float(next(ticks)),
    )
    assert asked == [0, 10]
    assert [k for k, live in enumerate(lives) if live.shown is None] == list(range(10))
    assert [k for k, live in enumerate(lives) if live.caught_up] == [10, 20]
    assert all(live.took_s == 1.0 for live in lives)
    for k, live in enumerate(lives[10:], start=10):
        assert live.shown is not None
        assert live.shown.stamp_ns == stamps_ns[k]
        assert iou(live.shown.answer.mask, pictures[k].mask) > 0.9


def test_stamps_and_images_must_pair() -> None:
    with pytest.raises(ValueError, match="stamps_ns"):
        replay([picture().rgb], [0, 1], lambda _: answer(picture().mask), latency_s=1.0)
