"""Prepared files as batches: everything in memory, the order a pure function of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_training.mini.features import Pictures, PromptStore
from converseg_training.mini.network import MEAN, STD, ImageInputs, PromptInputs


@dataclass(frozen=True)
class Batch:
    """B pictures with P prompts each; the prompts of a picture stand next to each other."""

    small_bhwc: Tensor
    image: ImageInputs
    prompt: PromptInputs
    target_nhw: Tensor
    no_target_n: Tensor
    weight_n: Tensor

    @property
    def num_per_image(self) -> int:
        """P."""
        return self.target_nhw.shape[0] // self.small_bhwc.shape[0]


class Words:
    """The prompt store as tensors."""

    def __init__(self, cache: Path) -> None:
        self.store = PromptStore(None, cache / "prompts.npz")
        words, similar = self.store.arrays()
        self.words, self.similar = torch.from_numpy(words), torch.from_numpy(similar)
        self.names_ke = torch.from_numpy(np.load(cache / "names.npy"))

    def inputs(self, numbers: NDArray[np.int64]) -> PromptInputs:
        """Prompts by number, cut to the longest."""
        chosen = torch.from_numpy(numbers)
        words = self.words[chosen]
        is_word = (words != 0).any(2).float()
        longest = int(is_word.sum(1).max())
        similar = self.similar[chosen]
        return PromptInputs(words[:, :longest].float(), is_word[:, :longest], similar[:, 0], similar[:, 1])


class PictureSet:
    """Pictures and questions of some prepared files, in memory."""

    def __init__(self, paths: Sequence[Path], words: Words) -> None:
        if not paths:
            raise ValueError("paths: no prepared file; run `python -m converseg_training.mini.prepare`")
        pictures: list[list[NDArray[np.generic]]] = []
        targets, no_target, numbers = [], [], []
        self.ranges: list[tuple[int, int]] = []
        self.prompts: list[str] = []
        self.concepts: list[str] = []
        self.words = words
        self._positive: NDArray[np.bool_] | None = None
        self._key = (-1, -1)
        end = 0
        for path in paths:
            with np.load(path) as stored:
                pictures.append([stored[name] for name in ("small", "semantic", "middle", "painted")])
                targets.append(stored["target"])
                no_target.append(stored["no_target"])
                prompts = str(stored["prompts"]).split("\n")
                self.prompts += prompts
                self.concepts += str(stored["concepts"]).split("\n")
                numbers.append(words.store.add(prompts))
                for count in stored["counts"].tolist():
                    self.ranges.append((end, end + count))
                    end += count
        self.pictures = Pictures(*(np.concatenate(column) for column in zip(*pictures, strict=True)))
        self.targets = np.concatenate(targets)
        self.no_target = np.concatenate(no_target)
        self.numbers = np.concatenate(numbers)
        self._kept = np.array([number for number, (a, b) in enumerate(self.ranges) if a < b], np.int64)

    def keep_positives(self) -> None:
        """From here on, draw only questions that have a target, and pictures that have such questions."""
        self._positive = ~self.no_target
        kept = [number for number, (a, b) in enumerate(self.ranges) if self._positive[a:b].any()]
        self._kept = np.array(kept, np.int64)

    def __len__(self) -> int:
        return len(self.ranges)

    def batch(self, pictures: NDArray[np.int64], questions: NDArray[np.int64]) -> Batch:
        """The named pictures (B,) with the named questions (B, P)."""
        flat = questions.reshape(-1)
        small = torch.from_numpy(self.pictures.small[pictures])
        image = ImageInputs(
            normalise(small.float() / 255.0),
            torch.from_numpy(self.pictures.semantic[pictures]).float(),
            torch.from_numpy(self.pictures.middle[pictures]).float(),
            torch.from_numpy(self.pictures.painted[pictures]).float() / 255.0,
        )
        return Batch(
            small,
            image,
            self.words.inputs(self.numbers[flat]),
            torch.from_numpy(self.targets[flat]).float() / 255.0,
            torch.from_numpy(self.no_target[flat]),
            torch.ones(flat.size),
        )

    def draw(
        self, step: int, *, seed: int, num_pictures: int, num_prompts: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pictures (B,) and questions (B, P) of one step; every picture comes once an epoch."""
        positions = np.arange(step * num_pictures, (step + 1) * num_pictures)
        chosen = np.array([self._at(int(place), seed) for place in positions], np.int64)
        rng = np.random.default_rng((seed, step, 5))
        return chosen, np.stack([self._questions(number, num_prompts, rng) for number in chosen])

    def _at(self, position: int, seed: int) -> int:
        epoch, place = divmod(position, len(self._kept))
        if self._key != (seed, epoch):
            self._order = np.random.default_rng((seed, epoch, 1)).permutation(self._kept)
            self._key = (seed, epoch)
        return int(self._order[place])

    def _questions(self, number: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        first, last = self.ranges[number]
        choices = np.arange(first, last)
        if self._positive is not None:
            choices = choices[self._positive[first:last]]
        return rng.choice(choices, size=count, replace=len(choices) < count)


def join(batches: Sequence[Batch]) -> Batch:
    """Several batches as one; they must have the same number of prompts a picture."""
    longest = max(item.prompt.words_nle.shape[1] for item in batches)

    def padded(x: Tensor) -> Tensor:
        missing = longest - x.shape[1]
        return torch.cat([x, x.new_zeros(x.shape[0], missing, *x.shape[2:])], dim=1) if missing else x

    return Batch(
        torch.cat([item.small_bhwc for item in batches]),
        ImageInputs(
            *(torch.cat(column) for column in zip(*(vars(i.image).values() for i in batches), strict=True))
        ),
        PromptInputs(
            torch.cat([padded(item.prompt.words_nle) for item in batches]),
            torch.cat([padded(item.prompt.is_word_nl) for item in batches]),
            torch.cat([item.prompt.sentence_nk for item in batches]),
            torch.cat([item.prompt.nearest_nk for item in batches]),
        ),
        torch.cat([item.target_nhw for item in batches]),
        torch.cat([item.no_target_n for item in batches]),
        torch.cat([item.weight_n for item in batches]),
    )


def normalise(image_bhwc: Tensor) -> Tensor:
    """Float [0, 1] (B, H, W, 3) -> (B, 3, H, W) as the runtime does it."""
    image = (image_bhwc - torch.tensor(MEAN)) / torch.tensor(STD)
    return image.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
