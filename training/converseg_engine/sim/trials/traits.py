"""Which properties of things make a situation dangerous, and where they are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converseg_engine.sim.objects.model import ObjectModel


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
    """The traits of each object, from the catalogue's common knowledge and its physical properties."""
    raise NotImplementedError
