"""A SAM as image encoder and mask decoder, prompted by embeddings instead of clicks.

Legend of shape suffixes: n prompts, t prompt tokens, k mask candidates, c width, h height, w width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

NUM_CANDIDATES = 4
"""Mask tokens of a SAM: the single-mask token, then the three of the multi-mask output."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SamFeatures:
    """One image, encoded: the embedding and two finer levels, each with a leading 1."""

    image_1chw: Tensor
    fine_1chw: Tensor
    finest_1chw: Tensor

    @property
    def num_bytes(self) -> int:
        """Memory held by the tensors."""
        tensors = (self.image_1chw, self.fine_1chw, self.finest_1chw)
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@dataclass(frozen=True, kw_only=True, eq=False)
class MaskCandidates:
    """What the decoder says of each prompt.

    Attributes:
        logits_nkhw: mask logits of the single-mask token (0) and the multi-mask tokens (1 to 3).
        iou_nk: the decoder's own estimate of each mask's IoU.
        tokens_ntc: final states of the object token, the IoU token and the four mask tokens.
    """

    logits_nkhw: Tensor
    iou_nk: Tensor
    tokens_ntc: Tensor


class SegmentAnything(nn.Module, ABC):
    """Base of the adapters around transformers' SAM models."""

    def __init__(self, *, backbone: nn.Module, width: int, canvas_size: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.width = width
        self.canvas_size = canvas_size

    @abstractmethod
    def encode(self, pixels_13hw: Tensor) -> SamFeatures:
        """Normalised canvas (1, 3, H, W) -> features."""

    @abstractmethod
    def decode(
        self, features: SamFeatures, sparse_ntc: Tensor, is_real_nt: Tensor, dense_nc: Tensor
    ) -> MaskCandidates:
        """Prompts on one image -> masks. Tokens where ``is_real_nt`` is False have no influence."""

    @abstractmethod
    def box_prompt(self, boxes_n4: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (x0, y0, x1, y1) in canvas pixels -> sparse (n, t, c) and dense (n, c)."""
