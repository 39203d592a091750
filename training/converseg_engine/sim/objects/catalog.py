"""The whole catalogue: every movable category of the simulated world."""

from __future__ import annotations

from converseg_engine.sim.objects.category import PLACE_NAMES, Category
from converseg_engine.sim.objects.tabletop import TABLETOP_CATEGORIES, tabletop_category
from converseg_engine.sim.objects.tags import Tag, Use

CATEGORIES: tuple[Category, ...] = (*TABLETOP_CATEGORIES,)

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
