"""``converseg eval compare``: two runs on the same questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError
from converseg_core.cli.eval.show import print_differences
from converseg_core.evaluation.bootstrap import differences
from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.prediction import question_hash
from converseg_core.evaluation.predictions_file import PredictionsError, PredictionsFile, read_predictions


@dataclass(frozen=True, kw_only=True)
class CompareArgs:
    """Compare two runs on the same questions without running a model.

    Images are resampled for both runs together (a paired bootstrap), so the interval of the difference
    is narrower than two intervals laid side by side.
    """

    a: tyro.conf.Positional[Path]
    """predictions.parquet of run A, or the folder that holds it."""

    b: tyro.conf.Positional[Path]
    """predictions.parquet of run B, or the folder that holds it."""

    common: bool = False
    """Compare on the questions that both runs hold, where they do not hold the same."""

    json: bool = False
    """Print one JSON document instead of a table."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(
        CompareArgs, prog="converseg eval compare", args=argv, config=(tyro.conf.FlagCreatePairsOff,)
    )
    try:
        file_a, file_b = _read(args.a), _read(args.b)
    except PredictionsError as error:
        raise CommandError(str(error)) from error
    rows_a = {row.id: row for row in file_a.predictions if row.truth is not None}
    rows_b = {row.id: row for row in file_b.predictions if row.truth is not None}
    shared = [
        key
        for key, row in rows_a.items()
        if key in rows_b and question_hash([row]) == question_hash([rows_b[key]])
    ]
    if len(shared) < max(len(rows_a), len(rows_b)):
        found = f"A has {len(rows_a)} measured questions, B {len(rows_b)}, and they share {len(shared)}"
        if not args.common:
            raise CommandError(f"the runs are not on the same data: {found}; --common compares on those")
        log(f"converseg: {found}; comparing on those")
    if not shared:
        raise CommandError("the runs share no question whose truth is known")
    table = differences(measure(rows_a[key] for key in shared), measure(rows_b[key] for key in shared))
    if args.json:
        document = {
            "a": file_a.info.model_id,
            "b": file_b.info.model_id,
            "num_questions": len(shared),
            "differences": {
                name: {figure: asdict(entry) for figure, entry in figures.items()}
                for name, figures in table.items()
            },
        }
        print_line(json_line(document))
    else:
        print_differences(
            table, name_a=file_a.info.model_id, name_b=file_b.info.model_id, num_questions=len(shared)
        )
    return EXIT_GOOD


def _read(path: Path) -> PredictionsFile:
    return read_predictions(path / "predictions.parquet" if path.is_dir() else path)
