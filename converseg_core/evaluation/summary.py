"""All figures of a run as one JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from converseg_core.evaluation.bootstrap import NUM_RESAMPLES, Interval, intervals
from converseg_core.evaluation.measure import Evaluation
from converseg_core.evaluation.prediction import Prediction, question_hash
from converseg_core.evaluation.table import expected_calibration_error, latencies, reliability, rows

Intervals = Mapping[str, Mapping[str, Interval]]


def all_predictions(evaluation: Evaluation) -> list[Prediction]:
    """Every answer of a run, measured or not."""
    return [*(result.sample for result in evaluation.results), *evaluation.unmeasured]


def summarise(evaluation: Evaluation, *, num_resamples: int = NUM_RESAMPLES) -> dict[str, Any]:
    """Table, intervals, calibration, latency and counts; a function of the predictions alone.

    Where no truth is known, what needs one is empty.
    """
    predictions = all_predictions(evaluation)
    bins = reliability(evaluation)
    summary: dict[str, Any] = {
        "model_id": evaluation.model_id,
        "num_questions": len(predictions),
        "num_measured": len(evaluation.results),
        "num_images": len({prediction.image for prediction in predictions}),
        "question_hash": question_hash(predictions),
        "statuses": _statuses(predictions),
        "table": [],
        "intervals_95": {},
        "num_resamples": num_resamples,
        "reliability": [asdict(entry) for entry in bins],
        "expected_calibration_error": expected_calibration_error(bins),
        "num_word_pairs": evaluation.num_word_pairs,
        "num_word_pairs_right": evaluation.num_word_pairs_right,
        "latencies": [asdict(entry) for entry in latencies(predictions)],
    }
    if evaluation.results:
        table = intervals(evaluation, num_resamples=num_resamples)
        summary["table"] = [asdict(row) for row in rows(evaluation)]
        summary["intervals_95"] = {
            name: {figure: [interval.low, interval.high] for figure, interval in figures.items()}
            for name, figures in table.items()
        }
    return summary


def _statuses(predictions: Sequence[Prediction]) -> dict[str, int]:
    found: dict[str, int] = {}
    for prediction in sorted(predictions, key=lambda prediction: prediction.status):
        found[prediction.status.name] = found.get(prediction.status.name, 0) + 1
    return found
