"""Train ``mini``'s scene reader; a killed run goes on from its checkpoint when started again.

python -m converseg_training.mini.scene.train --cache CACHE --bundle MINI --out RUN --num-steps 5000
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.pixels import vary_colors
from converseg_training.mini.scene.batches import Batch, SceneSet, Tables, read_files
from converseg_training.mini.scene.learner import WEIGHTS, LossConfig, losses
from converseg_training.mini.scene.model import SceneModel, answer, ious
from converseg_training.mini.scene.start import load_start, read_tables
from converseg_training.mini.scene.symbols import Lesson, Symbols, practice
from converseg_training.mini.scene.warm_start import warm_start

CHECKPOINT_NAME = "checkpoint.pt"


@dataclass(frozen=True, kw_only=True)
class SceneConfig:
    """A complete run; saved beside its checkpoint.

    Attributes:
        num_steps: optimiser steps.
        num_pictures: pictures in a step.
        num_prompts: questions a picture.
        learning_rate: peak, after ``warmup_steps``; cosine down to ``last_rate`` of it.
        average_decay: of the averaged weights, which are what is used.
        found_from: share of the run after which every second step reads found things instead of true ones.
        blind: share of pictures of which the reader is told true names and colours, and no looks.
        negatives: whether questions without a target count.
        pretrained: whether the detector's features are seen, and sim-tiny's encoder is started from.
        mirror: whether pictures are mirrored where the words allow it.
        num_told: further pictures in a step of which the reader is told everything (only reading is learnt).
    """

    num_steps: int
    num_pictures: int = 8
    num_prompts: int = 12
    learning_rate: float = 1.5e-3
    last_rate: float = 0.03
    warmup_steps: int = 100
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    average_decay: float = 0.998
    found_from: float = 0.25
    blind: float = 0.4
    negatives: bool = True
    pretrained: bool = True
    mirror: bool = True
    num_told: int = 8
    seed: int = 0
    checkpoint_every: int = 100
    evaluate_every: int = 500


def rate_at(step: int, config: SceneConfig) -> float:
    """Linear warm-up, then cosine."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps)
    return config.learning_rate * (
        config.last_rate + (1 - config.last_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    )


class SceneRun:
    """The state of a run."""

    def __init__(self, config: SceneConfig, folder: Path, model: SceneModel, tables: Tables) -> None:
        torch.set_flush_denormal(True)
        self.config, self.folder, self.tables = config, folder, tables
        self.model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.step = 0
        kept = [p for p in model.parameters() if p.ndim < 2]
        decayed = [p for p in model.parameters() if p.ndim >= 2]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": config.weight_decay},
                {"params": kept, "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
        )

    def save(self) -> None:
        """Write the checkpoint; atomic."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.json").write_text(json.dumps(asdict(self.config), indent=2) + "\n")
        temporary = self.folder / f".{CHECKPOINT_NAME}.tmp"
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "step": self.step,
                "tables": asdict(self.tables),
            },
            temporary,
        )
        temporary.replace(self.folder / CHECKPOINT_NAME)

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if there is one."""
        path = self.folder / CHECKPOINT_NAME
        if not path.exists():
            return False
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.step = int(state["step"])
        return True

    def train_step(self, batch: Batch, lesson: Lesson | None = None) -> dict[str, float]:
        """One optimiser step; ``lesson`` is further practice in reading."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, config)
        self.model.train()
        terms = losses(
            self.model,
            batch,
            vary_colors(batch.small_bhwc, self.generator),
            LossConfig(blind=config.blind, negatives=config.negatives),
            self.generator,
            uses_found=self.step >= config.found_from * config.num_steps and self.step % 2 == 1,
        )
        total = terms["loss"]
        if not torch.isfinite(total):
            raise RuntimeError(f"the loss is {total.item()} at step {self.step}; lower learning_rate")
        self.optimizer.zero_grad()
        total.backward()
        if lesson is not None:
            told = practice(self.model.reader, lesson, negatives=config.negatives)
            sum((WEIGHTS[name] * term for name, term in told.items()), torch.zeros(())).backward()
            terms |= {f"told_{name}": term.detach() for name, term in told.items()}
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.optimizer.step()
        self._follow()
        self.step += 1
        return {name: term.item() for name, term in terms.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        own = self.model.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(own[name], 1 - decay)
            else:
                mean.copy_(own[name])


@torch.no_grad()
def evaluate(model: SceneModel, data: SceneSet, *, every: int = 1) -> dict[str, float]:
    """Mean IoU at the network's size, of all and of each concept; with found and with true things."""
    model.eval()
    of: dict[str, list[float]] = {}
    for picture in range(0, len(data), every):
        own = np.array(data.questions_of(picture))
        if not len(own):
            continue
        batch = data.batch(np.array([picture]), own[None])
        for prefix, true_things in (("val", False), ("true", True)):
            with torch.autocast("cpu", torch.bfloat16):
                masks, _ = answer(model, batch, true_things=true_things)
            for number, iou in zip(own, ious(masks, batch.questions.target_nhw).tolist(), strict=True):
                empty = bool(batch.questions.no_target_n[number - own[0]])
                kind = "no-target" if empty else data.concepts[number]
                of.setdefault(f"{prefix}_all", []).append(iou)
                of.setdefault(f"{prefix}_{kind}", []).append(iou)
    return {name: sum(values) / len(values) for name, values in sorted(of.items())}


def train(run: SceneRun, data: SceneSet, val: SceneSet | None) -> None:
    """To ``num_steps``; losses and held-out figures go to ``metrics.jsonl``."""
    run.folder.mkdir(parents=True, exist_ok=True)
    sums: dict[str, float] = {}
    start, count = time.perf_counter(), 0
    config = run.config
    symbols = Symbols(data)
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
        while run.step < config.num_steps:
            drawn = data.draw(
                run.step,
                seed=config.seed,
                num_pictures=config.num_pictures,
                num_prompts=config.num_prompts,
                mirror=config.mirror,
            )
            lesson = None
            if config.num_told:
                more = data.draw(
                    run.step,
                    seed=config.seed + 1,
                    num_pictures=config.num_told,
                    num_prompts=config.num_prompts,
                    mirror=config.mirror,
                )
                lesson = symbols.batch(*more)
            for name, value in run.train_step(data.batch(*drawn), lesson).items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            last = run.step == config.num_steps
            if run.step % 25 == 0 or last:
                record = {name: value / count for name, value in sums.items()}
                record["step_s"] = (time.perf_counter() - start) / count
                if val is not None and (run.step % config.evaluate_every == 0 or last):
                    record |= evaluate(run.average, val, every=1 if last else 3)
                line = {name: round(value, 4) for name, value in record.items()}
                log.write(json.dumps({"step": run.step, **line}) + "\n")
                log.flush()
                print(f"step {run.step}/{config.num_steps} {line}", flush=True)
                sums, start, count = {}, time.perf_counter(), 0
            if run.step % config.checkpoint_every == 0 or last:
                run.save()


def scene_set(cache: Path, split: str, tables: Tables | None, *, pretrained: bool = True) -> SceneSet:
    """The prepared files of a split; with the detector's features at zero unless ``pretrained``."""
    files = read_files(sorted(cache.glob(f"{split}-*.npz")))
    if not pretrained:
        for columns in files:
            columns |= {name: np.zeros_like(columns[name]) for name in ("semantic", "middle")}
    return SceneSet(files, tables)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="an installed mini")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num-steps", type=int, required=True)
    parser.add_argument("--num-pictures", type=int, default=8)
    parser.add_argument("--num-told", type=int, default=8, help="further pictures a step, for reading alone")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shipped", action="store_true", help="start from the weights that ship")
    parser.add_argument(
        "--without",
        choices=("negatives", "pretrained", "mirror", "told"),
        action="append",
        default=[],
        help="leave something out, to learn what it is worth",
    )
    parser.add_argument("--evaluate-every", type=int, default=500)
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    config = SceneConfig(
        num_steps=args.num_steps,
        num_pictures=args.num_pictures,
        num_told=0 if "told" in args.without else args.num_told,
        learning_rate=args.learning_rate,
        negatives="negatives" not in args.without,
        pretrained="pretrained" not in args.without,
        mirror="mirror" not in args.without,
        evaluate_every=args.evaluate_every,
        seed=args.seed,
    )
    torch.manual_seed(config.seed)
    checkpoint = args.out / CHECKPOINT_NAME
    tables = None
    if checkpoint.exists():
        tables = Tables(*map(tuple, torch.load(checkpoint, weights_only=True)["tables"].values()))
    elif args.shipped:
        tables = read_tables()
    data = scene_set(args.cache, "train", tables, pretrained=config.pretrained)
    held_out = sorted(args.cache.glob("val-*.npz"))
    val = scene_set(args.cache, "val", data.tables, pretrained=config.pretrained) if held_out else None
    networks = FrozenNetworks(args.bundle)
    names = torch.from_numpy(networks.language.sentences(data.tables.names))
    print(f"{len(data)} pictures, {len(data.prompts)} questions, {len(names)} names", flush=True)
    colors = torch.from_numpy(networks.language.sentences(data.tables.colors))
    model = SceneModel(names, colors)
    if args.shipped and not checkpoint.exists():
        load_start(model)
    elif not checkpoint.exists() and config.pretrained:
        batch = data.batch(*data.draw(0, seed=1, num_pictures=24, num_prompts=1))
        print(f"{warm_start(model, batch)} parameters from sim-tiny", flush=True)
    run = SceneRun(config, args.out, model, data.tables)
    if run.resume():
        print(f"going on at step {run.step}", flush=True)
    train(run, data, val)


if __name__ == "__main__":
    main()
