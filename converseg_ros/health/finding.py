"""Something wrong, in words that say where and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something wrong: a short stable `code`, the `topic` it concerns, what is seen and what to do.

    `is_error`: questions can't be answered as long as it lasts; else they can, but worse than they should.
    """

    code: str
    topic: str
    seen: str
    fix: str
    is_error: bool = False

    def text(self) -> str:
        """One line for a log or a diagnostic."""
        return f"{self.topic}: {self.seen}. {self.fix}"
