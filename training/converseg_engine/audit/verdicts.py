"""What a person said about each row, in a small CSV, and the table of it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from converseg_engine.audit.sample import AuditRow

VERDICTS = ("right", "wrong", "ambiguous")
COLUMNS = ("number", "id", "concept", "subfamily", "meaning", "verdict", "note")


@dataclass(frozen=True)
class Verdict:
    """One line of the file; ``verdict`` is empty for a row that nobody has looked at."""

    id: str
    concept: str
    verdict: str
    note: str


def write_blank(path: Path, rows: Sequence[AuditRow]) -> bool:
    """Write a file with all rows and no verdicts, unless there is one already; says whether it did."""
    if path.exists():
        return False
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        question = row.question
        writer.writerow(
            [row.number, question.id, question.concept, question.subfamily, question.meaning, "", ""]
        )
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(text.getvalue(), encoding="utf-8")
    partial_path.replace(path)
    return True


def read_verdicts(path: Path) -> list[Verdict]:
    """Read the file.

    Raises:
        ValueError: it cannot be read, lacks a column, or has a verdict that is none; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"verdicts: {path} cannot be read: {error}") from error
    lines = csv.DictReader(io.StringIO(text))
    missing = {"id", "concept", "verdict"} - set(lines.fieldnames or ())
    if missing:
        raise ValueError(f"verdicts: {path} has no column {sorted(missing)[0]!r}; start from the blank file")
    found: list[Verdict] = []
    for line in lines:
        verdict = (line["verdict"] or "").strip().lower()
        if verdict and verdict not in VERDICTS:
            raise ValueError(
                f"verdict: line {lines.line_num} of {path} says {verdict!r}; use {', '.join(VERDICTS)}, or"
                " nothing for a row that was not looked at"
            )
        found.append(Verdict(line["id"], line["concept"], verdict, (line.get("note") or "").strip()))
    return found


def table(verdicts: Sequence[Verdict]) -> str:
    """Markdown: per family the rows looked at, wrong and ambiguous ones, and their share."""
    lines = ["| family | looked at | wrong | ambiguous | share |", "| --- | --- | --- | --- | --- |"]
    concepts = sorted({v.concept for v in verdicts})
    for name in (*concepts, "all"):
        mine = [v for v in verdicts if v.verdict and name in (v.concept, "all")]
        wrong = sum(v.verdict == "wrong" for v in mine)
        ambiguous = sum(v.verdict == "ambiguous" for v in mine)
        share = f"{100 * (wrong + ambiguous) / len(mine):.1f} %" if mine else "none looked at"
        lines.append(f"| {name} | {len(mine)} | {wrong} | {ambiguous} | {share} |")
    unseen = sum(not v.verdict for v in verdicts)
    if unseen:
        lines += ["", f"{unseen} of {len(verdicts)} rows have no verdict."]
    return "\n".join(lines)
