"""Calibration of confidence heads: a slope and an offset per question, fitted on held-out answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle.manifest import Calibration

_MAX_STEPS = 100


def fit_platt(logits_n: NDArray[np.floating], is_true_n: NDArray[np.bool_]) -> Calibration:
    """Platt scaling: the slope and offset under which ``sigmoid`` of the logits is most likely.

    Newton's method on the log-likelihood, with Platt's smoothed targets, so that a perfect head does not
    run away to an infinite slope (Platt 1999, Probabilistic outputs for support vector machines).

    Args:
        logits_n: the head's logits on data that it was not trained on.
        is_true_n: what was true.

    Raises:
        ValueError: shapes differ, values are not finite, or only one kind of answer is there.
    """
    if logits_n.ndim != 1 or logits_n.shape != is_true_n.shape:
        raise ValueError(f"logits_n: must be (n,) like is_true_n, not {logits_n.shape} and {is_true_n.shape}")
    if not np.isfinite(logits_n).all():
        raise ValueError("logits_n: must be finite")
    num_true = int(is_true_n.sum())
    num_false = is_true_n.size - num_true
    if num_true == 0 or num_false == 0:
        raise ValueError("is_true_n: needs both true and false answers")
    target = np.where(is_true_n, (num_true + 1) / (num_true + 2), 1 / (num_false + 2))
    features = np.stack([logits_n.astype(np.float64), np.ones(logits_n.size)], axis=1)
    weights = np.array([1.0, 0.0])
    loss = _loss(features @ weights, target)
    for _ in range(_MAX_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(features @ weights, -60, 60)))
        gradient = features.T @ (probability - target)
        curvature = (features * (probability * (1 - probability))[:, np.newaxis]).T @ features
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        scale = 1.0
        while scale > 1e-6 and _loss(features @ (weights - scale * step), target) > loss:
            scale /= 2
        weights = weights - scale * step
        new_loss = _loss(features @ weights, target)
        if loss - new_loss < 1e-10:
            break
        loss = new_loss
    return Calibration(slope=float(weights[0]), offset=float(weights[1]))


def _loss(logits_n: NDArray[np.floating], target_n: NDArray[np.floating]) -> float:
    return float(np.sum(np.logaddexp(0.0, logits_n) - target_n * logits_n))
