"""The places by name: how each is furnished, how full it is, and from where a robot sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from converseg_engine.sim.places import (
    bathroom,
    desk,
    drawer,
    kitchen_counter,
    luggage_cart,
    shelf,
    tabletop,
    walkway,
    workbench,
)
from converseg_engine.sim.places.arrangement import USUAL, Habits
from converseg_engine.sim.places.furnished import Furnished


@dataclass(frozen=True, kw_only=True)
class Place:
    """One kind of place.

    Attributes:
        name: one of ``PLACE_NAMES``.
        furnish: builds it.
        num_objects: least and most movable things.
        rigs: cameras that look at it, see ``rigs.RIGS``.
        azimuth_deg: bearing of the camera seen from the things, from and to; -90 is in front.
        habits: how things are put down.
        weight: how often it is drawn.
    """

    name: str
    furnish: Callable[[np.random.Generator], Furnished]
    num_objects: tuple[int, int]
    rigs: tuple[str, ...]
    azimuth_deg: tuple[float, float]
    habits: Habits = USUAL
    weight: float = 1.0


PLACES: dict[str, Place] = {
    place.name: place
    for place in (
        Place(
            name="tabletop",
            furnish=tabletop.furnish,
            num_objects=(6, 13),
            rigs=("head", "wrist"),
            azimuth_deg=(0.0, 360.0),
            weight=1.3,
        ),
        Place(
            name="kitchen counter",
            furnish=kitchen_counter.furnish,
            num_objects=(7, 14),
            rigs=("head", "wrist"),
            azimuth_deg=(-140.0, -40.0),
            weight=1.3,
        ),
        Place(
            name="shelf",
            furnish=shelf.furnish,
            num_objects=(8, 16),
            rigs=("head shelf", "wrist", "base"),
            azimuth_deg=(-125.0, -55.0),
        ),
        Place(
            name="desk",
            furnish=desk.furnish,
            num_objects=(6, 13),
            rigs=("head", "wrist"),
            azimuth_deg=(-145.0, -35.0),
        ),
        Place(
            name="luggage cart",
            furnish=luggage_cart.furnish,
            num_objects=(4, 9),
            rigs=("head far", "base"),
            azimuth_deg=(-150.0, -30.0),
            weight=0.8,
        ),
        Place(
            name="walkway",
            furnish=walkway.furnish,
            num_objects=(5, 11),
            habits=Habits(host=0.2, overhang=0.05, topple=0.12),
            rigs=("head far", "base"),
            azimuth_deg=(-130.0, -50.0),
        ),
        Place(
            name="drawer",
            furnish=drawer.furnish,
            num_objects=(6, 13),
            habits=Habits(host=0.25, lean=0.25, overhang=0.04),
            rigs=("head down", "wrist"),
            azimuth_deg=(-125.0, -55.0),
        ),
        Place(
            name="bathroom",
            furnish=bathroom.furnish,
            num_objects=(6, 12),
            rigs=("head", "wrist"),
            azimuth_deg=(-135.0, -45.0),
        ),
        Place(
            name="workbench",
            furnish=workbench.furnish,
            num_objects=(6, 13),
            rigs=("head", "wrist"),
            azimuth_deg=(-140.0, -40.0),
        ),
    )
}


def place_named(name: str) -> Place:
    """The place of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PLACES:
        raise ValueError(f"place: {name!r} is no place; use one of {', '.join(PLACES)}")
    return PLACES[name]
