"""Platt scaling of the presence and quality heads on held-out scenes (Platt 1999)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle.manifest import Calibration


def fit_platt(logits_n: NDArray[np.float64], labels_n: NDArray[np.bool_]) -> Calibration:
    """Slope and offset that minimise the log loss of sigmoid(slope * logit + offset).

    Newton's method on two parameters with Platt's smoothed targets, so that separable data stay finite.

    Raises:
        ValueError: fewer than 20 samples, or one class only.
    """
    num_positive = int(labels_n.sum())
    num_negative = len(labels_n) - num_positive
    if len(labels_n) < 20 or not num_positive or not num_negative:
        raise ValueError(f"labels: {num_positive} right and {num_negative} wrong are too few to calibrate on")
    high = (num_positive + 1) / (num_positive + 2)
    low = 1 / (num_negative + 2)
    target_n = np.where(labels_n, high, low)
    design = np.stack([logits_n, np.ones_like(logits_n)], axis=1)
    parameters = np.array([1.0, 0.0])
    for _ in range(100):
        probability_n = 1 / (1 + np.exp(-np.clip(design @ parameters, -60, 60)))
        gradient = design.T @ (probability_n - target_n)
        weight_n = probability_n * (1 - probability_n)
        hessian = (design * weight_n[:, None]).T @ design + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        parameters = parameters - step * min(1.0, 2.0 / (np.abs(step).max() + 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return Calibration(slope=float(parameters[0]), offset=float(parameters[1]))
