"""One row of the doctor's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, what was found, and what to do.

    ``fail``: something that is needed is broken. ``warn``: works, or is not needed by everybody, but
    will surprise somebody. Every row but ``ok`` says what to do.
    """

    name: str
    state: State
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.state != "ok" and not self.remedy:
            raise ValueError(f"remedy: the {self.state} row {self.name!r} must say what to do")
