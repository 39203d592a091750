"""What things are made of and what that means: breaking, wetting, burning, melting."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.facts import Seen
from converseg_engine.sim.questions.meanings.by_tag import ask_tag, is_selective
from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, NoTarget
from converseg_engine.sim.questions.place_facts import PlaceFacts


def _tag(
    key: str,
    tag: Tag,
    knowledge: str,
    phrasings: tuple[str, ...],
    held_out: tuple[str, ...],
    *,
    unsure: Collection[str] = (),
) -> Meaning:
    ask = ask_tag((tag,), knowledge, reason=NoTarget.FALSE_ATTRIBUTE, furniture=False, unsure=unsure)
    return Meaning(key, "physics", "materials", phrasings, held_out, ask)


OPEN_VESSELS = frozenset({"mug", "glass", "jug", "bowl", "pot", "pan", "bucket", "vase"})


def _seen_from_above(facts: PlaceFacts, seen: Seen) -> bool | None:
    """Whether the camera looks into it, so that the picture shows what is in it; None where it does not."""
    top = facts.middle(seen.index)
    top[2] = facts.box(seen.index)[1][2]
    ray = facts.camera_position - top
    return True if ray[2] > 0.45 * float(np.linalg.norm(ray)) else None


def _spills(facts: PlaceFacts, rng: np.random.Generator) -> list[Answer]:
    """Open vessels with a liquid in them; with a lid or cap on, people would disagree."""

    def runs_out(s: Seen) -> bool | None:
        is_open = s.category.name in OPEN_VESSELS
        if not s.model.physics.holds_liquid:
            return None if is_open and not _seen_from_above(facts, s) else False
        return _seen_from_above(facts, s) if is_open else None

    found = facts.which(runs_out)
    if found is None or not is_selective(facts, len(found)):
        return []
    if not found:
        return [Answer(found, {}, "no open vessel in view holds a liquid", NoTarget.FALSE_STATE)]
    held = ", ".join(str(facts.by_index[i].model.physics.contents) for i, _ in sorted(found))
    return [Answer(found, {}, f"open, with {held} in it")]


MEANINGS: tuple[Meaning, ...] = (
    _tag(
        "breaks",
        Tag.BREAKS,
        "breaks when it falls",
        (
            "what would break if it fell?",
            "what is fragile?",
            "what must i carry with care so it does not break?",
            "what needs bubble wrap?",
        ),
        ("what would be in pieces after a fall?",),
    ),
    _tag(
        "water_harms",
        Tag.WATER_HARMS,
        "is harmed by water",
        ("what must not get wet?", "what would water ruin?", "the pipe is leaking, what do i save first?"),
        ("what should never go near the sink?",),
    ),
    _tag(
        "burns",
        Tag.BURNS,
        "catches fire easily",
        (
            "what catches fire easily?",
            "what must stay away from a flame?",
            "what would a flame set alight in no time?",
        ),
        ("what would a spark set alight?",),
    ),
    _tag(
        "melts",
        Tag.MELTS,
        "is harmed by heat",
        (
            "what would melt on a hot stove?",
            "what must not touch a hot plate because it goes soft?",
            "what would a hot pan ruin by melting it?",
        ),
        ("what would turn to goo in an oven?",),
    ),
    _tag(
        "metal",
        Tag.METAL,
        "is mostly metal",
        (
            "what is mostly made of metal?",
            "what must not go in the microwave because it is metal?",
            "which things are metal?",
        ),
        ("what would go to the scrap metal dealer?",),
    ),
    _tag(
        "soft",
        Tag.SOFT,
        "is soft",
        (
            "what is soft?",
            "which things are soft like cloth or foam?",
            "what is soft to the touch?",
        ),
        ("what could i use to pad a box?",),
    ),
    Meaning(
        "spills",
        "physics",
        "materials",
        (
            "what would spill if it fell over?",
            "what has a liquid in it that could run out?",
            "what must i keep upright so that nothing leaks?",
        ),
        ("what could leave a puddle?",),
        _spills,
    ),
    _tag(
        "keep_cold",
        Tag.KEEP_COLD,
        "belongs in the fridge",
        ("what belongs in the fridge?", "what should be kept cold?", "what must not stay out in the warm?"),
        ("what do i put into the cooler?",),
    ),
    _tag(
        "needs_power",
        Tag.NEEDS_POWER,
        "needs electricity",
        (
            "what needs electricity?",
            "what stops working without power?",
            "what does not run without a plug or a battery?",
        ),
        ("what would be dead in a long power cut?",),
    ),
    _tag(
        "recycle",
        Tag.RECYCLE,
        "goes to recycling",
        (
            "what goes to recycling when it is empty or used up?",
            "what can be recycled?",
            "what belongs in the recycling bin in the end?",
        ),
        ("what packaging would i sort out for recycling?",),
    ),
    _tag(
        "wash_up",
        Tag.WASH_UP,
        "is washed up after use",
        (
            "what goes in the dishwasher after use?",
            "what do i wash up after the meal?",
            "what belongs in the sink when it is dirty?",
        ),
        ("what gets rinsed and dried after dinner?",),
    ),
)
