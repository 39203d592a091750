"""``converseg train RECIPE``: from the command line to a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from converseg_training.loop.config import Source


@dataclass(frozen=True, kw_only=True)
class TrainRecipe:
    """Train a recipe; run the same command again to go on after a stop.

    Under `torchrun` or Slurm the same command trains on all processes together.
    """

    data: tuple[str, ...]
    """Folders of shards; FOLDER=WEIGHT gives a folder another share than 1."""
    out: Path
    """Run folder: configuration, checkpoints, metrics.jsonl, tensorboard."""
    init: str | None = None
    """Bundle to start from; `mini` takes the installed one, `sim-tiny` none, smoke recipes may go without."""
    num_steps: int | None = None
    """Another length of the schedule than the recipe's."""
    batch_size: int | None = None
    """Rows of a step, over all processes together."""
    rows_per_pass: int | None = None
    """Rows that a process holds at once; gradients accumulate."""
    learning_rate: float | None = None
    precision: Literal["fp32", "bf16"] | None = None
    seed: int | None = None
    checkpoint_every: int | None = None
    evaluate_every: int | None = None
    num_val_images: int | None = None
    num_workers: int | None = None
    sharded: bool | None = None
    """Split weights and moments between the processes (FSDP2) instead of copying them."""
    num_threads: int = 0
    """CPU threads; 0 leaves torch's own choice."""


def train_recipe(name: str, argv: Sequence[str]) -> None:
    """Parse, resolve, train.

    Raises:
        ValueError: an option out of range, data or bundle that can't be read.
    """
    command = tyro.cli(TrainRecipe, prog=f"converseg train {name}", args=list(argv))
    import torch

    from converseg_training.loop.run import train
    from converseg_training.net.config import TINY
    from converseg_training.recipes import FROM_A_BUNDLE, FROM_MINI, FROM_NOTHING, RECIPES
    from converseg_training.tasks import make_task

    if command.num_threads:
        torch.set_num_threads(command.num_threads)
    full_name = name.removesuffix("-smoke")
    if command.init is not None and full_name in FROM_NOTHING:
        raise ValueError(f"init: {name} starts from random weights; leave --init out")
    if command.init is None and name in FROM_A_BUNDLE:
        raise ValueError("init: name the bundle to start from (`converseg models import-base` makes one)")
    sources = [_source(text) for text in command.data]
    recipe = RECIPES[name](sources, command.init or ("mini" if full_name in FROM_MINI else TINY))
    run = recipe.run
    changes = {"num_steps": command.num_steps, "learning_rate": command.learning_rate}
    schedule = dataclasses.replace(run.schedule, **_given(changes))
    names = (
        "batch_size", "rows_per_pass", "precision", "seed", "checkpoint_every", "evaluate_every",
        "num_val_images", "num_workers", "sharded",
    )  # fmt: skip
    run = dataclasses.replace(
        run, schedule=schedule, **_given({field: getattr(command, field) for field in names})
    )
    train(run, make_task(run, recipe.task), command.out)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _source(text: str) -> Source:
    folder, found, weight = text.rpartition("=")
    if not found:
        return Source(path=text)
    try:
        return Source(path=folder, weight=float(weight))
    except ValueError as error:
        raise ValueError(f"data: {text!r}: what follows = must be a weight above 0 ({error})") from error
