"""Which detected things do the words mean? A class name near enough, and no absent class much nearer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.detector import Detection


@dataclass(frozen=True)
class MatchSettings:
    """Thresholds, fitted on photos apart from those that the model is measured on.

    Attributes:
        min_similarity: least similarity of the words and a class name.
        max_behind: how far a detected class may lie behind the nearest of all class names.
        min_score: least score of a detection.
        max_num_boxes: most boxes in an answer; each costs one run of the mask decoder.
    """

    min_similarity: float = 0.35
    max_behind: float = 0.15
    min_score: float = 0.2
    max_num_boxes: int = 12


def matching_detections(
    similarity_k: NDArray[np.float32],
    names: Sequence[str],
    detections: Sequence[Detection],
    settings: MatchSettings,
) -> list[Detection]:
    """Detections that the words mean, best first.

    Args:
        similarity_k: (K,) similarity of the words and each class name.
        names: the K class names.
        detections: what was found, best first.
        settings: thresholds.
    """
    least = max(settings.min_similarity, float(similarity_k.max()) - settings.max_behind)
    wanted = {name for name, value in zip(names, similarity_k, strict=True) if value >= least}
    chosen = [item for item in detections if item.name in wanted and item.score >= settings.min_score]
    return chosen[: settings.max_num_boxes]
