"""Two detectors, one list: boxes of one class that lie on each other count together.

How sure a thing is then follows from both scores and its size (logistic regression, fitted by
``converseg_training.mini.fit_agreement`` on photos apart from those that the model is measured on): about the
share of such things that are right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.detector import Detection
from converseg_core.mini.selection import Box

_SAME_THING = 0.5
_LEAST, _MOST = 0.02, 0.98


@dataclass(frozen=True)
class Agreement:
    """Weights of the features of a thing: each detector's log odds, whether it saw it, log of the area."""

    log_odds: tuple[float, float] = (0.961, 2.216)
    seen: tuple[float, float] = (-1.748, -5.184)
    log_area: float = -0.046
    offset: float = 8.12

    def score(self, scores: tuple[float, float], box: Box) -> float:
        """Probability that a thing is there, of this class and about in this box.

        Args:
            scores: of either detector; 0 where it did not see the thing.
            box: as shares of the image.
        """
        value = (
            float(np.dot([*self.log_odds, *self.seen, self.log_area], features(scores, box))) + self.offset
        )
        return 1.0 / (1.0 + math.exp(-value))


def features(scores: tuple[float, float], box: Box) -> NDArray[np.float64]:
    """(5,): log odds of either score, 1 where the detector saw it, log of the box's share of the image."""
    clipped = [min(max(score, _LEAST), _MOST) for score in scores]
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1e-5)
    odds = [math.log(score / (1.0 - score)) for score in clipped]
    return np.array([*odds, *(float(score > 0) for score in scores), math.log(area)])


def pairs(
    first: Sequence[Detection], second: Sequence[Detection]
) -> list[tuple[str, Box, tuple[float, float]]]:
    """Class, box and both scores (0: not seen) of each thing, the surest first.

    Where both saw it, its box is the mean of theirs, each weighted by its score.
    """
    found: list[tuple[str, list[Detection | None]]] = []
    of_class: dict[str, list[int]] = {}
    both = [(item, 0) for item in first] + [(item, 1) for item in second]
    for item, detector in sorted(both, key=lambda pair: -pair[0].score):
        for place in of_class.get(item.name, ()):
            seen = found[place][1]
            if any(other is not None and overlap(other.box, item.box) > _SAME_THING for other in seen):
                seen[detector] = seen[detector] or item
                break
        else:
            of_class.setdefault(item.name, []).append(len(found))
            found.append((item.name, [item, None] if detector == 0 else [None, item]))
    things = []
    for name, seen in found:
        scores = [0.0 if item is None else item.score for item in seen]
        boxes = np.array([(0.0,) * 4 if item is None else item.box for item in seen])
        x0, y0, x1, y1 = (float(value) for value in np.array(scores) @ boxes / sum(scores))
        things.append((name, (x0, y0, x1, y1), (scores[0], scores[1])))
    return things


def agreed(
    first: Sequence[Detection], second: Sequence[Detection], agreement: Agreement, *, min_score: float
) -> list[Detection]:
    """Things that either detector saw, best first, with what both together say about them."""
    scored = [
        Detection(name, agreement.score(scores, box), box) for name, box, scores in pairs(first, second)
    ]
    return sorted((item for item in scored if item.score >= min_score), key=lambda item: -item.score)


def overlap(a: Box, b: Box) -> float:
    """IoU of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / max(sum(areas) - shared, 1e-9)
