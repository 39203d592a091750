"""``converseg models import``: the authors' released files -> one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converseg_core.cli.console import json_line, log, print_line
from converseg_core.cli.errors import EXIT_GOOD, CommandError


@dataclass(frozen=True, kw_only=True)
class ImportArgs:
    """Convert ConverSeg-Net's released files. Nothing in them is executed; every tensor is accounted for."""

    sam: Path
    """The fine-tuned SAM 2: a *.torch file with {"model": ...}."""

    language: Path
    """The language part: a *_plm_*.torch file with {"plm": ...}."""

    tokenizer: Path
    """tokenizer.json of the base model, Qwen2.5-VL."""

    out: Path
    """Folder of the new bundle; it must not exist."""

    lora: Path | None = None
    """The PEFT LoRA folder; needed where the language file was saved with LoRA in it."""

    architecture: Literal["converseg-net-3b", "converseg-net-7b"] = "converseg-net-3b"
    """Which language model the files belong to."""

    sam_size: Literal["tiny", "small", "base-plus", "large"] = "large"
    """Which SAM 2 the files belong to."""

    mode: Literal["corrected", "reference"] = "corrected"
    """corrected: with the known faults mended. reference: the authors' inference, fault by fault."""

    max_visual_tokens: int | None = None
    """Cap of image tokens; left out: 391 in corrected mode, the released 16384 in reference mode."""

    keep_lora: bool = False
    """Store LoRA weights in a file of their own instead of merging them."""

    json: bool = False
    """The result as one JSON line."""


def run_import(args: ImportArgs) -> int:
    """Run; returns the exit code."""
    try:
        from converseg_core.net import presets
        from converseg_core.net.importing.checkpoint import Sources, import_checkpoint
    except ImportError as error:
        raise CommandError(
            f"import needs more packages ({error}); pip install 'converseg-ros[net]'"
        ) from error
    sources = Sources(
        sam_path=args.sam,
        language_path=args.language,
        lora_path=args.lora,
        tokenizer_path=args.tokenizer,
    )
    log("reading and checking every tensor; this takes minutes for the full size")
    try:
        done = import_checkpoint(
            sources,
            presets.preset(
                args.architecture,
                mode=args.mode,
                sam=args.sam_size,
                max_visual_tokens=args.max_visual_tokens,
            ),
            args.out,
            name=args.architecture,
            licence="as released; the Qwen weights have a research licence: check before product use",
            training_data="as released by the authors of ConverSeg",
            keep_lora=args.keep_lora,
        )
    except (ValueError, OSError) as error:
        raise CommandError(str(error)) from error
    if args.json:
        print_line(
            json_line(
                {
                    "folder": str(args.out),
                    "model_id": done.manifest.model_id,
                    "num_tensors": done.num_tensors,
                    "num_lora_modules": done.num_lora_modules,
                    "left_out": done.left_out,
                }
            )
        )
    else:
        lora = "kept beside the base" if args.keep_lora else "merged"
        print_line(f"{done.manifest.model_id} in {args.out}: {done.num_tensors} tensors")
        print_line(f"{done.num_lora_modules} LoRA modules {lora}")
        print_line(f"{len(done.left_out)} tensors without a use left out")
    return EXIT_GOOD
