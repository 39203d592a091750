"""What is it for: whole things, the part to use, and room for something new."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import TABLETOP_CATEGORIES, Tag
from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import TABLE_MEMBER, Facts, Member, Seen, knows

USES: tuple[Tag, ...] = (
    Tag.DRINK,
    Tag.CUT,
    Tag.HAMMER,
    Tag.TURN_SCREW,
    Tag.HOLD_SOUP,
    Tag.EAT_SOUP_WITH,
    Tag.READ,
    Tag.GIVE_LIGHT,
    Tag.FLOWERS,
    Tag.PLAY,
    Tag.EAT,
    Tag.FRY,
    Tag.SERVE,
    Tag.PACK,
)

MIN_TABLE_SHARE = 0.10
"""Least share of the picture that free table must cover before it is offered as an answer."""


def ask(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every affordances question that this view answers without doubt."""
    drafts = []
    for tag in USES:
        found = facts.which(knows(tag))
        # An idle "no" for each of a dozen uses would drown the answers.
        if found or (found is not None and rng.random() < 0.2):
            drafts.append(Draft(tag.value, found))
    drafts += _parts(facts) + _parts_not_there(facts, rng)
    free = frozenset({TABLE_MEMBER})
    if facts.mask(free).mean() >= MIN_TABLE_SHARE and rng.random() < 0.5:
        drafts.append(Draft("free_table", free))
    return drafts


def _parts(facts: Facts) -> list[Draft]:
    drafts = []
    for seen in facts.seen:
        for part in seen.category.askable_parts:
            members = facts.part_members(seen, part)
            if members is None:
                continue
            for phrase in facts.references(seen):
                drafts.append(Draft("part_of", members, {"part": part, "ref": phrase}))
                if part == "handle":
                    drafts.append(Draft("hold", members, {"ref": phrase}))
                if part == "cap":
                    drafts.append(Draft("opening_part", members, {"ref": phrase}))
    for template, part in (("cutting_part", "blade"), ("hitting_part", "head"), ("all_handles", "handle")):
        union = _every_part(facts, part)
        if union:
            drafts.append(Draft(template, union))
    return drafts


def _every_part(facts: Facts, part: str) -> frozenset[Member] | None:
    """All parts of one name in view; None where one of them shows too little."""
    union: frozenset[Member] = frozenset()
    for seen in facts.seen:
        if part in seen.category.askable_parts:
            members = facts.part_members(seen, part)
            if members is None:
                return None
            union |= members
    return union


def _parts_not_there(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Parts of things that have no such part, or that are not in the picture."""
    drafts = []
    plain: list[Seen] = [s for s in facts.seen if not s.category.askable_parts and s.clear]
    if plain:
        seen = plain[int(rng.integers(len(plain)))]
        phrases = facts.references(seen)
        if phrases:
            drafts.append(Draft("part_of", frozenset(), {"part": "handle", "ref": str(rng.choice(phrases))}))
    absent = [c for c in TABLETOP_CATEGORIES if c.askable_parts and not facts.of_category(c.name)]
    for k in rng.permutation(len(absent))[:3]:
        category = absent[int(k)]
        part = str(rng.choice(category.askable_parts))
        drafts.append(Draft("part_of", frozenset(), {"part": part, "ref": category.name}))
        if "handle" in category.askable_parts:
            drafts.append(Draft("hold", frozenset(), {"ref": category.name}))
    if not any("blade" in s.category.askable_parts for s in facts.seen) and rng.random() < 0.3:
        drafts.append(Draft("cutting_part", frozenset()))
    if not any("head" in s.category.askable_parts for s in facts.seen) and rng.random() < 0.3:
        drafts.append(Draft("hitting_part", frozenset()))
    return drafts
