"""Runs that went on from the same weights, each with its own practice -> a run with the mean of them.

    python -m converseg_training.mini.scene.mean --runs RUN RUN --out RUN

Two runs side by side, a thread each, practise more in the same time than one on both threads, and the mean of
weights that began as one is better than either (model soups, arXiv 2203.05482; measured in decision 0016).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from converseg_training.mini.scene.join import open_run
from converseg_training.mini.scene.run import CHECKPOINT_NAME, SceneRun


def mean_of(runs: Sequence[SceneRun], out: Path) -> SceneRun:
    """The first run with the mean of all weights, and of what the optimiser knows of them the first's own.

    Raises:
        ValueError: there is none, or they tell other names, colours or meanings apart.
    """
    if not runs:
        raise ValueError("runs: none")
    first, *others = runs
    for other in others:
        if other.tables != first.tables:
            raise ValueError(f"runs: {other.folder} tells others apart than {first.folder}")
    for name in ("model", "average"):
        states = [getattr(run, name).state_dict() for run in runs]
        getattr(first, name).load_state_dict({key: _mean([s[key] for s in states]) for key in states[0]})
    first.folder, first.step = out, max(run.step for run in runs)
    return first


def _mean(values: Sequence[Tensor]) -> Tensor:
    if not values[0].is_floating_point():
        return values[0]
    return torch.stack(list(values)).mean(dim=0)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if (args.out / CHECKPOINT_NAME).exists():
        parser.error(f"--out: {args.out} holds a run already")
    run = mean_of([open_run(folder) for folder in args.runs], args.out)
    run.save()
    print(f"{args.out}: the mean of {len(args.runs)} runs, step {run.step}")


if __name__ == "__main__":
    main()
