"""Near and far from the camera, before and behind a reference."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.meanings.spatial_neighbors import comparable
from converseg_engine.sim.questions.meanings.spatial_sides import absent_kind
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

RANGE_LEAD_M = 0.06
DEPTH_GAP_M = 0.04
SIDE_MARGIN = 0.03
"""Share of the picture's width within which a thing is arguably in line with another."""


def _ranged(*, nearest: bool, of_kind: bool) -> Ask:
    """The first by its nearest point and by its middle."""
    sign = 1 if nearest else -1

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if of_kind:
            groups = [g for n, g in facts.kinds.items() if len(g) > 1 and facts.kind_members(n) is not None]
        else:
            groups = [facts.things] if len(facts.things) > 2 and facts.all_clear else []
        answers = []
        for group in groups:
            winner = min(group, key=lambda s: sign * s.nearest_m)
            others = [s for s in group if s is not winner] + ([] if of_kind else list(facts.rivals))
            lead = min(
                min(sign * (s.nearest_m - winner.nearest_m), sign * (s.centre_m - winner.centre_m))
                for s in others
            )
            members = facts.these([winner.index])
            if lead < RANGE_LEAD_M or members is None:
                continue
            category = winner.category
            slots = {"cat": spoken(category), "cats": spoken_plural(category)} if of_kind else {}
            text = f"{winner.nearest_m:.2f} m from the camera, {100 * lead:.0f} cm before the next"
            answers.append(Answer(members, slots, text if nearest else text.replace("before", "behind")))
        return answers + (absent_kind(facts, rng) if of_kind else [])

    return ask


def _before_behind(*, behind: bool) -> Ask:
    """On one line of sight with a reference, but farther away (or nearer), on the same level."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for anchor, phrase in facts.anchors(rng)[:6]:
            others = comparable(facts, anchor)
            if not others or facts.hidden_things:
                continue
            states = [
                _lies_behind(facts, anchor, s) if behind else _lies_behind(facts, s, anchor) for s in others
            ]
            if None in states:
                continue
            members = facts.these([s.index for s, on in zip(others, states, strict=True) if on])
            word = "behind" if behind else "in front of"
            if members is None or len(members) > 2 or len(members) == len(others):
                continue
            if members:
                text = f"seen from the camera it stands {word} the {phrase}"
                answers.append(Answer(members, {"ref": phrase}, text))
            else:
                text = f"nothing stands {word} the {phrase}"
                answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
        return answers

    return ask


def _lies_behind(facts: PlaceFacts, front: Seen, back: Seen) -> bool | None:
    """Whether one thing stands behind another: columns overlap, and all of it is farther away."""
    overlap = min(front.box[2], back.box[2]) - max(front.box[0], back.box[0])
    narrow = min(front.box[2] - front.box[0], back.box[2] - back.box[0])
    if overlap < -SIDE_MARGIN:
        return False
    farther = back.nearest_m - front.nearest_m
    if farther < -DEPTH_GAP_M:
        return False
    # Beside the line of sight, or a little farther only: somebody could say either.
    if overlap < 0.5 * narrow or farther < DEPTH_GAP_M:
        return None
    return True if back.centre_m - front.centre_m > 2 * DEPTH_GAP_M else None


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "spatial", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "nearest",
        "distance",
        (
            "what is closest to you?",
            "+the nearest object",
            "+the thing right in front of you",
            "what can you reach first?",
        ),
        ("what is the shortest way from your camera?",),
        _ranged(nearest=True, of_kind=False),
    ),
    _m(
        "farthest",
        "distance",
        ("what is farthest from you?", "+the object farthest away", "+the thing at the very back"),
        ("what needs the longest arm to get at?",),
        _ranged(nearest=False, of_kind=False),
    ),
    _m(
        "nearest_of_kind",
        "distance",
        ("+the closest {cat}", "+the {cat} nearest to you", "of the {cats}, the one in front"),
        ("the {cat} that is the shortest drive away",),
        _ranged(nearest=True, of_kind=True),
    ),
    _m(
        "farthest_of_kind",
        "distance",
        ("+the {cat} farthest away", "+the {cat} at the back", "of the {cats}, the most distant one"),
        ("the {cat} you would get to last",),
        _ranged(nearest=False, of_kind=True),
    ),
    _m(
        "behind",
        "distance",
        (
            "what is behind the {ref}?",
            "what stands behind the {ref}, seen from you?",
            "which object comes after the {ref} when you look past it?",
        ),
        ("i look over the {ref}, what comes next?",),
        _before_behind(behind=True),
    ),
    _m(
        "in_front_of",
        "distance",
        (
            "what is in front of the {ref}?",
            "what stands between you and the {ref}?",
            "which object is before the {ref}, seen from you?",
        ),
        ("what would your arm pass on its way to the {ref}?",),
        _before_behind(behind=False),
    ),
)
