"""Figures from results: gIoU and cIoU by concept family and overall, baselines, presence, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_core.answer import Status
from converseg_core.evaluation.dataset import CONCEPTS
from converseg_core.evaluation.run import RIGHT_IOU, Evaluation, Result


@dataclass(frozen=True)
class Row:
    """Figures over some of the results.

    Attributes:
        giou: mean IoU of all questions; cIoU: summed intersections over summed unions.
        giou_with_target: mean IoU of the questions that have a target; NaN without any.
        no_target_right: share of the questions without a target that were answered NO_TARGET.
        right: share with IoU >= 0.5.
        blind: prompt-blind baseline -> its gIoU on the same questions.
    """

    name: str
    num_samples: int
    giou: float
    ciou: float
    giou_with_target: float
    no_target_right: float
    right: float
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


def rows(evaluation: Evaluation) -> list[Row]:
    """A row for each concept family present, in the benchmark's order, then ``all``."""
    present = {result.sample.concept for result in evaluation.results}
    ordered = [concept for concept in CONCEPTS if concept in present] + sorted(present - set(CONCEPTS))
    table = [_row(name, [r for r in evaluation.results if r.sample.concept == name]) for name in ordered]
    return [*table, _row("all", evaluation.results)]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _row(name: str, results: Sequence[Result]) -> Row:
    if not results:
        raise ValueError("results: none; the data set is empty")
    union = sum(result.union_px for result in results)
    return Row(
        name=name,
        num_samples=len(results),
        giou=_mean([result.iou for result in results]),
        ciou=sum(result.intersection_px for result in results) / union if union else 1.0,
        giou_with_target=_mean([r.iou for r in results if not r.sample.no_target]),
        no_target_right=_mean([float(r.status is Status.NO_TARGET) for r in results if r.sample.no_target]),
        right=_mean([float(result.iou >= RIGHT_IOU) for result in results]),
        blind={key: _mean([r.blind_ious[key] for r in results]) for key in results[0].blind_ious},
    )


def reliability(evaluation: Evaluation, *, num_bins: int = 10) -> list[Bin]:
    """Answers binned by confidence; empty bins are left out, and so are answers without a confidence."""
    answered = [r for r in evaluation.results if r.status.is_answer and not np.isnan(r.confidence)]
    bins = []
    for number in range(num_bins):
        low, high = number / num_bins, (number + 1) / num_bins
        inside = [r for r in answered if min(int(r.confidence * num_bins), num_bins - 1) == number]
        if inside:
            bins.append(
                Bin(
                    low=low,
                    high=high,
                    num_answers=len(inside),
                    mean_confidence=_mean([r.confidence for r in inside]),
                    share_right=_mean([float(r.iou >= RIGHT_IOU) for r in inside]),
                )
            )
    return bins


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean gap between confidence and share right, weighted by bin size (Naeini et al. 2015)."""
    total = sum(b.num_answers for b in bins)
    if total == 0:
        return float("nan")
    return sum(b.num_answers * abs(b.mean_confidence - b.share_right) for b in bins) / total
