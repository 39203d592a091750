"""Compared with a reference: same color, same kind, bigger, taller, heavier; and who belongs with whom."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.entities_shapes import SEEN_SHARE, bigger
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

TALL_LEAD = 1.2


def _same_color(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        color = anchor.model.color
        if not anchor.model.pure_color or color in phrase or anchor.model.accents:
            continue
        if any(s.model.looks(color) is not False for s in facts.fixtures):
            continue
        found = facts.which(lambda s, a=anchor, c=color: s is not a and s.model.looks(c))  # type: ignore[misc]
        if found is None or len(found) > 0.6 * len(facts.things):
            continue
        if found:
            answers.append(Answer(found, {"ref": phrase}, f"also {color}: {listed(facts, found)}"))
        elif facts.all_clear:
            text = f"only the {phrase} is {color}"
            answers.append(Answer(found, {"ref": phrase}, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


def _same_kind(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor in facts.things:
        name = anchor.category.name
        group = facts.kinds[name]
        phrase = f"{anchor.model.color} {spoken(anchor.category)}"
        if phrase not in facts.references(anchor) or facts.kind_members(name) is None:
            continue
        members = facts.these([s.index for s in group if s is not anchor])
        slots = {"cat": spoken(anchor.category), "cats": spoken_plural(anchor.category), "ref": phrase}
        if members:
            if len(members) < 0.7 * len(facts.things):
                answers.append(Answer(members, slots, f"{len(group)} {anchor.category.plural} in view"))
        elif anchor.clear and members is not None:
            answers.append(Answer(frozenset(), slots, f"the only {name} in view", NoTarget.ABSENT_OBJECT))
    return answers


def _compare(holds: Callable[[PlaceFacts, Seen, Seen], bool | None], said: str) -> Ask:
    """All things that surpass a reference; not asked where one of them is a close call."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if len(facts.things) < 3 or any(s.visible < SEEN_SHARE or not s.clear for s in facts.things):
            return []
        answers = []
        for anchor, phrase in facts.anchors(rng)[:6]:
            others = [s for s in facts.things if s is not anchor]
            states = {s.index: holds(facts, s, anchor) for s in others}
            chosen = [i for i, on in states.items() if on]
            members = facts.these(chosen)
            if None in states.values() or members is None or len(chosen) > max(1, 0.6 * len(others)):
                continue
            if members:
                answers.append(
                    Answer(members, {"ref": phrase}, f"{said} the {phrase}: {listed(facts, members)}")
                )
            else:
                text = f"nothing in view is {said} the {phrase}"
                answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
        return answers

    return ask


def _bigger(facts: PlaceFacts, s: Seen, anchor: Seen) -> bool | None:
    return True if bigger(facts, s, anchor) else (False if bigger(facts, anchor, s) else None)


def _smaller(facts: PlaceFacts, s: Seen, anchor: Seen) -> bool | None:
    return _bigger(facts, anchor, s)


def _height(facts: PlaceFacts, s: Seen) -> float:
    low, high = facts.box(s.index)
    return float(high[2] - low[2])


def _taller(facts: PlaceFacts, s: Seen, anchor: Seen) -> bool | None:
    ratio = _height(facts, s) / max(_height(facts, anchor), 1e-6)
    return True if ratio >= TALL_LEAD else (False if ratio <= 1 / TALL_LEAD else None)


PAIRS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    (frozenset({"toothbrush"}), frozenset({"tube of toothpaste"}), "toothpaste goes on a toothbrush"),
    (frozenset({"keyboard"}), frozenset({"computer mouse"}), "they are used at one computer"),
    (frozenset({"dustpan"}), frozenset({"broom"}), "one sweeps onto a dustpan"),
    (frozenset({"mug"}), frozenset({"kettle", "teapot"}), "hot drinks are poured into it"),
    (frozenset({"cutting board"}), frozenset({"knife"}), "one cuts on a board with a knife"),
    (frozenset({"pot"}), frozenset({"lid"}), "a lid closes a pot"),
    (frozenset({"pan"}), frozenset({"spatula"}), "one turns food in a pan with it"),
    (frozenset({"bowl"}), frozenset({"spoon"}), "one eats from a bowl with a spoon"),
    (frozenset({"plate"}), frozenset({"fork"}), "one eats from a plate with a fork"),
    (frozenset({"paint can"}), frozenset({"paintbrush"}), "one dips it into the paint"),
)
"""Kinds that are used together; the first goes with the second, and the other way round."""


def _goes_with(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng):
        name = anchor.category.name
        mates = [(b if name in a else a, why) for a, b, why in PAIRS if name in a | b]
        kinds = frozenset(kind for group, _ in mates for kind in group)
        if not kinds:
            continue
        found = facts.which(lambda s, k=kinds: s.category.name in k)  # type: ignore[misc]
        if found and len(found) <= 2:
            partner = facts.by_index[min(found)[0]].category.name
            why = next(w for group, w in mates if partner in group)
            answers.append(Answer(found, {"ref": phrase}, why))
    return answers


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "relations", subfamily, phrasings, held_out, ask)


_COMPARE = "comparison"
MEANINGS: tuple[Meaning, ...] = (
    _m(
        "same_color",
        _COMPARE,
        (
            "what has the same color as the {ref}?",
            "what matches the {ref} in color?",
            "everything in the color of the {ref}, but not that one itself",
        ),
        ("what would go with the {ref} if i sort by color?",),
        _same_color,
    ),
    _m(
        "same_kind",
        _COMPARE,
        (
            "1:+the other {cat}, not the {ref}",
            "2:++the other {cats}, not the {ref}",
            "what else is a {cat}, apart from the {ref}?",
            "is there another {cat} besides the {ref}?",
        ),
        ("i have the {ref} already, where is any other {cat}?",),
        _same_kind,
    ),
    _m(
        "bigger_than",
        _COMPARE,
        (
            "what is bigger than the {ref}?",
            "which things are larger than the {ref}?",
            "what takes up more room than the {ref}?",
        ),
        ("next to what does the {ref} look small?",),
        _compare(_bigger, "bigger than"),
    ),
    _m(
        "smaller_than",
        _COMPARE,
        (
            "what is smaller than the {ref}?",
            "which things are not as big as the {ref}?",
            "what takes up less room than the {ref}?",
        ),
        ("next to what does the {ref} look big?",),
        _compare(_smaller, "smaller than"),
    ),
    _m(
        "taller_than",
        _COMPARE,
        (
            "what is taller than the {ref}?",
            "which things measure more from bottom to top than the {ref}?",
            "what has more height than the {ref}?",
        ),
        ("which objects would stick out above the {ref} on the same floor?",),
        _compare(_taller, "taller than"),
    ),
    _m(
        "goes_with",
        _COMPARE,
        (
            "what goes with the {ref}?",
            "what do i use together with the {ref}?",
            "what belongs with the {ref}?",
        ),
        ("what would i fetch to use with the {ref}?",),
        _goes_with,
    ),
)
