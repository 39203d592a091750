"""What can be taken, and what happens to the rest: tried by taking it away."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.physics_stability import of_kind
from converseg_engine.sim.questions.meanings.relations_contact import is_hollow
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.finding import Finding


def _easy(facts: PlaceFacts, index: int) -> Finding:
    if _takes_along(facts, index):
        return Finding(None, 0.0, "m", "it is taken with what lies in it")
    return facts.tried.easy_to_remove(index, facts.camera_position)


def _takes_along(facts: PlaceFacts, index: int) -> bool:
    """Whether something lies in it: whoever takes a bowl takes what is in it."""
    return index in facts.by_index and is_hollow(facts.by_index[index]) and bool(facts.directly_on(index))


def _disturbs(facts: PlaceFacts, index: int) -> Finding:
    """Whether taking it moves something else; open where it takes its contents along."""
    if _takes_along(facts, index):
        return Finding(None, 0.0, "m", "it is taken with what lies in it")
    calm = facts.tried.removal(index).moves_nothing()
    return Finding(None if calm.holds is None else not calm.holds, calm.value, calm.unit, calm.evidence)


def _in_piles(facts: PlaceFacts) -> bool:
    """Whether anything rests on, in or against another thing, so that taking is a question at all."""
    return any(facts.things_below(i) for i in facts.tried.movable)


def _free(*, free: bool) -> Ask:
    """What can (not) be taken without anything else moving."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if facts.hidden_things or len(facts.things) < 2 or (free and not _in_piles(facts)):
            return []

        def verdict(s: Seen) -> bool | None:
            holds = _disturbs(facts, s.index).holds
            return None if holds is None else holds != free

        found = facts.which(verdict)
        if found is None or len(found) > 0.7 * len(facts.things):
            return []
        if not found:
            text = "taking any one of them moves nothing else"
            return [] if free else [Answer(found, {}, text, NoTarget.FALSE_STATE)]
        text = facts.in_words(_disturbs(facts, min(found)[0]).evidence)
        return [Answer(found, {}, text)]

    return ask


def _falls_without(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What falls when a named thing is taken away."""
    answers = []
    for anchor, phrase in facts.anchors(rng):
        if _takes_along(facts, anchor.index):
            continue
        removal = facts.tried.removal(anchor.index)
        members = facts.these(removal.fell)
        if removal.unsure or members is None or removal.moved != removal.fell:
            continue
        slots = {"ref": phrase}
        if members:
            answers.append(Answer(members, slots, facts.in_words(removal.evidence)))
        elif facts.model_bears(anchor):
            text = f"taking the {phrase} away moves nothing"
            answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
    return answers


def _holds_up(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What a named thing needs: everything whose removal makes it fall."""
    if facts.hidden_things:
        return []
    answers = []
    for anchor, phrase in facts.anchors(rng):
        below = facts.things_below(anchor.index)
        if not below:
            continue
        removals = {i: facts.tried.removal(i) for i in facts.tried.movable if i != anchor.index}
        if any(anchor.index in r.unsure for r in removals.values()):
            continue
        needed = [i for i, r in removals.items() if anchor.index in r.fell]
        if any(_takes_along(facts, i) for i in needed):
            continue
        members = facts.these(needed)
        if members and len(needed) <= 3:
            answers.append(Answer(members, {"ref": phrase}, facts.in_words(removals[needed[0]].evidence)))
    return answers


def _comes_off_first(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What rests on a named thing and must go before it can be taken."""
    answers = []
    for anchor, phrase in facts.anchors(rng):
        above = facts.world.carried_by(anchor.index)
        members = facts.these(above)
        if members is None or anchor.model.cavity is not None or anchor.model.bay is not None:
            continue
        removal = facts.tried.removal(anchor.index)
        if removal.unsure or set(removal.moved) != set(above):
            continue
        if members:
            answers.append(Answer(members, {"ref": phrase}, facts.in_words(removal.evidence)))
        elif facts.model_bears(anchor):
            text = f"nothing rests on the {phrase}"
            answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
    return answers


def _keystone(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """The one thing whose removal brings down more than any other's."""
    if facts.hidden_things:
        return []
    removals = {i: facts.tried.removal(i) for i in facts.tried.movable}
    if any(r.unsure for r in removals.values()):
        return []
    if any(_takes_along(facts, i) for i in removals):
        return []
    ranked = sorted(removals, key=lambda i: -len(removals[i].fell))
    if len(ranked) < 3 or len(removals[ranked[0]].fell) < 2:
        return []
    if len(removals[ranked[1]].fell) >= len(removals[ranked[0]].fell):
        return []
    members = facts.these(ranked[:1])
    if members is None:
        return []
    return [Answer(members, {}, facts.in_words(removals[ranked[0]].evidence))]


def _easy_set(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    if facts.hidden_things or len(facts.things) < 3:
        return []
    found = facts.which(lambda s: _easy(facts, s.index).holds)
    if not found or len(found) > 0.75 * len(facts.things):
        return []
    return [Answer(found, {}, facts.in_words(_easy(facts, min(found)[0]).evidence))]


def _m(key: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", "removal", phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "free_to_take",
        (
            "what can i take without anything else moving?",
            "what can i take without disturbing the rest?",
            "what could i lift away while all the rest stays as it is?",
            "which things can go without a thing falling?",
        ),
        ("what could vanish while all the rest stays put?",),
        _free(free=True),
    ),
    _m(
        "not_free_to_take",
        (
            "what can i not take without moving something else?",
            "what must stay, or other things would move?",
            "what would bring other things down if i took it?",
            "what can not go without something else falling or sliding?",
        ),
        ("what should i not pull out of here?",),
        _free(free=False),
    ),
    _m(
        "falls_without",
        (
            "what would fall if i took the {ref} away?",
            "what comes down when i pull out the {ref}?",
            "i want to take the {ref}, what would that bring down?",
        ),
        ("suppose the {ref} vanished: what drops?",),
        _falls_without,
    ),
    _m(
        "holds_up",
        (
            "what holds up the {ref}?",
            "what keeps the {ref} from falling?",
            "without what would the {ref} drop?",
        ),
        ("what does the {ref} depend on to stay up there?",),
        _holds_up,
    ),
    _m(
        "comes_off_first",
        (
            "what must come off before i can take the {ref}?",
            "what do i have to take off the {ref} first?",
            "i need the {ref}, what do i lift away first?",
        ),
        ("clear the way to lift the {ref}: what goes first?",),
        _comes_off_first,
    ),
    _m(
        "keystone",
        (
            "what should i take last, or most would come down?",
            "which object holds up most of the others?",
            "what would bring down the most if i took it?",
        ),
        ("what is everything else built on?",),
        _keystone,
    ),
    _m(
        "easy_to_take",
        (
            "what is easy to take from where you are?",
            "what can you get out without touching anything else?",
            "which things could you fetch right away, with nothing in the way?",
        ),
        ("what comes out in one move from your side?",),
        _easy_set,
    ),
    _m(
        "easy_of_kind",
        (
            "which {cat} is easy to remove?",
            "which of the {cats} can you take right away?",
            "which {cat} could i pull out without a mess?",
        ),
        ("of the {cats}, which comes out with nothing in the way?",),
        of_kind(_easy),
    ),
    _m(
        "stuck_of_kind",
        (
            "which {cat} can not be taken without moving something else?",
            "which of the {cats} should i leave, or other things move?",
            "which {cat} would bring others down?",
        ),
        ("of the {cats}, which must i not pull out?",),
        of_kind(_disturbs),
    ),
)
