"""A close look at each thing of some pictures; what comes out is what the reader chooses from.

Legend of shape suffixes: b pictures, k things, then parts, m names, c colours, h, w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converseg_core.mini.scene.closeups import Candidates, CloseUps, candidates
from converseg_core.mini.scene.crops import crops
from converseg_training.mini.scene.batch import Truth
from converseg_training.mini.scene.crop_network import CropGraph, CropNetwork

SURE = 8.0


@dataclass(frozen=True)
class Found:
    """Candidates of B pictures, padded.

    Attributes:
        masks_bkhw: (B, K, 96, 128) of 0 and 1.
        is_part_bk, there_bk: 1 for yes.
        names_bkm, colors_bkc: logits.
        quality_bk: logits; see :class:`converseg_core.mini.scene.closeups.Candidates`.
        shape_bkd: what was seen of the whole thing.
        each: of every picture, with the masks as fine as they are known.
    """

    masks_bkhw: Tensor
    is_part_bk: Tensor
    there_bk: Tensor
    names_bkm: Tensor
    colors_bkc: Tensor
    quality_bk: Tensor
    shape_bkd: Tensor
    each: tuple[Candidates, ...] = ()

    def to(self, device: torch.device) -> Found:
        """The same elsewhere."""
        moved = {name: value.to(device) for name, value in vars(self).items() if name != "each"}
        return replace(self, **moved)


@torch.no_grad()
def glance(network: CropNetwork, full_bhwc: Tensor, things: Sequence[NDArray[np.float32]]) -> Found:
    """Each thing cut out, drawn closer, named, and taken to parts.

    Args:
        network: what looks; it learns nothing from this.
        full_bhwc: (B, 240, 320, 3) uint8 pictures.
        things: mask logits (K, 96, 128) of each picture.
    """
    device = full_bhwc.device
    cut = [crops(full.cpu().numpy(), logits > 0) for full, logits in zip(full_bhwc, things, strict=True)]
    pixels = torch.from_numpy(np.concatenate([item[0] for item in cut])).to(device).float()
    log_sides = torch.from_numpy(np.concatenate([item[1] for item in cut])).to(device)
    training = network.training
    network.eval()
    outputs = CropGraph(network)(pixels.contiguous(memory_format=torch.channels_last), log_sides)
    network.train(training)
    said = [
        item.cpu().numpy() if item.dtype == torch.long else item.float().cpu().numpy() for item in outputs
    ]
    each, first = [], 0
    for (*_, boxes), logits in zip(cut, things, strict=True):
        own = slice(first, first + len(boxes))
        first += len(boxes)
        each.append(candidates(CloseUps(*(item[own] for item in said)), boxes, logits))
    return padded(each).to(device)


def padded(each: Sequence[Candidates]) -> Found:
    """Candidates of some pictures as one batch."""
    longest = max(1, *(len(item.windows) for item in each))

    def stacked(name: str) -> Tensor:
        return padded_rows([getattr(item, name) for item in each], longest)

    there = torch.from_numpy(np.stack([np.arange(longest) < len(item.windows) for item in each])).float()
    return Found(
        stacked("masks_khw"),
        stacked("is_part_k"),
        there,
        stacked("names_km"),
        stacked("colors_kc"),
        stacked("quality_k"),
        stacked("shape_kd"),
        tuple(each),
    )


def padded_rows(rows: Sequence[NDArray[Any]], longest: int) -> Tensor:
    """(B, longest, ...) float: rows of any length with zeros behind."""
    whole = np.zeros((len(rows), longest, *rows[0].shape[1:]), np.float32)
    for row, values in enumerate(rows):
        whole[row, : len(values)] = values
    return torch.from_numpy(whole)


def true_things(truth: Truth) -> list[NDArray[np.float32]]:
    """Mask logits (K, 96, 128) of the true things of each picture, as if they had been found."""
    own = (truth.there_bk > 0) & (truth.is_part_bk == 0)
    masks = truth.masks_bkhw > 0.5
    return [
        np.where(masks[row][own[row]].cpu().numpy(), SURE, -SURE).astype(np.float32)
        for row in range(len(masks))
    ]
