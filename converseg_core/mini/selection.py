"""Which of several found things a phrase means: by place, size, order, and what stands beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_core.mini.grammar import Phrase, Relation

Box = tuple[float, float, float, float]
_SAME_PLACE = 0.03


@dataclass(frozen=True)
class Candidate:
    """One thing found: class, score, box (x0, y0, x1, y1) as shares of the image."""

    name: str
    score: float
    box: Box

    @property
    def centre(self) -> tuple[float, float]:
        """X and y."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def area(self) -> float:
        """Share of the image."""
        x0, y0, x1, y1 = self.box
        return max(0.0, x1 - x0) * max(0.0, y1 - y0)


def select(phrase: Phrase, candidates: Sequence[Candidate], anchors: Sequence[Candidate]) -> list[Candidate]:
    """Those that the phrase means, best first; empty where none does.

    Args:
        phrase: what was asked.
        candidates: things of the asked classes (or all, where the phrase names none), best first.
        anchors: what the phrase's relation is to, best first; unused without a relation.
    """
    chosen = list(candidates)
    if phrase.relation is not None:
        if not anchors:
            return []
        chosen = _beside(phrase, chosen, anchors)
    if phrase.size is not None and len(chosen) > 1:
        chosen.sort(key=lambda item: item.area, reverse=phrase.size == "big")
        chosen = chosen if phrase.many else chosen[:1]
    if phrase.side is not None and len(chosen) > 1:
        chosen = _at_side(phrase, chosen)
    return chosen


def _at_side(phrase: Phrase, items: list[Candidate]) -> list[Candidate]:
    """The outermost (or n-th from there), or for a plural all of that half."""
    keys = {
        "left": lambda item: item.centre[0],
        "right": lambda item: -item.centre[0],
        "top": lambda item: item.centre[1],
        "bottom": lambda item: -item.centre[1],
        "near": lambda item: -item.box[3] - 0.3 * item.area,
        "far": lambda item: item.box[3] + 0.3 * item.area,
    }
    if phrase.side == "middle":
        ordered = sorted(items, key=lambda item: abs(item.centre[0] - _median(items)))
        return ordered[:1]
    assert phrase.side is not None
    ordered = sorted(items, key=keys[phrase.side])
    if not phrase.many:
        return ordered[phrase.ordinal - 1 : phrase.ordinal]
    axis = 0 if phrase.side in ("left", "right") else 1
    sign = -1.0 if phrase.side in ("left", "top", "far") else 1.0
    half = [item for item in ordered if sign * (item.centre[axis] - 0.5) > 0]
    return half or ordered[:1]


def _median(items: Sequence[Candidate]) -> float:
    return float(np.median([item.centre[0] for item in items]))


def _beside(phrase: Phrase, items: Sequence[Candidate], anchors: Sequence[Candidate]) -> list[Candidate]:
    assert phrase.relation is not None
    pairs = []
    for anchor in anchors:
        for item in items:
            if item is anchor or item == anchor:
                continue
            fit = _fits(phrase.relation, item.box, anchor.box)
            if fit > 0:
                pairs.append((fit, item))
    pairs.sort(key=lambda pair: -pair[0])
    ordered: list[Candidate] = []
    for _, item in pairs:
        if item not in ordered:
            ordered.append(item)
    one = phrase.relation in ("near", "apart", "with") or not phrase.many
    picks_later = phrase.size is not None or phrase.side is not None
    return ordered if picks_later or not one else ordered[:1]


def _fits(relation: Relation, a: Box, b: Box) -> float:
    """How well box ``a`` stands in that relation to box ``b``; 0 is not at all, larger is better."""
    (ax, ay), (bx, by) = ((a[0] + a[2]) / 2, (a[1] + a[3]) / 2), ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2)
    gap_x = max(a[0] - b[2], b[0] - a[2], 0.0)
    gap_y = max(a[1] - b[3], b[1] - a[3], 0.0)
    gap = float(np.hypot(gap_x, gap_y))
    away = float(np.hypot(ax - bx, ay - by))
    near = 1.0 / (1.0 + 4.0 * gap + 0.5 * away)
    width = max(a[2] - a[0], 1e-6)
    shared_x = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) / width
    inside = shared_x * max(0.0, min(a[3], b[3]) - max(a[1], b[1])) / max(a[3] - a[1], 1e-6)
    touching = inside > 0.02 or gap < 0.02
    holds = {
        "left": ax < bx - _SAME_PLACE,
        "right": ax > bx + _SAME_PLACE,
        "above": ay < by - _SAME_PLACE and shared_x > 0.1,
        "below": ay > by + _SAME_PLACE and shared_x > 0.1,
        "on": shared_x > 0.4 and b[1] - 0.06 < a[3] < b[3] + 0.04 and ay < by + 0.05,
        "under": shared_x > 0.2 and ay > by,
        "near": True,
        "inside": inside > 0.6,
        "behind": a[3] < b[3] + 0.02 and gap_x < 0.1,
        "front": a[3] > b[3] - 0.02 and gap_x < 0.1,
        "with": touching,
        "apart": True,
    }[relation]
    if not holds:
        return 0.0
    if relation == "apart":
        return 0.01 + away
    return near + (inside if relation in ("with", "inside") else 0.0)
