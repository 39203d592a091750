"""What people said, one line of JSON each; the last word on a row counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

VERDICTS = ("good", "bad", "unsure")


@dataclass(frozen=True)
class Verdict:
    """One judgement.

    Attributes:
        id: of the row.
        verdict: one of VERDICTS, or "" where it was taken back.
        judge: who said it.
    """

    id: str
    verdict: str
    judge: str = ""

    def __post_init__(self) -> None:
        if self.verdict and self.verdict not in VERDICTS:
            raise ValueError(f"verdict: {self.verdict!r} is none of {', '.join(VERDICTS)}")
        if not self.id:
            raise ValueError("id: name the row")


def verdicts_path(out: Path) -> Path:
    """Where a run's verdicts lie."""
    return out / "audit" / "verdicts.jsonl"


def add_verdict(path: Path, verdict: Verdict) -> None:
    """Add a line; it is on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(verdict)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_verdicts(path: Path) -> dict[str, Verdict]:
    """The last word on each row; a line that was cut off by a crash is left out.

    Raises:
        ValueError: a whole line is no verdict; names it.
    """
    if not path.is_file():
        return {}
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    found: dict[str, Verdict] = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            verdict = Verdict(**json.loads(line))
        except (json.JSONDecodeError, TypeError, ValueError) as error:
            raise ValueError(f"verdicts: {path}:{number}: {error}") from error
        if verdict.verdict:
            found[verdict.id] = verdict
        else:
            found.pop(verdict.id, None)
    return found


def num_judged(verdicts: Iterable[Verdict]) -> int:
    """Rows with a verdict that counts."""
    return sum(verdict.verdict != "unsure" for verdict in verdicts)
