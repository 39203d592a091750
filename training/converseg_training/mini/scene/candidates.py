"""Heat maps and masks -> the things that are told apart; the same choice as at run time.

Legend of shape suffixes: b pictures, k candidates, h, w.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import NUM_THINGS, peaks, told_apart
from converseg_core.mini.scene.tiles import Tile, put_back
from converseg_training.mini.scene.perception import Perception, Sight, draw_masks


@torch.no_grad()
def find(
    perception: Perception,
    sight: Sight,
    turned: Sight | None = None,
    tiles: Sequence[tuple[Tile, Sight]] = (),
) -> list[NDArray[np.float32]]:
    """Mask logits (K, 96, 128) of what is told apart in each of B pictures.

    Args:
        perception: what saw them.
        sight: of the pictures.
        turned: of the same pictures mirrored; what is found there counts too, as at run time.
        tiles: of tiles of them; likewise.
    """
    looks = [_drawn(perception, sight)]
    if turned is not None:
        drawn, scores = _drawn(perception, turned)
        looks.append((drawn[..., ::-1], scores))
    for tile, part in tiles:
        own = [put_back(*item, tile) for item in zip(*_drawn(perception, part), strict=True)]
        looks.append((np.stack([logits for logits, _ in own]), np.stack([heat for _, heat in own])))
    drawn, scores = (np.concatenate(values, axis=1) for values in zip(*looks, strict=True))
    return [told_apart(item, score) for item, score in zip(drawn, scores, strict=True)]


def _drawn(perception: Perception, sight: Sight) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mask logits (B, K, 96, 128) at the highest peaks and their heat (B, K)."""
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
    return drawn, scores
