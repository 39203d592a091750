"""The whole catalogue: every movable category of the simulated world."""

from __future__ import annotations

from converseg_engine.sim.objects.bathroom import BATHROOM
from converseg_engine.sim.objects.category import PLACE_NAMES, Category
from converseg_engine.sim.objects.cookware import COOKWARE
from converseg_engine.sim.objects.desk_things import DESK_THINGS
from converseg_engine.sim.objects.devices import DEVICES
from converseg_engine.sim.objects.floor_things import FLOOR_THINGS
from converseg_engine.sim.objects.furniture import FURNITURE
from converseg_engine.sim.objects.groceries import GROCERIES
from converseg_engine.sim.objects.luggage import LUGGAGE
from converseg_engine.sim.objects.tabletop import TABLETOP_CATEGORIES, tabletop_category
from converseg_engine.sim.objects.tableware import TABLEWARE
from converseg_engine.sim.objects.tags import Tag, Use
from converseg_engine.sim.objects.tools import TOOLS
from converseg_engine.sim.objects.toys import TOYS
from converseg_engine.sim.objects.utensils import UTENSILS

CATEGORIES: tuple[Category, ...] = (
    *COOKWARE,
    *UTENSILS,
    *TABLEWARE,
    *DESK_THINGS,
    *DEVICES,
    *BATHROOM,
    *TOOLS,
    *TOYS,
    *GROCERIES,
    *LUGGAGE,
    *FURNITURE,
    *FLOOR_THINGS,
)
"""Everything that can be moved; furniture of a place stands fast and is described with its place."""

_BY_NAME = {category.name: category for category in CATEGORIES}


def category_named(name: str) -> Category:
    """The catalogue entry of a category.

    Raises:
        ValueError: there is no such category.
    """
    if name not in _BY_NAME:
        raise ValueError(f"name: {name!r} is not in the catalogue; use one of {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


__all__ = [
    "CATEGORIES",
    "PLACE_NAMES",
    "TABLETOP_CATEGORIES",
    "Category",
    "Tag",
    "Use",
    "category_named",
    "tabletop_category",
]
