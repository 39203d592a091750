"""``converseg bench``: what the network costs on this machine."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from converseg_core.bundle import BundleError
from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError, UsageError


@dataclass(frozen=True, kw_only=True)
class BenchArgs:
    """Time the stages, first and further prompts, and watch memory. No download is needed."""

    model: str = ""
    """A ConverSeg-Net bundle with torch weights; or leave it out and name an architecture."""

    architecture: Literal["converseg-net-3b", "converseg-net-7b"] = "converseg-net-3b"
    """What to build where no model is given."""

    random_weights: bool = False
    """Fill the architecture with random weights: costs do not depend on their values."""

    sam: Literal["tiny", "small", "base-plus", "large"] = "large"
    """Size of the SAM 2 encoder."""

    dtype: Literal["fp32", "bf16", "fp16"] = "bf16"
    """Number type of the weights."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where to run."""

    image: tuple[int, int] = (480, 640)
    """Height and width of the camera image, pixels."""

    visual_tokens: tuple[int, ...] = (391, 234, 117, 54)
    """Numbers of visual tokens to measure, largest first."""

    runs: int = 2
    """Runs of each stage; the best counts."""

    frames: int = 0
    """Frames to run in a row for the slope of memory; 0 leaves it out."""

    agreement: bool = False
    """Also run once in fp32 (twice the memory) and report the mean IoU of the masks with it."""

    out: Path | None = None
    """Write the report here as JSON, too."""

    json: bool = False
    """Print the report as one JSON line instead of a table."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(
        BenchArgs, prog="converseg bench", args=list(argv), config=(tyro.conf.FlagCreatePairsOff,)
    )
    if not args.model and not args.random_weights:
        raise UsageError("name a bundle with --model, or measure an architecture with --random-weights")
    if args.runs < 1 or args.frames < 0 or min(args.image) < 1 or not args.visual_tokens:
        raise UsageError(
            "--runs and --image must be positive, --frames not negative, --visual-tokens not empty"
        )
    try:
        from converseg_core.net import bench_run
    except ImportError as error:
        raise CommandError(
            f"bench needs more packages ({error}); pip install 'converseg-ros[net]'"
        ) from error
    chosen = {field.name: getattr(args, field.name) for field in dataclasses.fields(bench_run.Options)}
    try:
        report: dict[str, Any] = bench_run.run(bench_run.Options(**chosen), say=log)
    except (BundleError, ValueError) as error:
        raise CommandError(str(error)) from error
    if args.out is not None:
        temporary = args.out.with_name(f".{args.out.name}.tmp")
        args.out.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(report, indent=2) + "\n")
        temporary.replace(args.out)
    print_line(json_line(report) if args.json else report["table"])
    return EXIT_GOOD
