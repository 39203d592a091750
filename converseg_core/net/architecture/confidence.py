"""Is there such a thing, and is the mask right? A small head beside the decoder, and its loss.

Legend of shape suffixes: n prompts, t decoder tokens, c width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

RIGHT_IOU = 0.5
"""A mask counts as right from this IoU on; `confidence` is the calibrated probability of that."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ConfidenceLogits:
    """One logit a prompt: something fits the words; the mask is right, given that something fits."""

    presence_n: Tensor
    quality_n: Tensor


class ConfidenceHead(nn.Module):
    """Reads the decoder's own tokens and the dense prompt vector; never touches the mask."""

    NUM_TOKENS = 3

    def __init__(self, *, width: int, hidden: int = 256) -> None:
        super().__init__()
        num_inputs = (self.NUM_TOKENS + 1) * width
        self.norm = nn.LayerNorm(num_inputs)
        self.layers = nn.Sequential(
            nn.Linear(num_inputs, hidden),
            nn.GELU(),
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, 2),
        )

    def forward(self, tokens_ntc: Tensor, dense_nc: Tensor) -> ConfidenceLogits:
        """Decoder tokens (object, IoU, single mask, ...) and dense vector -> logits."""
        seen = torch.cat([tokens_ntc[:, : self.NUM_TOKENS].flatten(1), dense_nc.to(tokens_ntc.dtype)], dim=1)
        # The head stays in float32, whatever type the decoder runs in.
        logits_n2 = self.layers(self.norm(seen.to(self.norm.weight.dtype)))
        return ConfidenceLogits(presence_n=logits_n2[:, 0], quality_n=logits_n2[:, 1])


def confidence_loss(logits: ConfidenceLogits, iou_n: Tensor, is_present_n: Tensor) -> Tensor:
    """Binary cross-entropy of both questions; quality is asked only where something is there.

    Args:
        logits: the head's output.
        iou_n: IoU of the mask with the truth, [0, 1]; ignored where nothing is there.
        is_present_n: bool, False for prompts with an empty truth.

    Returns:
        Scalar: mean over prompts for presence, plus mean over present prompts for quality.
    """
    presence = functional.binary_cross_entropy_with_logits(logits.presence_n, is_present_n.float())
    if not bool(is_present_n.any()):
        return presence
    right = (iou_n[is_present_n] >= RIGHT_IOU).float()
    return presence + functional.binary_cross_entropy_with_logits(logits.quality_n[is_present_n], right)
