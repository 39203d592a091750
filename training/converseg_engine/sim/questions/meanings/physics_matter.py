"""What things are made of and what that means: breaking, wetting, burning, melting."""

from __future__ import annotations

from collections.abc import Collection

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.meanings.by_tag import ask_tag
from converseg_engine.sim.questions.meanings.meaning import Meaning, NoTarget


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


MEANINGS: tuple[Meaning, ...] = (
    _tag(
        "breaks",
        Tag.BREAKS,
        "breaks when it falls",
        (
            "what would break if it fell?",
            "what is fragile?",
            "what must i carry with care so it does not shatter?",
            "what needs bubble wrap?",
        ),
        ("what would end in shards?",),
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
        ("what catches fire easily?", "what must stay away from a flame?", "what would burn like paper?"),
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
            "what can be squeezed?",
            "what would not hurt if it fell on my foot because it is soft?",
        ),
        ("what gives way when you press it?",),
    ),
    _tag(
        "spills",
        Tag.SPILLS,
        "holds a liquid that can run out",
        (
            "what would spill if it fell over?",
            "what has a liquid in it that could run out?",
            "what must i keep upright so that nothing leaks?",
        ),
        ("what could leave a puddle?",),
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
