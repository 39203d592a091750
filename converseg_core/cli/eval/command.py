"""``converseg eval``: how good a model is on a data set, beside what can be had without reading a word."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro

from converseg_core import __version__
from converseg_core.bundle import BundleError
from converseg_core.cli.console import json_line, log, print_line, track
from converseg_core.cli.errors import EXIT_GOOD, CommandError, UsageError
from converseg_core.cli.eval import compare, validate
from converseg_core.cli.eval.show import print_summary
from converseg_core.cli.image_file import write_bytes
from converseg_core.evaluation.dataset import DatasetError, Sample
from converseg_core.evaluation.formats import FORMATS, open_dataset
from converseg_core.evaluation.measure import measure
from converseg_core.evaluation.parts import Parts
from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import (
    PredictionsError,
    RunInfo,
    iter_predictions,
    read_predictions,
    require_parquet,
    write_predictions,
)
from converseg_core.evaluation.report import PictureSource, write_report
from converseg_core.evaluation.run import by_image, predict, predict_parallel
from converseg_core.evaluation.summary import summarise
from converseg_core.loading import load_model

_IMAGES_A_PART = 32
PREDICTIONS_NAME = "predictions.parquet"
METRICS_NAME = "metrics.json"
REPORT_NAME = "report.html"


@dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """Measure a model on a data set; or compare two runs, or check a data set for faults.

    Prints a row for each concept family and one for all, beside the best answer that reads no words. Writes
    predictions.parquet, metrics.json and report.html. A stopped run goes on where it stopped. Further
    commands: `converseg eval compare A B`, `converseg eval validate DATASET`.
    """

    dataset: tyro.conf.Positional[Path]
    """Folder of the data set (ConverSeg layout, RefCOCO or ReasonSeg), or a predictions.parquet to measure
    again."""

    split: str | None = None
    """Which split; all of them where it is left out."""

    model: str = "sim-tiny"
    """Model name (see `converseg models list`) or bundle folder."""

    out: Path = Path("converseg-eval")
    """Folder for predictions, metrics and report; made where it is missing."""

    format: str = "auto"
    """Layout of the data set: auto, converseg, refcoco or reasonseg."""

    images: Path | None = None
    """Folder of the images, for RefCOCO where they lie elsewhere."""

    split_by: str | None = None
    """Which refs file of a RefCOCO folder: unc, umd or google."""

    workers: int = 1
    """Processes, each with a model of its own."""

    report: bool = True
    """Write report.html (`--no-report` leaves it out)."""

    json: bool = False
    """Print metrics.json instead of tables."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    if argv and argv[0] == "compare":
        return compare.main(argv[1:])
    if argv and argv[0] == "validate":
        return validate.main(argv[1:])
    args = tyro.cli(EvalArgs, prog="converseg eval", args=argv)
    if args.format not in ("auto", *FORMATS):
        raise UsageError(f"--format {args.format}: give auto, {', '.join(FORMATS)}")
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers}: give 1 or more")
    try:
        require_parquet()
        path = args.dataset if args.dataset.suffix == ".parquet" else _predict(args)
        finish(path, args.out, as_json=args.json, with_report=args.report)
    except (BundleError, DatasetError, PredictionsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or args.out}: {error.strerror or error}") from error
    return EXIT_GOOD


def finish(
    path: Path,
    out: Path,
    *,
    as_json: bool,
    with_report: bool,
    extra: Mapping[str, Any] | None = None,
    pictures: PictureSource | None = None,
) -> None:
    """Measure a predictions file; print the table, write metrics.json and report.html to ``out``.

    Args:
        path: the predictions file.
        out: folder for the results.
        as_json: print metrics.json instead of a table.
        with_report: write the report.
        extra: further facts for metrics.json.
        pictures: where the report finds its pictures; in the data set's folder where it is left out.

    Raises:
        PredictionsError: the file cannot be read.
    """
    file = read_predictions(path)
    if not file.predictions:
        raise PredictionsError(f"{path}: holds no rows")
    evaluation = measure(file.predictions, model_id=file.info.model_id)
    summary = summarise(evaluation) | {"run": file.info.model_dump(mode="json")} | dict(extra or {})
    document = json_line(summary)
    write_bytes(out / METRICS_NAME, (json.dumps(json.loads(document), indent=1) + "\n").encode())
    if with_report:
        write_report(out / REPORT_NAME, evaluation, summary, info=file.info, pictures=pictures)
    if as_json:
        print_line(document)
    else:
        print_summary(summary)
        log(f"predictions, metrics{' and report' if with_report else ''} in {out}")


def _predict(args: EvalArgs) -> Path:
    """Write predictions.parquet; goes on where an earlier run with the same settings stopped."""
    samples = open_dataset(
        args.dataset, args.split, format=args.format, images=args.images, split_by=args.split_by
    )
    if not samples:
        raise CommandError(f"{args.dataset}: the data set holds no rows")
    model = load_model(args.model)
    groups = by_image(samples)
    settings = {"model_id": model.model_id, "questions": _fingerprint(samples), "version": __version__}
    parts = Parts(args.out / "unfinished", settings=settings)
    todo = groups[len(parts.finished) * _IMAGES_A_PART :]
    if len(todo) < len(groups):
        log(f"converseg: going on after {len(groups) - len(todo)} of {len(groups)} images")
    answers: Iterator[list[Prediction]]
    if args.workers == 1:
        answers = (predict(model, group) for group in todo)
    else:
        answers = predict_parallel(partial(load_model, args.model), todo, num_workers=args.workers)
    tracked = track(answers, description="Images", num_items=len(todo))
    info = RunInfo(
        model_id=model.model_id,
        source=args.dataset.resolve().name,
        source_path=str(args.dataset.resolve()),
        split=args.split or "",
        arguments={"format": args.format, "split_by": args.split_by, "workers": args.workers},
        software=f"converseg-ros {__version__}",
    )
    for batch in _batched(tracked, _IMAGES_A_PART):
        with parts.new() as folder:
            write_predictions(folder / PREDICTIONS_NAME, itertools.chain.from_iterable(batch), info)
    path = args.out / PREDICTIONS_NAME
    stored = (iter_predictions(part / PREDICTIONS_NAME) for part in parts.finished)
    write_predictions(path, itertools.chain.from_iterable(stored), info)
    parts.remove()
    return path


def _fingerprint(samples: Sequence[Sample]) -> str:
    lines = sorted(
        "\0".join([s.id, str(s.image_path.resolve()), s.truth.place, s.prompt, s.concept]) for s in samples
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _batched(items: Iterator[list[Prediction]], size: int) -> Iterator[list[list[Prediction]]]:
    while batch := list(itertools.islice(items, size)):
        yield batch
