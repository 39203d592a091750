"""What ConverSeg-Net is trained for, term by term.

Legend of shape suffixes: n prompts, h, w mask size, p points.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from converseg_core.net.architecture.confidence import RIGHT_IOU


def bce_each(logits_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """Binary cross-entropy, mean over the pixels of each mask: (n,)."""
    return functional.binary_cross_entropy_with_logits(logits_nhw, target_nhw, reduction="none").mean((1, 2))


def dice_each(logits_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1) of each mask, p the sigmoid of the logits: (n,)."""
    probability = logits_nhw.sigmoid()
    shared = (probability * target_nhw).sum((1, 2))
    return 1 - (2 * shared + 1) / (probability.sum((1, 2)) + target_nhw.sum((1, 2)) + 1)


def points_each(logits_nhw: Tensor, points_np2: Tensor, is_inside_np: Tensor) -> Tensor:
    """Cross-entropy at points of the image's own resolution: (n,).

    Args:
        logits_nhw: over the whole canvas.
        points_np2: x and y in the canvas, [0, 1] from edge to edge.
        is_inside_np: 1 where the point lies in the true mask.
    """
    grid = (2 * points_np2 - 1)[:, None]
    sampled = functional.grid_sample(
        logits_nhw[:, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )[:, 0, 0]
    return functional.binary_cross_entropy_with_logits(sampled, is_inside_np, reduction="none").mean(1)


@torch.no_grad()
def iou_each(logits_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """IoU of the masks cut at zero with the truth cut at a half; both empty gives 1: (n,)."""
    predicted, true = logits_nhw > 0, target_nhw > 0.5
    union = (predicted | true).sum((1, 2)).float()
    shared = (predicted & true).sum((1, 2)).float()
    return torch.where(union > 0, shared / union.clamp(min=1), torch.ones_like(union))


def confidence_each(
    presence_n: Tensor, quality_n: Tensor, iou_n: Tensor, is_present_n: Tensor
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of "something fits", and of "the mask is right" where something does: (n,), (n,).

    A row without a target has a quality of 0. Dividing by all rows, not by those with a target, makes
    the mean over parts of a batch the mean over the batch.
    """
    presence = functional.binary_cross_entropy_with_logits(presence_n, is_present_n, reduction="none")
    right = (iou_n >= RIGHT_IOU).float()
    quality = functional.binary_cross_entropy_with_logits(quality_n, right, reduction="none")
    return presence, quality * is_present_n
