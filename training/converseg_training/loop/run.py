"""The loop: the same on one CPU, under torchrun, and on several nodes.

Everything random is a function of the seed and of the place in the run (position of a row, step and rank of a
pass), so a run that goes on from a checkpoint computes what it would have computed without the stop.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from converseg_engine.shards import ImageRow
from converseg_training.loop.checkpoints import Checkpoints
from converseg_training.loop.config import RunConfig, as_json, write_text
from converseg_training.loop.evaluate import figures, validation_rows
from converseg_training.loop.feed import batches, open_mixture, passes_of_rank
from converseg_training.loop.log import RunLog
from converseg_training.loop.schedule import learning_rate_at
from converseg_training.loop.sharding import (
    clip_split,
    gathered,
    part_of,
    shard,
    split_like,
    split_state,
    whole,
    whole_state,
)
from converseg_training.loop.task import Task

CONFIG_NAME = "config.json"
SCORE = "giou_all"


class Trainer:
    """One run's network, optimiser and step."""

    def __init__(self, run: RunConfig, task: Task, folder: Path) -> None:
        self.run, self.task, self.folder = run, task, folder
        self.accelerator = Accelerator(
            cpu=not torch.cuda.is_available(), mixed_precision="bf16" if run.precision == "bf16" else "no"
        )
        wanted = int(os.environ.get("WORLD_SIZE", "1"))
        if self.accelerator.num_processes != wanted:
            raise RuntimeError(
                f"{wanted} processes were started, but accelerate sees {self.accelerator.num_processes}: "
                "each would train alone; start them with torchrun, as docs/training.md shows"
            )
        self.module = task.build()
        self.checkpoints = Checkpoints(folder=folder / "checkpoints", keep_last=run.keep_last)
        if run.sharded:
            shard(
                self.module,
                task.layers(self.module),
                device_type=self.accelerator.device.type,
                num_processes=self.accelerator.num_processes,
            )
        learning = [parameter for parameter in self.module.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(
            learning,
            lr=run.schedule.learning_rate,
            weight_decay=run.schedule.weight_decay,
            foreach=False if run.sharded else None,  # split and unsplit tensors do not go into one call
        )
        self.step = 0
        self.wrapped: nn.Module
        if run.sharded:  # prepare would wrap the module a second time, for copies
            self.wrapped, self.optimizer = self.module, self.accelerator.prepare(optimizer)
        else:
            self.wrapped, self.optimizer = self.accelerator.prepare(self.module, optimizer)
        self._parameters = learning
        self.average = (
            {name: value.clone() for name, value in self.learned().items()} if run.average_decay else None
        )

    def learned(self) -> dict[str, Tensor]:
        """The trained weights by name; what is frozen comes from where training started."""
        return learning_tensors(self.module)

    def resume(self) -> bool:
        """Go on from the newest checkpoint, if there is one.

        Raises:
            ValueError: the checkpoint belongs to another network.
        """
        state = self.checkpoints.load()
        if state is None:
            return False
        load_learned(self.module, state["learned"])
        self.optimizer.load_state_dict(split_state(state["optimizer"], self._parameters))
        torch.set_rng_state(state["rng"])
        self.step = int(state["step"])
        if self.average is not None:
            if state.get("average") is None:
                raise ValueError("checkpoint: holds no average of the weights; choose another --out")
            self.average = {
                name: split_like(value, self.average[name]) for name, value in state["average"].items()
            }
        return True

    def save(self, score: float | None) -> None:
        """Write a checkpoint; the first process writes, all gather what is split between them."""
        learned = {name: whole(value) for name, value in self.learned().items()}
        average = None
        if self.average is not None:
            average = {name: whole(value) for name, value in self.average.items()}
        optimizer = whole_state(self.optimizer)
        if self.accelerator.is_main_process:
            state = {
                "step": self.step,
                "learned": learned,
                "optimizer": optimizer,
                "rng": torch.get_rng_state(),
                "position": self.step * self.run.batch_size,
                "average": average,
            }
            self.checkpoints.save(self.step, state, as_json(self.run, self.task.config), score=score)
        self.accelerator.wait_for_everyone()

    def gradients(self, passes: list[list[Any]]) -> dict[str, float]:
        """Gradients of one step from this process's prepared rows; returns the terms, mean over the batch.

        Raises:
            RuntimeError: the loss is not finite.
        """
        accelerator = self.accelerator
        self.wrapped.train()
        self.optimizer.zero_grad()
        # Dropout differs between processes and steps, and is the same when a step is computed again.
        torch.manual_seed((self.run.seed * 1_000_003 + self.step) * 4099 + accelerator.process_index % 4099)
        num_rows = sum(len(rows) for rows in passes)
        sums: dict[str, Tensor] = {}
        for number, rows in enumerate(passes):
            # Split weights add up their gradients at every pass: waiting would keep them whole meanwhile.
            syncs = number == len(passes) - 1 or self.run.sharded
            with contextlib.nullcontext() if syncs else accelerator.no_sync(self.wrapped):
                with accelerator.autocast() if self.run.sharded else contextlib.nullcontext():
                    terms = self.wrapped(rows)
                share = len(rows) / num_rows
                accelerator.backward(terms["loss"] * share)
            for name, term in terms.items():
                sums[name] = (
                    sums.get(name, torch.zeros((), device=term.device)) + term.detach().float() * share
                )
        names = sorted(sums)
        reduced = accelerator.reduce(torch.stack([sums[name] for name in names]), reduction="mean")
        values = dict(zip(names, reduced.tolist(), strict=True))
        if not torch.isfinite(reduced).all():
            raise RuntimeError(f"the loss is {values['loss']} at step {self.step}; lower learning_rate")
        return values

    def update(self) -> float:
        """One optimiser step; returns the gradients' norm before clipping."""
        schedule = self.run.schedule
        rate = learning_rate_at(self.step, schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.run.sharded:
            norm = clip_split(self._parameters, schedule.clip_norm)
        else:
            norm = float(self.accelerator.clip_grad_norm_(self._parameters, schedule.clip_norm))
        self.optimizer.step()
        self._follow()
        self.step += 1
        return norm

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the weights."""
        if self.average is None:
            return
        decay = min(self.run.average_decay, (1 + self.step) / (10 + self.step))
        for name, value in self.learned().items():
            mean = part_of(self.average[name])
            if value.is_floating_point():
                mean.lerp_(part_of(value), 1 - decay)
            else:
                mean.copy_(part_of(value))

    def evaluate(self, images: list[ImageRow]) -> dict[str, float]:
        """Figures on held-out pictures, computed by the first process; by all where weights are split."""
        result: dict[str, float] = {}
        if self.accelerator.is_main_process or self.run.sharded:
            with self.accelerator.autocast(), _in_place(self.module, self.average), gathered(self.module):
                result = figures(self.task.model(self.module), images)
        self.accelerator.wait_for_everyone()
        return result


def learning_tensors(module: nn.Module) -> dict[str, Tensor]:
    """What training changes, by name: parameters that learn, and what their layers count (batch norm)."""
    found: dict[str, Tensor] = {}
    for prefix, part in module.named_modules():
        own = {name: value for name, value in part.named_parameters(recurse=False) if value.requires_grad}
        if own:
            kept = part.state_dict(keep_vars=True)
            counts = {name: value for name, value in part.named_buffers(recurse=False) if name in kept}
            found |= {
                f"{prefix}.{name}".lstrip("."): value.detach() for name, value in (own | counts).items()
            }
    return found


@contextlib.contextmanager
def _in_place(module: nn.Module, average: dict[str, Tensor] | None) -> Iterator[None]:
    """The average instead of the weights, for a while."""
    if average is None:
        yield
        return
    kept = {name: value.clone() for name, value in learning_tensors(module).items()}
    load_learned(module, average)
    try:
        yield
    finally:
        load_learned(module, kept)


def load_learned(module: nn.Module, learned: dict[str, Tensor]) -> None:
    """Put trained weights into a module.

    Raises:
        ValueError: names or shapes are not those that the module learns.
    """
    own = learning_tensors(module)
    strangers = sorted(set(own) ^ set(learned))
    if strangers:
        raise ValueError(
            f"checkpoint: {strangers[0]} is not learnt by both it and this recipe; choose another --out"
        )
    with torch.no_grad():
        for name, value in learned.items():
            if own[name].shape != value.shape:
                raise ValueError(
                    f"checkpoint: {name} has another shape than this recipe's; choose another --out"
                )
            own[name].copy_(split_like(value, own[name]))


def train(run: RunConfig, task: Task, folder: Path) -> Trainer:
    """Train to the end of the schedule, from the newest checkpoint on; returns the finished trainer.

    Raises:
        ValueError: data that can't be read, or a checkpoint of another network.
        RuntimeError: the loss is no longer finite.
    """
    trainer = Trainer(run, task, folder)
    accelerator = trainer.accelerator
    rank, num_ranks = accelerator.process_index, accelerator.num_processes
    num_passes = len(passes_of_rank(run, 0, rank, num_ranks))
    mixture = open_mixture(run)
    images = validation_rows(run)
    resumed = trainer.resume()
    log = None
    if accelerator.is_main_process:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / CONFIG_NAME, as_json(run, task.config))
        log = RunLog(folder, step=trainer.step, num_steps=run.schedule.num_steps)
        num_learned = sum(value.numel() for value in trainer.learned().values())
        log.say(
            f"{'going on at step' if resumed else 'starting at step'} {trainer.step}: "
            f"{sum(len(source) for source in mixture.sources)} questions, {num_learned:,} weights to learn, "
            f"{num_ranks} process(es) on {accelerator.device}"
        )
    feed = batches(run, task, mixture, first_step=trainer.step, rank=rank, num_ranks=num_ranks)
    while trainer.step < run.schedule.num_steps:
        start_s = time.perf_counter()
        passes = [next(feed) for _ in range(num_passes)]
        data_s = time.perf_counter() - start_s
        values = trainer.gradients(passes)
        values |= {"grad_norm": trainer.update(), "learning_rate": trainer.optimizer.param_groups[0]["lr"]}
        is_last = trainer.step == run.schedule.num_steps
        if log is not None:
            timed = {"data_s": data_s, "step_s": time.perf_counter() - start_s}
            log.write(trainer.step, values | timed)
            log.progress(trainer.step, values)
        score = None
        if images and (trainer.step % run.evaluate_every == 0 or is_last):
            found = trainer.evaluate(images)
            score = found.get(SCORE)
            if log is not None:
                log.write(trainer.step, found, prefix="val")
                log.say("  ".join(f"{name} {value:.3f}" for name, value in found.items()))
        if score is not None or trainer.step % run.checkpoint_every == 0 or is_last:
            trainer.save(score)
    if log is not None:
        log.close()
    accelerator.end_training()
    return trainer
