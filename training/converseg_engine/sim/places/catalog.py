"""The furniture of the places: nouns, uses of the parts, common knowledge."""

from __future__ import annotations

from functools import partial

import numpy as np

from converseg_engine.sim.objects.catalog import category_named
from converseg_engine.sim.objects.category import PLACE_NAMES, Category
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.objects.tags import Tag, Use
from converseg_engine.sim.places.kitchen_counter import BURNERS
from converseg_engine.sim.places.registry import PLACES
from converseg_engine.sim.places.shelf import BOARDS

_COLORS = ("brown", "white", "gray", "black", "blue", "green", "red")
_SURFACE = (Use.PUT_THINGS_ON,)


def _tags(*members: Tag) -> frozenset[Tag]:
    return frozenset(members)


def _parts(**parts: Use | tuple[Use, ...]) -> dict[str, frozenset[Use]]:
    return {
        name.replace("_", " "): frozenset(use if isinstance(use, tuple) else (use,))
        for name, use in parts.items()
    }


def _first(place: str, name: str, rng: np.random.Generator, color: str) -> ObjectModel:
    """A fixture by furnishing its place until it is there, in the colour that is asked for if it turns up."""
    found: ObjectModel | None = None
    for _ in range(40):
        for placement in PLACES[place].furnish(rng).fixtures:
            if placement.model.category == name:
                found = placement.model
                if found.color == color:
                    return found
    if found is None:
        raise ValueError(f"place: {place!r} holds no {name!r}")
    return found


def _fixture(
    name: str,
    plural: str,
    place: str,
    *,
    yes: frozenset[Tag] = frozenset(),
    unsure: frozenset[Tag] = frozenset(),
    parts: dict[str, frozenset[Use]],
    askable: tuple[str, ...] = (),
    places: frozenset[str] | None = None,
) -> Category:
    return Category(
        name,
        plural,
        partial(_first, place, name),
        colors=_COLORS,
        yes=yes,
        unsure=unsure,
        askable_parts=askable,
        places=places if places is not None else frozenset({place}),
        part_uses=parts,
    )


_FURNITURE = _tags(Tag.FURNITURE, Tag.PUT_ON)

FIXTURES: tuple[Category, ...] = (
    _fixture(
        "floor",
        "floors",
        "walkway",
        parts=_parts(floor=Use.STEP_ON),
        places=frozenset(PLACE_NAMES),
        unsure=_tags(Tag.PUT_ON),
    ),
    _fixture(
        "table",
        "tables",
        "tabletop",
        yes=_FURNITURE,
        parts=_parts(top=_SURFACE, legs=Use.STAND_ON),
        askable=("top", "legs"),
    ),
    _fixture(
        "counter",
        "counters",
        "kitchen counter",
        yes=_FURNITURE,
        parts=_parts(top=_SURFACE, front=(Use.PUT_THINGS_IN, Use.OPEN)),
        askable=("top", "front"),
    ),
    _fixture(
        "stove",
        "stoves",
        "kitchen counter",
        yes=_tags(Tag.HEAT_PROOF, Tag.NEEDS_POWER),
        unsure=_tags(Tag.BOIL, Tag.FRY, Tag.HOT, Tag.ELECTRONIC, Tag.PUT_ON),
        parts={name: frozenset({Use.PUT_THINGS_ON}) for name in BURNERS} | _parts(knobs=Use.TURN),
        askable=(*BURNERS, "knobs"),
    ),
    _fixture(
        "sink",
        "sinks",
        "kitchen counter",
        yes=_tags(Tag.HEAT_PROOF, Tag.METAL),
        unsure=_tags(Tag.CARRY_WATER, Tag.WASH_HANDS, Tag.CONTAINER, Tag.PUT_ON),
        parts=_parts(basin=Use.PUT_THINGS_IN, tap=(Use.TURN, Use.POUR)),
        askable=("basin", "tap"),
    ),
    _fixture(
        "shelf",
        "shelves",
        "shelf",
        yes=_FURNITURE | _tags(Tag.STORE),
        parts={name: frozenset({Use.PUT_THINGS_ON}) for boards in BOARDS.values() for name in boards},
        askable=BOARDS[4],
    ),
    _fixture(
        "desk",
        "desks",
        "desk",
        yes=_FURNITURE,
        parts=_parts(top=_SURFACE, legs=Use.STAND_ON, drawers=(Use.PUT_THINGS_IN, Use.OPEN)),
        askable=("top", "drawers"),
    ),
    _fixture(
        "desk stand",
        "desk stands",
        "desk",
        yes=_tags(Tag.PUT_ON),
        unsure=_tags(Tag.FURNITURE),
        parts=_parts(board=_SURFACE, feet=Use.STAND_ON),
        askable=("board",),
    ),
    _fixture(
        "luggage cart",
        "luggage carts",
        "luggage cart",
        yes=_tags(Tag.CARRY_THINGS),
        unsure=_tags(Tag.TRAVEL, Tag.PUT_ON, Tag.FURNITURE, Tag.METAL),
        parts=_parts(platform=_SURFACE, handle=(Use.HOLD, Use.PULL), wheels=Use.ROLL_ON),
        askable=("platform", "handle", "wheels"),
    ),
    _fixture(
        "walkway",
        "walkways",
        "walkway",
        parts=_parts(lane=Use.STEP_ON, lines=Use.WARN),
        askable=("lane", "lines"),
    ),
    _fixture(
        "sideboard",
        "sideboards",
        "walkway",
        yes=_FURNITURE | _tags(Tag.STORE),
        parts=_parts(top=_SURFACE, front=(Use.PUT_THINGS_IN, Use.OPEN)),
        askable=("top", "front"),
    ),
    _fixture(
        "bench",
        "benches",
        "walkway",
        yes=_tags(Tag.FURNITURE, Tag.SIT),
        unsure=_tags(Tag.PUT_ON, Tag.CLIMB),
        parts=_parts(seat=(Use.SIT_ON, Use.PUT_THINGS_ON), legs=Use.STAND_ON),
        askable=("seat", "legs"),
    ),
    _fixture(
        "cabinet",
        "cabinets",
        "drawer",
        yes=_FURNITURE | _tags(Tag.STORE),
        parts=_parts(top=_SURFACE, front=(Use.PUT_THINGS_IN, Use.OPEN)),
        askable=("top", "front"),
    ),
    _fixture(
        "drawer",
        "drawers",
        "drawer",
        yes=_tags(Tag.STORE, Tag.CONTAINER),
        unsure=_tags(Tag.FURNITURE),
        parts=_parts(floor=Use.PUT_THINGS_IN, handle=(Use.PULL, Use.HOLD, Use.OPEN)),
        askable=("handle", "front"),
    ),
    _fixture(
        "washstand",
        "washstands",
        "bathroom",
        yes=_FURNITURE,
        parts=_parts(top=_SURFACE, front=(Use.PUT_THINGS_IN, Use.OPEN)),
        askable=("top", "front"),
    ),
    _fixture(
        "washbasin",
        "washbasins",
        "bathroom",
        unsure=_tags(Tag.CARRY_WATER, Tag.WASH_HANDS, Tag.CONTAINER, Tag.BREAKS, Tag.HEAT_PROOF, Tag.PUT_ON),
        parts=_parts(basin=Use.PUT_THINGS_IN, tap=(Use.TURN, Use.POUR)),
        askable=("basin", "tap"),
    ),
    _fixture(
        "mirror",
        "mirrors",
        "bathroom",
        yes=_tags(Tag.BREAKS),
        unsure=_tags(Tag.FURNITURE),
        parts=_parts(pane=Use.LOOK_AT),
    ),
    _fixture(
        "wall shelf",
        "wall shelves",
        "bathroom",
        yes=_FURNITURE | _tags(Tag.STORE),
        parts=_parts(board=_SURFACE),
        askable=("board",),
    ),
    _fixture(
        "workbench",
        "workbenches",
        "workbench",
        yes=_FURNITURE,
        parts=_parts(top=_SURFACE, lower_board=_SURFACE, legs=Use.STAND_ON),
        askable=("top", "lower board", "legs"),
    ),
    _fixture(
        "vise",
        "vises",
        "workbench",
        yes=_tags(Tag.GRIP, Tag.TOOL, Tag.METAL),
        unsure=_tags(Tag.GRIP_NUT),
        parts=_parts(jaws=Use.GRIP, handle=Use.TURN),
        askable=("jaws", "handle"),
    ),
    _fixture(
        "pegboard",
        "pegboards",
        "workbench",
        yes=_tags(Tag.STORE_TOOLS),
        unsure=_tags(Tag.FURNITURE, Tag.STORE),
        parts=_parts(hooks=Use.HANG_BY),
    ),
)
"""What stands fast in a place; movable things are in ``objects.CATEGORIES``."""

_BY_NAME = {category.name: category for category in FIXTURES}


def known_category(name: str) -> Category:
    """The entry of a movable category or of a fixture.

    Raises:
        ValueError: neither is called so.
    """
    return _BY_NAME[name] if name in _BY_NAME else category_named(name)
