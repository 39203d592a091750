"""Answers from the words alone: the mean mask that a meaning had in training, cut at its best.

A model must beat it by looking at the picture. It is favoured on purpose: it is told the meaning behind
the words, and each cut is the best one there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.shards import ImageRow, QuestionRow

GRID_HW = (60, 80)
LEVELS = np.linspace(0.0, 1.0, 21)[1:]
"""Cuts that are tried: a cell is inside where its mean is at least this; above them all: nothing fits."""
_ANY = ""


def key_of(question: QuestionRow) -> str:
    """What the baseline knows of a question: its meaning, or in version 1 its template."""
    return question.meaning or question.template


@dataclass(frozen=True)
class PromptOnly:
    """Mean masks (60, 80) by meaning; the mean of all under the empty name."""

    means: Mapping[str, NDArray[np.float64]]

    def mean(self, question: QuestionRow) -> NDArray[np.float64]:
        """What it would mark, as shares; of a meaning it has not seen, the mean of all."""
        return self.means.get(key_of(question), self.means[_ANY])


def fit(rows: Iterable[ImageRow]) -> PromptOnly:
    """Learn from a training split.

    Raises:
        ValueError: there is no question in it.
    """
    sums: dict[str, NDArray[np.float64]] = {}
    counts: dict[str, int] = {}
    for row in rows:
        for question in row.questions:
            small = _shrunk(question, row)
            for key in (key_of(question), _ANY):
                sums[key] = sums.get(key, 0) + small
                counts[key] = counts.get(key, 0) + 1
    if not counts:
        raise ValueError("rows: no question to learn from; make a training split")
    return PromptOnly({key: total / counts[key] for key, total in sums.items()})


def _shrunk(question: QuestionRow, row: ImageRow) -> NDArray[np.float64]:
    mask = question.mask(row.height, row.width).astype(np.float32)
    return cv2.resize(mask, GRID_HW[::-1], interpolation=cv2.INTER_AREA).astype(np.float64)


@dataclass(frozen=True)
class PromptOnlyScore:
    """How well the words alone do on a split.

    Attributes:
        giou_one_cut: gIoU with one cut for all questions, the best on this very split.
        giou_cut_by_meaning: gIoU with a cut for each meaning, the best on this very split.
    """

    giou_one_cut: float
    giou_cut_by_meaning: float


def score(model: PromptOnly, rows: Iterable[ImageRow]) -> PromptOnlyScore:
    """Every question of a split, at full resolution; empty against empty counts as 1, as in gIoU.

    Raises:
        ValueError: there is no question in it.
    """
    table: list[NDArray[np.float64]] = []
    keys: list[str] = []
    for row in rows:
        for question in row.questions:
            keys.append(key_of(question))
            table.append(ious_by_cut(model.mean(question), question.mask(row.height, row.width)))
    if not table:
        raise ValueError("rows: no question to score")
    ious = np.array(table)
    names = np.array(keys)
    by_meaning = sum(float(ious[names == key].sum(axis=0).max()) for key in set(keys))
    return PromptOnlyScore(float(ious.mean(axis=0).max()), by_meaning / len(ious))


def ious_by_cut(mean: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of a mean mask with a true one at each cut of ``LEVELS``, and last with nothing marked.

    One histogram in place of twenty comparisons.
    """
    height, width = mask.shape
    large = cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR)
    # How many of the cuts a pixel passes.
    passed = np.searchsorted(LEVELS, large.ravel() + 1e-9, side="right")
    num_levels = len(LEVELS)
    marked = np.bincount(passed, minlength=num_levels + 1)[::-1].cumsum()[::-1][1:]
    inside = np.bincount(passed[mask.ravel()], minlength=num_levels + 1)[::-1].cumsum()[::-1][1:]
    union = marked + int(np.count_nonzero(mask)) - inside
    with np.errstate(invalid="ignore", divide="ignore"):
        ious = np.where(union == 0, 1.0, inside / union)
    return np.append(ious, 0.0 if mask.any() else 1.0)
