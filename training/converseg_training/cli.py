"""``converseg train ...``: training and what follows it."""

from __future__ import annotations

import dataclasses
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
class SimTiny:
    """Train `sim-tiny` on simulated scenes; run the same command again to go on after a stop."""

    data: Path
    """Folder of shards made by `converseg engine sim generate`."""
    out: Path
    """Run folder: checkpoint, configuration, metrics.jsonl."""
    num_steps: int = 4200
    """Optimiser steps in all."""
    num_images: int = 8
    """Images in a batch."""
    num_prompts: int = 8
    """Questions about each image of a batch."""
    learning_rate: float = 1.5e-3
    seed: int = 0
    num_threads: int = 0
    """CPU threads; 0 leaves torch's own choice."""
    checkpoint_every: int = 250
    evaluate_every: int = 500


@dataclass(frozen=True, kw_only=True)
class SimTinyBundle:
    """Make the bundle `sim-tiny` of a run: export, calibrate, measure, write the model card."""

    run: Path
    """Run folder of `converseg train sim-tiny`."""
    val: Path
    """Data set (ConverSeg layout) to calibrate on."""
    test: Path
    """Data set (ConverSeg layout) to measure on; neither trained nor calibrated on."""
    out: Path
    """Bundle folder to write."""
    name: str = "sim-tiny"
    training_data: str = "scenes rendered by this project (`converseg engine sim generate`); nothing else."
    """One sentence for the manifest and the model card."""


@dataclass(frozen=True, kw_only=True)
class NetBundle:
    """Make a bundle of a recipe's run: merge LoRA, export, calibrate, measure, write the model card."""

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
    Annotated[Convert, tyro.conf.subcommand("convert")]
    | Annotated[NetBundle, tyro.conf.subcommand("bundle")]
    | Annotated[SimTiny, tyro.conf.subcommand("sim-tiny")]
    | Annotated[SimTinyBundle, tyro.conf.subcommand("sim-tiny-bundle")]
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
        description=f"Recipes for ConverSeg-Net: {', '.join(RECIPE_NAMES)}. Besides, the commands below.",
        args=words,
        config=(tyro.conf.OmitSubcommandPrefixes,),
    )
    try:
        if isinstance(command, Convert):
            print(convert(command))
        elif isinstance(command, NetBundle):
            _net_bundle(command)
        elif isinstance(command, SimTiny):
            _train(command)
        else:
            _bundle(command)
    except (DatasetError, ValueError, OSError, RuntimeError) as error:
        print(f"converseg train: {error}", file=sys.stderr)
        return 1
    return 0


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _train(command: SimTiny) -> None:
    import torch

    from converseg_core.embedded import WordTokenizer
    from converseg_engine.sim.questions.wording import vocabulary
    from converseg_training.embedded.data import SceneSet
    from converseg_training.embedded.run import Run, TrainConfig, train

    if command.num_threads:
        torch.set_num_threads(command.num_threads)
    config = TrainConfig(
        num_steps=command.num_steps,
        num_images=command.num_images,
        num_prompts=command.num_prompts,
        learning_rate=command.learning_rate,
        warmup_steps=min(200, max(1, command.num_steps // 10)),
        seed=command.seed,
        checkpoint_every=command.checkpoint_every,
        evaluate_every=command.evaluate_every,
    )
    tokenizer = WordTokenizer(vocabulary(), max_num_tokens=config.network.max_num_tokens)
    _report("reading scenes")
    scenes = SceneSet(command.data, split="train", config=config.network, tokenizer=tokenizer)
    val = SceneSet(command.data, split="val", config=config.network, tokenizer=tokenizer)
    _report(
        f"{scenes.num_images} scenes to train on, {val.num_images} to watch; {dataclasses.asdict(config)}"
    )
    train(Run(config, tokenizer, command.out), scenes, val, _report)


def _net_bundle(command: NetBundle) -> None:
    from converseg_engine.shards import read_split
    from converseg_training.net.bundle import BundleRequest, build_bundle

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


def _bundle(command: SimTinyBundle) -> None:
    from converseg_core.evaluation.dataset import read_dataset
    from converseg_training.embedded.bundle import build_bundle, load_trained

    network, tokenizer, step = load_trained(command.run)
    _report(f"run at step {step}")
    manifest = build_bundle(
        network,
        tokenizer,
        command.out,
        name=command.name,
        weights="trained",
        training_data=command.training_data,
        val=read_dataset(command.val),
        test=read_dataset(command.test),
        report=_report,
    )
    print(f"{manifest.model_id} -> {command.out}")


if __name__ == "__main__":
    raise SystemExit(main())
