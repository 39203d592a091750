"""One training run: steps, checkpoints, resume by running the same command again."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from converseg_core.embedded import WordTokenizer
from converseg_training.embedded.data import SceneSet, augment, normalise
from converseg_training.embedded.losses import LossWeights, mask_iou, segmentation_loss
from converseg_training.embedded.network import EmbeddedNetwork, NetworkConfig

CHECKPOINT_NAME = "checkpoint.pt"


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """A complete run; saved beside its checkpoint."""

    num_steps: int
    num_images: int = 8
    num_prompts: int = 8
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    warmup_steps: int = 200
    clip_norm: float = 1.0
    average_decay: float = 0.998
    seed: int = 0
    bf16: bool = True
    checkpoint_every: int = 250
    evaluate_every: int = 500
    num_val_images: int = 60
    network: NetworkConfig = field(default_factory=NetworkConfig)
    weights: LossWeights = field(default_factory=LossWeights)


def learning_rate_at(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then cosine to 1 % of the peak."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, config.num_steps - config.warmup_steps)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


class Run:
    """The state of a run; everything that a resumed run needs is in its checkpoint."""

    def __init__(self, config: TrainConfig, tokenizer: WordTokenizer, folder: Path) -> None:
        torch.manual_seed(config.seed)
        torch.set_flush_denormal(True)
        self.config = config
        self.tokenizer = tokenizer
        self.folder = folder
        self.network = EmbeddedNetwork(config.network, num_ids=tokenizer.num_ids)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.generator = torch.Generator().manual_seed(config.seed)
        self.step = 0

    def save(self) -> None:
        """Write the checkpoint; atomic."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.json").write_text(json.dumps(asdict(self.config), indent=2) + "\n")
        (self.folder / "tokenizer.json").write_text(self.tokenizer.to_json(), encoding="utf-8")
        temporary = self.folder / f".{CHECKPOINT_NAME}.tmp"
        torch.save(self._state(), temporary)
        temporary.replace(self.folder / CHECKPOINT_NAME)

    def _state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
        }

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

    def train_step(self, scenes: SceneSet) -> dict[str, float]:
        """One optimiser step on the batch that belongs to this step number."""
        config = self.config
        batch = scenes.training_batch(
            self.step, seed=config.seed, num_images=config.num_images, num_prompts=config.num_prompts
        )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate_at(self.step, config)
        image_bchw = normalise(augment(batch.image_bhwc, self.generator), config.network)
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
            logits = self.network(image_bchw, batch.tokens_nl)
        loss, terms = segmentation_loss(logits, batch.target_nhw, batch.no_target_n, config.weights)
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
        for mean, value in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    @torch.no_grad()
    def evaluate(self, scenes: SceneSet) -> dict[str, float]:
        """Averaged weights on held-out scenes, at the network's resolution: gIoU and presence accuracy."""
        self.average.eval()
        ious, present_right = [], []
        for batch, _ in scenes.every_question(self.config.num_val_images):
            image_bchw = normalise(batch.image_bhwc.float() / 255.0, self.config.network)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
                logits = self.average(image_bchw, batch.tokens_nl)
            present = logits["presence_logit"] > 0
            masks = torch.where(present[:, None, None], logits["mask_logits"].float(), torch.tensor(-1.0))
            ious.append(mask_iou(masks, batch.target_nhw))
            present_right.append((present == ~batch.no_target_n).float())
        return {
            "val_giou": torch.cat(ious).mean().item(),
            "val_presence": torch.cat(present_right).mean().item(),
        }


def train(run: Run, scenes: SceneSet, val: SceneSet | None, report: Callable[[str], None]) -> None:
    """Train to ``num_steps``, logging to ``metrics.jsonl``; a killed run goes on from its checkpoint."""
    if run.resume():
        report(f"resuming at step {run.step}")
    run.folder.mkdir(parents=True, exist_ok=True)
    sums: dict[str, float] = {}
    window_start, window_steps = time.perf_counter(), 0
    with (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as log:
        while run.step < run.config.num_steps:
            for name, value in run.train_step(scenes).items():
                sums[name] = sums.get(name, 0.0) + value
            window_steps += 1
            last = run.step == run.config.num_steps
            record: dict[str, float] = {}
            if run.step % 50 == 0 or last:
                seconds = time.perf_counter() - window_start
                record = {name: value / window_steps for name, value in sums.items()}
                record["step_s"] = seconds / window_steps
            if val is not None and (run.step % run.config.evaluate_every == 0 or last):
                record |= run.evaluate(val)
            if record:
                log.write(
                    json.dumps({"step": run.step, **{k: round(v, 5) for k, v in record.items()}}) + "\n"
                )
                log.flush()
                left_s = (run.config.num_steps - run.step) * record.get("step_s", 0.0)
                shown = " ".join(f"{name} {value:.3f}" for name, value in record.items())
                report(f"step {run.step}/{run.config.num_steps} {shown} left {left_s / 60:.0f} min")
                sums, window_start, window_steps = {}, time.perf_counter(), 0
            if run.step % run.config.checkpoint_every == 0 or last:
                run.save()
