"""Questions for the part of a named object that serves a use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from converseg_engine.sim.objects.catalog import Use
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.naming import spoken
from converseg_engine.sim.questions.place_facts import PlaceFacts

MAX_PART_SHARE = 0.85
"""A part that is nearly all that is seen of its object makes a poor part question."""


def _ask_part(use: Use, does: str) -> Ask:
    """The parts of one named object that serve a use; no target where it is not there."""

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
        absent = [c for c in facts.absent_kinds(rng) if c.parts_for(use)]
        if absent:
            slots = {"ref": spoken(absent[0])}
            text = f"there is no {absent[0].name} in view"
            answers.append(Answer(frozenset(), slots, text, NoTarget.ABSENT_OBJECT))
        return answers

    return ask


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


def part_meaning(use: Use, does: str, phrasings: tuple[str, ...], held_out: tuple[str, ...]) -> Meaning:
    """A meaning of the family affordances: which part of it serves."""
    key = f"part_to_{use.value}"
    return Meaning(key, "affordances", "parts to use", phrasings, held_out, _ask_part(use, does))
