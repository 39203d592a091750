"""``converseg train ...``: training and what follows it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from converseg_core.evaluation.dataset import DatasetError
from converseg_training.convert_cli import Convert, convert
from converseg_training.recipes import RECIPES
from converseg_training.train_cli import train_recipe

RECIPE_NAMES = tuple(RECIPES)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Make a bundle of a recipe's run: export, calibrate, measure, write the model card."""

    run: Path
    """Run folder of `converseg train RECIPE`."""
    data: Path
    """Folder of shards with the two splits below."""
    out: Path
    """Bundle folder to make."""
    name: str
    """The model's name."""
    licence: str
    """Of the weights; those that training started from keep their own."""
    training_data: str
    """One sentence for the manifest and the model card."""
    calibrate_on: str = "val"
    """Split to calibrate on."""
    measure_on: str = "test"
    """Split to measure on; neither trained nor calibrated on."""
    step: int | None = None
    """Checkpoint to take; else the best one, else the newest."""


Command = (
    Annotated[Convert, tyro.conf.subcommand("convert")] | Annotated[Bundle, tyro.conf.subcommand("bundle")]
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 good, 1 failed, 2 wrong use."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in RECIPE_NAMES:
        try:
            train_recipe(words[0], words[1:])
        except (ValueError, FileNotFoundError, RuntimeError) as error:
            print(f"converseg train: {error}", file=sys.stderr)
            return 1
        return 0
    command = tyro.cli(
        Command,
        prog="converseg train",
        description=f"Recipes: {', '.join(RECIPE_NAMES)}. Besides, the commands below.",
        args=words,
        config=(tyro.conf.OmitSubcommandPrefixes,),
    )
    try:
        if isinstance(command, Convert):
            print(convert(command))
        else:
            _bundle(command)
    except (DatasetError, ValueError, OSError, RuntimeError) as error:
        print(f"converseg train: {error}", file=sys.stderr)
        return 1
    return 0


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _bundle(command: Bundle) -> None:
    from converseg_engine.shards import read_split
    from converseg_training.bundle import BundleRequest, build_bundle

    if command.calibrate_on == command.measure_on:
        raise ValueError("measure_on: must be another split than calibrate_on")
    manifest = build_bundle(
        command.run,
        command.out,
        BundleRequest(
            name=command.name,
            licence=command.licence,
            training_data=command.training_data,
            step=command.step,
        ),
        val=list(read_split(command.data, command.calibrate_on)),
        test=list(read_split(command.data, command.measure_on)),
        report=_report,
    )
    print(f"{manifest.model_id} -> {command.out}")


if __name__ == "__main__":
    raise SystemExit(main())
