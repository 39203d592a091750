"""The catalogue: one entry a category, with its builder, its colours and common knowledge about it.

Knowledge is three-valued. A tag in ``yes`` holds for every member; a tag in ``unsure`` is a matter of
opinion (does one drink from a tin?), and a question that meets it is not asked; any other tag is a no.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects import rounds, things, vessels
from converseg_engine.sim.objects.model import Builder


class Tag(enum.Enum):
    """What a thing is for, or what may happen with it."""

    DRINK = "drink"
    CUT = "cut"
    HAMMER = "hammer"
    TURN_SCREW = "turn_screw"
    HOLD_SOUP = "hold_soup"
    EAT_SOUP_WITH = "eat_soup_with"
    READ = "read"
    GIVE_LIGHT = "give_light"
    FLOWERS = "flowers"
    PLAY = "play"
    EAT = "eat"
    FRY = "fry"
    SERVE = "serve"
    PACK = "pack"
    SHARP = "sharp"
    HOT = "hot"
    BREAKS = "breaks"
    BOUNCES = "bounces"
    WATER_HARMS = "water_harms"


@dataclass(frozen=True)
class Category:
    """One family of objects.

    Attributes:
        name, plural: the nouns.
        build: makes a member.
        colors: colour words it comes in.
        yes, unsure: common knowledge, see the module's docstring.
        askable_parts: parts big enough to be asked for.
        weight: how often it is drawn.
    """

    name: str
    plural: str
    build: Builder
    colors: tuple[str, ...] = COLOR_NAMES
    yes: frozenset[Tag] = frozenset()
    unsure: frozenset[Tag] = frozenset()
    askable_parts: tuple[str, ...] = ()
    weight: float = 1.0

    def knows(self, tag: Tag) -> bool | None:
        """True, False, or None where people would disagree."""
        if tag in self.yes:
            return True
        return None if tag in self.unsure else False


def _tags(*tags: Tag) -> frozenset[Tag]:
    return frozenset(tags)


_GRIPS = tuple(name for name in COLOR_NAMES if name != "white")

CATEGORIES: tuple[Category, ...] = (
    Category(
        "mug",
        "mugs",
        vessels.mug,
        yes=_tags(Tag.DRINK, Tag.BREAKS),
        unsure=_tags(Tag.HOLD_SOUP, Tag.FLOWERS, Tag.HOT),
        askable_parts=("handle",),
        weight=1.5,
    ),
    Category(
        "bowl",
        "bowls",
        vessels.bowl,
        yes=_tags(Tag.HOLD_SOUP, Tag.BREAKS),
        unsure=_tags(Tag.DRINK, Tag.SERVE),
        weight=1.3,
    ),
    Category("plate", "plates", vessels.plate, yes=_tags(Tag.SERVE, Tag.BREAKS), weight=1.2),
    Category(
        "pan",
        "pans",
        vessels.pan,
        colors=("red", "green", "blue", "black", "white", "orange", "purple"),
        yes=_tags(Tag.FRY),
        unsure=_tags(Tag.HOLD_SOUP, Tag.HOT, Tag.SERVE),
        askable_parts=("handle",),
    ),
    Category(
        "bottle",
        "bottles",
        rounds.bottle,
        yes=_tags(Tag.DRINK),
        unsure=_tags(Tag.BREAKS, Tag.FLOWERS),
        askable_parts=("cap",),
        weight=1.2,
    ),
    Category(
        "can",
        "cans",
        rounds.can,
        unsure=_tags(Tag.DRINK, Tag.EAT, Tag.HOLD_SOUP),
        weight=1.1,
    ),
    Category("vase", "vases", rounds.vase, yes=_tags(Tag.FLOWERS, Tag.BREAKS)),
    Category(
        "candle",
        "candles",
        rounds.candle,
        yes=_tags(Tag.GIVE_LIGHT, Tag.HOT),
        unsure=_tags(Tag.BREAKS, Tag.WATER_HARMS),
    ),
    Category("ball", "balls", rounds.ball, yes=_tags(Tag.PLAY, Tag.BOUNCES), weight=1.3),
    Category(
        "box",
        "boxes",
        things.carton,
        yes=_tags(Tag.PACK),
        unsure=_tags(Tag.WATER_HARMS),
        weight=1.2,
    ),
    Category("book", "books", things.book, yes=_tags(Tag.READ, Tag.WATER_HARMS), weight=1.3),
    Category(
        "knife",
        "knives",
        things.knife,
        colors=_GRIPS,
        yes=_tags(Tag.CUT, Tag.SHARP),
        askable_parts=("blade", "handle"),
    ),
    Category(
        "hammer",
        "hammers",
        things.hammer,
        colors=_GRIPS,
        yes=_tags(Tag.HAMMER),
        askable_parts=("head", "handle"),
    ),
    Category(
        "screwdriver",
        "screwdrivers",
        things.screwdriver,
        colors=_GRIPS,
        yes=_tags(Tag.TURN_SCREW),
        unsure=_tags(Tag.SHARP),
        askable_parts=("handle", "shaft"),
        weight=0.9,
    ),
    Category(
        "spoon",
        "spoons",
        things.spoon,
        yes=_tags(Tag.EAT_SOUP_WITH),
        askable_parts=("handle",),
        weight=0.9,
    ),
    Category("banana", "bananas", things.banana, colors=("yellow", "green"), yes=_tags(Tag.EAT), weight=0.9),
)

_BY_NAME = {category.name: category for category in CATEGORIES}


def category_named(name: str) -> Category:
    """The catalogue entry of a category.

    Raises:
        ValueError: there is no such category.
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: {name!r} is not in the catalogue; use one of {', '.join(_BY_NAME)}")
    return _BY_NAME[name]
