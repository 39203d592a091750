"""Left and right, first and second, in the middle: judged in the picture, with margins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken, spoken_plural
from converseg_engine.sim.questions.place_facts import PlaceFacts

LEAD, RIM_LEAD = 0.06, 0.03
"""Least lead in a row, by the middle and by the rim, of the picture's width."""
HALF_MARGIN = 0.02
TOUCH = 0.005
MIDDLE_RADIUS, OUTSIDE_RADIUS = 0.11, 0.20
MAX_ROW = 7


def in_order(group: Sequence[Seen], *, from_left: bool) -> list[Seen]:
    """A group from one side of the picture to the other."""
    return sorted(group, key=lambda s: s.centroid[0] if from_left else -s.centroid[0])


def leads(first: Seen, second: Seen, *, from_left: bool) -> bool:
    """Whether one thing is plainly farther to a side than another: by its middle and its outer rim."""
    if from_left:
        return second.centroid[0] - first.centroid[0] >= LEAD and second.box[0] - first.box[0] >= RIM_LEAD
    return first.centroid[0] - second.centroid[0] >= LEAD and first.box[2] - second.box[2] >= RIM_LEAD


def _groups(facts: PlaceFacts, *, of_kind: bool, least: int) -> list[tuple[Seen, ...]]:
    if not of_kind:
        # A sliver at the rim would be the leftmost thing, and nobody would mean it.
        return [facts.things] if len(facts.things) >= least and facts.all_clear else []
    names = [n for n, group in facts.kinds.items() if len(group) >= least]
    return [facts.kinds[n] for n in names if facts.kind_members(n) is not None]


def _slots(group: Sequence[Seen], *, of_kind: bool) -> dict[str, str]:
    category = group[0].category
    return {"cat": spoken(category), "cats": spoken_plural(category)} if of_kind else {}


def _nth(number: int, *, from_left: bool, of_kind: bool) -> Ask:
    """The first (0), second (1) ... of a group from one side."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for group in _groups(facts, of_kind=of_kind, least=max(2, number + 2)):
            row = in_order(group, from_left=from_left)
            if number and len(row) > MAX_ROW:
                continue
            before, winner, after = row[:number], row[number], row[number + 1 :]
            if any(not leads(b, winner, from_left=from_left) for b in before):
                continue
            if any(not leads(winner, a, from_left=from_left) for a in after):
                continue
            if not of_kind and any(not leads(winner, r, from_left=from_left) for r in facts.rivals):
                continue
            members = facts.these([winner.index])
            if members:
                at = 100 * winner.centroid[0]
                text = f"its middle is at {at:.0f} % of the width, number {number + 1} of {len(row)}"
                answers.append(Answer(members, _slots(group, of_kind=of_kind), text))
        if of_kind:
            answers += absent_kind(facts, rng)
        return answers

    return ask


def absent_kind(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Two kinds that are not there."""
    return [
        Answer(
            frozenset(),
            {"cat": spoken(c), "cats": spoken_plural(c)},
            f"there is no {spoken(c)} in view",
            NoTarget.ABSENT_OBJECT,
        )
        for c in facts.absent_kinds(rng)[:2]
    ]


def _middle(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    aspect = facts.view.camera.height / facts.view.camera.width

    def off_centre(s: Seen) -> float:
        return float(np.hypot(s.centroid[0] - 0.5, (s.centroid[1] - 0.5) * aspect))

    if any(off_centre(r) < OUTSIDE_RADIUS for r in facts.rivals):
        return []
    ranked = sorted(facts.things, key=off_centre)
    if len(ranked) < 3 or off_centre(ranked[0]) > MIDDLE_RADIUS or off_centre(ranked[1]) < OUTSIDE_RADIUS:
        return []
    members = facts.these([ranked[0].index])
    if members is None:
        return []
    return [Answer(members, {}, f"{100 * off_centre(ranked[0]):.0f} % of the width from the centre")]


def _half(side: str) -> Ask:
    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        wanted = []
        if facts.rivals:
            return []
        for s in facts.things:
            if s.box[2] < 0.5 - HALF_MARGIN:
                on = "left"
            elif s.box[0] > 0.5 + HALF_MARGIN:
                on = "right"
            else:
                return []
            if on == side:
                wanted.append(s.index)
        if len(facts.things) < 2 or len(wanted) == len(facts.things):
            return []
        members = facts.these(wanted)
        if members is None:
            return []
        if not members:
            text = f"all things lie on the other side than the {side}"
            return [Answer(members, {}, text, NoTarget.FALSE_RELATION)]
        return [Answer(members, {}, f"{len(members)} of {len(facts.things)} things lie wholly on the {side}")]

    return ask


def _beside(side: str, *, everything: bool) -> Ask:
    """What lies wholly past the rim of a reference on one side."""

    def past(anchor: Seen, s: Seen) -> bool | None:
        left, right = s.box[2] < anchor.box[0] + TOUCH, s.box[0] > anchor.box[2] - TOUCH
        return None if left == right else (left if side == "left" else right)

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for anchor, phrase in facts.anchors(rng)[:5]:
            others = [s for s in facts.things if s is not anchor]
            if everything:
                answers += _all_past(facts, others, phrase, [past(anchor, s) for s in others], side)
                continue
            for name in sorted({s.category.name for s in others} - {anchor.category.name}):
                if facts.kind_members(name) is None:
                    continue
                sides = {s.index: past(anchor, s) for s in others if s.category.name == name}
                chosen = [i for i, on in sides.items() if on]
                members = facts.these(chosen)
                if None in sides.values() or len(chosen) > 1 or members is None:
                    continue
                slots = {"cat": spoken(facts.kinds[name][0].category), "ref": phrase}
                if members:
                    answers.append(Answer(members, slots, f"it lies wholly {side} of the {phrase}"))
                else:
                    text = f"no {name} lies {side} of the {phrase}, but there is one"
                    answers.append(Answer(members, slots, text, NoTarget.FALSE_RELATION))
        return answers

    return ask


def _all_past(
    facts: PlaceFacts, others: list[Seen], phrase: str, sides: list[bool | None], side: str
) -> list[Answer]:
    chosen = [s.index for s, on in zip(others, sides, strict=True) if on]
    members = facts.these(chosen)
    if None in sides or not facts.all_clear or members is None or len(members) == len(others):
        return []
    if not members:
        text = f"nothing lies {side} of the {phrase}"
        return [Answer(members, {"ref": phrase}, text, NoTarget.FALSE_RELATION)]
    return [Answer(members, {"ref": phrase}, f"wholly {side} of the {phrase}: {listed(facts, members)}")]


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "spatial", subfamily, phrasings, held_out, ask)


def _both_sides(side: str, other: str) -> tuple[Meaning, ...]:
    first = side == "left"
    return (
        _m(
            f"{side}most",
            "sides",
            (
                f"+the {side}most object",
                f"what is farthest to the {side}?",
                f"+the thing on the far {side}",
                f"which object do i see first coming from the {side}?",
            ),
            (f"what has nothing to its {side}, only things to its {other}?",),
            _nth(0, from_left=first, of_kind=False),
        ),
        _m(
            f"{side}most_of_kind",
            "sides",
            (
                f"+the {side}most {{cat}}",
                f"+the {{cat}} farthest to the {side}",
                f"of the {{cats}}, the one on the {side} end",
            ),
            (f"take the {{cat}} at the {side} end",),
            _nth(0, from_left=first, of_kind=True),
        ),
        _m(
            f"second_from_{side}",
            "order",
            (
                f"+the second thing from the {side}",
                f"what comes second, counted from the {side}?",
                f"+object number two from the {side}",
            ),
            (f"skip the first thing on the {side} and take the next",),
            _nth(1, from_left=first, of_kind=False),
        ),
        _m(
            f"third_from_{side}",
            "order",
            (
                f"+the third thing from the {side}",
                f"what comes third, counted from the {side}?",
                f"+object number three from the {side}",
            ),
            (f"count from the {side}: one, two, and then this one",),
            _nth(2, from_left=first, of_kind=False),
        ),
        _m(
            f"second_of_kind_from_{side}",
            "order",
            (
                f"+the second {{cat}} from the {side}",
                f"of the {{cats}}, number two from the {side}",
                f"+{{cat}} number two, counted from the {side}",
            ),
            (f"not the {{cat}} at the {side} end but the one after it",),
            _nth(1, from_left=first, of_kind=True),
        ),
        _m(
            f"{side}_half",
            "sides",
            (
                f"everything on the {side} side",
                f"what lies in the {side} half of the picture?",
                f"all that stands on your {side}",
            ),
            (f"cut the picture down the middle: what is in the {side} part?",),
            _half(side),
        ),
        _m(
            f"{side}_of_one",
            "neighbors",
            (
                f"+the {{cat}} {side} of the {{ref}}",
                f"+the {{cat}} to the {side} of the {{ref}}",
                f"is there a {{cat}} {side} of the {{ref}}?",
            ),
            (f"look from the {{ref}} to the {side}, i want the {{cat}} there",),
            _beside(side, everything=False),
        ),
        _m(
            f"all_{side}_of",
            "neighbors",
            (
                f"everything {side} of the {{ref}}",
                f"what is to the {side} of the {{ref}}?",
                f"which things lie {side} of the {{ref}}?",
            ),
            (f"all that you pass going {side} from the {{ref}}",),
            _beside(side, everything=True),
        ),
    )


MEANINGS: tuple[Meaning, ...] = (
    *_both_sides("left", "right"),
    *_both_sides("right", "left"),
    _m(
        "middle",
        "sides",
        ("+the object in the middle", "what is in the middle of the picture?", "+the thing in the center"),
        ("what do you look straight at?",),
        _middle,
    ),
)
