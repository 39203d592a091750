"""A run of the scene reader's training: its settings, its state, one step of it.

Legend of shape suffixes: as in :mod:`converseg_training.mini.scene.learner`.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from converseg_training.mini.pixels import vary_colors
from converseg_training.mini.scene.averaging import follow
from converseg_training.mini.scene.batch import Batch, Tables
from converseg_training.mini.scene.crop_data import Crops
from converseg_training.mini.scene.learner import WEIGHTS, LossConfig, losses, sight_losses
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.symbols import Lesson, practice

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
        look_every: pictures are seen in each step of so many, 0 for never; in the others the reader
            practises alone.
        glances: whether the network that looks closely learns too.
        num_seen: pictures in a step of which it is kept what a run saw (only reading is learnt).
        forget: share of them with names that are not known; see
            :class:`converseg_training.mini.scene.seen_things.SeenThings`.
        evenness: how much more often questions of rare meanings are read in practice; 0 for as they come.
        taken: share of the answers that are taken away in practice, so that nothing fits; see
            :func:`converseg_training.mini.scene.take_away.take_away`.
        reads: whether prompts are read at all; if not, only seeing is learnt.
        tiles: share of pictures of which only a tile is seen; of use where nothing is read.
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
    look_every: int = 1
    reads: bool = True
    glances: bool = True
    num_seen: int = 0
    forget: float = 0.0
    evenness: float = 0.0
    taken: float = 0.0
    tiles: float = 0.0
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

    def train_step(
        self,
        batch: Batch | None,
        lessons: Mapping[str, Sequence[Lesson]] | None = None,
        crops: Crops | None = None,
    ) -> dict[str, float]:
        """One optimiser step on pictures, on further practice in reading, or on both.

        Args:
            batch: pictures.
            lessons: for the reader alone, by what their terms are called; each in groups, and a question
                counts alike in all.
            crops: what the network that looks closely learns from.
        """
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(self.step, config)
        self.model.train()
        self.optimizer.zero_grad()
        terms: dict[str, torch.Tensor] = {}
        if batch is not None and not config.reads:
            pixels = vary_colors(batch.small_bhwc, self.generator)
            terms = sight_losses(self.model, batch, pixels, self.generator)
            terms["loss"].backward()
        elif batch is not None:
            terms = losses(
                self.model,
                batch,
                vary_colors(batch.small_bhwc, self.generator),
                LossConfig(blind=config.blind, negatives=config.negatives),
                self.generator,
                uses_found=self.step >= config.found_from * config.num_steps
                and self.step // max(1, config.look_every) % 2 == 1,
                crops=crops,
            )
            terms["loss"].backward()
        for kind, lesson in (lessons or {}).items():
            number = sum(len(part.things.there_bk) for part in lesson)
            for part in lesson:
                share = len(part.things.there_bk) / number
                own = practice(self.model.reader, part, negatives=config.negatives)
                total = sum((WEIGHTS.get(name, 0.0) * term for name, term in own.items()), torch.zeros(()))
                (share * total).backward()
                for name, term in own.items():
                    key = f"{kind}_{name}"
                    terms[key] = terms.get(key, torch.zeros(())) + share * term.detach()
        for name, term in terms.items():
            if not torch.isfinite(term):
                raise RuntimeError(f"{name} is {term.item()} at step {self.step}; lower learning_rate")
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.optimizer.step()
        follow(self.average, self.model, step=self.step, decay=config.average_decay)
        self.step += 1
        return {name: term.item() for name, term in terms.items()}
