"""What has fallen over, what still stands."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

UPRIGHT_KINDS = frozenset(
    {
        *("mug", "glass", "jug", "teapot", "kettle", "thermos", "vase", "candle", "jar", "can", "bottle"),
        *("soap dispenser", "shampoo bottle", "spray bottle", "milk carton", "salt shaker", "pepper mill"),
        *("bucket", "paint can", "trash can", "potted plant", "traffic cone", "fire extinguisher"),
        *("chair", "stool", "desk lamp"),
    }
)
"""Kinds that belong upright, so that lying is an accident."""
FALLEN_COS, UPRIGHT_COS = 0.35, 0.9


def _uprightness(facts: PlaceFacts, index: int) -> float:
    return float(facts.world.rotations[index][2, 2])


def has_fallen(facts: PlaceFacts, seen: Seen) -> bool | None:
    """Whether a thing that belongs upright lies; None where it leans, or nobody can say."""
    if seen.category.name not in UPRIGHT_KINDS:
        return None if seen.model.lying else False
    if seen.model.lying:
        return True
    cos = _uprightness(facts, seen.index)
    return True if abs(cos) < FALLEN_COS else (False if cos > UPRIGHT_COS else None)


def _fallen(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    found = facts.which(lambda s: has_fallen(facts, s))
    if found is None or len(found) > 3:
        return []
    if not found:
        if not any(s.category.name in UPRIGHT_KINDS for s in facts.things):
            return []
        return [Answer(found, {}, "everything that belongs upright stands", NoTarget.FALSE_STATE)]
    return [Answer(found, {}, f"{facts.by_index[min(found)[0]].category.name} on its side")]


def _lying_kind(*, lying: bool) -> Ask:
    """Of a kind, the one that lies (or stands)."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for name, group in facts.kinds.items():
            if name not in UPRIGHT_KINDS or facts.kind_members(name) is None:
                continue
            states = {s.index: has_fallen(facts, s) for s in group}
            if None in states.values():
                continue
            members = facts.these([i for i, down in states.items() if down == lying])
            slots = {"cat": spoken(group[0].category), "cats": spoken_plural(group[0].category)}
            if members is None or (members and len(members) == len(group) > 1):
                continue
            if members and len(members) < max(2, len(facts.things)):
                word = "lies on its side" if lying else "stands"
                answers.append(
                    Answer(members, slots, f"{len(members)} of {len(group)} {slots['cats']} {word}")
                )
            elif not members:
                word = "stand" if lying else "lie"
                text = f"all {len(group)} {slots['cats']} {word}" if len(group) > 1 else f"the {name} {word}s"
                answers.append(Answer(members, slots, text, NoTarget.FALSE_STATE))
        return answers

    return ask


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "relations", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "fallen_over",
        "events",
        (
            "what has fallen over?",
            "what should be set upright again?",
            "what lies on its side although it belongs upright?",
        ),
        ("what was knocked over here?",),
        _fallen,
    ),
    _m(
        "lying_of_kind",
        "events",
        ("+the {cat} that lies on its side", "which {cat} is lying down?", "did a {cat} fall over? show me"),
        ("set the {cat} that tipped over upright again",),
        _lying_kind(lying=True),
    ),
    _m(
        "standing_of_kind",
        "events",
        (
            "1:+the {cat} that stands upright",
            "2:++the {cats} that stand upright",
            "which {cat} is still upright?",
            "is a {cat} still standing? show me",
        ),
        ("what {cat} has not been knocked over?",),
        _lying_kind(lying=False),
    ),
)
