"""``converseg export``: torch weights -> ONNX graphs, each compared with torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import tyro

from converseg_core.bundle import BundleError, resolve
from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_FAILED, EXIT_GOOD, CommandError, UsageError


@dataclass(frozen=True, kw_only=True)
class ExportArgs:
    """Write an ONNX bundle and say how close it comes. Exit code 1 where masks differ too much."""

    model: tyro.conf.Positional[str]
    """A ConverSeg-Net bundle with torch weights."""

    out: Path
    """Folder of the new bundle; it must not exist."""

    size: tuple[str, ...] = ("640x480",)
    """Image sizes, WIDTHxHEIGHT; one vision graph is made for each grid that they need."""

    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    """Number type of the graphs."""

    min_iou: float = 0.99
    """Least mean mask IoU against torch for exit code 0."""

    json: bool = False
    """The report as one JSON line."""


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    args = tyro.cli(
        ExportArgs, prog="converseg export", args=list(argv), config=(tyro.conf.FlagCreatePairsOff,)
    )
    sizes = [_size(text) for text in args.size]
    try:
        from converseg_core.net.export.run import export_bundle
    except ImportError as error:
        raise CommandError(
            f"export needs more packages ({error}); pip install 'converseg-ros[net]'"
        ) from error
    try:
        report = export_bundle(
            resolve(args.model), args.out, sizes_hw=sizes, precision=args.precision, say=log
        )
    except (BundleError, ValueError, OSError) as error:
        raise CommandError(str(error)) from error
    is_close = report.mask_iou["mean"] >= args.min_iou
    if args.json:
        parts = [asdict(part) for part in report.parts]
        row = {"folder": str(args.out), "model_id": report.manifest.model_id, "parts": parts}
        print_line(json_line({**row, "mask_iou": report.mask_iou, "ok": is_close}))
    else:
        print_line(f"{'part':<18}{'relative error':>16}{'torch ms':>11}{'ONNX ms':>11}{'MB':>9}")
        for part in report.parts:
            print_line(
                f"{part.name:<18}{part.relative_error:>16.1e}{part.torch_s * 1e3:>11.1f}"
                f"{part.onnx_s * 1e3:>11.1f}{part.num_bytes / 1e6:>9.1f}"
            )
        print_line(
            f"masks against torch: mean IoU {report.mask_iou['mean']:.4f}, "
            f"worst {report.mask_iou['worst']:.4f}"
        )
    return EXIT_GOOD if is_close else EXIT_FAILED


def _size(text: str) -> tuple[int, int]:
    width, separator, height = text.partition("x")
    if not (separator and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f"--size: must be WIDTHxHEIGHT such as 640x480, not {text!r}")
    return int(height), int(width)
