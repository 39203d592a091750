"""Which of several found things a phrase means: by place, size, order, and what stands beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converseg_core.mini.grammar_words import Relation, Side
from converseg_core.mini.lexicon import THING_NAMES
from converseg_core.mini.phrase import Link, Phrase

Box = tuple[float, float, float, float]
_SAME_PLACE = 0.03
_BIG = 0.5
_IN_SIGHT = 0.08


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


def select(
    phrase: Phrase, candidates: Sequence[Candidate], anchors: Sequence[Sequence[Candidate]]
) -> list[Candidate]:
    """Those that the phrase means, best first; empty where none does.

    Args:
        phrase: what was asked.
        candidates: things of the asked classes (or all, where the phrase names none), best first.
        anchors: for each link of the phrase what it is to, best first.
    """
    chosen = list(candidates)
    for link, found in zip(phrase.links, anchors, strict=True):
        # A thing that the detector missed can't tell candidates apart; it is not taken as proof of absence.
        if found:
            several = phrase.many or phrase.size is not None or phrase.side is not None
            chosen = _beside(link, chosen, found, several=several)
    if phrase.size is not None and len(chosen) > 1:
        # The small one is small among those that are in sight at all, not a speck in the distance.
        largest = max(item.area for item in chosen)
        share = _BIG if phrase.size == "big" else _IN_SIGHT
        chosen = sorted((item for item in chosen if item.area >= share * largest), key=lambda item: item.area)
        chosen = chosen[::-1] if phrase.size == "big" else chosen
        chosen = chosen if phrase.many or phrase.side is not None else chosen[:1]
    if phrase.side is not None and len(chosen) > 1:
        chosen = _at_side(phrase, chosen)
    return chosen


def most_salient(items: Sequence[Candidate]) -> list[Candidate]:
    """The one that "the dog" means where there are several: large, and surely found."""
    return sorted(items, key=lambda item: -item.score * item.area**0.5)[:1]


def _at_side(phrase: Phrase, items: list[Candidate]) -> list[Candidate]:
    """The outermost (or n-th from there), or for a plural all of that half."""
    keys = {
        "left": lambda item: item.centre[0],
        "right": lambda item: -item.centre[0],
        "top": lambda item: item.centre[1],
        "bottom": lambda item: -item.centre[1],
        "near": lambda item: -item.box[3] - 0.3 * item.area,
        "far": lambda item: item.box[3] + 0.3 * item.area,
        "top left": lambda item: item.centre[0] + item.centre[1],
        "top right": lambda item: item.centre[1] - item.centre[0],
        "bottom left": lambda item: item.centre[0] - item.centre[1],
        "bottom right": lambda item: -item.centre[0] - item.centre[1],
    }
    if phrase.side == "middle":
        return sorted(items, key=lambda item: abs(item.centre[0] - _median(items)))[:1]
    assert phrase.side is not None
    ordered = sorted(items, key=keys[phrase.side])
    if not phrase.many:
        return ordered[phrase.ordinal - 1 : phrase.ordinal]
    half = [item for item in ordered if _in_half(phrase.side, *item.centre)]
    return half or ordered[:1]


def _in_half(side: Side, x: float, y: float) -> bool:
    """True where a point lies in the half, or the quarter, of the image on that side."""
    words = side.split()
    right = ("left" not in words or x < 0.5) and ("right" not in words or x > 0.5)
    upper = "top" in words or "far" in words
    lower = "bottom" in words or "near" in words
    return right and (not upper or y < 0.5) and (not lower or y > 0.5)


def _median(items: Sequence[Candidate]) -> float:
    return float(np.median([item.centre[0] for item in items]))


def _beside(
    link: Link, items: Sequence[Candidate], anchors: Sequence[Candidate], *, several: bool
) -> list[Candidate]:
    """Those that stand so, the best fit first; all that fit about as well where several are asked for."""
    fits: dict[Candidate, float] = {}
    for anchor in anchors:
        for item in items:
            if item != anchor:
                fits[item] = max(fits.get(item, 0.0), fit(link.relation, item.box, anchor.box))
    ordered = sorted((item for item in fits if fits[item] > 0), key=lambda item: -fits[item])
    if not ordered:
        return []
    if several and link.relation in ("left", "right", "above", "below", "behind", "front", "on"):
        return ordered
    # Stretches of ground have no sharp box: what lies about as near to one counts as well.
    if several or all(anchor.name not in THING_NAMES for anchor in anchors):
        return [item for item in ordered if fits[item] >= 0.5 * fits[ordered[0]]]
    return [item for item in ordered if fits[item] >= 0.97 * fits[ordered[0]]]


def fit(relation: Relation, a: Box, b: Box) -> float:
    """How well box ``a`` stands in that relation to box ``b``; 0 is not at all, larger is better."""
    (ax, ay), (bx, by) = ((a[0] + a[2]) / 2, (a[1] + a[3]) / 2), ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2)
    gap_x = max(a[0] - b[2], b[0] - a[2], 0.0)
    gap_y = max(a[1] - b[3], b[1] - a[3], 0.0)
    gap = float(np.hypot(gap_x, gap_y))
    away = float(np.hypot(ax - bx, ay - by))
    near = 1.0 / (1.0 + 4.0 * gap + 0.5 * away)
    shared_x = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    shared = shared_x * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    of_a = shared_x / max(a[2] - a[0], 1e-6)
    of_b = shared_x / max(b[2] - b[0], 1e-6)
    inside = shared / max((a[2] - a[0]) * (a[3] - a[1]), 1e-6)
    holding = shared / max((b[2] - b[0]) * (b[3] - b[1]), 1e-6)
    low = abs(a[3] - b[3])
    values = {
        "left": near * (ax < bx - _SAME_PLACE),
        "right": near * (ax > bx + _SAME_PLACE),
        "above": near * (ay < by - _SAME_PLACE) * max(of_a, of_b),
        "below": near * (ay > by + _SAME_PLACE) * max(of_a, of_b),
        "on": near * (b[1] - 0.08 < a[3] < b[3] + 0.05) * (ay < by + 0.05) * (0.1 + of_a + 0.5 * inside),
        "under": near * (a[3] > b[3] - 0.08) * (ay > by - 0.05) * (0.1 + of_b + 0.5 * holding),
        "near": near,
        "inside": inside + 0.2 * near,
        "behind": near * (a[3] < b[3] + 0.05) * (0.3 + max(of_a, of_b)),
        "front": near * (a[3] > b[3] - 0.05) * (0.3 + max(of_a, of_b)),
        "with": near + holding + 0.3 * inside,
        "holds": near + inside - 0.2 * low,
        "apart": 0.01 + away,
    }
    return float(max(0.0, values[relation]))
