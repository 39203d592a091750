"""What a hand or a gripper can take, and what it can take it by."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects.catalog import Tag, Use
from converseg_engine.sim.questions.facts import Member
from converseg_engine.sim.questions.meanings.by_tag import is_selective, knows_any, listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts
from converseg_engine.sim.trials.finding import Finding

GRIPPER_WIDTHS_CM = (5, 8, 11)
RANGE_LEAD_M = 0.05

_SAID: tuple[tuple[Tag, str], ...] = (
    (Tag.DRINK, "to drink from"),
    (Tag.EAT, "to eat"),
    (Tag.READ, "to read"),
    (Tag.WRITE, "to write with"),
    (Tag.PLAY, "to play with"),
    (Tag.SERVE, "to serve food on"),
    (Tag.EAT_SOUP_WITH, "to eat soup with"),
    (Tag.STORE, "to keep small things in"),
    (Tag.CARRY_THINGS, "to carry things in"),
    (Tag.PACK, "to pack a gift in"),
    (Tag.WIPE, "to wipe with"),
    (Tag.TRAVEL, "to travel with"),
    (Tag.FLOWERS, "to put flowers in"),
    (Tag.HOLD_SOUP, "to eat soup from"),
    (Tag.TURN_SCREW, "to turn a screw with"),
    (Tag.WEAR, "to wear"),
)
"""Uses that combine with a colour or a distance."""


def _with_color(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for tag, purpose in _SAID:
        usable = facts.which(knows_any([tag]), among=facts.seen)
        if not usable or any(facts.world.objects[i].fixed for i, _ in usable):
            continue
        fit = [facts.by_index[i] for i, _ in usable]
        for color in COLOR_NAMES:
            slots = {"color": color, "purpose": purpose}
            found = facts.which(lambda s, c=color: s.model.looks(c), among=fit)  # type: ignore[misc]
            if found and len(found) < max(2, len(fit)):
                answers.append(Answer(found, slots, f"{color} and {purpose}: {listed(facts, found)}"))
            elif found is not None and not found and any(s.model.color == color for s in facts.things):
                text = f"what is there {purpose} has other colors: {listed(facts, usable)}"
                answers.append(Answer(frozenset(), slots, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


def _nearest(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for tag, purpose in _SAID:
        usable = facts.which(knows_any([tag]), among=facts.seen)
        if usable is None or any(facts.world.objects[i].fixed for i, _ in usable):
            continue
        if not usable:
            text = f"nothing in view is made {purpose}"
            answers.append(Answer(usable, {"purpose": purpose}, text, NoTarget.ABSENT_OBJECT))
            continue
        ranked = sorted((facts.by_index[i] for i, _ in usable), key=lambda s: s.nearest_m)
        if len(ranked) < 2:
            continue
        first, second = ranked[0], ranked[1]
        lead = min(second.nearest_m - first.nearest_m, min(s.centre_m for s in ranked[1:]) - first.centre_m)
        if lead >= RANGE_LEAD_M:
            text = f"it is {100 * lead:.0f} cm nearer than the next one {purpose}"
            members = facts.these([first.index])
            if members:
                answers.append(Answer(members, {"purpose": purpose}, text))
    return answers


def _grasp(facts: PlaceFacts, index: int, width_cm: int) -> Finding:
    """Fingers round the whole of it, not over a rim or a handle: by its width, and then by trial."""
    narrow = facts.narrow_cm(index)
    if narrow > 1.25 * width_cm:
        return Finding(False, narrow / 100, "m", f"object {index} is {narrow:.0f} cm wide")
    if narrow > 0.85 * width_cm:
        return Finding(None, narrow / 100, "m", f"object {index} is {narrow:.0f} cm wide")
    found = facts.tried.graspable(index, facts.camera_position, width_cm / 100)
    return found if found.holds else Finding(None, found.value, found.unit, found.evidence)


def _is_close_call(facts: PlaceFacts, index: int, width_cm: int) -> bool:
    return 0.85 * width_cm < facts.narrow_cm(index) <= 1.25 * width_cm


def _graspable(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    answers = []
    for width in GRIPPER_WIDTHS_CM:
        if any(_is_close_call(facts, s.index, width) for s in facts.things):
            continue
        found = facts.which(lambda s, w=width: _grasp(facts, s.index, w).holds)  # type: ignore[misc]
        if found is None or not is_selective(facts, len(found)) or not facts.all_clear:
            continue
        slots = {"width": str(width)}
        if found:
            index = min(i for i, _ in found)
            answers.append(Answer(found, slots, facts.in_words(_grasp(facts, index, width).evidence)))
        elif len(facts.things) >= 3:
            text = f"nothing in view is narrower than {width} cm and free to grasp"
            answers.append(Answer(found, slots, text, NoTarget.FALSE_ATTRIBUTE))
    return answers


def _handles(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """All handles in view, provided that each of them shows."""
    members: frozenset[Member] = frozenset()
    owners = []
    for seen in facts.things:
        if any(part.name == "handle" for part in seen.model.parts):
            found = facts.part_answer(seen, "handle")
            if found is None:
                return []
            members |= found
            owners.append(seen.category.name)
    if any(part.name == "handle" for s in facts.fixtures for part in s.model.parts):
        return []
    if not members:
        return [Answer(members, {}, "nothing in view has a handle", NoTarget.FALSE_ATTRIBUTE)]
    return [Answer(members, {}, f"handles of: {', '.join(owners)}")]


def _carried_by_handle(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Things with a part to carry them by."""
    found = facts.which(
        lambda s: (
            True if s.category.parts_for(Use.CARRY) else (None if s.category.parts_for(Use.HOLD) else False)
        )
    )
    if found is None or not is_selective(facts, len(found)):
        return []
    if not found:
        return [Answer(found, {}, "nothing in view has a grip to carry it by", NoTarget.FALSE_ATTRIBUTE)]
    return [Answer(found, {}, f"has a grip to carry it by: {listed(facts, found)}")]


def _m(key: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask) -> Meaning:  # type: ignore[no-untyped-def]
    return Meaning(key, "affordances", "grasping", phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "use_and_color",
        (
            "~something {color} {purpose}",
            "is there anything {color} {purpose}?",
            "i want something {purpose}, and it must be {color}",
        ),
        ("give me something {purpose}, but only in {color}",),
        _with_color,
    ),
    _m(
        "use_nearest",
        (
            "hand me the closest thing {purpose}",
            "what is the nearest thing {purpose}?",
            "which thing {purpose} is closest to you?",
        ),
        ("fetch the thing {purpose} that you get to first",),
        _nearest,
    ),
    _m(
        "fits_gripper",
        (
            "around what could you close a gripper that opens {width} centimeters?",
            "your gripper opens {width} centimeters, what fits whole between its fingers?",
            "what is narrow enough for a {width} centimeter gripper?",
        ),
        ("with fingers at most {width} centimeters apart, what could you take?",),
        _graspable,
    ),
    _m(
        "all_handles",
        ("++all the handles", "++the handles", "what can i hold things by?", "++all handles in the picture"),
        ("what parts here are made for a hand to grip?",),
        _handles,
    ),
    _m(
        "carried_by_grip",
        (
            "what has a grip to carry it by?",
            "what can i carry by its handle?",
            "what is made to be lifted by a handle?",
        ),
        ("what could i pick up by a grip?",),
        _carried_by_handle,
    ),
)
