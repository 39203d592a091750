"""Who is with whom: on, under, inside, next to, of the same colour or kind."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.draft import Draft
from converseg_engine.sim.questions.facts import WHOLE, Facts, Member, Seen, Verdict, one_of
from converseg_engine.sim.world import World

NEAR_GAP_M, FAR_GAP_M = 0.045, 0.085
"""A neighbour is nearer than the one and everything else farther than the other."""


def ask(facts: Facts, rng: np.random.Generator) -> list[Draft]:
    """Every relations question that this view answers without doubt."""
    drafts = []
    references = [(s, r) for s in facts.seen if s.clear for r in facts.references(s)]
    for k in rng.permutation(len(references)):
        anchor, phrase = references[int(k)]
        slots = {"ref": phrase}
        drafts += _stacked(facts, anchor, slots, rng)
        drafts += _next_to(facts, anchor, slots)
        alike = facts.which(_same_color(anchor))
        if alike is not None and anchor.model.pure_color and anchor.model.color not in phrase:
            drafts.append(Draft("same_color", alike, slots))
    drafts += _same_kind(facts) + _carries(facts)
    return drafts


def _same_color(anchor: Seen) -> Verdict:
    return lambda s: False if s.index == anchor.index else s.model.looks(anchor.model.color)


def carried_directly(world: World, index: int) -> frozenset[int]:
    """The objects that rest on this one with nothing in between."""
    return frozenset(k for k, carriers in enumerate(world.carriers) if index in carriers)


def _stacked(facts: Facts, anchor: Seen, slots: dict[str, str], rng: np.random.Generator) -> list[Draft]:
    world = facts.world
    direct, every = carried_directly(world, anchor.index), world.carried_by(anchor.index)
    drafts = []
    # With a pile of several storeys, "on the book" could mean one thing or all of them.
    if direct == every and not (every & facts.hidden):
        found = facts.which(one_of(direct))
        if found is not None:
            if anchor.model.cavity is not None:
                drafts.append(Draft("inside", found, slots))
            elif anchor.model.shelf is not None:
                drafts.append(Draft("on_top", found, slots))
                if len(found) == 1:
                    name = facts.by_index[next(iter(found))[0]].category.name
                    drafts.append(Draft("category_on_top", found, {"cat": name, **slots}))
                other_kinds = sorted(
                    {s.category.name for s in facts.seen}
                    - {facts.by_index[i].category.name for i, _ in found}
                    - {anchor.category.name}
                )
                if other_kinds and rng.random() < 0.5:
                    wrong = str(rng.choice(other_kinds))
                    drafts.append(Draft("category_on_top", frozenset(), {"cat": wrong, **slots}))
    carriers = world.carriers[anchor.index]
    if len(carriers) == 1 and not world.carriers[next(iter(carriers))]:
        found = facts.which(one_of(carriers))
        if found:
            drafts.append(Draft("under", found, slots))
    return drafts


def _next_to(facts: Facts, anchor: Seen, slots: dict[str, str]) -> list[Draft]:
    """Neighbours on the table itself; piles are left out, they are beside and upon at once."""
    world = facts.world
    if world.carriers[anchor.index] or world.carried_by(anchor.index) or facts.hidden:
        return []
    gaps = {s.index: facts.gap_m(anchor.index, s.index) for s in facts.seen if s.index != anchor.index}
    near = {i for i, gap in gaps.items() if gap < NEAR_GAP_M}
    if any(NEAR_GAP_M <= gap < FAR_GAP_M for gap in gaps.values()) or len(near) > 1:
        return []
    if any(world.carriers[i] or world.carried_by(i) for i in near):
        return []
    found = facts.which(one_of(near))
    return [] if found is None else [Draft("next_to", found, slots)]


def _same_kind(facts: Facts) -> list[Draft]:
    drafts = []
    for anchor in facts.seen:
        pair = facts.of_category(anchor.category.name)
        phrase = f"{anchor.model.color} {anchor.category.name}"
        if len(pair) == 2 and phrase in facts.references(anchor) and all(s.clear for s in pair):
            other: frozenset[Member] = frozenset((s.index, WHOLE) for s in pair if s.index != anchor.index)
            drafts.append(Draft("same_kind", other, {"cat": anchor.category.name, "ref": phrase}))
    return drafts


def _carries(facts: Facts) -> list[Draft]:
    if facts.hidden:
        return []
    found = facts.which(lambda s: bool(carried_directly(facts.world, s.index)))
    return [] if found is None else [Draft("carries", found)]
