"""Shards of simulated scenes as batches: everything decoded once, the order a pure function of the step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.embedded import WordTokenizer
from converseg_core.embedded.letterbox import Letterbox
from converseg_engine.shards import ImageRow, read_split
from converseg_training.embedded.network import NetworkConfig


@dataclass(frozen=True)
class Batch:
    """B images with P prompts each; the prompts of an image stand next to each other.

    Attributes:
        image_bhwc: (B, H, W, 3) uint8 RGB.
        tokens_nl: (B * P, L) int64.
        target_nhw: (B * P, H / 2, W / 2) float in [0, 1], share of each cell inside the mask.
        no_target_n: (B * P,) bool.
    """

    image_bhwc: Tensor
    tokens_nl: Tensor
    target_nhw: Tensor
    no_target_n: Tensor


class SceneSet:
    """All scenes of a split in memory, at the network's resolution."""

    def __init__(self, folder: Path, *, split: str, config: NetworkConfig, tokenizer: WordTokenizer) -> None:
        """Decode every shard of ``folder``.

        Raises:
            ValueError: no shard of that split, or a prompt with words outside the vocabulary.
        """
        self._config = config
        images: list[NDArray[np.uint8]] = []
        tokens: list[NDArray[np.int64]] = []
        targets: list[NDArray[np.uint8]] = []
        no_target: list[bool] = []
        self.question_ranges: list[tuple[int, int]] = []
        for row in read_split(folder, split):
            images.append(_letterboxed_image(row, config))
            first = len(tokens)
            for question in row.questions:
                encoded = tokenizer.encode(question.prompt)
                if encoded.unknown:
                    raise ValueError(
                        f"prompt {question.prompt!r}: words outside the vocabulary {encoded.unknown}"
                    )
                tokens.append(encoded.ids)
                targets.append(_target(question.mask(row.height, row.width), config))
                no_target.append(question.no_target)
            self.question_ranges.append((first, len(tokens)))
        if not images:
            raise ValueError(
                f"data: {folder} holds no scene of split {split!r}; run `converseg engine sim generate`"
            )
        self.images = np.stack(images)
        self.tokens = np.stack(tokens)
        self.targets = np.stack(targets)
        self.no_target = np.asarray(no_target)

    @property
    def num_images(self) -> int:
        """Number of scenes."""
        return len(self.images)

    def batch(self, image_numbers: NDArray[np.int64], question_numbers: NDArray[np.int64]) -> Batch:
        """The named images (B,) with the named questions (B, P)."""
        flat = question_numbers.reshape(-1)
        return Batch(
            image_bhwc=torch.from_numpy(self.images[image_numbers]),
            tokens_nl=torch.from_numpy(self.tokens[flat]),
            target_nhw=torch.from_numpy(self.targets[flat]).float() / 255.0,
            no_target_n=torch.from_numpy(self.no_target[flat]),
        )

    def training_batch(self, step: int, *, seed: int, num_images: int, num_prompts: int) -> Batch:
        """The batch of one step; the same arguments always give the same batch, so a run can resume."""
        start = step * num_images
        chosen = np.array(
            [self._image_at(position, seed) for position in range(start, start + num_images)], np.int64
        )
        rng = np.random.default_rng((seed, step))
        questions = np.stack([self._draw_questions(number, num_prompts, rng) for number in chosen])
        return self.batch(chosen, questions)

    def _image_at(self, position: int, seed: int) -> int:
        epoch, place = divmod(position, self.num_images)
        if getattr(self, "_order_key", None) != (seed, epoch):
            self._order = np.random.default_rng((seed, epoch, 1)).permutation(self.num_images)
            self._order_key = (seed, epoch)
        return int(self._order[place])

    def _draw_questions(self, image_number: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        first, last = self.question_ranges[image_number]
        return first + rng.choice(last - first, size=count, replace=last - first < count)

    def every_question(self, num_images: int) -> Iterator[tuple[Batch, int]]:
        """Each image with all its questions, one image at a time, at most ``num_images`` images."""
        for number, (first, last) in enumerate(self.question_ranges[:num_images]):
            yield self.batch(np.array([number]), np.arange(first, last)[None]), number


def _letterboxed_image(row: ImageRow, config: NetworkConfig) -> NDArray[np.uint8]:
    return Letterbox(row.height, row.width, config.height, config.width).apply(row.pixels())


def _target(mask_hw: NDArray[np.bool_], config: NetworkConfig) -> NDArray[np.uint8]:
    height, width = mask_hw.shape
    letterbox = Letterbox(height, width, config.height // 2, config.width // 2)
    return letterbox.apply(mask_hw.astype(np.uint8) * np.uint8(255))


def augment(image_bhwc: Tensor, generator: torch.Generator) -> Tensor:
    """Exposure, gamma, white balance and noise; hues stay nameable. uint8 in, float [0, 1] out."""
    num = image_bhwc.shape[0]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(num, *shape, generator=generator)

    image = image_bhwc.float() / 255.0
    image = image.clamp(min=1e-4) ** uniform(0.75, 1.35, 1, 1, 1)
    image = image * uniform(0.8, 1.2, 1, 1, 1) * uniform(0.95, 1.05, 1, 1, 3) + uniform(-0.04, 0.04, 1, 1, 1)
    image = image + torch.randn(image.shape, generator=generator) * uniform(0.0, 0.02, 1, 1, 1)
    return image.clamp(0, 1)


def normalise(image_bhwc: Tensor, config: NetworkConfig) -> Tensor:
    """Float [0, 1] (B, H, W, 3) -> (B, 3, H, W), as the runtime does it."""
    image = (image_bhwc - torch.tensor(config.mean)) / torch.tensor(config.std)
    return image.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
