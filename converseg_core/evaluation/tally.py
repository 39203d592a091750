"""Every figure as a function of sums: one row of numbers a question, added up, then divided.

So a table row, a bootstrap resample and the difference of two models are the same arithmetic on
different sums, and none can drift from another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Status
from converseg_core.evaluation.baselines import BLIND_NAMES
from converseg_core.evaluation.measure import RIGHT_IOU, Result

PRECISION_IOUS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""IoUs at which the share of targets found is reported."""

_PRECISIONS = tuple(f"precision_at_{round(100 * threshold)}" for threshold in PRECISION_IOUS)

FIGURES = (
    "giou", "ciou", "giou_with_target", "boundary_iou", *_PRECISIONS, "right", "no_target_right",
    "false_positive_rate", "presence_mcc", "merged_score",
)  # fmt: skip
"""Names of the figures that are reported, in the order of the table."""

_COLUMNS = (
    "num", "iou", "intersection", "union", "num_target", "iou_target", "boundary_target", *_PRECISIONS,
    "right", "num_no_target", "no_target_right", "false_positive", "said_present_rightly",
    "said_present_wrongly", "num_unanswered", *(f"blind {name}" for name in BLIND_NAMES),
)  # fmt: skip
_AT = {name: index for index, name in enumerate(_COLUMNS)}

Sums = NDArray[np.float64]
"""(..., K) sums over questions; K columns in the order of this module."""


def contributions(results: Sequence[Result]) -> Sums:
    """(N, K): what each question adds to each sum."""
    table = np.zeros((len(results), len(_COLUMNS)))
    for row, result in zip(table, results, strict=True):
        _fill(row, result)
    return table


def _fill(row: NDArray[np.float64], result: Result) -> None:
    def put(name: str, value: float) -> None:
        row[_AT[name]] = value

    put("num", 1)
    put("iou", result.iou)
    put("intersection", result.intersection_px)
    put("union", result.union_px)
    put("right", result.iou >= RIGHT_IOU)
    put("num_unanswered", not result.status.is_answer)
    for name, value in result.blind_ious.items():
        put(f"blind {name}", value)
    if result.sample.no_target:
        put("num_no_target", 1)
        put("no_target_right", result.status is Status.NO_TARGET)
        put("false_positive", result.status is Status.OK)
        # No answer is a wrong answer, whatever was asked for.
        put("said_present_wrongly", result.status is not Status.NO_TARGET)
    else:
        put("num_target", 1)
        put("iou_target", result.iou)
        put("boundary_target", result.boundary_iou)
        put("said_present_rightly", result.status is Status.OK)
        for name, threshold in zip(_PRECISIONS, PRECISION_IOUS, strict=True):
            put(name, result.iou >= threshold)


def figures(sums: Sums) -> dict[str, NDArray[np.float64]]:
    """The figures behind sums; each of shape (...), NaN where there is nothing to divide by.

    ``presence_mcc`` is Matthews' correlation of "something fits" between answer and truth; NaN where all
    questions have a target or none has, 0 where all answers say the same (as Chicco and Jurman 2020 do).
    ``merged_score`` is ``giou_with_target * presence_mcc``: finding and refusing in one figure. It is
    built as SA-Co's cgF1 is, from other parts, and is not comparable to it.
    """

    def at(name: str) -> NDArray[np.float64]:
        return sums[..., _AT[name]]

    target, no_target = at("num_target"), at("num_no_target")
    # Nothing asked for and nothing answered: no pixel is wrong, so the pooled IoU is 1, as the mean is.
    pooled = np.where((at("union") == 0) & (at("num") > 0), 1.0, _ratio(at("intersection"), at("union")))
    mcc = _mcc(
        at("said_present_rightly"),
        target - at("said_present_rightly"),
        at("said_present_wrongly"),
        no_target - at("said_present_wrongly"),
    )
    with_target = _ratio(at("iou_target"), target)
    return {
        "giou": _ratio(at("iou"), at("num")),
        "ciou": pooled,
        "giou_with_target": with_target,
        "boundary_iou": _ratio(at("boundary_target"), target),
        **{name: _ratio(at(name), target) for name in _PRECISIONS},
        "right": _ratio(at("right"), at("num")),
        "no_target_right": _ratio(at("no_target_right"), no_target),
        "false_positive_rate": _ratio(at("false_positive"), no_target),
        "presence_mcc": mcc,
        "merged_score": with_target * mcc,
    }


def blind_figures(sums: Sums) -> Mapping[str, float]:
    """Prompt-blind baseline -> gIoU, of one (K,) row of sums."""
    return {name: float(sums[_AT[f"blind {name}"]] / sums[_AT["num"]]) for name in BLIND_NAMES}


def counts(sums: Sums) -> Mapping[str, int]:
    """How many questions, with a target, without one, and unanswered, of one (K,) row of sums."""
    names = ("num", "num_target", "num_no_target", "num_unanswered")
    return {name: int(sums[_AT[name]]) for name in names}


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _mcc(
    tp: NDArray[np.float64], fn: NDArray[np.float64], fp: NDArray[np.float64], tn: NDArray[np.float64]
) -> NDArray[np.float64]:
    spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    value = np.where(spread > 0, (tp * tn - fp * fn) / np.where(spread > 0, spread, 1.0), 0.0)
    return np.where((tp + fn > 0) & (tn + fp > 0), value, np.nan)
