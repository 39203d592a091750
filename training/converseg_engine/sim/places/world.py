"""From a seed to a settled world in a place."""

from __future__ import annotations

from collections.abc import Sequence

from converseg_engine.sim.objects import Category
from converseg_engine.sim.world import World


def make_place_world(
    seed: int,
    *,
    place: str | None = None,
    split: str = "train",
    categories: Sequence[Category] | None = None,
    min_objects: int | None = None,
    max_objects: int | None = None,
) -> World:
    """Furnish a place, put things in it, let physics settle them; a pure function of its arguments.

    Args:
        seed: the scene.
        place: its name; ``None`` draws one from the seed.
        split: "train" never holds a held-out category; "val" and "test" hold both.
        categories: what may be drawn; by default whatever belongs to the place.
        min_objects, max_objects: limits of the number of movable things; by default the place's own.

    Raises:
        ValueError: an argument is out of its range, or nothing settled.
    """
    raise NotImplementedError(f"seed: {seed}; places are being built")
