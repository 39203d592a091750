"""Which properties of things make a situation dangerous, and where they are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converseg_engine.sim.objects import Category, Tag, Use, category_named
from converseg_engine.sim.objects.model import ObjectModel
from converseg_engine.sim.objects.physics import Physics

HOT_SURFACE_C = 150.0
"""What stands less than a hot pan or a stove plate burns or melts on it."""


@dataclass(frozen=True)
class Traits:
    """Properties of one object; None where people would disagree.

    Attributes:
        sharp_parts: numbers of the parts that could cut or prick.
        hot: it would burn a hand now.
        burns: it catches fire or melts on something hot.
        fragile: it breaks when it falls.
        spills: a liquid is in it that could run out.
        electronic: water harms it by a short circuit.
    """

    sharp_parts: frozenset[int] = frozenset()
    hot: bool | None = False
    burns: bool | None = False
    fragile: bool | None = False
    spills: bool | None = False
    electronic: bool | None = False


def traits_of(objects: Sequence[ObjectModel]) -> tuple[Traits, ...]:
    """The traits of each object, from the catalogue's common knowledge and its physical properties.

    Raises:
        ValueError: an object's category is not in the catalogue.
    """
    return tuple(_traits(model) for model in objects)


def _traits(model: ObjectModel) -> Traits:
    category, physics = category_named(model.category), model.physics
    sharp = frozenset(k for k, part in enumerate(model.parts) if part.name in category.sharp_parts)
    burns = _either(category.knows(Tag.BURNS), category.knows(Tag.MELTS))
    if burns and physics.heat_tolerance_c >= HOT_SURFACE_C:
        burns = None  # the catalogue and the material contradict each other
    return Traits(
        sharp_parts=sharp,
        hot=True if physics.is_hot else category.knows(Tag.HOT),
        burns=burns,
        fragile=category.knows(Tag.BREAKS),
        spills=_spills(category, physics),
        electronic=category.knows(Tag.ELECTRONIC),
    )


def _spills(category: Category, physics: Physics) -> bool | None:
    """With a lid or a cap on, people would disagree whether what is in it could run out."""
    if not physics.holds_liquid:
        return False
    return None if category.parts_for(Use.OPEN) or category.parts_for(Use.COVER) else True


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return None if first is None or second is None else False
