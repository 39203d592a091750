"""Train the fusion network of ``mini``; a killed run goes on from its checkpoint when started again.

    python -m converseg_training.mini.train pretrain --cache CACHE --bundle MINI --out RUN
    python -m converseg_training.mini.train fold --fold 0 --start RUN --cache CACHE --out RUN-fold-0
    python -m converseg_training.mini.train final --start RUN --cache CACHE --out RUN-final

``pretrain`` sees simulated scenes and the photos with instances; ``fold K`` goes on with the photos with
panoptic masks whose number, sorted by file name, is not K modulo 5; ``final`` with all of them.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from converseg_training.embedded.losses import mask_iou
from converseg_training.mini.batches import Batch, PictureSet, Words, join, normalise
from converseg_training.mini.features import FrozenNetworks
from converseg_training.mini.losses import fusion_loss, vary_colors
from converseg_training.mini.network import FusionNetwork, ImageInputs
from converseg_training.mini.warm_start import warm_start

NUM_FOLDS = 5
CHECKPOINT_NAME = "checkpoint.pt"


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """A complete run; saved beside its checkpoint.

    Attributes:
        num_steps: optimiser steps.
        num_sim, num_photos: pictures of each kind in a step.
        num_prompts: questions a picture.
        learning_rate: peak, after ``warmup_steps``; cosine down to ``last_rate`` of it.
        average_decay: of the averaged weights, which are what is used.
        presence, quality: weights of those losses.
        blind: share of pictures for which the detector's part is withheld.
    """

    num_steps: int
    num_sim: int = 4
    num_photos: int = 2
    num_prompts: int = 8
    learning_rate: float = 1.0e-3
    last_rate: float = 0.05
    warmup_steps: int = 50
    weight_decay: float = 0.03
    clip_norm: float = 1.0
    average_decay: float = 0.99
    presence: float = 1.0
    quality: float = 0.2
    dropout: float = 0.0
    blind: float = 0.0
    negatives: bool = True
    warm: bool = True
    seed: int = 0
    checkpoint_every: int = 50
    evaluate_every: int = 200


def rate_at(step: int, config: FusionConfig) -> float:
    """Linear warm-up, then cosine."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps)
    return config.learning_rate * (
        config.last_rate + (1 - config.last_rate) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    )


class FusionRun:
    """The state of a run."""

    def __init__(self, config: FusionConfig, folder: Path, words: Words) -> None:
        torch.manual_seed(config.seed)
        torch.set_flush_denormal(True)
        self.config, self.folder, self.words = config, folder, words
        self.network = FusionNetwork(dropout=config.dropout)
        self.generator = torch.Generator().manual_seed(config.seed)
        self.step = 0

    def ready(self) -> None:
        """Once the first weights are in: averages and the optimiser."""
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        config = self.config
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def save(self) -> None:
        """Write the checkpoint; atomic."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.json").write_text(json.dumps(asdict(self.config), indent=2) + "\n")
        temporary = self.folder / f".{CHECKPOINT_NAME}.tmp"
        torch.save(
            {
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "step": self.step,
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
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.step = int(state["step"])
        return True

    def batch(self, sources: list[tuple[PictureSet, int]]) -> Batch:
        """This step's pictures of each source."""
        parts = []
        for number, (source, count) in enumerate(sources):
            seed = self.config.seed * 10 + number
            drawn = source.draw(self.step, seed=seed, num_pictures=count, num_prompts=self.config.num_prompts)
            parts.append(source.batch(*drawn))
        return join(parts)

    def train_step(self, batch: Batch) -> dict[str, float]:
        """One optimiser step."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, config)
        image = replace(batch.image, pixels_bchw=normalise(vary_colors(batch.small_bhwc, self.generator)))
        if config.blind:
            image = _withhold(image, config.blind, self.generator)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(image, batch.prompt, self.words.names_ke, batch.num_per_image)
        loss, terms = fusion_loss(
            logits, batch.target_nhw, batch.no_target_n, presence=config.presence, quality=config.quality
        )
        if not torch.isfinite(loss):
            raise RuntimeError(f"the loss is {loss.item()} at step {self.step}; lower learning_rate")
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), config.clip_norm)
        self.optimizer.step()
        self._follow()
        self.step += 1
        iou = mask_iou(logits["mask_logits"].detach(), batch.target_nhw)[~batch.no_target_n].mean()
        return {"loss": loss.item(), "iou": iou.item(), **{name: term.item() for name, term in terms.items()}}

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        own = self.network.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(own[name], 1 - decay)
            else:
                mean.copy_(own[name])


def _withhold(image: ImageInputs, share: float, generator: torch.Generator) -> ImageInputs:
    kept = (torch.rand(image.pixels_bchw.shape[0], 1, 1, 1, generator=generator) >= share).float()
    return ImageInputs(
        image.pixels_bchw, image.semantic_bchw * kept, image.middle_bchw * kept, image.painted_bkhw * kept
    )


@torch.no_grad()
def evaluate(network: FusionNetwork, data: PictureSet, words: Words, *, every: int = 1) -> dict[str, float]:
    """Mean IoU at the network's resolution, of all and of each concept; presence decided at 0."""
    network.eval()
    of: dict[str, list[float]] = {}
    for number in range(0, len(data), every):
        first, last = data.ranges[number]
        if first == last:
            continue
        batch = data.batch(np.array([number]), np.arange(first, last)[None])
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(batch.image, batch.prompt, words.names_ke, batch.num_per_image)
        present = logits["presence_logit"] > 0
        masks = torch.where(present[:, None, None], logits["mask_logits"].float(), torch.tensor(-1.0))
        ious = mask_iou(masks, batch.target_nhw).tolist()
        for place, iou in zip(range(first, last), ious, strict=True):
            kind = "no-target" if data.no_target[place] else data.concepts[place]
            of.setdefault(kind, []).append(iou)
            of.setdefault("all", []).append(iou)
    return {f"val_{name}": sum(values) / len(values) for name, values in sorted(of.items())}


def train(run: FusionRun, sources: list[tuple[PictureSet, int]], val: PictureSet | None) -> None:
    """To ``num_steps``; losses and held-out figures go to ``metrics.jsonl``."""
    run.folder.mkdir(parents=True, exist_ok=True)
    sums: dict[str, float] = {}
    start, count = time.perf_counter(), 0
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
        while run.step < run.config.num_steps:
            for name, value in run.train_step(run.batch(sources)).items():
                sums[name] = sums.get(name, 0.0) + value
            count += 1
            last = run.step == run.config.num_steps
            if run.step % 25 == 0 or last:
                record = {name: value / count for name, value in sums.items()}
                record["step_s"] = (time.perf_counter() - start) / count
                if val is not None and (run.step % run.config.evaluate_every == 0 or last):
                    record |= evaluate(run.average, val, run.words, every=3)
                line = {name: round(value, 4) for name, value in record.items()}
                log.write(json.dumps({"step": run.step, **line}) + "\n")
                log.flush()
                print(f"step {run.step}/{run.config.num_steps} {line}", flush=True)
                sums, start, count = {}, time.perf_counter(), 0
            if run.step % run.config.checkpoint_every == 0 or last:
                run.save()


def photo_paths(cache: Path, *, without_fold: int | None = None, only_fold: int | None = None) -> list[Path]:
    """Prepared photos with panoptic masks; a photo's fold is its number, sorted by file name, modulo 5."""
    paths = sorted(cache.glob("photo-*.npz"))
    return [
        path
        for number, path in enumerate(paths)
        if (without_fold is None or number % NUM_FOLDS != without_fold)
        and (only_fold is None or number % NUM_FOLDS == only_fold)
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("pretrain", "fold", "final"))
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, help="pretrain: an installed mini")
    parser.add_argument("--start", type=Path, help="fold, final: the run to go on from")
    parser.add_argument("--fold", type=int, choices=range(NUM_FOLDS))
    parser.add_argument("--num-steps", type=int, required=True)
    parser.add_argument("--num-sim", type=int, default=None)
    parser.add_argument("--num-photos", type=int, default=None)
    parser.add_argument("--learning-rate", type=float, default=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cold", action="store_true", help="ablation: do not start from sim-tiny")
    parser.add_argument("--blind", action="store_true", help="ablation: withhold the detector's part")
    parser.add_argument("--no-negatives", action="store_true", help="ablation: no question without a target")
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    given = {
        name: getattr(args, name)
        for name in ("num_sim", "num_photos", "learning_rate")
        if getattr(args, name) is not None
    }
    config = FusionConfig(
        num_steps=args.num_steps,
        seed=args.seed,
        warm=not args.cold,
        blind=float(args.blind),
        negatives=not args.no_negatives,
        **given,
    )
    words = Words(args.cache)
    run = FusionRun(config, args.out, words)
    sim = PictureSet(sorted(args.cache.glob("sim-train-*.npz")), words) if config.num_sim else None
    instances = sorted(args.cache.glob("instances-*.npz"))
    if args.stage == "pretrain":
        photos = PictureSet(instances, words) if config.num_photos else None
    else:
        photos = PictureSet([*photo_paths(args.cache, without_fold=args.fold), *instances], words)
    sources = [(s, n) for s, n in ((sim, config.num_sim), (photos, config.num_photos)) if s is not None and n]
    print(
        "; ".join(f"{len(source)} pictures, {len(source.prompts)} questions" for source, _ in sources),
        flush=True,
    )
    if args.start is not None:
        state = torch.load(args.start / CHECKPOINT_NAME, weights_only=True)
        run.network.load_state_dict(state["average"])
    elif config.warm and not (args.out / CHECKPOINT_NAME).exists():
        source = sim or photos
        assert source is not None
        batch = source.batch(*source.draw(0, seed=1, num_pictures=24, num_prompts=4))
        taken = warm_start(run.network, FrozenNetworks(args.bundle), batch.image, batch.prompt)
        print(f"{taken} parameters from sim-tiny", flush=True)
    run.ready()
    if run.resume():
        print(f"going on at step {run.step}", flush=True)
    if args.stage == "pretrain":
        val: PictureSet | None = PictureSet(sorted(args.cache.glob("sim-val-*.npz")), words)
    else:
        val = (
            PictureSet(photo_paths(args.cache, only_fold=args.fold), words) if args.fold is not None else None
        )
    train(run, sources, val)


if __name__ == "__main__":
    main()
