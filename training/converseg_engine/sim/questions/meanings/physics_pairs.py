"""Which of two named things: the rest of the picture does not matter, so these can nearly always be asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.facts import WHOLE, Seen
from converseg_engine.sim.questions.meanings.by_tag import knows_any
from converseg_engine.sim.questions.meanings.entities_shapes import SEEN_SHARE, bigger
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.physics_stability import tips_by_itself
from converseg_engine.sim.questions.place_facts import PlaceFacts

MAX_ANCHORS, MAX_PAIRS = 5, 3
MASS_LEAD = 2.0

Judged = tuple[bool | None, str]
"""Whether it holds for a thing, and what shows it."""


def _pair(judge: Callable[[PlaceFacts, Seen], Judged], neither: str, reason: NoTarget) -> Ask:
    """Of two named things the one for which it holds; no target where it surely holds for neither."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        anchors = facts.anchors(rng)[:MAX_ANCHORS]
        judged = [(seen, phrase, *judge(facts, seen)) for seen, phrase in anchors]
        yes = [entry for entry in judged if entry[2] is True]
        no = [entry for entry in judged if entry[2] is False]
        answers = []
        for (seen, phrase, _, evidence), (_, other, _, _) in list(zip(yes, no, strict=False))[:MAX_PAIRS]:
            # The one that is meant comes first as often as last.
            first, second = (phrase, other) if rng.random() < 0.5 else (other, phrase)
            slots = {"ref": first, "other": second}
            answers.append(Answer(frozenset({(seen.index, WHOLE)}), slots, evidence))
        if len(no) >= 2:
            slots = {"ref": no[0][1], "other": no[1][1]}
            answers.append(Answer(frozenset(), slots, neither, reason))
        return answers

    return ask


def _by_tag(tag: Tag, does: str) -> Callable[[PlaceFacts, Seen], Judged]:
    verdict = knows_any((tag,))
    return lambda facts, seen: (verdict(seen), f"the {seen.category.name} {does}")


def _rolls(facts: PlaceFacts, seen: Seen) -> Judged:
    found = facts.tried.rolls(seen.index)
    return found.holds, facts.in_words(found.evidence)


def _tips(facts: PlaceFacts, seen: Seen) -> Judged:
    found = tips_by_itself(facts, seen.index)
    return found.holds, facts.in_words(found.evidence)


def _bumped(facts: PlaceFacts, seen: Seen) -> Judged:
    found = facts.tried.falls_if_bumped(seen.index)
    return found.holds, facts.in_words(found.evidence)


def _heavier(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    anchors = [(s, p) for s, p in facts.anchors(rng)[:MAX_ANCHORS] if s.visible >= SEEN_SHARE]
    for (a, first), (b, second) in zip(anchors[::2], anchors[1::2], strict=False):
        heavy, light = (a, b) if facts.mass_kg(a.index) > facts.mass_kg(b.index) else (b, a)
        masses = facts.mass_kg(heavy.index), facts.mass_kg(light.index)
        if masses[0] < MASS_LEAD * masses[1] or not bigger(facts, heavy, light):
            continue
        text = f"{masses[0]:.2f} kg against {masses[1]:.2f} kg"
        answers.append(Answer(frozenset({(heavy.index, WHOLE)}), {"ref": first, "other": second}, text))
    return answers


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", subfamily, phrasings, held_out, ask)


_STATE, _ATTRIBUTE = NoTarget.FALSE_STATE, NoTarget.FALSE_ATTRIBUTE
MEANINGS: tuple[Meaning, ...] = (
    _m(
        "pair_rolls",
        "motion",
        (
            "the {ref} or the {other}: which one rolls away if i nudge it?",
            "which would roll if pushed a little, the {ref} or the {other}?",
            "does the {ref} or the {other} need a stop so that it does not roll?",
        ),
        ("i tap the {ref} and the {other}, which one keeps rolling?",),
        _pair(_rolls, "neither rolls when nudged", _STATE),
    ),
    _m(
        "pair_tips",
        "stability",
        (
            "the {ref} or the {other}: which one tips over at a light push?",
            "which would a small nudge topple, the {ref} or the {other}?",
            "is it the {ref} or the {other} that falls over easily?",
        ),
        ("between the {ref} and the {other}, which is the wobbly one?",),
        _pair(_tips, "neither tips at a light shove", _STATE),
    ),
    _m(
        "pair_bumped",
        "stability",
        (
            "the {ref} or the {other}: which one could be knocked off the edge?",
            "which one falls down if i bump into it, the {ref} or the {other}?",
            "is it the {ref} or the {other} that stands too near the edge?",
        ),
        ("which should i move back from the edge, the {ref} or the {other}?",),
        _pair(_bumped, "neither falls when bumped", _STATE),
    ),
    _m(
        "pair_breaks",
        "materials",
        (
            "the {ref} or the {other}: which one breaks if i drop it?",
            "which one is fragile, the {ref} or the {other}?",
            "do i have to be careful with the {ref} or with the {other}, so that it does not break?",
        ),
        ("i let go of the {ref} and the {other}, which one is broken afterwards?",),
        _pair(_by_tag(Tag.BREAKS, "breaks when it falls"), "neither breaks when it falls", _ATTRIBUTE),
    ),
    _m(
        "pair_water",
        "materials",
        (
            "the {ref} or the {other}: which one must not get wet?",
            "which one would rain ruin, the {ref} or the {other}?",
            "is it the {ref} or the {other} that water harms?",
        ),
        ("i spilled water on the {ref} and the {other}, which one is lost?",),
        _pair(_by_tag(Tag.WATER_HARMS, "is harmed by water"), "water harms neither", _ATTRIBUTE),
    ),
    _m(
        "pair_burns",
        "materials",
        (
            "the {ref} or the {other}: which one catches fire easily?",
            "which one must stay away from a flame, the {ref} or the {other}?",
            "would a spark set the {ref} alight, or the {other}?",
        ),
        ("which one burns faster, the {ref} or the {other}?",),
        _pair(_by_tag(Tag.BURNS, "catches fire easily"), "neither catches fire easily", _ATTRIBUTE),
    ),
    _m(
        "pair_sharp",
        "hazards",
        (
            "the {ref} or the {other}: which one could cut me?",
            "which one is sharp, the {ref} or the {other}?",
            "must i mind my fingers with the {ref} or with the {other}?",
        ),
        ("which needs a guard for its edge, the {ref} or the {other}?",),
        _pair(_by_tag(Tag.SHARP, "is sharp"), "neither is sharp", _ATTRIBUTE),
    ),
    _m(
        "pair_heavier",
        "weight and load",
        (
            "the {ref} or the {other}: which one is heavier?",
            "which one weighs more, the {ref} or the {other}?",
            "is it the {ref} or the {other} that is harder to lift?",
        ),
        ("put the {ref} and the {other} on the scales, which one goes down?",),
        _heavier,
    ),
)
