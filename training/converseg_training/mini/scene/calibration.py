"""How sure the scene reader may be: scalings fitted on questions that it was not trained on."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.evidence import read_words
from converseg_core.mini.scene.choice import best_union
from converseg_core.mini.scene.network import SceneNetwork, SeenScene, answer_facts
from converseg_core.mini.scene.tables import SceneTables
from converseg_engine.shards import read_shard
from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.scene.further import NanoDet

MOST_FALSE = 0.08
"""Share of the questions that nothing fits which may be answered with a mask."""
WORTH_LESS = 0.01
"""Of the mean score, given up for fewer masks where nothing fits, if too few questions tell their share."""
_ONE_SIDED_95 = 1.645
SCALES, OFFSETS = (0.7, 1.0, 1.5, 2.0, 2.5), (-2.0, -1.5, -1.0, -0.5, 0.0)


def calibrate(tables: SceneTables, answered: Mapping[str, Any]) -> SceneTables:
    """Presence on every question, quality on those that are answered with a mask.

    Args:
        tables: their names and colours are kept, and how the logits of being meant are scaled.
        answered: ``facts`` (N, 6); ``is_present`` (N,); ``iou`` (N,) of the mask, where one is answered.
    """
    facts, is_present, iou = answered["facts"], answered["is_present"], answered["iou"]
    presence = fit_logistic(facts, is_present)
    chance = 1 / (1 + np.exp(-(facts @ presence[:-1] + presence[-1])))
    least = best_threshold(chance, is_present, iou)
    said = chance >= least
    quality = fit_logistic(facts[said], iou[said] >= 0.5)
    return SceneTables(
        tables.names,
        tables.colors,
        tuple(presence.tolist()),
        tuple(quality.tolist()),
        tables.meant_scale,
        tables.meant_offset,
        min_presence=least,
    )


def best_threshold(
    chance_n: NDArray[np.float64], is_present_n: NDArray[np.bool_], iou_n: NDArray[np.float64]
) -> float:
    """Least chance of something fitting at which a mask is answered.

    A mask scores its IoU where something fits, and a right "nothing here" scores 1. A mask of what is not
    there does more harm to a robot than no mask. So of the limits at which masks where nothing fits are at
    most ``MOST_FALSE`` with 95 % confidence the one with the best mean score is taken; where there are too
    few such questions to tell, the highest that loses at most ``WORTH_LESS``.

    Args:
        chance_n: of something fitting.
        is_present_n: whether something does.
        iou_n: of the mask that would be answered.
    """
    thresholds = np.linspace(0.0, 0.95, 96)
    said = chance_n >= thresholds[:, np.newaxis]
    scores = np.where(said, np.where(is_present_n, iou_n, 0.0), ~is_present_n).mean(axis=1)
    is_allowed, less = np.ones(len(thresholds), bool), WORTH_LESS
    if not is_present_n.all():
        upper = upper_share(said[:, ~is_present_n].mean(axis=1), int((~is_present_n).sum()))
        if (upper <= MOST_FALSE).any():
            is_allowed, less = upper <= MOST_FALSE, 0.0
    enough = scores >= scores[is_allowed].max() - less - 1e-9
    return float(thresholds[np.flatnonzero(enough & is_allowed)[-1]])


def upper_share(share: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """What a share that was seen in so many cases is at most, with 95 % confidence (Wilson 1927)."""
    z2 = _ONE_SIDED_95**2
    middle = share + z2 / (2 * count)
    spread = _ONE_SIDED_95 * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return np.asarray((middle + spread) / (1 + z2 / count))


def fit_logistic(
    facts_nf: NDArray[np.float64], is_true_n: NDArray[np.bool_], *, ridge: float = 1.0
) -> NDArray[np.float64]:
    """(F + 1,) weights and offset of a logistic regression, by Newton's method with a ridge."""
    x = np.concatenate([facts_nf, np.ones((len(facts_nf), 1))], axis=1)
    weights = np.zeros(x.shape[1])
    penalty = np.diag([ridge] * facts_nf.shape[1] + [1e-6])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (chance - is_true_n) + penalty @ weights
        curvature = (x.T * (chance * (1 - chance))) @ x + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


@dataclass(frozen=True)
class Asked:
    """One question as the graphs answer it: logits of presence and being meant, what is seen, the truth.

    ``image_hwc`` is the picture at its own size, as is ``target_hw``.
    """

    present_logit: float
    meant_k: NDArray[np.float32]
    scene: SeenScene
    target_hw: NDArray[np.bool_]
    is_present: bool
    image_hwc: NDArray[np.uint8]


def ask_shards(
    network: SceneNetwork, networks: FrozenNetworks, nanodet: NanoDet, shards: Sequence[Path]
) -> list[Asked]:
    """The questions of some shards, through the graphs as a robot runs them; before any calibration."""
    asked = []
    known: dict[str, NDArray[np.float32]] = {}
    for shard in shards:
        for row in read_shard(shard):
            image = row.pixels()
            semantic, middle, _ = networks.raw(image)
            scene = network.encode(
                image,
                semantic=semantic[np.newaxis],
                middle=middle[np.newaxis],
                further=nanodet.features(image),
            )
            for question in row.questions:
                if question.prompt not in known:
                    known[question.prompt] = read_words(networks.language, question.prompt)
                logit, meant_k = network.choose(scene, known[question.prompt])
                if len(meant_k):
                    target = question.mask(row.height, row.width)
                    asked.append(Asked(logit, meant_k, scene, target, not question.no_target, image))
    return asked


def fit_meant(asked: Sequence[Asked]) -> tuple[float, float]:
    """Scale and offset of the logits of being meant with which the chosen unions match the truth best.

    In training a thing that is meant weighs three times one that is not, so the logits say more than they
    should of all that is unsure.
    """
    fitting = [item for item in asked if item.is_present]
    targets = [
        cv2.resize(
            item.target_hw.astype(np.float32), item.scene.masks_khw.shape[:0:-1], interpolation=cv2.INTER_AREA
        )
        >= 0.5
        for item in fitting
    ]

    def worth(both: tuple[float, float]) -> float:
        ious = []
        for item, target in zip(fitting, targets, strict=True):
            masks = item.scene.masks_khw
            union = masks[best_union(both[0] * item.meant_k + np.float32(both[1]), masks)].any(axis=0)
            ious.append((union & target).sum() / max((union | target).sum(), 1))
        return float(np.mean(ious))

    return max(itertools.product(SCALES, OFFSETS), key=worth)


def answered_by(asked: Sequence[Asked], scale: float, offset: float) -> dict[str, Any]:
    """What :func:`calibrate` wants."""
    facts, ious = [], []
    for item in asked:
        meant_k = scale * item.meant_k + np.float32(offset)
        chosen = best_union(meant_k, item.scene.masks_khw)
        union = item.scene.union(chosen.tolist())
        wide = union.mask(item.image_hwc)
        facts.append(answer_facts(item.present_logit, meant_k, chosen, union.logits_hw))
        ious.append((wide & item.target_hw).sum() / max((wide | item.target_hw).sum(), 1))
    is_present = np.array([item.is_present for item in asked])
    return {"facts": np.stack(facts), "is_present": is_present, "iou": np.array(ious)}
