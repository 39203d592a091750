"""A category: its builder, its colours, and what everybody knows about it.

Knowledge is three-valued. A tag in ``yes`` holds for every member; a tag in ``unsure`` is a matter of
opinion (does one drink from a tin?), and a question that meets it is not asked; any other tag is a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects.model import Builder
from converseg_engine.sim.objects.tags import Tag, Use

PLACE_NAMES: tuple[str, ...] = (
    "tabletop",
    "kitchen counter",
    "shelf",
    "desk",
    "luggage cart",
    "walkway",
    "drawer",
    "bathroom",
    "workbench",
)
"""The places in which things can belong."""


@dataclass(frozen=True)
class Category:
    """One family of objects.

    Attributes:
        name, plural: the nouns.
        build: makes a member.
        colors: colour words it comes in.
        yes, unsure: common knowledge, see the module's docstring.
        askable_parts: parts big enough to be asked for.
        weight: how often it is drawn.
        places: where it belongs, names of ``PLACE_NAMES``.
        held_out: True keeps it out of every training scene.
        only_train: True keeps it out of validation and test scenes, which stay as they were without it.
        part_uses: what each of its parts is for; a part that is missing here has no use of its own.
        sharp_parts: the parts that could cut or prick somebody.
    """

    name: str
    plural: str
    build: Builder
    colors: tuple[str, ...] = COLOR_NAMES
    yes: frozenset[Tag] = frozenset()
    unsure: frozenset[Tag] = frozenset()
    askable_parts: tuple[str, ...] = ()
    weight: float = 1.0
    places: frozenset[str] = frozenset({"tabletop"})
    held_out: bool = False
    only_train: bool = False
    part_uses: Mapping[str, frozenset[Use]] = field(default_factory=dict, hash=False)
    sharp_parts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.held_out and self.only_train:
            raise ValueError(f"only_train: {self.name} is held out too and would never appear; choose one")
        both = self.yes & self.unsure
        if both:
            raise ValueError(
                f"unsure: {self.name} has {sorted(t.value for t in both)} in yes too; choose one"
            )
        unknown = self.places - set(PLACE_NAMES)
        if unknown:
            raise ValueError(f"places: {sorted(unknown)} of {self.name} are none of {', '.join(PLACE_NAMES)}")

    def is_in(self, split: str) -> bool:
        """Whether scenes of a split ("train", "val", "test") may hold it and their questions may name it."""
        return not (self.held_out if split == "train" else self.only_train)

    def knows(self, tag: Tag) -> bool | None:
        """True, False, or None where people would disagree."""
        if tag in self.yes:
            return True
        return None if tag in self.unsure else False

    def parts_for(self, use: Use) -> tuple[str, ...]:
        """The names of the parts that serve a use, sorted."""
        return tuple(sorted(name for name, uses in self.part_uses.items() if use in uses))


def tags(*names: Tag) -> frozenset[Tag]:
    """A set of tags, short to write."""
    return frozenset(names)


def known(words: str) -> frozenset[Tag]:
    """A set of tags from their values, parted by blanks: "boil cookware metal".

    Raises:
        ValueError: one of them is no tag.
    """
    return frozenset(Tag(word) for word in words.split())


def uses(**parts: str) -> dict[str, frozenset[Use]]:
    """Uses by part, as values parted by blanks; an underscore in a keyword is a blank in the part's name.

    Raises:
        ValueError: one of them is no use.
    """
    return {
        name.replace("_", " "): frozenset(Use(word) for word in words.split())
        for name, words in parts.items()
    }
