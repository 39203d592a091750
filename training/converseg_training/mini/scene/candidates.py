"""Heat maps and masks -> the things and parts that are told apart; the same choice as at run time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from converseg_core.mini.scene.candidates import NUM_PARTS, NUM_THINGS, distinct, peaks
from converseg_training.mini.scene.perception import Perception, Sight, draw_masks


@dataclass(frozen=True)
class Found:
    """Masks (B, K, 96, 128) of 0 and 1, which of them are parts, and which are no padding."""

    masks_bkhw: Tensor
    is_part_bk: Tensor
    there_bk: Tensor


@torch.no_grad()
def find(perception: Perception, sight: Sight) -> Found:
    """What is told apart in each of B pictures; things first, then parts."""
    device = sight.heat_bkhw.device
    heat = sight.heat_bkhw.float().sigmoid().cpu().numpy()
    num = len(heat)
    cells = np.zeros((num, NUM_THINGS + NUM_PARTS), np.int64)
    scores = np.zeros((num, NUM_THINGS + NUM_PARTS), np.float32)
    for row in range(num):
        for kind, (first, count) in enumerate(((0, NUM_THINGS), (NUM_THINGS, NUM_PARTS))):
            at, score = peaks(heat[row, kind], count)
            cells[row, first : first + len(at)] = at
            scores[row, first : first + len(at)] = score
    kinds = torch.zeros(cells.shape, dtype=torch.long, device=device)
    kinds[:, NUM_THINGS:] = 1
    at_bk = torch.from_numpy(cells).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=sight.kernel_bchw.dtype == torch.bfloat16):
        kernels = perception.kernels_at(sight.kernel_bchw, kinds, at_bk)
    logits = draw_masks(sight.mask_features_bchw.float(), kernels.float(), at_bk)
    drawn = logits.cpu().numpy()
    masks = drawn > 0
    kept = [distinct(masks[row], drawn[row], scores[row]) for row in range(num)]
    longest = max(1, *(len(item) for item in kept))
    chosen = np.zeros((num, longest, *masks.shape[2:]), np.float32)
    is_part = np.zeros((num, longest), np.float32)
    there = np.zeros((num, longest), np.float32)
    for row, item in enumerate(kept):
        chosen[row, : len(item)] = masks[row, item]
        is_part[row, : len(item)] = np.asarray(item) >= NUM_THINGS
        there[row, : len(item)] = 1
    return Found(*(torch.from_numpy(item).to(device) for item in (chosen, is_part, there)))
