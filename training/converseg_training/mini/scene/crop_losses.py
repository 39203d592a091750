"""What the network that looks closely is trained for.

Legend of shape suffixes: k crops, s cells a side, t cells.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from numpy.typing import NDArray
from torch import Tensor

from converseg_training.mini.scene.crop_data import Crops
from converseg_training.mini.scene.crop_network import CropNetwork

CROP_WEIGHTS: Mapping[str, float] = {
    "crop_mask": 1.0,
    "crop_name": 1.0,
    "crop_color": 0.3,
    "crop_part": 0.7,
    "crop_quality": 0.3,
}
NUM_PART_CELLS = 192
SMOOTHING = 0.05


def feed(crops: Crops, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Inputs of :class:`CropNetwork`."""
    pixels = torch.from_numpy(crops.pixels).to(device).float()
    return pixels.contiguous(memory_format=torch.channels_last), torch.from_numpy(crops.log_side).to(device)


def crop_losses(
    network: CropNetwork, crops: Crops, generator: torch.Generator, *, autocast: bool = True
) -> dict[str, Tensor]:
    """Scalar terms, by the names of ``CROP_WEIGHTS``.

    Binary cross entropy and dice of masks; cross entropy of names, of colours, and of parts' names at some
    cells inside; what IoU a mask has, 0 for a sight of no true thing.
    """
    device = network.names.weight.device
    is_thing = torch.from_numpy(crops.is_thing).to(device)
    true = torch.from_numpy(crops.masks).to(device).float() / 255
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        looks = network(*feed(crops, device))
        cells, numbers = _part_cells(looks.part_features_kess, crops.parts, generator)
        parts = network.part_logits(cells)
    mask_kss = looks.mask_kss.float()
    chance = mask_kss.sigmoid()
    overlap, both = (chance * true).sum((1, 2)), (chance.square() + true.square()).sum((1, 2))
    dice = 1 - (2 * overlap + 1) / (both + 1)
    bce = F.binary_cross_entropy_with_logits(mask_kss, true, reduction="none").mean((1, 2))
    own = is_thing.float()
    count = own.sum().clamp(min=1)
    with torch.no_grad():
        inside, target = mask_kss > 0, true >= 0.5
        union = (inside | target).sum((1, 2)).clamp(min=1)
        iou = (inside & target).sum((1, 2)) / union * own
    named = torch.from_numpy(crops.names).to(device)
    colored = torch.from_numpy(crops.colors).to(device)
    return {
        "crop_mask": ((dice + 2 * bce) * own).sum() / count,
        "crop_name": _cross_entropy(looks.names_km, named, smoothing=SMOOTHING),
        "crop_color": _cross_entropy(looks.colors_kc, colored),
        "crop_part": _cross_entropy(parts, numbers),
        "crop_quality": F.binary_cross_entropy_with_logits(looks.quality_k.float(), iou),
    }


def _cross_entropy(logits: Tensor, numbers: Tensor, *, smoothing: float = 0.0) -> Tensor:
    if not (numbers >= 0).any():
        return logits.float().sum() * 0
    return F.cross_entropy(logits.float(), numbers, ignore_index=-1, label_smoothing=smoothing)


def _part_cells(
    features_kess: Tensor, parts_kss: NDArray[np.int16], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Features (K * T, E) at some cells of each crop, those inside first, and the numbers of their names."""
    numbers_kt = torch.from_numpy(parts_kss.astype(np.int64)).flatten(1)
    order = (
        (torch.rand(numbers_kt.shape, generator=generator) + (numbers_kt >= 0)).topk(NUM_PART_CELLS).indices
    )
    features_kte = features_kess.flatten(2).transpose(1, 2)
    index = order.to(features_kess.device)
    own = features_kte.gather(1, index[..., None].expand(-1, -1, features_kte.shape[2]))
    return own.flatten(0, 1), numbers_kt.gather(1, order).flatten().to(features_kess.device)


def ious(masks_kss: NDArray[np.bool_], true_kss: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(K,)."""
    union = (masks_kss | true_kss).sum((1, 2))
    return np.asarray((masks_kss & true_kss).sum((1, 2)) / np.maximum(union, 1))
