"""What sort of thing is it: fruit, tools, toys, luggage, and the other wider words."""

from __future__ import annotations

from collections.abc import Collection

from converseg_engine.sim.objects.catalog import Tag
from converseg_engine.sim.questions.meanings.by_tag import ask_tag
from converseg_engine.sim.questions.meanings.meaning import Meaning


def _group(
    tag: Tag,
    what: str,
    phrasings: tuple[str, ...],
    held_out: tuple[str, ...],
    *,
    furniture: bool = True,
    unsure: Collection[str] = (),
) -> Meaning:
    ask = ask_tag((tag,), f"counts as {what}", furniture=furniture, unsure=unsure)
    return Meaning(f"group_{tag.value}", "entities", "groups", phrasings, held_out, ask)


MEANINGS: tuple[Meaning, ...] = (
    _group(
        Tag.FOOD,
        "food",
        (
            "what is food here?",
            "please put the food away",
            "what here comes from the grocery store to be eaten?",
        ),
        ("all that is edible or holds something edible",),
    ),
    _group(
        Tag.FRUIT,
        "fruit",
        ("++the pieces of fruit", "what fruit is there?", "which of these would a fruit seller sell?"),
        ("what of this counts as fruit?",),
    ),
    _group(
        Tag.VEGETABLE,
        "vegetables",
        (
            "what vegetables are there?",
            "which of these are vegetables?",
            "what would go into a vegetable soup?",
        ),
        ("what counts as a vegetable?",),
    ),
    _group(
        Tag.DISH,
        "dishes",
        (
            "please collect the dishes",
            "what belongs to the dishes?",
            "what do i lay the table with, apart from cutlery?",
        ),
        ("what is tableware here?",),
    ),
    _group(
        Tag.CUTLERY,
        "cutlery",
        ("++the pieces of cutlery", "what belongs in the cutlery drawer?", "what cutlery is there?"),
        ("what goes beside a plate when i set the table?",),
    ),
    _group(
        Tag.COOKWARE,
        "cookware",
        ("what cookware is there?", "what do i cook with?", "which things belong to the cooking gear?"),
        ("what is kitchen gear for cooking?",),
    ),
    _group(
        Tag.TOOL,
        "tools",
        ("++all the tools", "what tools are there?", "what belongs in the toolbox?"),
        ("what would a mechanic reach for?",),
    ),
    _group(
        Tag.TOY,
        "toys",
        ("++all the toys", "please pick up the toys", "what belongs in the nursery?"),
        ("which things did the kids leave behind?",),
    ),
    _group(
        Tag.STATIONERY,
        "stationery",
        (
            "what stationery is there?",
            "what office supplies are there?",
            "which things belong to the office supplies?",
        ),
        ("what would i buy at a stationery shop?",),
    ),
    _group(
        Tag.TOILETRY,
        "toiletries",
        (
            "what belongs in my wash bag?",
            "which of these are toiletries?",
            "what do i take for washing and grooming?",
        ),
        ("what is for personal care?",),
    ),
    _group(
        Tag.CLEANING,
        "cleaning things",
        ("what is there to clean with?", "which things are for cleaning the house?", "++the cleaning things"),
        ("what would a cleaner bring along?",),
    ),
    _group(
        Tag.CLOTHING,
        "clothes or shoes",
        (
            "which of these are clothes or shoes?",
            "what belongs in the wardrobe or the shoe rack?",
            "what clothes or shoes are lying around?",
        ),
        ("which of these belong on a body?",),
    ),
    _group(
        Tag.LUGGAGE,
        "luggage",
        (
            "++the pieces of luggage",
            "what luggage is there?",
            "which of these are bags or suitcases for a journey?",
        ),
        ("what would a porter carry?",),
    ),
    _group(
        Tag.CONTAINER,
        "containers",
        (
            "++all the containers",
            "which of these are hollow and made to be filled?",
            "what has an inside to fill?",
        ),
        ("which of these are vessels or boxes?",),
    ),
    _group(
        Tag.ELECTRONIC,
        "electronics",
        (
            "what electrical devices are there?",
            "++the electrical devices",
            "what works with electricity or a battery?",
        ),
        ("what has a circuit inside?",),
    ),
    _group(
        Tag.PLANT,
        "plants",
        (
            "what plants are there?",
            "what is green and needs water now and then?",
            "which of these is alive and grows?",
        ),
        ("what must i water while you are away?",),
    ),
)
