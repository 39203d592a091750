"""Where is it: left, right, near, far and middle, each with a margin that leaves no doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from converseg_engine.sim.objects.catalog import TABLETOP_CATEGORIES
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import WHOLE, Facts, Member, Seen, one_of

SIDE_MARGIN = 0.05
"""Least lead of the leftmost or rightmost object, both by its middle and by its rim, of the width."""
RANGE_MARGIN_M = 0.05
HALF_MARGIN = 0.02
TOUCH = 0.005
"""How far two outlines may overlap sideways and still be beside each other."""
MIDDLE_RADIUS, OUTSIDE_RADIUS = 0.11, 0.18


def ask(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every spatial question that this view answers without doubt."""
    drafts = []
    groups: list[tuple[str, tuple[Seen, ...]]] = [("", facts.seen)]
    for name in sorted({s.category.name for s in facts.seen}):
        groups.append((name, facts.of_category(name)))
    for name, group in groups:
        if len(group) < 2:
            continue
        slots, suffix = ({"cat": name}, "_category") if name else ({}, "")
        for template, keys, margins in _EXTREMES:
            found = _first(group, keys, margins)
            if found is not None:
                drafts.append(Draft(template + suffix, found, slots))
    drafts += _middle(facts) + _halves(facts) + _beside(facts, rng)
    absent = [c.name for c in TABLETOP_CATEGORIES if not facts.of_category(c.name)]
    for name in rng.permutation(absent)[:4]:
        template = str(rng.choice(_OF_CATEGORY))
        drafts.append(Draft(template, frozenset(), {"cat": str(name)}))
    return drafts


_OF_CATEGORY = ("leftmost_category", "rightmost_category", "nearest_category", "farthest_category")

Key = Callable[[Seen], float]

# Each extreme must lead by two measures at once: the smallest value wins.
_EXTREMES: tuple[tuple[str, tuple[Key, Key], tuple[float, float]], ...] = (
    ("leftmost", (lambda s: s.centroid[0], lambda s: s.box[0]), (SIDE_MARGIN, 0.6 * SIDE_MARGIN)),
    ("rightmost", (lambda s: -s.centroid[0], lambda s: -s.box[2]), (SIDE_MARGIN, 0.6 * SIDE_MARGIN)),
    ("nearest", (lambda s: s.nearest_m, lambda s: s.centre_m), (RANGE_MARGIN_M, RANGE_MARGIN_M)),
    ("farthest", (lambda s: -s.nearest_m, lambda s: -s.centre_m), (RANGE_MARGIN_M, RANGE_MARGIN_M)),
)


def _first(
    group: Sequence[Seen], keys: tuple[Key, Key], margins: tuple[float, float]
) -> frozenset[Member] | None:
    winner = min(group, key=keys[0])
    for key, margin in zip(keys, margins, strict=True):
        if any(key(other) - key(winner) < margin for other in group if other is not winner):
            return None
    return frozenset({(winner.index, WHOLE)}) if winner.clear else None


def _middle(facts: Facts) -> list[Draft]:
    aspect = facts.view.camera.height / facts.view.camera.width

    def off_centre(s: Seen) -> float:
        return float(np.hypot(s.centroid[0] - 0.5, (s.centroid[1] - 0.5) * aspect))

    ranked = sorted(facts.seen, key=off_centre)
    if len(ranked) < 3 or off_centre(ranked[0]) > MIDDLE_RADIUS or off_centre(ranked[1]) < OUTSIDE_RADIUS:
        return []
    return [Draft("middle", frozenset({(ranked[0].index, WHOLE)}))] if ranked[0].clear else []


def _side_of(s: Seen, line_x: float, margin: float) -> int | None:
    """-1 wholly left of a line, 1 wholly right, None across or too near it."""
    if s.box[2] < line_x - margin:
        return -1
    return 1 if s.box[0] > line_x + margin else None


def _halves(facts: Facts) -> list[Draft]:
    sides = {s.index: _side_of(s, 0.5, HALF_MARGIN) for s in facts.seen}
    if None in sides.values():
        return []
    drafts = []
    for template, side in (("left_half", -1), ("right_half", 1)):
        found = facts.which(one_of({i for i, is_on in sides.items() if is_on == side}))
        if found is not None and 0 < len(found) < len(facts.seen):
            drafts.append(Draft(template, found))
    return drafts


def _beside(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Left and right of a reference: the asked-for things lie wholly past its rim."""
    references = [(s, r) for s in facts.seen if s.clear for r in facts.references(s)]
    picked = [references[int(k)] for k in rng.permutation(len(references))[:6]]
    return [draft for anchor, phrase in picked for draft in _beside_one(facts, anchor, phrase)]


def _beside_one(facts: Facts, anchor: Seen, phrase: str) -> list[Draft]:
    drafts = []
    others = [s for s in facts.seen if s.index != anchor.index]
    left = {s.index for s in others if s.box[2] < anchor.box[0] + TOUCH}
    right = {s.index for s in others if s.box[0] > anchor.box[2] - TOUCH} - left
    for suffix, wanted in (("left_of", left), ("right_of", right)):
        if len(left) + len(right) == len(others) and len(wanted) < len(others):
            found = facts.which(one_of(wanted))
            if found is not None:
                drafts.append(Draft(f"all_{suffix}", found, {"ref": phrase}))
        for name in sorted({s.category.name for s in others} - {anchor.category.name}):
            group = {s.index for s in others if s.category.name == name}
            if not group <= left | right:
                continue
            found = facts.which(one_of(group & wanted))
            if found is not None and len(found) <= 1:
                drafts.append(Draft(suffix, found, {"cat": name, "ref": phrase}))
    return drafts
