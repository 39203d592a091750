"""What is it: one kind, all of a kind, two kinds, the odd one out."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import WHOLE, Member
from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, NoTarget
from converseg_engine.sim.questions.naming import may_be_called, spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

MAX_SHARE_OF_THINGS = 0.7


def _plural(facts: PlaceFacts, name: str) -> str:
    return spoken_plural(facts.kinds[name][0].category)


def _absent(facts: PlaceFacts, rng: np.random.Generator, *, plural: bool = False) -> list[Answer]:
    return [
        Answer(
            frozenset(),
            {"cat": spoken(c), "cats": spoken_plural(c)},
            f"there is no {spoken(c)} in view",
            NoTarget.ABSENT_OBJECT,
        )
        for c in facts.absent_kinds(rng)[:2]
    ]


def _one(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for name in facts.kinds:
        found = facts.kind_members(name)
        if found is not None and len(found) == 1:
            noun = spoken(facts.kinds[name][0].category)
            answers.append(Answer(found, {"cat": noun}, f"the only {noun} in view"))
    return answers + _absent(facts, rng)


def _all(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for name in facts.kinds:
        found = facts.kind_members(name)
        if found is not None and 2 <= len(found) <= MAX_SHARE_OF_THINGS * len(facts.things):
            slots = {"cats": _plural(facts, name)}
            answers.append(Answer(found, slots, f"{len(found)} {slots['cats']} in view"))
    return answers + [
        Answer(a.members, {"cats": a.slots["cats"]}, a.evidence, a.reason) for a in _absent(facts, rng)
    ]


def _fixture(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for seen in facts.fixtures:
        name = seen.category.name
        found = facts.which(lambda s, n=name: may_be_called(s.category.name, n), among=facts.seen)  # type: ignore[misc]
        if found and len(found) == 1 and name != "floor":
            answers.append(Answer(found, {"cat": name}, f"the only {name} in view"))
    return answers


def _two(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    singles = []
    for name in facts.kinds:
        found = facts.kind_members(name)
        if found is not None and len(found) == 1:
            singles.append((spoken(facts.kinds[name][0].category), found))
    if len(singles) < 2 or len(facts.things) < 4:
        return []
    order = [singles[int(k)] for k in rng.permutation(len(singles))]
    pairs = list(zip(order[::2], order[1::2], strict=False))[:3]
    return [
        Answer(a | b, {"cat": one, "other": two}, f"one {one} and one {two} in view")
        for (one, a), (two, b) in pairs
    ]


def _but(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Everything that stands here except one thing: only in small scenes, with all in clear sight."""
    if not facts.all_clear or not 3 <= len(facts.things) <= 6:
        return []
    answers = []
    for seen, phrase in facts.anchors(rng):
        rest: frozenset[Member] = frozenset((s.index, WHOLE) for s in facts.things if s is not seen)
        answers.append(Answer(rest, {"ref": phrase}, f"{len(rest)} other things in view"))
    return answers[:2]


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask) -> Meaning:  # type: ignore[no-untyped-def]
    return Meaning(key, "entities", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "kind_one",
        "kinds",
        (
            "+the {cat}",
            "+a {cat}",
            "have you seen my {cat}?",
            "i can not find the {cat}",
            "bring me the {cat}, please",
        ),
        ("is there a {cat} anywhere?", "i left a {cat} somewhere here"),
        _one,
    ),
    _m(
        "kind_all",
        "kinds",
        (
            "++all the {cats}",
            "++the {cats}",
            "++all {cats}",
            "please collect the {cats}",
            "which things here are {cats}?",
        ),
        ("how many {cats} are there? mark them", "gather every one of the {cats}"),
        _all,
    ),
    _m(
        "furniture_one",
        "kinds",
        ("take me to the {cat}", "drive up to the {cat}", "mark the {cat} for me"),
        ("go over to the {cat}",),
        _fixture,
    ),
    _m(
        "kinds_two",
        "choices",
        (
            "++the {cat} and the {other}",
            "bring me the {cat} and the {other}",
            "i need both the {cat} and the {other}",
        ),
        ("take the {cat} together with the {other}",),
        _two,
    ),
    _m(
        "all_but_one",
        "choices",
        (
            "everything that lies or stands here except the {ref}",
            "take all the things away, only the {ref} stays",
            "clear away every object but the {ref}",
        ),
        ("leave the {ref} and pack up all the other things",),
        _but,
    ),
)
