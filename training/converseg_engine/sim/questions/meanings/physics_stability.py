"""What tips, falls, rolls: every answer was tried in the simulator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import ask_tag
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.relations_contact import leans_anywhere
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.finding import Finding

TIP_LEAD = 1.4
SLENDER = 1.6
"""Least height over width of what people call easy to tip."""
MAX_TIP_SPEED_M_S = 1.2
Trial = Callable[[PlaceFacts, int], Finding]


def tried_set(trial: Trial, nothing: str, *, negate: bool = False, most: float = 0.5) -> Ask:
    """All things for which a trial holds (or surely does not).

    Args:
        trial: the trial of one thing.
        nothing: the evidence where it holds for none.
        negate: ask for those for which it surely does not hold.
        most: largest share of the things in view that an answer may be.
    """

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if len(facts.things) < 2 or facts.hidden_things:
            return []

        def verdict(s: Seen) -> bool | None:
            holds = trial(facts, s.index).holds
            return None if holds is None else holds != negate

        found = facts.which(verdict)
        if found is None or len(found) > max(1.0, most * len(facts.things)):
            return []
        if not found:
            return [Answer(found, {}, nothing, NoTarget.FALSE_STATE)]
        texts = [facts.in_words(trial(facts, i).evidence) for i, _ in sorted(found)[:2]]
        return [Answer(found, {}, "; ".join(texts))]

    return ask


def of_kind(trial: Trial, *, negate: bool = False) -> Ask:
    """Of a kind that comes several times, those for which a trial holds; none: a false state."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for name, group in facts.kinds.items():
            if len(group) < 2 or facts.kind_members(name) is None or facts.hidden_things:
                continue
            findings = {s.index: trial(facts, s.index) for s in group}
            if any(f.holds is None for f in findings.values()):
                continue
            chosen = [i for i, f in findings.items() if f.holds != negate]
            members = facts.these(chosen)
            if members is None or len(chosen) == len(group):
                continue
            slots = {"cat": spoken(group[0].category), "cats": spoken_plural(group[0].category)}
            example = facts.in_words(findings[chosen[0] if chosen else group[0].index].evidence)
            answers.append(
                Answer(members, slots, example)
                if members
                else Answer(members, slots, example, NoTarget.FALSE_STATE)
            )
        return answers

    return ask


def _rolls(facts: PlaceFacts, index: int) -> Finding:
    return facts.tried.rolls(index)


def tips_by_itself(facts: PlaceFacts, index: int) -> Finding:
    """Only of what stands by itself: what rolls, leans or lies on others does not "tip over"."""
    found = facts.tried.tips(index)
    if found.holds is not True:
        return found
    low, high = facts.box(index)
    # A shoe tips over sideways at a shove, but nobody calls it wobbly: only what is slender counts.
    upright = 100 * (high[2] - low[2]) > SLENDER * facts.narrow_cm(index)
    stands = facts.stands_free(index) and not leans_anywhere(facts, index)
    if upright and stands and facts.tried.rolls(index).holds is False:
        return found
    return Finding(None, found.value, found.unit, found.evidence)


def _bumped(facts: PlaceFacts, index: int) -> Finding:
    return facts.tried.falls_if_bumped(index)


def _tips_first(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """The one thing that needs by far the smallest shove."""
    if len(facts.things) < 3 or facts.hidden_things or not facts.all_clear:
        return []
    findings = {s.index: tips_by_itself(facts, s.index) for s in facts.things}
    ranked = sorted(findings, key=lambda i: findings[i].value)
    first, second = findings[ranked[0]], findings[ranked[1]]
    members = facts.these(ranked[:1])
    # What rolls does not tip, and what carries or rides falls for other reasons.
    if members is None or not facts.stands_free(ranked[0]) or first.holds is not True:
        return []
    if not 0 < first.value <= MAX_TIP_SPEED_M_S or second.value < TIP_LEAD * first.value:
        return []
    return [Answer(members, {}, facts.in_words(first.evidence))]


def _rolls_off(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """What rolls and has a free edge to roll over, with nothing else in doubt."""
    if len(facts.things) < 2 or facts.hidden_things or not any(r.free_edges for r in facts.world.regions):
        return []

    def verdict(s: Seen) -> bool | None:
        holds = facts.tried.rolls(s.index).holds
        region = facts.region_of(s.index)
        if not holds:
            return holds
        return None if region is None else (True if region.free_edges else None)

    found = facts.which(verdict)
    if found is None or len(found) > 0.5 * len(facts.things):
        return []
    if not found:
        return [Answer(found, {}, "nothing in view rolls when nudged", NoTarget.FALSE_STATE)]
    return [Answer(found, {}, facts.in_words(facts.tried.rolls(min(found)[0]).evidence))]


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "tips_easily",
        "stability",
        (
            "what could tip over easily?",
            "careful, what falls over at a light push?",
            "what would topple if i nudged it near the top?",
            "which things stand on shaky feet?",
        ),
        ("what would not survive an elbow upright?",),
        tried_set(tips_by_itself, "everything in view withstands a light shove"),
    ),
    _m(
        "tips_first",
        "stability",
        ("what would tip over first?", "+the least stable object", "which object is the shakiest?"),
        ("if the ground shook a little, what would topple before all else?",),
        _tips_first,
    ),
    _m(
        "tips_of_kind",
        "stability",
        (
            "which of the {cats} would tip over easily?",
            "is there a {cat} that a light push knocks over?",
            "which {cat} is not safe on its feet?",
        ),
        ("of the {cats}, which would topple at a nudge?",),
        of_kind(tips_by_itself),
    ),
    _m(
        "falls_if_bumped",
        "stability",
        (
            "what would fall down if somebody bumped into it?",
            "what stands too close to the edge?",
            "what could be knocked off the edge?",
            "which things should be moved away from the edge?",
        ),
        ("what will hit the floor if the cat walks by?",),
        tried_set(_bumped, "nothing in view stands near a free edge"),
    ),
    _m(
        "bumped_of_kind",
        "stability",
        (
            "which {cat} would fall down if i bumped it?",
            "which of the {cats} is too near the edge?",
            "is there a {cat} that a bump would send over the edge?",
        ),
        ("of the {cats}, which would end up on the floor after a knock?",),
        of_kind(_bumped),
    ),
    _m(
        "rolls",
        "motion",
        (
            "what would roll away if i nudged it?",
            "what could roll around?",
            "what rolls if it gets a little push?",
            "which things need a stop so they do not roll?",
        ),
        ("what would start rolling on a boat?",),
        tried_set(_rolls, "nothing in view rolls when nudged"),
    ),
    _m(
        "rolls_off",
        "motion",
        (
            "what would roll off if it got a push?",
            "what could roll over the edge?",
            "what would roll down if all this jerked?",
        ),
        ("what would come rolling off if somebody shook this?",),
        _rolls_off,
    ),
    _m(
        "rolls_of_kind",
        "motion",
        (
            "which {cat} would roll away?",
            "which of the {cats} could roll if nudged?",
            "is there a {cat} that rolls at a touch?",
        ),
        ("of the {cats}, which will not stay put?",),
        of_kind(_rolls),
    ),
    _m(
        "stays_of_kind",
        "motion",
        (
            "which {cat} would not roll away?",
            "which of the {cats} stays put when nudged?",
            "is there a {cat} that can not roll?",
        ),
        ("of the {cats}, which can i leave without a stop?",),
        of_kind(_rolls, negate=True),
    ),
    _m(
        "bounces",
        "motion",
        (
            "what would bounce if i dropped it?",
            "what would jump back up from the floor?",
            "what bounces?",
        ),
        ("what comes back up when it hits the ground?",),
        ask_tag((Tag.BOUNCES,), "bounces", reason=NoTarget.FALSE_ATTRIBUTE),
    ),
)
