"""What each loss and the questions without a target are worth: equal runs of one recipe, one change each.

    python -m converseg_training.embedded.ablation --data FOLDER --out FOLDER --num-steps 1500

Each run is that of `converseg train sim-tiny` but for its change, has a folder of its own and goes on where
it stopped. Figures are those of `converseg eval` on the split ``test``, by the averaged weights at the end.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import tyro

from converseg_engine.shards import read_split
from converseg_training.bundle import open_checkpoint
from converseg_training.embedded.losses import LossWeights
from converseg_training.loop.config import Source, write_text
from converseg_training.loop.evaluate import figures
from converseg_training.loop.run import train
from converseg_training.recipes import RECIPES, Recipe
from converseg_training.tasks import make_task

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "without Dice": {"losses": {"dice": 0.0}},
    "without the coarse mask": {"losses": {"coarse": 0.0}},
    "points at the image's resolution beside the cells": {"losses": {"points": 2.0}},
    "points instead of cells": {"losses": {"points": 4.0, "bce": 0.0}},
    "without the quality head": {"losses": {"quality": 0.0}},
    "without questions that have no target": {"negatives": 0.0},
    "questions without a target twice as likely": {"negatives": 2.0},
}
"""Name -> changes of the task; those of ``losses`` change single weights."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to run."""

    data: Path
    """Folder of shards with the splits train and test."""
    out: Path
    """Folder of the runs, and of ablation.json and ablation.md."""
    num_steps: int = 1500
    recipe: str = "sim-tiny"
    num_test_images: int = 200
    seed: int = 0
    num_threads: int = 0


def variant_of(recipe: Recipe, changes: dict[str, Any], options: Options) -> Recipe:
    """The recipe with one change, shortened, without evaluation on the way."""
    fields = dict(changes)
    if "losses" in fields:
        fields["losses"] = LossWeights(**{**vars(recipe.task.losses), **fields["losses"]})
    schedule = replace(recipe.run.schedule, num_steps=options.num_steps)
    run = replace(recipe.run, schedule=schedule, seed=options.seed, num_val_images=0)
    return Recipe(run=run, task=replace(recipe.task, **fields))


def main() -> None:
    """Train what is not trained yet, measure, write the table."""
    options = tyro.cli(Options, description=__doc__)
    if options.num_threads:
        torch.set_num_threads(options.num_threads)
    images = list(itertools.islice(read_split(options.data, "test"), options.num_test_images))
    results = {}
    for number, (name, changes) in enumerate(VARIANTS.items()):
        recipe = RECIPES[options.recipe]([Source(path=str(options.data))], "")
        recipe = variant_of(recipe, changes, options)
        folder = options.out / f"run-{number}"
        train(recipe.run, make_task(recipe.run, recipe.task), folder)
        trained = open_checkpoint(folder, options.num_steps)
        results[name] = figures(trained.task.model(trained.module), images)
        _write(options, results, len(images))


def _write(options: Options, results: dict[str, dict[str, float]], num_images: int) -> None:
    columns = ("giou_all", "ciou_all", "false_positive_rate", "calibration_error")
    lines = [
        f"{options.recipe}, {options.num_steps} steps each, seed {options.seed}, {num_images} pictures.",
        "",
        "| Run | gIoU | cIoU | masks where there is no target | calibration error |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, found in results.items():
        cells = [f"{found[column]:.3f}" if column in found else "-" for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    content = {"options": {key: str(value) for key, value in dataclasses.asdict(options).items()}}
    write_text(options.out / "ablation.json", json.dumps({**content, "results": results}, indent=1) + "\n")
    write_text(options.out / "ablation.md", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
