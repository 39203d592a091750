"""Figures of a run that was made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pydantic import ValidationError

from converseg_core.answer import Status
from converseg_core.live.measures import CountError, Heard, Record, run_figures, spread
from converseg_core.live.process_meter import Usage
from converseg_core.live.report import Dropped, FrameCount

MS = 0.001


def heard(stamp: int, arrival_s: float, status: Status = Status.OK, age_s: float = 2 * MS) -> Heard:
    age_s = age_s if status.is_answer else math.nan
    return Heard(
        arrival_s=arrival_s, stamp_ns=stamp, status=status, frame_age_s=age_s, stages_s={"encode": 5 * MS}
    )


def record(**changes: object) -> Record:
    """Eight frames at 10 Hz from second 100 on, one of each fate.

    1 answered after 20 ms, 2 after 30 ms (and once more), 3 after 20 ms; 4 replaced; 5 failed; 6 lost in
    transport; 7 answered after 60 ms; 8 was not asked for in time.
    """
    fields: dict[str, object] = {
        "target_hz": 10.0,
        "published_s": {stamp: 100 + (stamp - 1) / 10 for stamp in range(1, 9)},
        "late_s": [0.0, 1 * MS, 0.0, 0.0, 0.0, 0.0, 0.0, 3 * MS],
        "heard": [
            heard(1, 100.020),
            heard(2, 100.130),
            heard(2, 100.150),
            heard(3, 100.220, Status.NO_TARGET),
            heard(5, 100.420, Status.ERROR),
            heard(0, 100.500, Status.REJECTED),
            heard(7, 100.660, age_s=40 * MS),
            heard(99, 100.7),
        ],
        "num_asked": 8,
        "num_received": 7,
        "num_replaced": 1,
        "usage": Usage(wall_s=2.0, cpu_s=1.5, memory_bytes=(100_000_000, 140_000_000)),
    }
    return Record(**(fields | changes))  # type: ignore[arg-type]


def test_every_frame_has_one_fate() -> None:
    run = run_figures("fixed", [record()])
    assert run.frames == FrameCount(
        num_published=8,
        num_answered=4,
        num_received=7,
        dropped=Dropped(in_transport=1, in_mailbox=1, failed=1, unanswered=1),
        drop_share=0.5,
    )
    assert run.questions.by_status == {"OK": 5, "NO_TARGET": 1, "ERROR": 1, "REJECTED": 1}
    assert run.questions.num_without_answer == 0
    assert not run.is_sustained


def test_figures_by_hand() -> None:
    run = run_figures("fixed", [record()])
    assert run.published_hz == pytest.approx(10.0)
    # The first answer of each frame counts: 100.02, 100.13, 100.22, 100.66.
    assert run.answered_hz == pytest.approx(3 / 0.64)
    assert run.latency_s is not None
    assert run.latency_s.num == 4
    assert run.latency_s.mean == pytest.approx(32.5 * MS)
    assert run.latency_s.p50 == pytest.approx(25 * MS)
    # Between the third and the fourth of 20, 20, 30, 60 ms: 30 + 0.85 * 30.
    assert run.latency_s.p95 == pytest.approx(55.5 * MS)
    assert run.latency_s.max == pytest.approx(60 * MS)
    # Intervals 110, 90, 440 ms; their changes 20 and 350 ms.
    assert run.interval_s is not None
    assert run.interval_s.max == pytest.approx(440 * MS)
    assert run.jitter_s is not None
    assert run.jitter_s.mean == pytest.approx(185 * MS)
    assert run.jitter_s.std == pytest.approx(165 * MS)
    assert run.frame_age_s is not None
    assert run.frame_age_s.max == pytest.approx(40 * MS)
    assert run.stages_s["encode"].p99 == pytest.approx(5 * MS)
    assert run.publish_late_s.max == pytest.approx(3 * MS)
    assert run.process.cpu_percent == pytest.approx(75.0)
    assert run.process.memory_mean_mb == pytest.approx(120.0)
    assert run.process.memory_max_mb == pytest.approx(140.0)


def test_runs_are_put_together_without_a_gap_between_them() -> None:
    later = record(published_s={stamp: 500 + stamp / 10 for stamp in range(1, 9)})
    later.heard = [replace(each, arrival_s=each.arrival_s + 400.1) for each in later.heard]
    one, two = run_figures("highest", [record()]), run_figures("highest", [record(), later])
    assert two.frames.num_published == 16
    assert two.frames.drop_share == one.frames.drop_share
    assert two.answered_hz == pytest.approx(one.answered_hz)
    assert two.interval_s is not None
    assert two.interval_s.max == pytest.approx(440 * MS)


@pytest.mark.parametrize(
    ("changes", "is_sustained"),
    [
        ({}, True),
        ({"num_replaced": 2, "heard": [heard(stamp, 1.0) for stamp in range(1, 39)]}, False),
        ({"num_replaced": 1, "heard": [heard(stamp, 1.0) for stamp in range(1, 40)]}, True),
        ({"target_hz": 11.0}, False),
    ],
)
def test_a_rate_is_sustained_below_five_percent_and_only_where_it_was_sent(
    changes: dict[str, object], is_sustained: bool
) -> None:
    fields: dict[str, object] = {
        "published_s": {stamp: stamp / 10 for stamp in range(1, 41)},
        "heard": [heard(stamp, stamp / 10 + 0.01) for stamp in range(1, 41)],
        "num_asked": 40,
        "num_received": 40,
        "num_replaced": 0,
    }
    made = record(**(fields | changes))
    made.num_asked = len(made.heard)
    assert run_figures("probe", [made]).is_sustained is is_sustained


@pytest.mark.parametrize(
    "changes",
    [
        {"num_received": 9},  # more than were sent
        {"num_replaced": 3},  # more than can have been
        {"num_replaced": 0, "num_received": 8},  # three frames with no fate
    ],
)
def test_counts_that_cannot_be_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CountError, match="do not add up"):
        run_figures("fixed", [record(**changes)])


def test_answers_lost_on_their_way_are_counted_not_hidden() -> None:
    short = record()
    short.heard = short.heard[3:]
    run = run_figures("fixed", [short])
    assert run.questions.num_without_answer == 3
    assert run.frames.dropped.unanswered == 3
    assert run.frames.num_answered == 2


def test_a_report_whose_counts_differ_is_invalid() -> None:
    frames = run_figures("fixed", [record()]).frames.model_dump()
    with pytest.raises(ValidationError, match="num_published"):
        FrameCount.model_validate(frames | {"num_answered": 5})


def test_nothing_is_not_zero() -> None:
    assert spread([]) is None
    assert spread([math.nan]) is None
    silent = run_figures("fixed", [record(heard=[heard(0, 1.0, Status.STALE_FRAME)] * 8, num_received=1)])
    assert silent.latency_s is None
    assert silent.answered_hz is None
    assert silent.jitter_s is None
