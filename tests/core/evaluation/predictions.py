"""Predictions for these tests, made in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from converseg_core.answer import Status
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.rle import encode


def prediction(number: int, answer: np.ndarray | None, truth: np.ndarray | None, **fields: Any) -> Prediction:
    """One stored answer; four questions an image unless ``fields`` say otherwise."""
    status = Status.REJECTED if answer is None else Status.OK if answer.any() else Status.NO_TARGET
    shape = next((mask.shape for mask in (answer, truth) if mask is not None), (24, 24))
    values = {
        "id": f"q{number:05d}",
        "image": f"{number // 4}.jpg",
        "image_sha256": f"{number // 4:064x}",
        "height": shape[0],
        "width": shape[1],
        "prompt": f"thing {number}",
        "concept": ("entities", "spatial", "relations", "affordances", "physics")[number % 5],
        "truth": None if truth is None else encode(truth),
        "status": status,
        "status_text": "" if status is Status.OK else "why",
        "answer": None if answer is None else encode(answer),
        "confidence": 0.5,
        "no_target_score": 0.5,
        "timings_s": {"encode": 0.1},
        "model_id": "m@1",
    }
    return Prediction(**(values | fields))


def random_predictions(
    num: int, *, seed: int = 0, quality: float = 0.5, side: int = 24, model_id: str = "m@1"
) -> list[Prediction]:
    """Boxes as truths (a fifth of them empty) and shifted boxes as answers; better ones at higher quality."""
    made = []
    for number in range(num):
        truth_rng = np.random.default_rng((1, number))  # truths are the same for every model
        truth = _box(truth_rng, side)
        if truth_rng.random() < 0.2:
            truth[:] = False
        rng = np.random.default_rng((2, seed, number))
        is_good = rng.random() < quality
        answer = np.roll(truth, int(rng.integers(0, 3)), axis=1) if is_good else _box(rng, side)
        if not is_good and rng.random() < 0.3:
            answer[:] = False
        sure = float(np.clip(0.5 + 0.4 * (is_good - 0.5) + 0.2 * rng.normal(), 0, 1))
        made.append(
            prediction(number, answer, truth, confidence=sure, no_target_score=1 - sure, model_id=model_id)
        )
    return made


def _box(rng: np.random.Generator, side: int) -> np.ndarray:
    mask = np.zeros((side, side), np.bool_)
    top, left = rng.integers(0, side - 6, 2)
    height, width = rng.integers(3, side // 2, 2)
    mask[top : top + height, left : left + width] = True
    return mask
