"""What the fusion network is trained for, and how its colours are varied."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor

from converseg_training.embedded.losses import dice_loss, mask_iou

_WEIGHTS = {"bce": 4.0, "dice": 1.0, "coarse": 2.0}


def fusion_loss(
    logits: dict[str, Tensor],
    target_nhw: Tensor,
    no_target_n: Tensor,
    *,
    presence: float = 1.0,
    quality: float = 0.2,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The sum to minimise and its terms.

    Args:
        logits: what :meth:`FusionNetwork.decode` gives.
        target_nhw: share of each cell that the true mask covers, [0, 1].
        no_target_n: True where nothing in the picture fits; its mask is empty.
        presence, quality: weights of those two terms.
    """
    mask_nhw, coarse_nhw = logits["mask_logits"].float(), logits["coarse_logits"].float()
    coarse_target = F.avg_pool2d(target_nhw[:, None], target_nhw.shape[1] // coarse_nhw.shape[1]).squeeze(1)
    present_n = (~no_target_n).float()
    good_n = (mask_iou(mask_nhw.detach(), target_nhw) >= 0.5).float() * present_n
    terms = {
        "bce": F.binary_cross_entropy_with_logits(mask_nhw, target_nhw),
        "dice": (dice_loss(mask_nhw, target_nhw) * present_n).sum() / present_n.sum().clamp(min=1),
        "coarse": F.binary_cross_entropy_with_logits(coarse_nhw, coarse_target),
        "presence": F.binary_cross_entropy_with_logits(logits["presence_logit"].float(), present_n),
        "quality": F.binary_cross_entropy_with_logits(logits["quality_logit"].float(), good_n),
    }
    weights = {**_WEIGHTS, "presence": presence, "quality": quality}
    total = sum((weights[name] * term for name, term in terms.items()), torch.zeros(()))
    return total, terms


def vary_colors(image_bhwc: Tensor, generator: torch.Generator) -> Tensor:
    """Exposure, gamma, white balance and noise; hues stay nameable. uint8 in, float [0, 1] out."""
    num = image_bhwc.shape[0]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(num, *shape, generator=generator)

    image = (image_bhwc.float() / 255.0).clamp(min=1e-4) ** uniform(0.75, 1.35, 1, 1, 1)
    image = image * uniform(0.8, 1.2, 1, 1, 1) * uniform(0.95, 1.05, 1, 1, 3) + uniform(-0.04, 0.04, 1, 1, 1)
    noise = torch.randn(image.shape, generator=generator) * uniform(0.0, 0.02, 1, 1, 1)
    return (image + noise).clamp(0, 1)
