"""``converseg demo``: camera, segmenter and client as three processes on a private ROS domain."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import tyro

from converseg_core.bags import BagError
from converseg_core.bundle import BundleError, resolve, verify
from converseg_core.bundle.store import built_models_path
from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.demo.recording import Recording, read_recording
from converseg_core.cli.demo.results import write_results
from converseg_core.cli.demo.row import AnswerRow
from converseg_core.cli.demo.run import RunError, run_loop
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError
from converseg_core.mini.build import is_current


@dataclass(frozen=True, kw_only=True)
class DemoArgs:
    """Run the whole robot loop over real ROS 2 on a bag, and compare every answer with the truth.

    A camera (bag player), the segmenter and a client run as three processes on a private domain of this
    machine. Writes answers.jsonl, masks, overlays, an animation and index.html. Exit code 1 where an
    instruction got no answer.
    """

    out: Path = Path("converseg-demo")
    """Folder for the results; made where it is missing."""

    bag: Path | None = None
    """Bag with /camera/image/compressed, /instruction, /truth/segmentation; default: the sample bag."""

    model: str | None = None
    """Model name (`converseg models list`) or bundle folder; default: mini if it is built, else sim-tiny."""

    timeout_s: float = 20.0
    """Longest wait for an answer, and for the model to load, seconds."""

    json: bool = False
    """Print one JSON line for each answer instead of a table."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(DemoArgs, prog="converseg demo", args=argv, config=(tyro.conf.FlagCreatePairsOff,))
    if not args.timeout_s > 0:
        raise UsageError(f"demo: --timeout-s {args.timeout_s}; give a number above 0")
    _require_ros()
    recording = _open(args.bag)
    try:
        model = args.model or _best_model()
        folder = resolve(model)
        manifest = verify(folder)
        args.out.mkdir(parents=True, exist_ok=True)
    except BundleError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"--out {args.out}: cannot be made ({error.strerror})") from error
    if manifest.weights == "random":
        log(f"{manifest.model_id} was never trained: its answers are noise")

    rows: list[AnswerRow] = []
    fault = ""
    if not args.json:
        print_line(_HEADER)
    try:
        # closing(): an interrupt here must end the processes now, not when the generator is collected.
        loop = run_loop(recording, model=model, out=args.out, timeout_s=args.timeout_s)
        with contextlib.closing(loop) as answers:
            for row in answers:
                rows.append(row)
                print_line(json_line(row.model_dump()) if args.json else _table_row(row))
    except RunError as error:
        fault = str(error)
        log(f"converseg: {fault}")
    page_path = write_results(rows, recording=recording, manifest=manifest, out=args.out, fault=fault)
    log(f"page: {page_path}")
    return EXIT_GOOD if not fault and all(row.is_answered for row in rows) else EXIT_FAILED


def _best_model() -> str:
    """``mini`` where this version built it; ``sim-tiny`` else, with a line that says so."""
    if is_current(built_models_path() / "mini"):
        return "mini"
    log("mini is not built here, sim-tiny answers; `converseg models build mini` makes the better one")
    return "sim-tiny"


def _require_ros() -> None:
    for module, what in (("rclpy", "ROS 2"), ("converseg", "the compiled interfaces")):
        if importlib.util.find_spec(module) is None:
            raise CommandError(f"{what} cannot be imported here; get it with `make demo` in the repository")


def _open(bag: Path | None) -> Recording:
    path = bag
    if path is None:
        path = Path(str(resources.files("converseg_core") / "samples" / "cluttered_table"))
        if not path.is_dir():
            raise CommandError("the sample bag is not installed; give a bag with --bag")
    try:
        return read_recording(path)
    except BagError as error:
        raise CommandError(f"--bag: {error}") from error


_HEADER = f"{'#':>2}  {'instruction':<44}  {'status':<11}  {'confidence':>10}  {'IoU':>5}  {'latency':>8}"


def _table_row(row: AnswerRow) -> str:
    words = row.prompt if len(row.prompt) <= 44 else row.prompt[:43] + "…"
    confidence = "-" if row.confidence is None else f"{row.confidence:.2f}"
    score = "-" if row.iou is None else f"{row.iou:.2f}"
    latency = "-" if row.latency_s is None else f"{1e3 * row.latency_s:.0f} ms"
    line = f"{row.index:>2}  {words:<44}  {row.status:<11}  {confidence:>10}  {score:>5}  {latency:>8}"
    return line if row.is_answered else f"{line}\n    {row.status_text}"
