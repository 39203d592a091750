"""Close to it, far from it, next to it, between, apart from all the rest."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts

GAP_LEAD, GAP_LEAD_M = 1.8, 0.06


def _gaps(facts: PlaceFacts, anchor: Seen, others: list[Seen]) -> list[tuple[float, Seen]]:
    return sorted(((facts.gap_m(anchor.index, s.index), s) for s in others), key=lambda pair: pair[0])


def _closest_to(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """The neighbour with the smallest gap, for things that stand on the same region and on nothing else."""
    answers = []
    if facts.hidden_things:
        return []
    for anchor, phrase in facts.anchors(rng)[:5]:
        others = comparable(facts, anchor)
        if len(others) < 2:
            continue
        ranked = _gaps(facts, anchor, others)
        (first, winner), (second, _) = ranked[0], ranked[1]
        members = facts.these([winner.index])
        if second < max(GAP_LEAD * first, first + GAP_LEAD_M) or members is None:
            continue
        text = f"{100 * first:.0f} cm from the {phrase}, the next one {100 * second:.0f} cm"
        answers.append(Answer(members, {"ref": phrase}, text))
    return answers


def _farthest_from(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for anchor, phrase in facts.anchors(rng)[:5]:
        others = comparable(facts, anchor)
        if len(others) < 2:
            continue
        ranked = _gaps(facts, anchor, others)
        (last, winner), (second, _) = ranked[-1], ranked[-2]
        members = facts.these([winner.index])
        if last < second + 1.5 * GAP_LEAD_M or members is None:
            continue
        text = f"{100 * last:.0f} cm from the {phrase}, the next one {100 * second:.0f} cm"
        answers.append(Answer(members, {"ref": phrase}, text))
    return answers


def comparable(facts: PlaceFacts, anchor: Seen) -> list[Seen]:
    """All other things in view, where they all stand free on one level with the anchor; else none."""
    region = facts.region_of(anchor.index)
    if region is None or not facts.stands_free(anchor.index):
        return []
    for s in facts.things:
        other = facts.region_of(s.index)
        if other is None or not facts.stands_free(s.index) or abs(other.centre[2] - region.centre[2]) > 0.03:
            return []
    return [s for s in facts.things if s is not anchor]


def _next_to(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Neighbours nearer than a hand's breadth, with everything else two hands away."""
    answers = []
    for anchor, phrase in facts.anchors(rng)[:6]:
        others = comparable(facts, anchor)
        if not others or facts.hidden_things:
            continue
        gaps = _gaps(facts, anchor, others)
        if any(0.045 <= gap < 0.10 for gap, _ in gaps):
            continue
        near = [s.index for gap, s in gaps if gap < 0.045]
        members = facts.these(near)
        if len(near) > 2 or members is None or len(near) == len(others):
            continue
        if members:
            answers.append(Answer(members, {"ref": phrase}, f"{100 * gaps[0][0]:.0f} cm from the {phrase}"))
        else:
            text = f"the nearest thing is {100 * gaps[0][0]:.0f} cm from the {phrase}"
            answers.append(Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION))
    return answers


def _between(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """One thing on the line between two references, in the picture and seen from above."""
    answers = []
    named = [(s, p) for s, p in facts.anchors(rng) if comparable(facts, s)]
    if facts.hidden_things:
        return []
    for k in range(0, len(named) - 1, 2):
        (a, first), (b, second) = named[k], named[k + 1]
        states = {s.index: _is_between(facts, a, b, s) for s in facts.things if s not in (a, b)}
        chosen = [i for i, on in states.items() if on]
        members = facts.these(chosen)
        if None in states.values() or len(chosen) > 2 or members is None or len(chosen) == len(states):
            continue
        slots = {"ref": first, "other": second}
        if members:
            answers.append(Answer(members, slots, f"it stands on the line from the {first} to the {second}"))
        elif len(answers) < 1:
            text = f"nothing stands between the {first} and the {second}"
            answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
    return answers


def _is_between(facts: PlaceFacts, a: Seen, b: Seen, s: Seen) -> bool | None:
    start, end, at = (facts.middle(i)[:2] for i in (a.index, b.index, s.index))
    line = end - start
    length = float(np.linalg.norm(line))
    if length < 0.15:
        return None
    along = float((at - start) @ line) / length**2
    off = abs(float(line[0] * (at - start)[1] - line[1] * (at - start)[0])) / length
    if not -0.05 < along < 1.05 or off > 0.6 * length:
        return False
    half = 0.5 * min(facts.sizes_m(s.index)[:2])
    return True if 0.25 < along < 0.75 and off < max(half, 0.1 * length) else None


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "spatial", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "closest_to",
        "neighbors",
        (
            "what is closest to the {ref}?",
            "+the thing nearest to the {ref}",
            "which object is the nearest one to the {ref}?",
        ),
        ("starting at the {ref}, what do i bump into first?",),
        _closest_to,
    ),
    _m(
        "farthest_from",
        "neighbors",
        (
            "which loose thing is farthest from the {ref}?",
            "+the loose thing farthest away from the {ref}",
            "which loose object has the largest distance to the {ref}?",
        ),
        ("which loose object keeps the widest berth from the {ref}?",),
        _farthest_from,
    ),
    _m(
        "next_to",
        "neighbors",
        (
            "what is right next to the {ref}?",
            "what stands close beside the {ref}?",
            "which neighbor does the {ref} have within a hand's breadth?",
        ),
        ("what is almost touching the {ref}?",),
        _next_to,
    ),
    _m(
        "between",
        "neighbors",
        (
            "what is between the {ref} and the {other}?",
            "+the thing between the {ref} and the {other}",
            "what stands on the way from the {ref} to the {other}?",
        ),
        ("with the {ref} at one end and the {other} at the other, what is in the middle?",),
        _between,
    ),
)
