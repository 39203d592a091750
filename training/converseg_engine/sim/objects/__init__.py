"""The object families: how each is built, and what everybody knows about it."""

from __future__ import annotations

from converseg_engine.sim.objects.catalog import CATEGORIES, Category, Tag, category_named

__all__ = ["CATEGORIES", "Category", "Tag", "category_named"]
