"""A glance at each thing of some pictures: crops of them through the network that names crops.

Legend of shape suffixes: b pictures, k things and parts, m names, c colours, h, w.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from converseg_core.mini.scene.crops import crops
from converseg_training.mini.scene.crop_names import CropNames


def glance(
    network: CropNames, full_bhwc: Tensor, masks_bkhw: Tensor, is_part_bk: Tensor, there_bk: Tensor
) -> tuple[Tensor, Tensor]:
    """Logits of names (B, K, M) and colours (B, K, C); zeros for padding.

    Args:
        network: what is asked.
        full_bhwc: (B, 240, 320, 3) uint8 pictures.
        masks_bkhw: (B, K, 96, 128); above a half is inside.
        is_part_bk, there_bk: 1 for yes.
    """
    num, count = there_bk.shape
    names = masks_bkhw.new_zeros(num * count, network.names.out_features)
    colors = masks_bkhw.new_zeros(num * count, network.colors.out_features)
    rows, cut, sides = [], [], []
    inside_bkhw = (masks_bkhw > 0.5).cpu().numpy()
    for picture in range(num):
        own = np.flatnonzero((there_bk[picture] > 0).cpu().numpy())
        pixels, log_sides = crops(full_bhwc[picture].cpu().numpy(), inside_bkhw[picture, own])
        rows.append(picture * count + own)
        cut.append(pixels)
        sides.append(log_sides)
    at = torch.from_numpy(np.concatenate(rows)).to(names.device)
    if not len(at):
        return names.view(num, count, -1), colors.view(num, count, -1)
    pixels_k = torch.from_numpy(np.concatenate(cut)).to(names.device).float()
    log_side = torch.from_numpy(np.concatenate(sides)).to(names.device)
    own_names, own_colors = network(
        pixels_k.contiguous(memory_format=torch.channels_last), is_part_bk.flatten()[at], log_side
    )
    names = names.index_put((at,), own_names.float())
    colors = colors.index_put((at,), own_colors.float())
    return names.view(num, count, -1), colors.view(num, count, -1)
