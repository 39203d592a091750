"""``converseg engine audit``: rows for a person to look at, and the table of what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from converseg_engine.cli.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Draw rows at random over the families and show them with masks and evidence.

    Beside the page (or the sheets) lies a CSV with all drawn rows, to be filled with verdicts (right, wrong,
    ambiguous); --verdicts turns it into a table per family.

    Attributes:
        data: folder of the shards.
        split: train, val or test.
        num: rows to draw.
        seed: of the draw; the same seed and data give the same rows.
        out: write one HTML page here.
        sheets: write PNG sheets of twelve rows into this folder.
        examples: write one JPEG a family into this folder, one row of each sub-family, for the docs.
        verdicts: read this CSV and print the table instead.
    """

    data: tyro.conf.Positional[Path]
    split: str = "test"
    num: int = 300
    seed: int = 0
    out: Path | None = None
    sheets: Path | None = None
    examples: Path | None = None
    verdicts: Path | None = None


def _run(command: Audit) -> object:
    from converseg_engine.audit.page import write_page
    from converseg_engine.audit.sample import draw_examples, draw_rows
    from converseg_engine.audit.sheets import write_examples, write_sheets
    from converseg_engine.audit.verdicts import read_verdicts, table, write_blank

    if command.verdicts is not None:
        return table(read_verdicts(command.verdicts))
    if command.examples is not None:
        drawn = draw_examples(command.data, command.split, seed=command.seed)
        return {"examples": [str(path) for path in write_examples(drawn, command.examples)]}
    if command.out is None and command.sheets is None:
        raise ValueError("out, sheets: name at least one of them, or --verdicts")
    rows = draw_rows(command.data, command.split, num=command.num, seed=command.seed)
    said: dict[str, object] = {"num_rows": len(rows)}
    if command.out is not None:
        title = f"Audit of {command.data.name}, {command.split}: {len(rows)} rows, seed {command.seed}"
        write_page(rows, command.out, title=title)
        blank_path = command.out.with_suffix(".csv")
        said |= {"out": str(command.out), "verdicts": str(blank_path)}
        said["verdicts_kept"] = not write_blank(blank_path, rows)
    if command.sheets is not None:
        said |= {"sheets": str(command.sheets), "num_sheets": len(write_sheets(rows, command.sheets))}
        blank_path = command.sheets / "verdicts.csv"
        said["sheet_verdicts_kept"] = not write_blank(blank_path, rows)
    return said


ENTRY = Entry(Audit, _run)
