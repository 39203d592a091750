"""The whole catalogue: every movable category of the simulated world."""

from __future__ import annotations

from converseg_engine.sim.objects.appliances import APPLIANCES
from converseg_engine.sim.objects.bags import BAGS
from converseg_engine.sim.objects.baking import BAKING
from converseg_engine.sim.objects.building import BUILDING
from converseg_engine.sim.objects.cases import CASES
from converseg_engine.sim.objects.category import PLACE_NAMES, Category
from converseg_engine.sim.objects.cleaning import CLEANING
from converseg_engine.sim.objects.clothes import CLOTHES
from converseg_engine.sim.objects.computers import COMPUTERS
from converseg_engine.sim.objects.containers import CONTAINERS
from converseg_engine.sim.objects.cookware import COOKWARE
from converseg_engine.sim.objects.cups import CUPS
from converseg_engine.sim.objects.cutlery import CUTLERY
from converseg_engine.sim.objects.desk_decor import DESK_DECOR
from converseg_engine.sim.objects.desk_things import DESK_THINGS
from converseg_engine.sim.objects.furniture import FURNITURE
from converseg_engine.sim.objects.gadgets import GADGETS
from converseg_engine.sim.objects.garden import GARDEN
from converseg_engine.sim.objects.grooming import GROOMING
from converseg_engine.sim.objects.hall import HALL
from converseg_engine.sim.objects.hand_tools import HAND_TOOLS
from converseg_engine.sim.objects.hats import HATS
from converseg_engine.sim.objects.home import HOME
from converseg_engine.sim.objects.household import HOUSEHOLD
from converseg_engine.sim.objects.kitchen_aids import KITCHEN_AIDS
from converseg_engine.sim.objects.kitchen_gadgets import KITCHEN_GADGETS
from converseg_engine.sim.objects.linen import LINEN
from converseg_engine.sim.objects.music_and_play import MUSIC_AND_PLAY
from converseg_engine.sim.objects.office import OFFICE
from converseg_engine.sim.objects.packages import PACKAGES
from converseg_engine.sim.objects.painting import PAINTING
from converseg_engine.sim.objects.produce import PRODUCE
from converseg_engine.sim.objects.serving import SERVING
from converseg_engine.sim.objects.small_home import SMALL_HOME
from converseg_engine.sim.objects.sports import SPORTS
from converseg_engine.sim.objects.sweets import SWEETS
from converseg_engine.sim.objects.tabletop import TABLETOP_CATEGORIES, tabletop_category
from converseg_engine.sim.objects.tableware import TABLEWARE
from converseg_engine.sim.objects.tags import Tag, Use
from converseg_engine.sim.objects.toiletries import TOILETRIES
from converseg_engine.sim.objects.toy_animals import TOY_ANIMALS
from converseg_engine.sim.objects.toy_vehicles import TOY_VEHICLES
from converseg_engine.sim.objects.toys import TOYS
from converseg_engine.sim.objects.utensils import UTENSILS
from converseg_engine.sim.objects.vegetables import VEGETABLES
from converseg_engine.sim.objects.walkway_things import WALKWAY_THINGS
from converseg_engine.sim.objects.workshop import WORKSHOP

CATEGORIES: tuple[Category, ...] = (
    *COOKWARE,
    *KITCHEN_AIDS,
    *UTENSILS,
    *CUTLERY,
    *CUPS,
    *TABLEWARE,
    *DESK_THINGS,
    *COMPUTERS,
    *DESK_DECOR,
    *TOILETRIES,
    *CLEANING,
    *LINEN,
    *HAND_TOOLS,
    *WORKSHOP,
    *PAINTING,
    *TOYS,
    *TOY_ANIMALS,
    *PRODUCE,
    *PACKAGES,
    *BAGS,
    *CASES,
    *CONTAINERS,
    *FURNITURE,
    *HALL,
    *WALKWAY_THINGS,
    *KITCHEN_GADGETS,
    *BAKING,
    *APPLIANCES,
    *SERVING,
    *VEGETABLES,
    *SWEETS,
    *OFFICE,
    *GADGETS,
    *GROOMING,
    *HOUSEHOLD,
    *BUILDING,
    *GARDEN,
    *SPORTS,
    *MUSIC_AND_PLAY,
    *TOY_VEHICLES,
    *HATS,
    *CLOTHES,
    *HOME,
    *SMALL_HOME,
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
