"""``converseg bags``: ``converseg bag`` over many recordings, one table at the end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from converseg_core import __version__
from converseg_core.bags import BagError
from converseg_core.bundle import BundleError, resolve
from converseg_core.cli.bag.arguments import AskArgs
from converseg_core.cli.console import log
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError
from converseg_core.cli.eval.command import PREDICTIONS_NAME, finish
from converseg_core.cli.eval.show import figure
from converseg_core.evaluation.predictions_file import (
    PredictionsError,
    RunInfo,
    require_parquet,
    write_predictions,
)
from converseg_core.offline import fleet_results
from converseg_core.offline.fleet import BagTask, Fleet, find_bags, unfinished
from converseg_core.offline.questions import QuestionsError, read_timed


@dataclass(frozen=True, kw_only=True)
class BagsArgs(AskArgs):
    """Run `converseg bag` over many bags, several at a time, and put all answers into one table.

    Each bag's results are in OUT/bags/NAME; those of all together in OUT. Given again, the same command
    answers only what is missing. A bag that fails does not stop the others; it is named, and the exit code
    is 1.
    """

    bags: tyro.conf.Positional[tuple[Path, ...]]
    """Bags, and folders that hold bags."""

    out: Path = Path("converseg-bags")
    """Folder for the results; made where it is missing."""

    workers: int = 1
    """Bags at a time, each in a process of its own."""

    executor: Path | None = None
    """TOML file that sends the work elsewhere: kind = "slurm" or "ray", and their options."""

    gather: bool = False
    """Answer nothing; put together what is finished."""

    json: bool = False
    """Print metrics.json instead of tables."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(BagsArgs, prog="converseg bags", args=argv)
    args.check()
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers}: give 1 or more")
    if not args.bags:
        raise UsageError("give bags, or folders that hold bags")
    try:
        require_parquet()
        if args.instructions is not None:
            read_timed(args.instructions)  # one message for all bags
        bundle = resolve(args.model)
        fleet = Fleet(
            bags=find_bags(args.bags),
            options=_options(args),
            model_key=hashlib.sha256((bundle / "bundle.json").read_bytes()).hexdigest()[:16],
            out=args.out.resolve(),
        )
        return _run(args, fleet)
    except (BagError, BundleError, PredictionsError, QuestionsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or args.out}: {error.strerror or error}") from error


def _run(args: BagsArgs, fleet: Fleet) -> int:
    todo = unfinished(fleet)
    log(f"converseg: {len(fleet.names)} bags, {len(fleet.names) - len(todo)} of them done before")
    if todo and not args.gather:
        _answer(args, fleet, todo)
    outcomes = [fleet.outcome(name) for name in fleet.names]
    bags = [fleet_results.facts(outcome, fleet) for outcome in outcomes]
    if not any(outcome.is_finished for outcome in outcomes):
        _tell(bags)
        raise CommandError("no bag has results yet")
    info = RunInfo(
        model_id=fleet_results.model_id(fleet),
        source=f"{sum(outcome.is_finished for outcome in outcomes)} bags",
        source_path=str(fleet.out),
        arguments={"options": list(fleet.options)},
        software=f"converseg-ros {__version__}",
    )
    path = args.out / PREDICTIONS_NAME
    write_predictions(path, fleet_results.all_predictions(fleet), info)
    if not args.json:
        _print_bags(bags)
    finish(
        path,
        args.out,
        as_json=args.json,
        with_report=args.report,
        extra={"bags": bags},
        pictures=fleet_results.from_fleet(fleet),
    )
    return EXIT_GOOD if _tell(bags) else EXIT_FAILED


def _answer(args: BagsArgs, fleet: Fleet, todo: Sequence[int]) -> None:
    try:
        from converseg_core.executors import (
            ExecutorSettings,
            forget_task,
            new_executor,
            read_settings,
        )
    except ImportError as error:
        raise CommandError(
            f"fleets run through datatrove ({error}): pip install 'converseg-ros[fleet]'"
        ) from error
    from converseg_core.worker_processes import WorkerDiedError

    try:
        settings = read_settings(args.executor) if args.executor else ExecutorSettings()
    except ValueError as error:
        raise UsageError(f"--executor {error}") from error
    log_path = args.out.resolve() / "logs"
    for number in todo:
        forget_task(log_path, number)
    task = BagTask(fleet, os.getpid() if settings.is_local else None)
    executor = new_executor(
        task, len(fleet.names), settings=settings, num_workers=args.workers, log_path=log_path
    )
    try:
        executor.run()
    except WorkerDiedError as error:
        raise CommandError(str(error)) from error
    if not settings.is_local:
        log(f"converseg: handed to {settings.kind}; --gather puts together what is finished by then")


def _options(args: AskArgs) -> tuple[str, ...]:
    """Command-line options of ``converseg bag`` that ask the same; paths made absolute."""
    words: list[str] = []
    for question in args.prompts:
        words += ["--prompt", question]
    bundle = Path(args.model)
    words += ["--model", str(bundle.resolve()) if bundle.is_dir() else args.model]
    words += ["--every", str(args.every), "--tolerance-s", repr(args.tolerance_s)]
    for option, path in (("--instructions", args.instructions), ("--truth-folder", args.truth_folder)):
        words += [] if path is None else [option, str(path.resolve())]
    for option, topic in (
        ("--instruction-topic", args.instruction_topic),
        ("--truth-topic", args.truth_topic),
    ):
        words += [] if topic is None else [option, topic]
    for option, topics in (
        ("--image-topic", args.image_topic),
        ("--camera-info-topic", args.camera_info_topic),
        ("--depth-topic", args.depth_topic),
    ):
        words += [option, *topics] if topics else []
    for name, is_on in (("depth", args.depth), ("annotate", args.annotate), ("report", args.report)):
        words += [] if is_on else [f"--no-{name}"]
    return tuple(words)


def _print_bags(bags: Sequence[Mapping[str, Any]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("bag", overflow="fold")
    for title in ("frames", "questions", "gIoU", "right", "s"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for bag in bags:
        whole = bag.get("all") or {}
        state = "good" if bag["exit_code"] == 0 else "problems" if bag["is_finished"] else "failed"
        table.add_row(
            bag["name"], str(bag.get("num_frames", "-")), str(bag.get("num_questions", "-")),
            figure(whole.get("giou")), figure(whole.get("right")), f"{bag['wall_s']:.1f}", state,
        )  # fmt: skip
    Console().print(table)


def _tell(bags: Sequence[Mapping[str, Any]]) -> bool:
    """Name the bags that are not good; True where all are."""
    bad = [bag for bag in bags if bag["exit_code"] != 0]
    for bag in bad:
        kept = "; what could be read is in the table" if bag["is_finished"] else ""
        log(f"converseg: {bag['name']} ({bag['bag']}): {bag['words']}{kept}")
    if bad:
        log(f"converseg: {len(bad)} of {len(bags)} bags are not good")
    return not bad
