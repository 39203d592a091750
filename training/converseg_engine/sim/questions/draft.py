"""A question before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from converseg_engine.sim.questions.facts import Member


@dataclass(frozen=True)
class Draft:
    """A meaning and its answer.

    Attributes:
        template: key into ``wording.TEMPLATES``.
        members: the answer; empty: nothing in the picture fits.
        slots: what fills the template.
    """

    template: str
    members: frozenset[Member]
    slots: Mapping[str, str] = field(default_factory=dict)

    @property
    def no_target(self) -> bool:
        """True where the right answer is "nothing"."""
        return not self.members
