"""One question meaning: its family, the ways to say it, and how a view answers it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from converseg_engine.sim.questions.facts import Member
from converseg_engine.sim.questions.place_facts import PlaceFacts

SUBFAMILIES: Mapping[str, tuple[str, ...]] = {
    "entities": ("kinds", "groups", "colors", "shape and size", "parts", "choices"),
    "spatial": ("sides", "distance", "order", "height", "places", "neighbors"),
    "relations": ("support", "containment", "contact", "occlusion", "comparison", "events"),
    "affordances": ("eating and cooking", "making and mending", "living", "parts to use", "grasping", "room"),
    "physics": ("stability", "removal", "motion", "hazards", "materials", "weight and load"),
}
"""The five families and what each is divided into."""


class NoTarget(enum.StrEnum):
    """Why nothing in the picture answers a question."""

    ABSENT_OBJECT = "absent object"
    FALSE_ATTRIBUTE = "false attribute"
    FALSE_RELATION = "false relation"
    FALSE_STATE = "false state"


@dataclass(frozen=True)
class Answer:
    """A question that a view answers without doubt, before it is put into words.

    Attributes:
        members: the answer; empty: nothing in the picture fits.
        slots: what fills the phrasing.
        evidence: what was measured or tried, in one sentence.
        reason: why there is no target; None exactly where there is one.
    """

    members: frozenset[Member]
    slots: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    reason: NoTarget | None = None

    def __post_init__(self) -> None:
        if bool(self.members) == (self.reason is not None):
            raise ValueError("reason: name one exactly where members is empty")

    @property
    def num_objects(self) -> int:
        """Objects in the answer; parts of one object count once."""
        return len({index for index, _ in self.members})


Ask = Callable[[PlaceFacts, np.random.Generator], list[Answer]]
"""Every answer of one meaning that a view gives without doubt; nothing where it is better not asked."""

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Meaning:
    """One thing to ask, in several wordings.

    A phrasing may begin with marks: ``1:`` it is for an answer of one object, ``2:`` for several; then
    ``+`` a singular and ``++`` a plural noun phrase, which may be put into a carrier ("show me ..."), or
    ``~`` what is put into a request ("hand me something to ...").

    Attributes:
        key: its name, unique.
        concept: one of the five families.
        subfamily: one of the family's ``SUBFAMILIES``.
        phrasings: three to six, for training and testing.
        held_out_phrasings: one or two that no training row ever has.
        ask: what a view answers.
    """

    key: str
    concept: str
    subfamily: str
    phrasings: tuple[str, ...]
    held_out_phrasings: tuple[str, ...]
    ask: Ask = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.subfamily not in SUBFAMILIES.get(self.concept, ()):
            raise ValueError(f"subfamily: {self.key} has {self.concept}/{self.subfamily}; see SUBFAMILIES")
        if not 3 <= len(self.phrasings) <= 6 or not 1 <= len(self.held_out_phrasings) <= 2:
            raise ValueError(f"phrasings: {self.key} needs 3 to 6, and 1 or 2 held-out ones")
        bare = [plain(p) for p in (*self.phrasings, *self.held_out_phrasings)]
        if len(set(bare)) != len(bare):
            raise ValueError(f"phrasings: {self.key} says the same twice")
        for several in (False, True):
            for some in (self.phrasings, self.held_out_phrasings):
                if not any(fits_number(p, 2 if several else 1) for p in some):
                    raise ValueError(f"phrasings: {self.key} has none for {'several' if several else 'one'}")

    @property
    def slots(self) -> frozenset[str]:
        """Names of the slots that its phrasings use."""
        return frozenset(s for p in (*self.phrasings, *self.held_out_phrasings) for s in _SLOT.findall(p))


def fits_number(phrasing: str, num_objects: int) -> bool:
    """Whether a phrasing suits an answer of so many objects; with none, both do."""
    if phrasing.startswith("1:"):
        return num_objects <= 1
    return num_objects != 1 if phrasing.startswith("2:") else True


def plain(phrasing: str) -> str:
    """A phrasing without its marks."""
    return phrasing.removeprefix("1:").removeprefix("2:").lstrip("+~")
