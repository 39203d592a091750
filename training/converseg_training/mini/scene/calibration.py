"""How sure the scene reader may be: scalings fitted on questions that it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.calibration import fit_platt
from converseg_core.mini.evidence import read_words
from converseg_core.mini.scene.network import SceneNetwork, chosen_of, quality_facts
from converseg_core.mini.scene.tables import SceneTables
from converseg_engine.shards import read_shard
from converseg_training.mini.features import FrozenNetworks


def calibrate(tables: SceneTables, answered: Mapping[str, Any]) -> SceneTables:
    """Presence on every question, quality on those where something is there and was said to be.

    Args:
        tables: their names and colours are kept.
        answered: ``present_logit`` and ``is_present`` (N,), ``facts`` (N, 6), ``is_good`` (N,).
    """
    presence = fit_platt(answered["present_logit"], answered["is_present"])
    said = answered["present_logit"] * presence.slope + presence.offset > 0
    quality = fit_logistic(answered["facts"][said], answered["is_good"][said])
    return SceneTables(tables.names, tables.colors, tuple(quality.tolist()), presence)


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


def answer_shards(network: SceneNetwork, networks: FrozenNetworks, shards: Sequence[Path]) -> dict[str, Any]:
    """What :func:`calibrate` wants: the questions of some shards, through the graphs as a robot runs them."""
    present, facts, is_present, is_good = [], [], [], []
    known: dict[str, NDArray[np.float32]] = {}
    for shard in shards:
        for row in read_shard(shard):
            image = row.pixels()
            semantic, middle, _ = networks.raw(image)
            scene = network.encode(image, semantic=semantic[np.newaxis], middle=middle[np.newaxis])
            for question in row.questions:
                if question.prompt not in known:
                    known[question.prompt] = read_words(networks.language, question.prompt)
                logit, meant_k = network.choose(scene, known[question.prompt])
                if not len(meant_k):
                    continue
                chosen = chosen_of(meant_k)
                union = scene.logits_khw[chosen].max(axis=0)
                wide = cv2.resize(union, (row.width, row.height), interpolation=cv2.INTER_LINEAR) > 0
                target = question.mask(row.height, row.width)
                present.append(logit)
                facts.append(quality_facts(logit, meant_k, chosen, union))
                is_present.append(not question.no_target)
                is_good.append((wide & target).sum() >= 0.5 * max((wide | target).sum(), 1))
    return {
        "present_logit": np.array(present),
        "facts": np.stack(facts),
        "is_present": np.array(is_present),
        "is_good": np.array(is_good),
    }
