"""Live masks on simulated sequences with a slow model: a short form of benchmarks/tracking.py."""

from __future__ import annotations

import numpy as np
import pytest

from converseg_core.answer import Answer, Status
from converseg_core.tracking.replay import Live, replay
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.sequence import Frame, make_sequence
from converseg_training.tracking.practice import answer_of

NUM_FRAMES, RATE_HZ, LATENCY_S, NOTICED_WITHIN_S = 31, 12.0, 0.5, 0.3


def played(kind: str, renderer: Renderer) -> tuple[list[Frame], list[Live]]:
    sequence = make_sequence(
        23,
        renderer,
        kind=kind,
        num_frames=NUM_FRAMES,
        rate_hz=RATE_HZ,
        width=320,
        height=240,
        place="kitchen counter",
    )
    frames = list(sequence.frames())

    def answer_on(index: int) -> Answer:
        return answer_of(frames[index].mask.copy())

    stamps_ns = [round(frame.time_s * 1e9) for frame in frames]
    return frames, replay([frame.rgb for frame in frames], stamps_ns, answer_on, latency_s=LATENCY_S)


def agreement(frames: list[Frame], lives: list[Live]) -> list[float]:
    """IoU of the live masks where a quarter of the target or more is in sight; LOST is 0."""
    whole = max(np.count_nonzero(frame.mask) for frame in frames)
    out = []
    for frame, live in zip(frames, lives, strict=True):
        if live.shown is None or np.count_nonzero(frame.mask) < 0.25 * whole:
            continue
        mask = live.shown.answer.mask
        mask = np.zeros_like(frame.mask) if mask is None else mask
        out.append(float(np.count_nonzero(mask & frame.mask) / np.count_nonzero(mask | frame.mask)))
    return out


@pytest.mark.egl
@pytest.mark.parametrize(("kind", "least"), [("moving camera", 0.85), ("occlusion", 0.7)])
def test_the_mask_follows_between_answers(kind: str, least: float, renderer: Renderer) -> None:
    frames, lives = played(kind, renderer)
    found = agreement(frames, lives)
    assert len(found) > 12
    assert np.mean(found) > least


@pytest.mark.egl
def test_a_target_out_of_the_picture_has_no_mask(renderer: Renderer) -> None:
    frames, lives = played("leaves view", renderer)
    gone = [k for k, frame in enumerate(frames) if not frame.in_view]
    due_s = frames[gone[0]].time_s + NOTICED_WITHIN_S
    statuses = [live.shown.answer.status for k in gone if (live := lives[k]).shown is not None]
    assert Status.LOST in statuses
    due = [live.shown for k in gone if (live := lives[k]).shown is not None and frames[k].time_s > due_s]
    assert len(due) >= 4
    assert {shown.answer.status for shown in due if shown is not None} <= {Status.LOST, Status.NO_TARGET}
