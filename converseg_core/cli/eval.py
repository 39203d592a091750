"""``converseg eval``: how good a model is on a data set, beside what can be had without reading a word."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from converseg_core.bundle import BundleError
from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError
from converseg_core.evaluation.dataset import DatasetError, Sample, read_dataset
from converseg_core.evaluation.run import Evaluation, evaluate
from converseg_core.evaluation.table import Row, expected_calibration_error, reliability, rows
from converseg_core.loading import load_model
from converseg_core.model import SegmentationModel


@dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """Measure a model on a data set in the ConverSeg layout (data/SPLIT.jsonl with images and masks).

    Prints a row for each concept family and one for all, beside the best answer that reads no words.
    """

    dataset: tyro.conf.Positional[Path]
    """Folder of the data set."""

    split: str | None = None
    """Which data/SPLIT.jsonl; all of them where it is left out."""

    model: str = "sim-tiny"
    """Model name (see `converseg models list`) or bundle folder."""

    json: bool = False
    """Print one JSON document instead of tables."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(EvalArgs, prog="converseg eval", args=argv, config=(tyro.conf.FlagCreatePairsOff,))
    try:
        samples = read_dataset(args.dataset, args.split)
        if not samples:
            raise CommandError(f"{args.dataset}: the data set holds no rows")
        evaluation = _evaluate(load_model(args.model), samples)
    except (BundleError, DatasetError) as error:
        raise CommandError(str(error)) from error
    if args.json:
        print_line(_json(evaluation))
    else:
        _print_tables(evaluation)
    return EXIT_GOOD


def _evaluate(model: SegmentationModel, samples: Sequence[Sample]) -> Evaluation:
    if not sys.stderr.isatty():
        return evaluate(model, samples)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Questions", total=len(samples))
        return evaluate(model, samples, on_progress=lambda done: progress.update(task, completed=done))


def _json(evaluation: Evaluation) -> str:
    bins = reliability(evaluation)
    return json_line(
        {
            "model_id": evaluation.model_id,
            "num_questions": len(evaluation.results),
            "table": [asdict(row) for row in rows(evaluation)],
            "reliability": [asdict(entry) for entry in bins],
            "expected_calibration_error": expected_calibration_error(bins),
            "num_word_pairs": evaluation.num_word_pairs,
            "num_word_pairs_right": evaluation.num_word_pairs_right,
        }
    )


def _print_tables(evaluation: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{evaluation.model_id}: {len(evaluation.results)} questions")
    table.add_column("concept")
    for name in ("questions", "gIoU", "cIoU", "with target", "no target", "IoU >= 0.5", "best blind"):
        table.add_column(name, justify="right")
    all_rows = rows(evaluation)
    for row in all_rows:
        table.add_row(*_cells(row), end_section=row is all_rows[-2])
    console.print(table)
    blind = ", ".join(f"{name} {value:.3f}" for name, value in all_rows[-1].blind.items())
    console.print(f"Prompt-blind answers, gIoU over all questions: {blind}.")
    console.print(
        f"Pairs of questions about one image with different answers: {evaluation.num_word_pairs}; "
        f"both right: {evaluation.num_word_pairs_right}."
    )
    error = expected_calibration_error(reliability(evaluation))
    console.print(f"Expected calibration error of the confidence: {_figure(error)}.")
    unanswered = sum(not result.status.is_answer for result in evaluation.results)
    if unanswered:
        log(f"converseg: {unanswered} questions got no answer (rejected or failed); they count as 0")


def _cells(row: Row) -> list[str]:
    name, value = row.best_blind
    figures = [row.giou, row.ciou, row.giou_with_target, row.no_target_right, row.right]
    return [row.name, str(row.num_samples), *map(_figure, figures), f"{value:.3f} {name}"]


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
