"""What is in the way of feet and wheels."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.places.region import RegionKind
from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts

BESIDE_M = 0.05
"""What stands so near to the lane may well be said to stand in it."""
LOW_M, HIGH_M = 0.30, 0.50


def _blocks(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    lanes = [r for r in facts.world.regions if r.kind is RegionKind.WALKWAY]
    if len(lanes) != 1 or facts.hidden_things:
        return []
    radius = facts.tried.robot_radius_m(lanes[0])
    if any(
        lanes[0].contains(facts.world.vertices(s.index)).any()
        and not facts.tried.blocks(s.index, lanes[0], radius).holds
        for s in facts.things
    ):
        # What stands in the lane and leaves just room enough: not everybody's robot would pass.
        return []
    found = facts.which(lambda s: facts.tried.blocks(s.index, lanes[0], radius).holds)
    if found is None or len(found) > 3:
        return []
    if not found:
        text = "a robot finds a way past everything"
        return [Answer(found, {}, text, NoTarget.FALSE_STATE)]
    return [Answer(found, {}, facts.in_words(facts.tried.blocks(min(found)[0], lanes[0], radius).evidence))]


def _trips(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Low things on the floor of a way; nobody overlooks what reaches the hip."""
    if facts.world.place != "walkway" or facts.hidden_things:
        return []

    def low(s: Seen) -> bool | None:
        bottom, top = facts.box(s.index)
        if facts.things_below(s.index):
            return None
        if bottom[2] > 0.05:
            return False
        return True if top[2] < LOW_M else (False if top[2] > HIGH_M else None)

    found = facts.which(low)
    if found is None or len(found) > 0.7 * len(facts.things):
        return []
    if not found:
        return [Answer(found, {}, "nothing low lies on the floor", NoTarget.FALSE_STATE)]
    return [Answer(found, {}, f"on the floor and lower than {100 * LOW_M:.0f} cm: {listed(facts, found)}")]


def _on_walkway(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    lanes = [r for r in facts.world.regions if r.kind is RegionKind.WALKWAY]
    if len(lanes) != 1 or facts.hidden_things:
        return []

    def juts_in(index: int) -> bool | None:
        points = facts.world.vertices(index)
        if facts.things_below(index) and lanes[0].contains(points, margin_m=-BESIDE_M).any():
            return None
        if float(lanes[0].contains(points).mean()) > 0.5:
            return True
        return None if lanes[0].contains(points, margin_m=-BESIDE_M).any() else False

    found = facts.which(lambda s: juts_in(s.index))
    if found is None or len(found) > 0.6 * len(facts.things):
        return []
    if not found:
        return [Answer(found, {}, "the marked way is free", NoTarget.FALSE_RELATION)]
    return [Answer(found, {}, f"within the marked way: {listed(facts, found)}")]


def _m(key: str, subfamily: str, phrasings: tuple[str, ...], held_out: tuple[str, ...], ask: Ask) -> Meaning:
    return Meaning(key, "physics", subfamily, phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _m(
        "blocks_walkway",
        "hazards",
        (
            "what blocks the way?",
            "what must go so that you can drive through?",
            "what keeps a robot from getting past?",
        ),
        ("why can you not get through here, what is it?",),
        _blocks,
    ),
    _m(
        "on_walkway",
        "hazards",
        (
            "what stands in the marked walkway?",
            "what was left in the lane?",
            "which things are inside the marked lane?",
        ),
        ("the marked lane must be empty, what is in it?",),
        _on_walkway,
    ),
    _m(
        "trips",
        "hazards",
        (
            "what could i trip over?",
            "what is lying in the way of my feet?",
            "what on the floor is easy to stumble over?",
        ),
        ("what would catch my foot?",),
        _trips,
    ),
)
