"""What can be had on photos without reading a word; a model that reads must beat the best of it.

Favoured on purpose: ``largest thing``, ``largest segment`` and ``all things`` take true segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import Rle, encode, iou
from converseg_training.mini.photo_prompts import Segment

PHOTO_BLIND = ("nothing", "whole image", "largest thing", "largest segment", "all things", "mean mask")
_SIDE_PX = 48
_THRESHOLDS = np.linspace(0.05, 0.6, 12)


def segment_masks(segments: Sequence[Segment]) -> dict[str, Rle]:
    """The blind answers that depend on the photo alone; without a thing, the stuff stands in for things."""
    size_hw = segments[0].mask.shape
    things = [item.mask for item in segments if item.is_thing] or [item.mask for item in segments]
    return {
        "nothing": encode(np.zeros(size_hw, np.bool_)),
        "whole image": encode(np.ones(size_hw, np.bool_)),
        "largest thing": encode(max(things, key=lambda mask: int(mask.sum()))),
        "largest segment": encode(max((item.mask for item in segments), key=lambda mask: int(mask.sum()))),
        "all things": encode(np.logical_or.reduce(things)),
    }


def mean_mask(truths: Sequence[Rle]) -> NDArray[np.float32]:
    """Mean of masks at 48x48, shifted so that the best threshold on these very masks is 0.5.

    Args:
        truths: masks with something in them, of photos other than the one that is answered.
    """
    small_n = np.stack(
        [
            cv2.resize(rle.decode().astype(np.float32), (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
            for rle in truths
        ]
    )
    mean = small_n.mean(axis=0)
    inside_n = small_n > 0.5

    def quality(threshold: float) -> float:
        answer = mean > threshold
        both = (inside_n & answer).sum(axis=(1, 2))
        either = (inside_n | answer).sum(axis=(1, 2))
        return float(np.mean(both / np.maximum(either, 1)))

    best = max(_THRESHOLDS, key=quality)
    return np.asarray(mean - best + 0.5, np.float32)


def blind_ious(
    predictions: Sequence[Prediction],
    masks_of: Mapping[str, Mapping[str, Rle]],
    folds: Mapping[str, int],
) -> dict[str, dict[str, float]]:
    """Question id -> blind answer -> its IoU.

    Args:
        predictions: with their truths; what the model answered is not looked at.
        masks_of: image -> what :func:`segment_masks` gave for it.
        folds: image -> fold; the mean mask comes from the other folds.
    """
    known = [(item, item.truth) for item in predictions if item.truth is not None]
    means = {
        fold: mean_mask([truth for item, truth in known if folds[item.image] != fold and truth.area_px])
        for fold in sorted(set(folds.values()))
    }
    result = {}
    for item, truth in known:
        mean = cv2.resize(means[folds[item.image]], (item.width, item.height), interpolation=cv2.INTER_LINEAR)
        masks = {**masks_of[item.image], "mean mask": encode(mean > 0.5)}
        result[item.id] = {name: iou(masks[name], truth) for name in PHOTO_BLIND}
    return result


def blind_table(
    predictions: Sequence[Prediction], ious: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Concept (and ``all``) -> blind answer -> mean IoU over the questions that have a target."""
    table: dict[str, dict[str, float]] = {}
    for concept in [*sorted({item.concept for item in predictions}), "all"]:
        chosen = [ious[p.id] for p in predictions if concept in ("all", p.concept) and not p.no_target]
        if chosen:
            table[concept] = {name: float(np.mean([row[name] for row in chosen])) for name in PHOTO_BLIND}
    return table
