"""A complete run as data: frozen, typed, saved beside every checkpoint."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Source:
    """One folder of shards in a mixture.

    Attributes:
        path: folder of shards.
        weight: its share of the rows drawn; the weights need not sum to 1.
        split: which shards of the folder.
    """

    path: str
    weight: float = 1.0
    split: str = "train"

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ValueError(f"weight: must be above 0, not {self.weight}; leave the source out instead")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Optimiser and learning rate: linear warm-up, then cosine down to ``min_learning_rate``."""

    num_steps: int
    learning_rate: float
    min_learning_rate: float = 1e-6
    warmup_share: float = 0.03
    weight_decay: float = 1e-4
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        if self.num_steps < 1:
            raise ValueError(f"num_steps: must be at least 1, not {self.num_steps}")
        if not 0 <= self.warmup_share <= 1:
            raise ValueError(f"warmup_share: must lie in [0, 1], not {self.warmup_share}")


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What the loop needs to know; a task's own configuration stands beside it.

    Attributes:
        batch_size: rows of one optimiser step over all processes and accumulation passes together, so the
            same run on other hardware sees the same batches.
        rows_per_pass: rows that a process holds at once; gradients accumulate until the batch is full.
        precision: ``fp32``, or ``bf16`` for autocast; trained weights are float32 either way.
        keep_last: newest checkpoints kept; the best one is kept besides.
        num_val_images: pictures of the validation split in an evaluation during training; 0 for none.
        average_decay: of a running mean of the weights, which is then what is evaluated and exported; 0 for
            none. Early steps count more: the decay of step n is at most (1 + n) / (10 + n).
        sharded: split weights, gradients and moments between the processes (FSDP2) instead of copying them.
    """

    recipe: str
    sources: tuple[Source, ...]
    schedule: Schedule
    batch_size: int
    rows_per_pass: int
    precision: Literal["fp32", "bf16"] = "bf16"
    seed: int = 0
    mirror: bool = True
    recolor: bool = True
    checkpoint_every: int = 500
    keep_last: int = 2
    evaluate_every: int = 1000
    num_val_images: int = 200
    num_workers: int = 4
    average_decay: float = 0.0
    sharded: bool = False

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("sources: name at least one folder of shards (--data)")
        if self.batch_size < 1 or self.rows_per_pass < 1:
            raise ValueError("batch_size and rows_per_pass: must be at least 1")
        if not 0 <= self.average_decay < 1:
            raise ValueError(f"average_decay: must lie in [0, 1), not {self.average_decay}")
        if min(self.checkpoint_every, self.keep_last, self.evaluate_every) < 1:
            raise ValueError("checkpoint_every, keep_last and evaluate_every: must be at least 1")


def write_text(path: Path, text: str) -> None:
    """Write so that the file appears whole or not at all."""
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(text, encoding="utf-8")
    partial_path.replace(path)


def as_json(run: RunConfig, task: Any) -> str:
    """The resolved configuration of a run and its task."""
    content = {"run": dataclasses.asdict(run), "kind": task.kind, "task": dataclasses.asdict(task)}
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def run_from_json(content: dict[str, Any]) -> RunConfig:
    """The ``run`` part of a saved configuration.

    Raises:
        ValueError: a field is missing, unknown or out of range.
    """
    fields = dict(content)
    try:
        fields["sources"] = tuple(Source(**source) for source in fields["sources"])
        fields["schedule"] = Schedule(**fields["schedule"])
        return RunConfig(**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"config.json: run: {error}; was it written by this version?") from error
