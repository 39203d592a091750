"""What is in the way of feet and wheels."""

from __future__ import annotations

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.places.region import RegionKind
from converseg_engine.sim.questions.meanings.by_tag import ask_tag, listed
from converseg_engine.sim.questions.meanings.meaning import Answer, Ask, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts


def _blocks(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    lanes = [r for r in facts.world.regions if r.kind is RegionKind.WALKWAY]
    if len(lanes) != 1 or facts.hidden_things:
        return []
    radius = facts.tried.robot_radius_m(lanes[0])
    found = facts.which(lambda s: facts.tried.blocks(s.index, lanes[0], radius).holds)
    if found is None or len(found) > 3:
        return []
    if not found:
        text = "a robot finds a way past everything"
        return [Answer(found, {}, text, NoTarget.FALSE_STATE)]
    return [Answer(found, {}, facts.in_words(facts.tried.blocks(min(found)[0], lanes[0], radius).evidence))]


def _on_walkway(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    lanes = [r for r in facts.world.regions if r.kind is RegionKind.WALKWAY]
    if len(lanes) != 1 or facts.hidden_things:
        return []

    def juts_in(index: int) -> bool | None:
        inside = float(lanes[0].contains(facts.world.vertices(index)).mean())
        return True if inside > 0.5 else (None if inside > 0.0 else False)

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
        ask_tag((Tag.TRIPS,), "lies where feet go", reason=NoTarget.FALSE_STATE),
    ),
)
