"""What the embedded network is trained for.

Legend of shape suffixes: n prompts, h, w mask size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor

from converseg_training.net.losses import points_each


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weight of each term of the sum; ``points`` is the only one that may be left out of the computation."""

    bce: float = 4.0
    dice: float = 1.0
    coarse: float = 2.0
    presence: float = 0.5
    quality: float = 0.2
    points: float = 0.0


def dice_loss(logits_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """1 - soft Dice of each mask (Milletari et al., arXiv 1606.04797, with squared sums), (N,)."""
    probability = logits_nhw.sigmoid()
    intersection = (probability * target_nhw).sum((1, 2))
    size = probability.square().sum((1, 2)) + target_nhw.square().sum((1, 2))
    return 1 - (2 * intersection + 1) / (size + 1)


def mask_iou(logits_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """IoU of the thresholded masks, (N,); both empty = 1."""
    predicted, true = logits_nhw > 0, target_nhw > 0.5
    union = (predicted | true).sum((1, 2)).float()
    intersection = (predicted & true).sum((1, 2)).float()
    return torch.where(union > 0, intersection / union.clamp(min=1), torch.ones_like(union))


def segmentation_loss(
    logits: dict[str, Tensor],
    target_nhw: Tensor,
    no_target_n: Tensor,
    weights: LossWeights,
    points: tuple[Tensor, Tensor] | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum to minimise and its terms, each the mean over the prompts: parts of a batch average to it.

    Args:
        logits: what :class:`PromptDecoder` gives.
        target_nhw: share of each cell that the true mask covers, [0, 1].
        no_target_n: True where nothing in the image fits; its mask is empty.
        weights: weight of each term.
        points: (n, p, 2) places in the canvas and (n, p) 1 for inside, where ``weights.points`` is not 0.
    """
    mask_nhw = logits["mask_logits"].float()
    coarse_nhw = logits["coarse_logits"].float()
    coarse_target = F.avg_pool2d(target_nhw[:, None], target_nhw.shape[1] // coarse_nhw.shape[1]).squeeze(1)
    present_n = (~no_target_n).float()
    good_n = (mask_iou(mask_nhw.detach(), target_nhw) >= 0.5).float() * present_n
    terms = {
        "bce": F.binary_cross_entropy_with_logits(mask_nhw, target_nhw),
        "dice": (dice_loss(mask_nhw, target_nhw) * present_n).mean(),
        "coarse": F.binary_cross_entropy_with_logits(coarse_nhw, coarse_target),
        "presence": F.binary_cross_entropy_with_logits(logits["presence_logit"].float(), present_n),
        "quality": F.binary_cross_entropy_with_logits(logits["quality_logit"].float(), good_n),
    }
    if weights.points:
        assert points is not None
        terms["points"] = points_each(mask_nhw, *points).mean()
    zero = torch.zeros((), device=mask_nhw.device)
    total = sum((getattr(weights, name) * term for name, term in terms.items()), zero)
    return total, terms
