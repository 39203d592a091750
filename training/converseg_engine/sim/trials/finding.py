"""The outcome of a trial: yes, no, or too close to call, with what was measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What one trial found.

    Attributes:
        holds: True or False; None where the measure lies in the margin band, so that people could
            disagree, or where the trial itself could not decide.
        value: the measure that was compared with the threshold.
        unit: its unit, such as "m", "m/s", "share"; "" for a bare number.
        evidence: one plain sentence for a person who checks the answer. Objects appear as "object 3".
    """

    holds: bool | None
    value: float
    unit: str
    evidence: str


@dataclass(frozen=True)
class Band:
    """A threshold with a margin around it.

    Attributes:
        no_below: smaller measures are a no.
        yes_from: this and larger measures are a yes; what lies between is left open.
    """

    no_below: float
    yes_from: float

    def __post_init__(self) -> None:
        if not self.no_below <= self.yes_from:
            raise ValueError(
                f"no_below: {self.no_below} lies above yes_from {self.yes_from}; put the no side first"
            )

    def above(self, value: float) -> bool | None:
        """Whether a measure is surely large."""
        if value >= self.yes_from:
            return True
        return False if value < self.no_below else None

    def below(self, value: float) -> bool | None:
        """Whether a measure is surely small: the same band read the other way round."""
        large = self.above(value)
        return None if large is None else not large
