"""Pictures, their things and their questions, as tensors.

Legend of shape suffixes: b pictures, k things then parts, n questions, l words, e word size, h, w.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from converseg_core.mini.evidence import shrink
from converseg_core.mini.scene.tiles import Tile, cut, cut_grid


@dataclass(frozen=True)
class Truth:
    """What is seen in B pictures: objects first, then parts.

    Attributes:
        masks_bkhw: (B, K, 96, 128) share of each cell.
        there_bk, is_part_bk: 1 for yes.
        names_bk: number of its name; -1 where it has none that is known.
        colors_bk: number of its colour; -1 for parts.
    """

    masks_bkhw: Tensor
    there_bk: Tensor
    is_part_bk: Tensor
    names_bk: Tensor
    colors_bk: Tensor


@dataclass(frozen=True)
class Questions:
    """P questions of each of B pictures, next to each other.

    Attributes:
        words_nle, is_word_nl: (N, L, 768), (N, L).
        labels_nk: 1 where a thing or part is in the answer.
        target_nhw: (N, 96, 128) bool.
        no_target_n: True where nothing fits.
        meanings_n: number of what is asked, in any words; -1 where that is not known.
    """

    words_nle: Tensor
    is_word_nl: Tensor
    labels_nk: Tensor
    target_nhw: Tensor
    no_target_n: Tensor
    meanings_n: Tensor

    def about(self, labels_nk: Tensor) -> Questions:
        """The same about other things; nothing fits where none of them does."""
        return replace(self, labels_nk=labels_nk, no_target_n=self.no_target_n | ~(labels_nk > 0).any(1))

    @property
    def num_words(self) -> int:
        """L."""
        return self.words_nle.shape[1]


@dataclass(frozen=True)
class Batch:
    """Pictures (B, 192, 256, 3) and (B, 240, 320, 3) uint8, truth and questions.

    ``grids`` are the detectors' features (B, C, h, w), by the names of
    :data:`converseg_training.mini.scene.perception.GRIDS`.
    """

    small_bhwc: Tensor
    full_bhwc: Tensor
    grids: Mapping[str, Tensor]
    truth: Truth
    questions: Questions
    num_per_image: int

    def mirrored(self) -> Batch:
        """The pictures with left and right changed about; truth and questions stay as they are."""
        return replace(
            self,
            small_bhwc=self.small_bhwc.flip(2),
            full_bhwc=self.full_bhwc.flip(2),
            grids={name: grid.flip(3) for name, grid in self.grids.items()},
        )

    def tile(self, tile: Tile) -> Batch:
        """A tile of each picture at full size, for seeing alone; truth and questions stay as they are."""
        small = [shrink(cut(full, tile)) for full in self.full_bhwc.cpu().numpy()]
        return replace(
            self,
            small_bhwc=torch.from_numpy(np.stack(small)).to(self.small_bhwc.device),
            grids={name: tile_of_grid(grid, tile) for name, grid in self.grids.items()},
        )

    def to(self, device: torch.device) -> Batch:
        """The same elsewhere."""
        return Batch(
            self.small_bhwc.to(device),
            self.full_bhwc.to(device),
            {name: grid.to(device) for name, grid in self.grids.items()},
            Truth(*(item.to(device) for item in vars(self.truth).values())),
            Questions(*(item.to(device) for item in vars(self.questions).values())),
            self.num_per_image,
        )


def tile_of_grid(grid: Tensor, tile: Tile) -> Tensor:
    """What the runtime cuts out of features (..., h, w)."""
    return torch.from_numpy(cut_grid(grid.float().cpu().numpy(), tile)).to(grid.device)


@dataclass(frozen=True)
class Tables:
    """The names and colours that are told apart, and the meanings of questions (of use in training only)."""

    names: tuple[str, ...]
    colors: tuple[str, ...]
    meanings: tuple[str, ...] = ()
