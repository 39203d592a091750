"""The object families: how each is built, and what everybody knows about it."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import (
    CATEGORIES,
    PLACE_NAMES,
    TABLETOP_CATEGORIES,
    Category,
    Tag,
    Use,
    category_named,
    tabletop_category,
)

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
