"""Batches of a run from any position on; workers prepare ahead, the order does not depend on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset

from converseg_training.data.mixture import Draw, Mixture
from converseg_training.data.shard_source import ShardSource
from converseg_training.loop.config import RunConfig
from converseg_training.loop.task import Task, TrainRow


class _Rows(Dataset[Any]):
    def __init__(self, mixture: Mixture, task: Task, seed: int) -> None:
        self._mixture, self._task, self._seed = mixture, task, seed

    def __getitem__(self, draw: Draw) -> Any:
        image, question = self._mixture.sources[draw.source].row(draw.number)
        rng = np.random.default_rng((self._seed, draw.position, 7))
        return self._task.prepare(TrainRow(image=image, question=question, rng=rng))


def open_mixture(run: RunConfig) -> Mixture:
    """The shards of a run.

    Raises:
        ValueError: a folder without shards of its split.
    """
    sources = [ShardSource(Path(source.path), source.split) for source in run.sources]
    return Mixture(sources, [source.weight for source in run.sources], seed=run.seed)


def passes_of_rank(run: RunConfig, step: int, rank: int, num_ranks: int) -> list[range]:
    """Positions of each pass of one process in one step; all processes together cover the batch once.

    Raises:
        ValueError: the batch can't be shared out evenly.
    """
    if run.batch_size % num_ranks:
        raise ValueError(
            f"batch_size: {run.batch_size} rows can't be shared by {num_ranks} processes; use a multiple"
        )
    share = run.batch_size // num_ranks
    start = step * run.batch_size + rank * share
    return [
        range(first, min(first + run.rows_per_pass, start + share))
        for first in range(start, start + share, run.rows_per_pass)
    ]


def batches(
    run: RunConfig, task: Task, mixture: Mixture, *, first_step: int, rank: int, num_ranks: int
) -> Iterator[list[Any]]:
    """Prepared rows of each pass, step after step, from ``first_step`` to the end of the run."""

    def draws() -> Iterator[list[Draw]]:
        for step in range(first_step, run.schedule.num_steps):
            for positions in passes_of_rank(run, step, rank, num_ranks):
                yield mixture.draws(positions.start, len(positions))

    loader: DataLoader[Any] = DataLoader(
        _Rows(mixture, task, run.seed),
        batch_sampler=draws(),
        num_workers=run.num_workers,
        collate_fn=list,
        prefetch_factor=4 if run.num_workers else None,
    )
    yield from loader
