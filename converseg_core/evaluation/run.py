"""A model over a data set: one result a question, each image encoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np

from converseg_core.answer import MaskHW, Status
from converseg_core.evaluation.baselines import blind_answers
from converseg_core.evaluation.dataset import DatasetError, Sample
from converseg_core.evaluation.metrics import intersection_union, iou
from converseg_core.model import SegmentationModel

RIGHT_IOU = 0.5
"""An answer counts as right at this IoU with the truth; confidence is calibrated to it."""


@dataclass(frozen=True)
class Result:
    """One question, answered and measured.

    Attributes:
        iou: with the truth, at the image's own size; a question without an answer counts 0.
        intersection_px: pixels in both masks.
        union_px: pixels in either.
        blind_ious: prompt-blind baseline -> its IoU on this question.
    """

    sample: Sample
    status: Status
    confidence: float
    no_target_score: float
    iou: float
    intersection_px: int
    union_px: int
    blind_ious: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """All results of a run, in the data set's order, and how well the words were told apart.

    Attributes:
        num_word_pairs: pairs of questions about one image whose true masks differ (IoU < 0.5).
        num_word_pairs_right: those of them where both answers are right (IoU >= 0.5).
    """

    model_id: str
    results: tuple[Result, ...]
    num_word_pairs: int
    num_word_pairs_right: int


def evaluate(
    model: SegmentationModel,
    samples: Sequence[Sample],
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Answer every question of ``samples``; questions about one image share its encoding.

    Args:
        on_progress: called with the number of questions done so far, after each image.

    Raises:
        DatasetError: a file is missing, or a mask differs in size from its image.
    """
    by_id: dict[str, Result] = {}
    num_pairs = num_right = 0
    for group in _by_image(samples):
        truths = [sample.load_mask() for sample in group]
        results = _evaluate_image(model, group, truths)
        for a, b in combinations(range(len(group)), 2):
            if truths[a].any() and truths[b].any() and iou(truths[a], truths[b]) < RIGHT_IOU:
                num_pairs += 1
                num_right += results[a].iou >= RIGHT_IOU and results[b].iou >= RIGHT_IOU
        by_id.update((result.sample.id, result) for result in results)
        on_progress(len(by_id))
    return Evaluation(
        model_id=model.model_id,
        results=tuple(by_id[sample.id] for sample in samples),
        num_word_pairs=num_pairs,
        num_word_pairs_right=num_right,
    )


def _by_image(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    ids = {sample.id for sample in samples}
    if len(ids) != len(samples):
        raise DatasetError("id: the data set holds an id twice; make the ids unique")
    ordered = sorted(samples, key=lambda sample: (str(sample.image_path), sample.id))
    for _, group in groupby(ordered, key=lambda sample: sample.image_path):
        yield list(group)


def _evaluate_image(model: SegmentationModel, group: list[Sample], truths: list[MaskHW]) -> list[Result]:
    image = group[0].load_image()
    for sample, truth in zip(group, truths, strict=True):
        if truth.shape != image.shape[:2]:
            raise DatasetError(f"{sample.mask_path}: mask is {truth.shape}, its image {image.shape[:2]}")
    blind = blind_answers(truths)
    answers = model.encode(image).segment([sample.prompt for sample in group])
    results = []
    for sample, truth, answer in zip(group, truths, answers, strict=True):
        # No answer is worse than a wrong one: it shares no pixel with anything, not even with nothing.
        intersection, union = (
            (0, max(1, int(np.count_nonzero(truth))))
            if answer.mask is None
            else intersection_union(answer.mask, truth)
        )
        results.append(
            Result(
                sample=sample,
                status=answer.status,
                confidence=answer.confidence,
                no_target_score=answer.no_target_score,
                iou=1.0 if union == 0 else intersection / union,
                intersection_px=intersection,
                union_px=union,
                blind_ious={name: iou(mask, truth) for name, mask in blind.items()},
            )
        )
    return results
