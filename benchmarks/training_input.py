"""Does reading keep up with learning? The same steps with rows from shards and with rows held in memory.

    python benchmarks/training_input.py --out benchmarks/results/training_input.json

640x480 photos and the whole preparation: decode, augment, letterbox, patches, tokens, erosion. The network
is the tiny one on a larger canvas: on a CPU the step of the real one takes minutes, next to which reading is
nothing. The report gives the seconds that preparing a row takes, from which other machines can be reckoned.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import tyro

from converseg_core.net import presets
from converseg_core.net.bench import machine
from converseg_engine.shards import ImageRow, QuestionRow, encode_mask, shard_path, write_shard
from converseg_training.loop.config import Source
from converseg_training.loop.feed import batches, open_mixture, passes_of_rank
from converseg_training.loop.run import Trainer
from converseg_training.net.task import NetTask
from converseg_training.recipes import RECIPES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to measure."""

    out: Path
    num_steps: int = 12
    num_rounds: int = 3
    num_workers: int = 1
    num_threads: int = 1
    canvas_size: int = 512
    """Side of the SAM's canvas, pixels; preparing a row costs about as its square."""


def write_shards(folder: Path, num_images: int) -> None:
    """Photos of smoothed noise with four questions each."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(num_images):
        coarse = rng.integers(0, 256, (48, 64, 3), np.uint8)
        picture = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
        questions = []
        for place in range(4):
            mask = np.zeros((480, 640), np.uint8)
            cv2.circle(mask, (int(rng.integers(640)), int(rng.integers(480))), 90, 1, -1)
            questions.append(
                QuestionRow(
                    id=f"{number}-{place}",
                    prompt=f"thing number {place}",
                    concept="entities",
                    template="t",
                    no_target=False,
                    rle=encode_mask(mask.astype(np.bool_)),
                )
            )
        content = cv2.imencode(".jpg", picture)[1].tobytes()
        rows.append(
            ImageRow(
                image_id=str(number),
                image=content,
                height=480,
                width=640,
                scene_seed=number,
                questions=tuple(questions),
            )
        )
    for start in range(0, num_images, 64):
        write_shard(shard_path(folder, "train", start // 64), rows[start : start + 64])


def seconds_a_step(trainer: Trainer, feed: Iterator[list[Any]], num_passes: int, num_steps: int) -> float:
    """Mean over the steps after the first two, which warm up."""
    start_s = 0.0
    for step in range(num_steps + 2):
        if step == 2:
            start_s = time.perf_counter()
        trainer.gradients([next(feed) for _ in range(num_passes)])
        trainer.update()
    return (time.perf_counter() - start_s) / num_steps


def main() -> None:
    """Alternate between the two, so that a busy moment meets both."""
    options = tyro.cli(Options)
    torch.set_num_threads(options.num_threads)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_shards(folder, 256)
        recipe = RECIPES["net-phase1-smoke"]([Source(path=str(folder))], "tiny")
        total = (options.num_steps + 2) * options.num_rounds
        schedule = dataclasses.replace(recipe.run.schedule, num_steps=2 * total + 10)
        run = dataclasses.replace(recipe.run, schedule=schedule, num_workers=options.num_workers)
        task = NetTask(recipe.task)
        sam = presets.sam2_config("toy", canvas_size=options.canvas_size, width=32)
        config = dataclasses.replace(task.start.config, sam=sam, max_visual_tokens=391)
        task.start = dataclasses.replace(task.start, config=config)
        trainer = Trainer(run, task, folder / "run")
        mixture = open_mixture(run)
        num_passes = len(passes_of_rank(run, 0, 0, 1))
        read = batches(run, task, mixture, first_step=0, rank=0, num_ranks=1)
        inline = dataclasses.replace(run, num_workers=0)
        direct = batches(inline, task, mixture, first_step=0, rank=0, num_ranks=1)
        prepare_s = time.perf_counter()
        kept = [next(direct) for _ in range(4 * num_passes)]
        prepare_s = (time.perf_counter() - prepare_s) / sum(len(rows) for rows in kept)
        memory = itertools.cycle(kept)
        from_shards, from_memory = [], []
        for _ in range(options.num_rounds):
            from_memory.append(seconds_a_step(trainer, memory, num_passes, options.num_steps))
            from_shards.append(seconds_a_step(trainer, read, num_passes, options.num_steps))
        ratio = statistics.median(from_memory) / statistics.median(from_shards)
    report = {
        "machine": machine(),
        "options": {name: str(value) for name, value in vars(options).items()},
        "rows_a_step": run.batch_size,
        "seconds_to_prepare_a_row": round(prepare_s, 4),
        "step_s_from_memory": [round(value, 4) for value in from_memory],
        "step_s_from_shards": [round(value, 4) for value in from_shards],
        "rate_from_shards_over_rate_from_memory": round(ratio, 4),
        "load_average": os.getloadavg(),
    }
    options.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
