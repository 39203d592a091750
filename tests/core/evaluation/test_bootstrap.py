"""Intervals and paired comparison: known cases, and coverage of a known truth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from converseg_core.answer import Status
from converseg_core.evaluation.bootstrap import differences, intervals
from converseg_core.evaluation.measure import Evaluation, measure
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.table import expected_calibration_error, reliability, rows
from tests.core.evaluation.predictions import prediction, random_predictions

FULL = np.ones((6, 6), np.bool_)
NONE = np.zeros((6, 6), np.bool_)


def half_right(num_images: int, *, seed: int, num_each: int = 4) -> Evaluation:
    """Each image is right or wrong as a whole, some equal questions each."""
    rng = np.random.default_rng(seed)
    is_right = rng.random(num_images) < 0.5
    made = [
        prediction(
            number,
            FULL if is_right[number // num_each] else NONE,
            FULL,
            concept="entities",
            image=f"{number // num_each}",
        )
        for number in range(num_each * num_images)
    ]
    return measure(made)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(120):
        interval = intervals(half_right(60, seed=seed, num_each=1), num_resamples=100)["all"]["giou"]
        covered += interval.low <= 0.5 <= interval.high
    # 95 % of 120 is 114; a correct method gives fewer than 105 less than once in two hundred tries.
    assert 105 <= covered < 120


def test_images_are_resampled_not_questions() -> None:
    """Four equal questions an image hold no more than one: the width is that of 60 coin throws."""
    interval = intervals(half_right(60, seed=1), num_resamples=2000)["all"]["giou"]
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 60), rel=0.15)


def _mended(row: Prediction, index: int) -> Prediction:
    """Every tenth answer is set right."""
    if index % 10 or row.truth is None:
        return row
    status = Status.NO_TARGET if row.no_target else Status.OK
    return replace(row, answer=row.truth, status=status, model_id="n@2")


def test_no_spread_no_width() -> None:
    same = measure([prediction(number, FULL, FULL) for number in range(20)])
    table = intervals(same, num_resamples=100)
    assert (table["all"]["giou"].low, table["all"]["giou"].high) == (1.0, 1.0)
    assert math.isnan(table["all"]["false_positive_rate"].low)


def test_a_model_equals_itself() -> None:
    a = measure(random_predictions(80))
    for figures in differences(a, a, num_resamples=100).values():
        for difference in figures.values():
            assert difference.delta == 0 or math.isnan(difference.delta)
            assert not difference.is_clear
            assert difference.share_above == 0.5 or math.isnan(difference.share_above)


def test_a_better_model_is_found_better_and_the_pairing_helps() -> None:
    a = measure(random_predictions(300, seed=1))
    b = measure([_mended(row, index) for index, row in enumerate(random_predictions(300, seed=1))])
    difference = differences(a, b)["all"]["giou"]
    assert difference.a == rows(a)[-1].giou
    assert difference.b == rows(b)[-1].giou
    assert difference.delta > 0
    assert difference.is_clear
    own = intervals(a)["all"]["giou"]
    assert difference.interval.high - difference.interval.low < 0.5 * (own.high - own.low)


def test_different_questions_are_refused() -> None:
    a = measure(random_predictions(20))
    with pytest.raises(ValueError, match="different questions"):
        differences(a, measure(random_predictions(19)))


def test_reliability_and_its_error_by_hand() -> None:
    corner = NONE.copy()
    corner[:3] = True  # half of the full mask: IoU 0.5, right
    sliver = NONE.copy()
    sliver[0, 0] = True
    cases = [(0.9, FULL), (0.9, sliver), (1.0, corner), (0.35, sliver), (float("nan"), FULL)]
    made = [prediction(number, mask, FULL, confidence=sure) for number, (sure, mask) in enumerate(cases)]
    bins = reliability(measure([*made, prediction(9, None, FULL, confidence=1.0)]))
    assert [(entry.low, entry.num_answers) for entry in bins] == [(0.3, 1), (0.9, 3)]
    assert bins[1].share_right == pytest.approx(2 / 3)
    expected = (1 * abs(0.35 - 0) + 3 * abs(2.8 / 3 - 2 / 3)) / 4
    assert expected_calibration_error(bins) == pytest.approx(expected)
