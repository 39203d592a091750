"""``converseg models import-base``: untouched Qwen2.5-VL and SAM 2 -> a bundle that training starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError


@dataclass(frozen=True, kw_only=True)
class ImportBaseArgs:
    """Join the released Qwen2.5-VL and SAM 2 by a new adapter: the start of `converseg train net-phase1`."""

    language: Path
    """Folder of Qwen2.5-VL-Instruct as the hub has it: model*.safetensors, index, tokenizer.json."""

    sam: Path
    """SAM 2 or 2.1: the original *.pt, or transformers' model.safetensors."""

    out: Path
    """Folder of the new bundle; it must not exist."""

    architecture: Literal["converseg-net-3b", "converseg-net-7b"] = "converseg-net-3b"
    """Which language model the folder holds."""

    sam_size: Literal["tiny", "small", "base-plus", "large"] = "large"
    """Which SAM 2 the file holds."""

    max_visual_tokens: int | None = None
    """Cap of image tokens; left out: 391."""

    seed: int = 0
    """Of the adapter's random weights."""

    json: bool = False
    """The result as one JSON line."""


def run_import_base(args: ImportBaseArgs) -> int:
    """Run; returns the exit code."""
    try:
        from converseg_core.net import presets
        from converseg_core.net.importing.base import BaseSources, import_base
    except ImportError as error:
        raise CommandError(
            f"import-base needs more packages ({error}); pip install 'converseg-ros[net]'"
        ) from error
    log("reading and checking every tensor; this takes minutes for the full size")
    try:
        done = import_base(
            BaseSources(language_path=args.language, sam_path=args.sam),
            presets.preset(args.architecture, sam=args.sam_size, max_visual_tokens=args.max_visual_tokens),
            args.out,
            name=f"{args.architecture}-base",
            licence="as released; the Qwen weights have a research licence: check before product use",
            seed=args.seed,
        )
    except (ValueError, OSError) as error:
        raise CommandError(str(error)) from error
    if args.json:
        fields = {
            "folder": str(args.out),
            "model_id": done.manifest.model_id,
            "num_tensors": done.num_tensors,
        }
        print_line(json_line(fields | {"left_out": done.left_out}))
    else:
        print_line(
            f"{done.manifest.model_id} in {args.out}: {done.num_tensors} tensors, the adapter's random"
        )
        print_line(f"{len(done.left_out)} tensors without a use left out")
    return EXIT_GOOD
