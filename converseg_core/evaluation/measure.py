"""From predictions to results: every question measured against its truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from converseg_core.answer import Status
from converseg_core.evaluation.baselines import blind_answers
from converseg_core.evaluation.metrics import boundary_iou
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import Rle, intersection_union, iou

RIGHT_IOU = 0.5
"""An answer counts as right at this IoU with the truth; confidence is calibrated to it."""


@dataclass(frozen=True)
class Result:
    """One question, answered and measured.

    Attributes:
        sample: the stored answer with its question and truth.
        iou: with the truth, at the image's own size; a question without an answer counts 0.
        intersection_px: pixels in both masks.
        union_px: pixels in either.
        boundary_iou: of the two masks' boundary bands.
        blind_ious: prompt-blind baseline -> its IoU on this question.
    """

    sample: Prediction
    iou: float
    intersection_px: int
    union_px: int
    boundary_iou: float
    blind_ious: dict[str, float]

    @property
    def status(self) -> Status:
        """How the question ended."""
        return self.sample.status

    @property
    def confidence(self) -> float:
        """As the model said it; NaN where it did not."""
        return self.sample.confidence

    @property
    def no_target_score(self) -> float:
        """As the model said it; NaN where it did not."""
        return self.sample.no_target_score


@dataclass(frozen=True)
class Evaluation:
    """All results of a run, by image and id, and how well the words were told apart.

    Attributes:
        model_id: name and weights hash.
        results: every question whose truth is known.
        num_word_pairs: pairs of questions about one image whose true masks differ (IoU < 0.5).
        num_word_pairs_right: those of them where both answers are right (IoU >= 0.5).
        unmeasured: predictions whose truth is not known.
    """

    model_id: str
    results: tuple[Result, ...]
    num_word_pairs: int
    num_word_pairs_right: int
    unmeasured: tuple[Prediction, ...] = ()

    @property
    def num_images(self) -> int:
        """Images with at least one measured question."""
        return len({result.sample.image for result in self.results})


def measure(predictions: Iterable[Prediction], *, model_id: str = "") -> Evaluation:
    """Measure every prediction that has a truth. Pure: the same rows in any order give the same figures.

    Args:
        predictions: the rows of one run.
        model_id: for the headline; that of the rows where it is left out.

    Raises:
        ValueError: an id stands there twice.
    """
    ordered = sorted(predictions, key=lambda prediction: (prediction.image, prediction.id))
    ids = {prediction.id for prediction in ordered}
    if len(ids) != len(ordered):
        raise ValueError("id: the predictions hold an id twice; measure one run at a time")
    known = [prediction for prediction in ordered if prediction.truth is not None]
    results: list[Result] = []
    num_pairs = num_right = 0
    for _, group in groupby(known, key=lambda prediction: prediction.image):
        measured = _measure_image(list(group))
        results += measured
        for first, second in combinations(measured, 2):
            if _truths_differ(first, second):
                num_pairs += 1
                num_right += first.iou >= RIGHT_IOU and second.iou >= RIGHT_IOU
    names = sorted({prediction.model_id for prediction in ordered if prediction.model_id})
    return Evaluation(
        model_id=model_id or ", ".join(names),
        results=tuple(results),
        num_word_pairs=num_pairs,
        num_word_pairs_right=num_right,
        unmeasured=tuple(prediction for prediction in ordered if prediction.truth is None),
    )


def _truths_differ(first: Result, second: Result) -> bool:
    a, b = _truth(first.sample), _truth(second.sample)
    return a.area_px > 0 and b.area_px > 0 and iou(a, b) < RIGHT_IOU


def _truth(prediction: Prediction) -> Rle:
    if prediction.truth is None:
        raise ValueError(f"truth: not known for {prediction.id}")
    return prediction.truth


def _measure_image(group: Sequence[Prediction]) -> list[Result]:
    truths = [_truth(prediction) for prediction in group]
    blind = blind_answers(truths)
    results = []
    for prediction, truth in zip(group, truths, strict=True):
        # No answer is worse than a wrong one: it shares no pixel with anything, not even with nothing.
        if prediction.answer is None:
            intersection, union, edge = 0, max(1, truth.area_px), 0.0
        else:
            intersection, union = intersection_union(prediction.answer, truth)
            edge = boundary_iou(prediction.answer, truth)
        results.append(
            Result(
                sample=prediction,
                iou=1.0 if union == 0 else intersection / union,
                intersection_px=intersection,
                union_px=union,
                boundary_iou=edge,
                blind_ious={name: iou(mask, truth) for name, mask in blind.items()},
            )
        )
    return results
