"""What weighs how much, and what carries a weight."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import WHOLE, Seen
from converseg_engine.sim.questions.meanings.entities_shapes import bigger
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.physics_stability import tried_set
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.finding import Finding

MASS_LEAD, KIND_MASS_LEAD = 2.5, 1.6
COMPARE_LEAD = 2.0
TWO_HANDS_KG, ONE_HAND_KG = 5.0, 2.5
SEEN_SHARE = 0.7
"""Sizes are compared where so much of every thing shows."""
LOAD_KG = 1.0


def _extreme_mass(*, heaviest: bool, of_kind: bool) -> Ask:
    """By far the heaviest (lightest), and not by a hidden filling: its size says so too."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if not facts.all_clear or facts.hidden_things:
            return []
        groups = [g for n, g in facts.kinds.items() if len(g) > 1] if of_kind else [facts.things]
        answers = []
        for group in groups:
            if len(group) < (2 if of_kind else 3):
                continue
            if any(s.visible < SEEN_SHARE for s in group):
                continue
            ranked = sorted(group, key=lambda s: facts.mass_kg(s.index) * (-1 if heaviest else 1))
            first, second = (facts.mass_kg(s.index) for s in ranked[:2])
            lead = first / second if heaviest else second / first
            if of_kind and not bigger(facts, ranked[0], ranked[1]):
                continue
            if lead < (KIND_MASS_LEAD if of_kind else MASS_LEAD) or not _size_agrees(
                facts, ranked, heaviest=heaviest
            ):
                continue
            members = facts.these([ranked[0].index])
            if members:
                category = ranked[0].category
                slots = {"cat": spoken(category), "cats": spoken_plural(category)} if of_kind else {}
                answers.append(Answer(members, slots, f"{first:.2f} kg, the next one {second:.2f} kg"))
        return answers

    return ask


def _size_agrees(facts: PlaceFacts, ranked: list[Seen], *, heaviest: bool) -> bool:
    sizes = [float(np.prod(facts.sizes_m(s.index))) for s in ranked]
    return sizes[0] >= max(sizes[1:]) if heaviest else sizes[0] <= min(sizes[1:])


def _heavier_than(*, heavier: bool) -> Ask:
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if not facts.all_clear or len(facts.things) < 3:
            return []
        answers = []
        for anchor, phrase in facts.anchors(rng)[:5]:
            others = [s for s in facts.things if s is not anchor]
            ratios = {
                s.index: facts.mass_kg(s.index) / facts.mass_kg(anchor.index)
                if heavier
                else facts.mass_kg(anchor.index) / facts.mass_kg(s.index)
                for s in others
            }
            if any(1 / COMPARE_LEAD < r < COMPARE_LEAD for r in ratios.values()):
                continue
            # Nobody can weigh by eye: what is heavier must look bigger too.
            sizes = {s.index: float(np.prod(facts.sizes_m(s.index))) for s in facts.things}
            if any((r > 1) != ((sizes[i] > sizes[anchor.index]) == heavier) for i, r in ratios.items()):
                continue
            members = facts.these([i for i, r in ratios.items() if r > 1])
            if members is None or len(members) > 0.6 * len(others):
                continue
            own = facts.mass_kg(anchor.index)
            slots = {"ref": phrase}
            if members:
                more = "less" if heavier else "more"
                text = f"the {phrase} has {own:.2f} kg, at least {COMPARE_LEAD:.0f} times {more}"
                answers.append(Answer(members, slots, text))
            else:
                text = f"the {phrase} with {own:.2f} kg is the {'heaviest' if heavier else 'lightest'}"
                answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
        return answers

    return ask


def _two_hands(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    def heavy(s: Seen) -> bool | None:
        mass = facts.mass_kg(s.index)
        return True if mass > TWO_HANDS_KG else (None if mass > ONE_HAND_KG else False)

    found = facts.which(heavy)
    bulks = {s.index: float(np.prod(facts.sizes_m(s.index))) for s in facts.things}
    if found and min(bulks[i] for i, _ in found) < max(
        (bulk for i, bulk in bulks.items() if (i, WHOLE) not in found), default=0.0
    ):
        # A small heavy thing beside a big light one: nobody could tell by eye.
        return []
    if found is None or len(found) > 0.6 * len(facts.things) or facts.hidden_things:
        return []
    if not found:
        most = max(facts.mass_kg(s.index) for s in facts.things)
        return [Answer(found, {}, f"the heaviest thing has {most:.1f} kg", NoTarget.FALSE_ATTRIBUTE)]
    return [Answer(found, {}, f"{facts.mass_kg(min(found)[0]):.1f} kg")]


def _bears(facts: PlaceFacts, index: int) -> Finding:
    """A weight on a flat top; a vessel's rim is no place that everybody would choose."""
    model = facts.world.objects[index]
    if model.cavity is not None or model.bay is not None:
        return Finding(False, 0.0, "m", f"object {index} is open at the top")
    found = facts.tried.bears_load(index, LOAD_KG)
    if found.holds and (model.shelf is None or facts.directly_on(index)):
        return Finding(None, found.value, found.unit, found.evidence)
    return found


def _m(key: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", "weight and load", phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "heaviest",
        (
            "what is the heaviest thing that you could pick up here?",
            "+the heaviest loose object",
            "what would be hardest to lift?",
        ),
        ("what would strain my back most?",),
        _extreme_mass(heaviest=True, of_kind=False),
    ),
    _m(
        "lightest",
        (
            "what is the lightest thing that you could pick up here?",
            "+the lightest loose object",
            "what would be easiest to lift?",
        ),
        ("what would the wind blow away first?",),
        _extreme_mass(heaviest=False, of_kind=False),
    ),
    _m(
        "heaviest_of_kind",
        ("which {cat} is the heaviest?", "+the heaviest {cat}", "of the {cats}, the one that weighs most"),
        ("which {cat} would need the most muscle?",),
        _extreme_mass(heaviest=True, of_kind=True),
    ),
    _m(
        "heavier_than",
        (
            "what is heavier than the {ref}?",
            "which things weigh more than the {ref}?",
            "what would pull the scales down against the {ref}?",
        ),
        ("what outweighs the {ref}?",),
        _heavier_than(heavier=True),
    ),
    _m(
        "lighter_than",
        (
            "what is lighter than the {ref}?",
            "which things weigh less than the {ref}?",
            "what would go up on the scales against the {ref}?",
        ),
        ("what does the {ref} outweigh?",),
        _heavier_than(heavier=False),
    ),
    _m(
        "two_hands",
        (
            "what is too heavy for one hand?",
            "what do i need both arms to lift?",
            "what should two people carry, or one strong one?",
        ),
        ("what weighs more than five bags of sugar?",),
        _two_hands,
    ),
    _m(
        "bears_load",
        (
            "what could i put a heavy book on?",
            "what would carry a kilo on top?",
            "on top of what does a weight stay put?",
        ),
        ("what would make a safe base for a stack?",),
        tried_set(_bears, "a weight slides off everything in view"),
    ),
)
