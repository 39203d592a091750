"""The sixteen categories of the tabletop recipe, as its shipped model and sample bag know them.

Their order, builders and knowledge drive the recipe seed for seed: change nothing here. The wider
catalogue may give the same name to a better builder.
"""

from __future__ import annotations

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects import rounds, things, vessels
from converseg_engine.sim.objects.category import Category, tags
from converseg_engine.sim.objects.tags import Tag

_GRIPS = tuple(name for name in COLOR_NAMES if name != "white")

TABLETOP_CATEGORIES: tuple[Category, ...] = (
    Category(
        "mug",
        "mugs",
        vessels.mug,
        yes=tags(Tag.DRINK, Tag.BREAKS),
        unsure=tags(Tag.HOLD_SOUP, Tag.FLOWERS, Tag.HOT),
        askable_parts=("handle",),
        weight=1.5,
    ),
    Category(
        "bowl",
        "bowls",
        vessels.bowl,
        yes=tags(Tag.HOLD_SOUP, Tag.BREAKS),
        unsure=tags(Tag.DRINK, Tag.SERVE),
        weight=1.3,
    ),
    Category("plate", "plates", vessels.plate, yes=tags(Tag.SERVE, Tag.BREAKS), weight=1.2),
    Category(
        "pan",
        "pans",
        vessels.pan,
        colors=("red", "green", "blue", "black", "white", "orange", "purple"),
        yes=tags(Tag.FRY),
        unsure=tags(Tag.HOLD_SOUP, Tag.HOT, Tag.SERVE),
        askable_parts=("handle",),
    ),
    Category(
        "bottle",
        "bottles",
        rounds.bottle,
        yes=tags(Tag.DRINK),
        unsure=tags(Tag.BREAKS, Tag.FLOWERS),
        askable_parts=("cap",),
        weight=1.2,
    ),
    Category(
        "can",
        "cans",
        rounds.can,
        unsure=tags(Tag.DRINK, Tag.EAT, Tag.HOLD_SOUP),
        weight=1.1,
    ),
    Category("vase", "vases", rounds.vase, yes=tags(Tag.FLOWERS, Tag.BREAKS)),
    Category(
        "candle",
        "candles",
        rounds.candle,
        yes=tags(Tag.GIVE_LIGHT, Tag.HOT),
        unsure=tags(Tag.BREAKS, Tag.WATER_HARMS),
    ),
    Category("ball", "balls", rounds.ball, yes=tags(Tag.PLAY, Tag.BOUNCES), weight=1.3),
    Category(
        "box",
        "boxes",
        things.carton,
        yes=tags(Tag.PACK),
        unsure=tags(Tag.WATER_HARMS),
        weight=1.2,
    ),
    Category("book", "books", things.book, yes=tags(Tag.READ, Tag.WATER_HARMS), weight=1.3),
    Category(
        "knife",
        "knives",
        things.knife,
        colors=_GRIPS,
        yes=tags(Tag.CUT, Tag.SHARP),
        askable_parts=("blade", "handle"),
    ),
    Category(
        "hammer",
        "hammers",
        things.hammer,
        colors=_GRIPS,
        yes=tags(Tag.HAMMER),
        askable_parts=("head", "handle"),
    ),
    Category(
        "screwdriver",
        "screwdrivers",
        things.screwdriver,
        colors=_GRIPS,
        yes=tags(Tag.TURN_SCREW),
        unsure=tags(Tag.SHARP),
        askable_parts=("handle", "shaft"),
        weight=0.9,
    ),
    Category(
        "spoon",
        "spoons",
        things.spoon,
        yes=tags(Tag.EAT_SOUP_WITH),
        askable_parts=("handle",),
        weight=0.9,
    ),
    Category("banana", "bananas", things.banana, colors=("yellow", "green"), yes=tags(Tag.EAT), weight=0.9),
)

_BY_NAME = {category.name: category for category in TABLETOP_CATEGORIES}


def tabletop_category(name: str) -> Category:
    """The tabletop recipe's entry of a category.

    Raises:
        ValueError: the tabletop recipe has no such category.
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: {name!r} is not on the tabletop; use one of {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
