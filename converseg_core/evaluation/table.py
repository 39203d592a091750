"""Figures by concept family and overall, calibration and latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation, Result
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.tally import blind_figures, contributions, counts, figures

ALL = "all"
"""Name of the row over all questions."""


@dataclass(frozen=True)
class Row:
    """Figures over some of the results; NaN where there is nothing to average.

    Attributes:
        name: concept family, or ``all``.
        num_samples: questions.
        num_with_target: questions that have a target.
        num_no_target: questions that have none.
        num_unanswered: rejected or failed; they count as wrong everywhere.
        giou: mean IoU of all questions; two empty masks count 1.
        ciou: summed intersections over summed unions.
        giou_with_target: mean IoU of the questions that have a target.
        boundary_iou: mean boundary IoU of the questions that have a target.
        precision_at_50: share of the questions with a target whose IoU is at least 0.5; so on to 0.9.
        right: share of all questions with IoU >= 0.5.
        no_target_right: share of the questions without a target that were answered NO_TARGET.
        false_positive_rate: share of the questions without a target that were answered with a mask.
        presence_mcc: Matthews' correlation of "something fits" between answer and truth.
        merged_score: ``giou_with_target * presence_mcc``; not SA-Co's figure.
        blind: prompt-blind baseline -> its gIoU on the same questions.
    """

    name: str
    num_samples: int
    num_with_target: int
    num_no_target: int
    num_unanswered: int
    giou: float
    ciou: float
    giou_with_target: float
    boundary_iou: float
    precision_at_50: float
    precision_at_60: float
    precision_at_70: float
    precision_at_80: float
    precision_at_90: float
    right: float
    no_target_right: float
    false_positive_rate: float
    presence_mcc: float
    merged_score: float
    blind: dict[str, float]

    @property
    def best_blind(self) -> tuple[str, float]:
        """The best prompt-blind baseline and its gIoU."""
        return max(self.blind.items(), key=lambda item: item[1])


@dataclass(frozen=True)
class Bin:
    """Answers of similar confidence: how sure they were, and how often they were right."""

    low: float
    high: float
    num_answers: int
    mean_confidence: float
    share_right: float


@dataclass(frozen=True)
class Latency:
    """How long a stage took, seconds, over all answers that have it."""

    stage: str
    num_answers: int
    p50_s: float
    p95_s: float
    p99_s: float


def concepts_of(results: Sequence[Result]) -> list[str]:
    """The concept families present, the benchmark's five first and in its order."""
    present = {result.sample.concept for result in results}
    return [concept for concept in CONCEPTS if concept in present] + sorted(present - set(CONCEPTS))


def rows(evaluation: Evaluation) -> list[Row]:
    """A row for each concept family present, in the benchmark's order, then ``all``."""
    results = evaluation.results
    table = [
        _row(name, [result for result in results if result.sample.concept == name])
        for name in concepts_of(results)
    ]
    return [*table, _row(ALL, results)]


def _row(name: str, results: Sequence[Result]) -> Row:
    if not results:
        raise ValueError("results: none has a truth to be measured against; there is no table")
    sums = contributions(results).sum(axis=0)
    num = counts(sums)
    return Row(
        name=name,
        num_samples=num["num"],
        num_with_target=num["num_target"],
        num_no_target=num["num_no_target"],
        num_unanswered=num["num_unanswered"],
        **{key: float(value) for key, value in figures(sums).items()},
        blind=dict(blind_figures(sums)),
    )


def reliability(evaluation: Evaluation, *, num_bins: int = 10) -> list[Bin]:
    """Answers binned by confidence; empty bins are left out, and so are answers without a confidence."""
    answered = [r for r in evaluation.results if r.status.is_answer and not np.isnan(r.confidence)]
    return confidence_bins(
        [r.confidence for r in answered], [r.iou >= RIGHT_IOU for r in answered], num_bins=num_bins
    )


def confidence_bins(confidences: Sequence[float], rights: Sequence[bool], *, num_bins: int = 10) -> list[Bin]:
    """Bins of equal width over [0, 1]; one confidence and one verdict an answer; empty bins are left out."""
    confidence_n, right_n = np.asarray(confidences, np.float64), np.asarray(rights, np.bool_)
    number_n = np.minimum((confidence_n * num_bins).astype(np.int64), num_bins - 1)
    return [
        Bin(
            low=number / num_bins,
            high=(number + 1) / num_bins,
            num_answers=int(np.count_nonzero(number_n == number)),
            mean_confidence=float(confidence_n[number_n == number].mean()),
            share_right=float(right_n[number_n == number].mean()),
        )
        for number in np.unique(number_n).tolist()
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean gap between confidence and share right, weighted by bin size (Naeini et al. 2015)."""
    total = sum(b.num_answers for b in bins)
    if total == 0:
        return float("nan")
    return sum(b.num_answers * abs(b.mean_confidence - b.share_right) for b in bins) / total


def latencies(predictions: Sequence[Prediction]) -> list[Latency]:
    """Percentiles of each stage, in order of first appearance, then of the whole answer (``total``).

    The stages of an image that several questions share are part of each of its answers.
    """
    timed = [prediction for prediction in predictions if prediction.timings_s]
    stages = list(dict.fromkeys(stage for prediction in timed for stage in prediction.timings_s))
    by_stage = {stage: [p.timings_s[stage] for p in timed if stage in p.timings_s] for stage in stages}
    if timed:
        by_stage["total"] = [prediction.latency_s for prediction in timed]
    return [_latency(stage, values) for stage, values in by_stage.items()]


def _latency(stage: str, values_s: Sequence[float]) -> Latency:
    p50, p95, p99 = (float(value) for value in np.percentile(values_s, [50, 95, 99]))
    return Latency(stage=stage, num_answers=len(values_s), p50_s=p50, p95_s=p95, p99_s=p99)
