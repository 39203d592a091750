"""Heat maps and masks -> the things that are told apart; the same choice as at run time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import NUM_THINGS, distinct, peaks, sureness
from converseg_training.mini.scene.perception import Perception, Sight, draw_masks


@torch.no_grad()
def find(perception: Perception, sight: Sight) -> list[NDArray[np.float32]]:
    """Mask logits (K, 96, 128) of what is told apart in each of B pictures."""
    device = sight.heat_bkhw.device
    heat = sight.heat_bkhw.float().sigmoid().cpu().numpy()
    num = len(heat)
    cells = np.zeros((num, NUM_THINGS), np.int64)
    scores = np.zeros((num, NUM_THINGS), np.float32)
    for row in range(num):
        at, score = peaks(heat[row, 0], NUM_THINGS)
        cells[row, : len(at)] = at
        scores[row, : len(at)] = score
    at_bk = torch.from_numpy(cells).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=sight.kernel_bchw.dtype == torch.bfloat16):
        kernels = perception.kernels_at(sight.kernel_bchw, at_bk)
    drawn = draw_masks(sight.mask_features_bchw.float(), kernels.float(), at_bk).cpu().numpy()
    return [drawn[row][distinct(drawn[row] > 0, sureness(drawn[row], scores[row]))] for row in range(num)]
