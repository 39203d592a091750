"""Who stands on whom, and how piles are built."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.facts import WHOLE, Member
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.relations_contact import is_hollow, leaned_on, leans_anywhere
from converseg_engine.sim.questions.naming import may_be_called, spoken
from converseg_engine.sim.questions.place_facts import PlaceFacts


def _on_top(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        if is_hollow(anchor):
            continue
        direct = facts.directly_on(anchor.index)
        every = facts.world.carried_by(anchor.index)
        members = facts.these(direct)
        # With a pile of several storeys, "on the book" could mean one thing or all of them.
        if direct != every or members is None or any(len(facts.carriers(i)) > 1 for i in direct):
            continue
        if members:
            text = f"its weight rests on the {phrase}" if len(direct) == 1 else f"they rest on the {phrase}"
            answers.append(Answer(members, {"ref": phrase}, text))
        elif anchor.model.shelf is not None and not leaned_on(facts, anchor.index):
            text = f"no contact bears any weight on the {phrase}"
            answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
    return answers


def _kind_on_top(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        direct = facts.directly_on(anchor.index)
        members = facts.these(direct)
        if is_hollow(anchor) or members is None or len(direct) != 1:
            continue
        rider = facts.by_index[next(iter(direct))]
        name = rider.category.name
        noun = spoken(rider.category)
        if facts.kind_members(name) is None or len(facts.carriers(rider.index)) > 1:
            continue
        text = f"the {noun} rests on the {phrase}"
        answers.append(Answer(members, {"cat": noun, "ref": phrase}, text))
        others = [
            n
            for n in facts.kinds
            if n not in (name, anchor.category.name)
            and may_be_called(name, n) is False
            and not any(s.index in facts.world.carried_by(anchor.index) for s in facts.kinds[n])
        ]
        if others:
            wrong = spoken(facts.kinds[str(rng.choice(others))][0].category)
            text = f"on the {phrase} there is a {noun}, the {wrong} stands somewhere else"
            answers.append(Answer(frozenset(), {"cat": wrong, "ref": phrase}, text, NoTarget.FALSE_RELATION))
    return answers


def _under(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """The thing, or the part of furniture, that a thing stands on."""
    answers = []
    for anchor, phrase in facts.anchors(rng):
        carriers = facts.carriers(anchor.index)
        if len(carriers) != 1 or leans_anywhere(facts, anchor.index):
            continue
        below = next(iter(carriers))
        members: frozenset[Member] | None
        if facts.world.objects[below].fixed:
            region = facts.region_of(anchor.index)
            host = facts.by_index.get(below)
            if region is None or host is None or region.fixture != below:
                continue
            same = {r.part for r in facts.world.regions if r.fixture == below}
            # Where furniture is one surface, that surface is an answer as good as the whole.
            if len(same) < 2:
                continue
            members = facts.part_answer(host, region.part)
            text = f"it stands on the {region.part} of the {host.category.name}"
        else:
            if any(facts.things_below(below)) or (
                is_hollow(facts.by_index[below]) if below in facts.by_index else True
            ):
                continue
            members = facts.these([below])
            text = f"the {facts.world.objects[below].category} carries all its weight"
        if members:
            answers.append(Answer(members, {"ref": phrase}, text))
    return answers


def _loaded(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """All things with something on or in them."""
    if facts.hidden_things:
        return []
    riders = {s.index: facts.directly_on(s.index) for s in facts.things}
    if any(facts.these(on) is None for on in riders.values()):
        return []
    found = facts.which(lambda s: bool(riders[s.index]))
    if found is None or len(found) > 0.6 * len(facts.things):
        return []
    if not found:
        return [Answer(found, {}, "nothing in view carries another thing", NoTarget.FALSE_RELATION)]
    return [Answer(found, {}, f"with another thing on it: {listed(facts, found)}")]


def _pile(*, top: bool) -> Ask:
    """Uppermost or lowest member of the only pile of three or more."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if facts.hidden_things:
            return []
        piles = _piles(facts)
        if len(piles) != 1 or not 3 <= len(piles[0]) <= 6:
            return []
        end = piles[0][-1] if top else piles[0][0]
        members = facts.these([end])
        if members is None:
            return []
        where = "on top" if top else "at the bottom"
        return [Answer(members, {}, f"a pile of {len(piles[0])}, and it is {where}")]

    return ask


def _stacks(facts: PlaceFacts, index: int) -> bool:
    seen = facts.by_index.get(index)
    return seen is not None and seen.category.knows(Tag.FURNITURE) is False


def _piles(facts: PlaceFacts) -> list[list[int]]:
    """Piles from the bottom up: chains of things, each carried by just the one below."""
    piles = []
    for bottom in facts.tried.movable:
        if facts.things_below(bottom) or not facts.directly_on(bottom):
            continue
        # A bear on a side table is no pile.
        if facts.world.place == "walkway" and not _stacks(facts, bottom):
            return []
        chain, at = [bottom], bottom
        while facts.directly_on(at):
            riders = facts.directly_on(at)
            if len(riders) != 1 or facts.carriers(next(iter(riders))) != frozenset({at}):
                return []
            at = next(iter(riders))
            chain.append(at)
        piles.append(chain)
    return piles


def _whole_pile(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    if facts.hidden_things:
        return []
    piles = _piles(facts)
    if len(piles) != 1 or not 2 <= len(piles[0]) <= 6 or len(piles[0]) == len(facts.things):
        return []
    if any(facts.world.objects[i].cavity or facts.world.objects[i].bay for i in piles[0][:-1]):
        return []
    members = facts.these(piles[0])
    return (
        [] if members is None else [Answer(members, {}, f"each on the one below: {listed(facts, members)}")]
    )


def _same_support(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What else rests on the same thing as a named one."""
    answers = []
    for anchor, phrase in facts.anchors(rng):
        below = facts.things_below(anchor.index)
        if len(below) != 1:
            continue
        mates = facts.directly_on(next(iter(below))) - {anchor.index}
        members = facts.these(mates)
        if members is None or facts.directly_on(anchor.index):
            continue
        name = facts.world.objects[next(iter(below))].category
        if members:
            answers.append(Answer(members, {"ref": phrase}, f"both rest on the {name}"))
    return answers


def _whole(members: list[int]) -> frozenset[Member]:
    return frozenset((i, WHOLE) for i in members)


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "relations", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "on_top",
        "support",
        (
            "what is on the {ref}?",
            "what stands on the {ref}?",
            "what lies on top of the {ref}?",
            "which object rests on the {ref}?",
        ),
        ("what does the {ref} have on top?",),
        _on_top,
    ),
    _m(
        "kind_on_top",
        "support",
        (
            "+the {cat} on the {ref}",
            "+the {cat} on top of the {ref}",
            "bring me the {cat} that is on the {ref}",
        ),
        ("look on top of the {ref}, i want the {cat} from there",),
        _kind_on_top,
    ),
    _m(
        "under",
        "support",
        ("what is the {ref} standing on?", "what is right under the {ref}?", "what does the {ref} rest on?"),
        ("if i lift the {ref}, what do i see below it?",),
        _under,
    ),
    _m(
        "loaded",
        "support",
        (
            "what has something on or in it?",
            "which things carry another thing?",
            "which loose things have another loose thing on them or in them?",
        ),
        ("what can you not use before you clear it?",),
        _loaded,
    ),
    _m(
        "pile_top",
        "support",
        (
            "what is on top of the pile?",
            "which object lies uppermost in the stack?",
            "what would i take off the pile first?",
        ),
        ("what crowns the stack?",),
        _pile(top=True),
    ),
    _m(
        "pile_bottom",
        "support",
        (
            "what is at the bottom of the pile?",
            "which object carries the whole stack?",
            "what lies lowest in the stack?",
        ),
        ("what is the pile built on?",),
        _pile(top=False),
    ),
    _m(
        "whole_pile",
        "support",
        ("+the whole pile", "everything that is stacked", "which things form a stack?"),
        ("what was piled up?",),
        _whole_pile,
    ),
    _m(
        "same_support",
        "support",
        (
            "what else is on the same thing as the {ref}?",
            "what shares its support with the {ref}?",
            "which object rests on the same thing as the {ref}?",
        ),
        ("what stands side by side with the {ref} on the same base?",),
        _same_support,
    ),
)
