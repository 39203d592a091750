"""Which part of it serves: where to hold, pull, press, sit, pour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from converseg_engine.sim.objects.catalog import Tag, Use
from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken
from converseg_engine.sim.questions.place_facts import PlaceFacts

MAX_PART_SHARE = 0.85
"""A part that is nearly all that is seen of its object makes a poor part question."""


def _ask_part(use: Use, does: str) -> Ask:
    """The parts of one named object that serve a use; no target where it has no such part."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        answers = []
        for seen, phrase in facts.anchors(rng, fixtures=True):
            names = seen.category.parts_for(use)
            if not names or _TOO_WIDE & set(names) or seen.category.name in _NOT_SAID.get(use, ()):
                continue
            found = [facts.part_answer(seen, name) for name in names]
            members = frozenset(m for part in found if part is not None for m in part)
            whole = {(seen.index, k) for k in range(len(seen.model.parts)) if facts.part_area(seen.index, k)}
            area = sum(facts.part_area(*m) for m in members)
            if None in found or members == whole or area > MAX_PART_SHARE * seen.area_px:
                continue
            said = " and ".join(names)
            answers.append(Answer(members, {"ref": phrase}, f"{does}: {said} of the {spoken(seen.category)}"))
        lacking = [
            (s, r)
            for s, r in facts.anchors(rng)
            if use in _PLAIN_LACK and s.category.part_uses and not s.category.parts_for(use) and _is_blunt(s)
        ]
        for seen, phrase in lacking[:1]:
            answers.append(
                Answer(
                    frozenset(),
                    {"ref": phrase},
                    f"no part of the {seen.category.name} {does}",
                    NoTarget.FALSE_ATTRIBUTE,
                )
            )
        absent = [c for c in facts.absent_kinds(rng) if c.parts_for(use)]
        if absent:
            slots = {"ref": spoken(absent[0])}
            text = f"there is no {absent[0].name} in view"
            answers.append(Answer(frozenset(), slots, text, NoTarget.ABSENT_OBJECT))
        return answers

    return ask


_PLAIN_LACK = frozenset({Use.CUT, Use.STRIKE, Use.WRITE, Use.BRUSH})
"""Uses whose absence is plain to see: a mug has no blade. (Anything can be held somewhere.)"""


_TOO_WIDE = frozenset({"body"})
"""Parts that are the thing itself: one drinks from a mug's rim, and it stands on its bottom."""


_NOT_SAID: Mapping[Use, tuple[str, ...]] = {
    Use.HOLD: ("carrot", "sponge", "potted plant", "fire extinguisher", "globe"),
    Use.TURN: ("wrench", "screwdriver"),
    Use.POUR: ("salt shaker", "soap dispenser"),
    Use.SCOOP: ("spatula", "dustpan"),
    Use.LOOK_AT: ("globe",),
    Use.STAND_ON: ("picture frame", "drill", "stapler", "laptop"),
    Use.STEP_ON: ("stool",),
    Use.LEAN_BACK: ("pillow",),
}
"""Kinds of which the phrasings of a use would sound wrong."""


def _is_blunt(seen: Seen) -> bool:
    """Whether nobody would cut, hit or draw with it."""
    kinds = (Tag.SHARP, Tag.TOOL, Tag.CUTLERY, Tag.STATIONERY, Tag.CLEANING, Tag.TOILETRY)
    return all(seen.category.knows(tag) is False for tag in kinds)


def _part(use: Use, does: str, phrasings: tuple[str, ...], held_out: tuple[str, ...]) -> Meaning:
    key = f"part_to_{use.value}"
    return Meaning(key, "affordances", "parts to use", phrasings, held_out, _ask_part(use, does))


MEANINGS: tuple[Meaning, ...] = (
    _part(
        Use.HOLD,
        "is to hold it by",
        (
            "where do i hold the {ref}?",
            "where should i grasp the {ref}?",
            "+the place to hold the {ref}",
            "which part of the {ref} is for my hand?",
        ),
        ("by what should a gripper take the {ref}?", "where does my hand go on the {ref}?"),
    ),
    _part(
        Use.CARRY,
        "is to carry it by",
        (
            "how do i carry the {ref}? show me where to lift it",
            "where do i lift the {ref}?",
            "what do i pick the {ref} up by?",
        ),
        ("which part of the {ref} takes its weight when i carry it?",),
    ),
    _part(
        Use.PULL,
        "is to pull it by",
        (
            "where do i pull the {ref}?",
            "what do i pull on the {ref}?",
            "which part of the {ref} is for pulling?",
        ),
        ("where does the gripper tug at the {ref}?",),
    ),
    _part(
        Use.POUR,
        "is where it pours",
        (
            "where does it come out of the {ref} when i pour?",
            "which part of the {ref} is for pouring?",
            "what part of the {ref} do i point at the glass?",
        ),
        ("which end of the {ref} goes over the cup?",),
    ),
    _part(
        Use.CUT,
        "cuts",
        (
            "which part of the {ref} cuts?",
            "+the part of the {ref} that cuts",
            "what part of the {ref} is for cutting?",
        ),
        ("which part of the {ref} goes through things?",),
    ),
    _part(
        Use.STRIKE,
        "strikes",
        (
            "which part of the {ref} hits the nail?",
            "+the part of the {ref} that strikes",
            "what part of the {ref} do i hit with?",
        ),
        ("which end of the {ref} meets the nail?",),
    ),
    _part(
        Use.GRIP,
        "grips the work",
        (
            "which part of the {ref} grips?",
            "+the part of the {ref} that holds the nut or wire",
            "what end of the {ref} goes on the work?",
        ),
        ("which part of the {ref} bites?",),
    ),
    _part(
        Use.SCOOP,
        "scoops",
        (
            "which part of the {ref} goes into the soup?",
            "+the part of the {ref} that scoops",
            "what part of the {ref} holds the food?",
        ),
        ("which end of the {ref} gets dipped in?",),
    ),
    _part(
        Use.OPEN,
        "opens it",
        ("where do i open the {ref}?", "what do i move to open the {ref}?", "how do i get the {ref} open?"),
        ("where would i start to open the {ref}?",),
    ),
    _part(
        Use.COVER,
        "covers it",
        (
            "which part of the {ref} keeps it closed?",
            "+the part that covers the {ref}",
            "what covers the {ref}?",
        ),
        ("what part of the {ref} keeps dust out?",),
    ),
    _part(
        Use.PRESS,
        "is to press",
        ("what do i press on the {ref}?", "where do i push on the {ref}?", "+the part of the {ref} to press"),
        ("where would a finger press to work the {ref}?",),
    ),
    _part(
        Use.TURN,
        "is to turn",
        (
            "what do i turn on the {ref}?",
            "which part of the {ref} can be turned?",
            "+the part of the {ref} to turn",
        ),
        ("what would i twist on the {ref}?",),
    ),
    _part(
        Use.LOOK_AT,
        "is to look at",
        (
            "where do i look on the {ref}?",
            "which part of the {ref} shows something?",
            "+the part of the {ref} to look at",
        ),
        ("what part of the {ref} would i read off?",),
    ),
    _part(
        Use.ROLL_ON,
        "rolls",
        (
            "what does the {ref} roll on?",
            "++the parts that the {ref} rolls on",
            "what lets me push the {ref} along?",
        ),
        ("what makes the {ref} easy to move over the floor?",),
    ),
    _part(
        Use.STAND_ON,
        "carries it",
        (
            "what does the {ref} stand on, which part of it?",
            "which part of the {ref} keeps it up?",
            "what part of the {ref} touches the ground?",
        ),
        ("which part of the {ref} bears all of it?",),
    ),
    _part(
        Use.SIT_ON,
        "is to sit on",
        (
            "which part of the {ref} do i sit on?",
            "where do i sit on the {ref}?",
            "+the part of the {ref} to sit on",
        ),
        ("what part of the {ref} takes my weight when i sit?",),
    ),
    _part(
        Use.BRUSH,
        "brushes",
        (
            "which part of the {ref} does the brushing?",
            "+the part of the {ref} that brushes",
            "where are the bristles of the {ref}?",
        ),
        ("which end of the {ref} do i not hold?",),
    ),
    _part(
        Use.SPRAY,
        "is where it sprays",
        (
            "where does the spray come out of the {ref}?",
            "which part of the {ref} do i point at the target?",
            "what part of the {ref} squirts?",
        ),
        ("from where would the {ref} hit my face if i held it wrong?",),
    ),
    _part(
        Use.STEP_ON,
        "is to step on",
        (
            "where do i put my feet on the {ref}?",
            "which part of the {ref} do i step on?",
            "++the parts of the {ref} to step on",
        ),
        ("what do i climb up by on the {ref}?",),
    ),
    _part(
        Use.LEAN_BACK,
        "is to lean back on",
        (
            "which part of the {ref} do i lean back on?",
            "where does my back go on the {ref}?",
            "+the part of the {ref} behind my back when i sit",
        ),
        ("what part of the {ref} supports my spine?",),
    ),
    _part(
        Use.TYPE,
        "is to type on",
        (
            "where on the {ref} do i type?",
            "which part of the {ref} has keys?",
            "what part of the {ref} do my fingers type on?",
        ),
        ("where on the {ref} are the letters or digits to press?",),
    ),
    _part(
        Use.LIGHT,
        "gives the light",
        (
            "which part of the {ref} gives light?",
            "where does the light of the {ref} come from?",
            "+the part of the {ref} that shines",
        ),
        ("what part of the {ref} would glow?",),
    ),
)
