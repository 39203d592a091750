"""What can be wrong with a bag."""

from __future__ import annotations

from pathlib import Path


class BagError(ValueError):
    """A bag is missing, empty, damaged, or not what it says.

    Attributes:
        path: the bag.
        num_messages: messages that had been handed out before the fault.
        last_time_ns: recording time of the last of them; None where there was none.
    """

    def __init__(
        self, path: Path, reason: str, *, num_messages: int = 0, last_time_ns: int | None = None
    ) -> None:
        self.path = path
        self.reason = reason
        self.num_messages = num_messages
        self.last_time_ns = last_time_ns
        super().__init__(f"bag {path}: {reason}")


class DamageError(Exception):
    """A storage file can't be read beyond this point (internal: callers see :class:`BagError`)."""
