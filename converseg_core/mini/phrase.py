"""What a prompt asks for, in terms of classes, places and relations."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_core.mini.grammar_words import Relation, Side, Size

PERSON = frozenset({"person"})


@dataclass(frozen=True)
class Link:
    """The target stands in ``relation`` to a thing of one of ``names``."""

    relation: Relation
    names: frozenset[str]
    many: bool = False


@dataclass(frozen=True)
class Phrase:
    """What a prompt asks for.

    Attributes:
        names: classes that the target may have; empty where any thing will do, or where ``noun`` is unknown.
        noun: the words of a noun that means none of the classes.
        many: all that fit, not the best one.
        bare: no article stood before the noun: all of that name are meant.
        color: of the target, or of what a person wears.
        size, side, ordinal: which of them; ordinal counts from ``side``.
        links: beside what.
        stuff: the target may be ground, wall or water as well as a thing.
    """

    names: frozenset[str]
    noun: str = ""
    many: bool = False
    bare: bool = False
    color: str | None = None
    size: Size | None = None
    side: Side | None = None
    ordinal: int = 1
    links: tuple[Link, ...] = ()
    stuff: bool = False

    @property
    def picks(self) -> bool:
        """True where more than the class decides."""
        return bool(self.links or self.size or self.side or self.color)
