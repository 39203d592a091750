"""High and low: the levels of a scene, and the one thing above or below all others."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning
from converseg_engine.sim.questions.place_facts import PlaceFacts

LEVEL_GAP_M = 0.15
ROW_GAP = 0.02


def _levels(facts: PlaceFacts) -> list[list[Seen]]:
    """Things by the height of the region they stand over, lowest first; empty where one stands on none."""
    if facts.world.place not in ("shelf", "workbench"):
        return []
    placed: dict[float, list[Seen]] = {}
    for s in facts.things:
        region = facts.region_of(s.index)
        if region is None:
            return []
        level = next((z for z in placed if abs(z - region.centre[2]) < 0.03), region.centre[2])
        placed.setdefault(level, []).append(s)
    heights = sorted(placed)
    if any(b - a < LEVEL_GAP_M for a, b in itertools.pairwise(heights)):
        return []
    return [placed[z] for z in heights]


def _level(choose: Callable[[int], int | None], what: str) -> Ask:
    """Everything on one level of a scene with several."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        levels = _levels(facts)
        number = choose(len(levels))
        if len(levels) < 2 or number is None or not _shows_all_levels(facts):
            return []
        members = facts.these([s.index for s in levels[number]])
        if members is None or len(members) == len(facts.things):
            return []
        return [Answer(members, {}, f"{what} of {len(levels)} levels: {listed(facts, members)}")]

    return ask


def _shows_all_levels(facts: PlaceFacts) -> bool:
    """Whether every level of the place is in view: "the lowest board" must be seen as such."""
    heights = {round(r.centre[2], 1) for r in facts.world.regions}
    used = set()
    for s in facts.things:
        region = facts.region_of(s.index)
        if region is not None:
            used.add(round(region.centre[2], 1))
    return used == heights


def _extreme_height(*, highest: bool) -> Ask:
    """One thing whose base lies higher (lower) than everybody else's by far, in the picture too."""

    def ask(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
        if len(facts.things) < 3 or not facts.all_clear:
            return []
        sign = -1 if highest else 1
        base = {s.index: float(facts.box(s.index)[0][2]) for s in facts.things}
        ranked = sorted(facts.things, key=lambda s: sign * base[s.index])
        lead = sign * (base[ranked[1].index] - base[ranked[0].index])
        rows = [sign * (s.centroid[1] - ranked[0].centroid[1]) * -1 for s in ranked[1:]]
        members = facts.these([ranked[0].index])
        if lead < 0.06 or members is None or any(r < ROW_GAP for r in rows):
            return []
        word = "higher" if highest else "lower"
        return [Answer(members, {}, f"its base lies {100 * lead:.0f} cm {word} than the next one")]

    return ask


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "spatial", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "top_level",
        "height",
        (
            "everything on the highest board in use",
            "what is all the way up?",
            "what stands on the uppermost level?",
        ),
        ("which things did somebody put on the very top level?",),
        _level(lambda n: n - 1, "top"),
    ),
    _m(
        "bottom_level",
        "height",
        (
            "everything on the lowest board in use",
            "what is all the way down?",
            "what stands on the lowest level?",
        ),
        ("what must i bend down for?",),
        _level(lambda n: 0, "bottom"),
    ),
    _m(
        "middle_level",
        "height",
        (
            "everything on the middle level",
            "what stands neither all the way up nor all the way down?",
            "what is on the board in the middle?",
        ),
        ("what is above the lowest and below the highest things?",),
        _level(lambda n: 1 if n == 3 else None, "middle"),
    ),
    _m(
        "highest",
        "height",
        (
            "what lies or stands highest?",
            "+the object at the greatest height",
            "which object has its base highest up?",
        ),
        ("what would fall the longest way down?",),
        _extreme_height(highest=True),
    ),
    _m(
        "lowest",
        "height",
        (
            "what lies or stands lowest?",
            "+the object closest to the ground",
            "which object has its base lowest down?",
        ),
        ("what is nearest to the floor?",),
        _extreme_height(highest=False),
    ),
)
