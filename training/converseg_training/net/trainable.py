"""The network with its losses: prepared rows in, terms out.

Legend of shape suffixes: n prompts, h, w mask size, t tokens, d language width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from converseg_core.net.architecture.network import ConverSegNet, PromptBatch
from converseg_training.net.config import NetTaskConfig
from converseg_training.net.losses import bce_each, confidence_each, dice_each, iou_each, points_each
from converseg_training.net.rows import NetRow


class TrainableNet(nn.Module):
    """Supervises the single-mask token alone: it is the mask that the engine answers with."""

    def __init__(self, network: ConverSegNet, config: NetTaskConfig) -> None:
        super().__init__()
        self.network = network
        self.weights = config.losses

    def forward(self, rows: Sequence[NetRow]) -> dict[str, Tensor]:
        """Scalar terms, each the mean over the rows; ``loss`` is their weighted sum."""
        each = [self._row_terms(row) for row in rows]
        terms = {name: torch.cat([terms[name] for terms in each]).mean() for name in each[0]}
        weights = vars(self.weights)
        loss = sum((weights[name] * term for name, term in terms.items() if name in weights), torch.zeros(()))
        return {"loss": loss, **{name: term.detach() for name, term in terms.items()}}

    def _row_terms(self, row: NetRow) -> dict[str, Tensor]:
        network, device = self.network, next(self.parameters()).device
        vlm_type = network.vlm.dtype
        backbone: Any = network.sam.backbone
        sam_type = next(backbone.vision_encoder.parameters()).dtype
        features = network.sam.encode(row.pixels_13hw.to(device, sam_type))
        image = network.vlm.encode_image(row.patches.to(device, vlm_type), row.grid)
        is_word_t = row.is_word_t.to(device)
        states_td = network.vlm.whole_pass(
            image, row.ids_t.to(device), row.positions_3t.to(device), row.is_image_t.to(device)
        )
        end = row.num_prefix
        batch = PromptBatch(
            ids_nt=row.ids_t[None, end:].to(device),
            is_word_nt=is_word_t[None, end:],
            end_n=torch.tensor([row.end_index], device=device),
        )
        vectors = network.project(states_td[None, end:], batch, states_td[:end][is_word_t[:end]])
        candidates, confidence = network.masks(features, vectors)
        logits = candidates.logits_nkhw[:, 0].float()
        target = row.target_hw[None].to(device)
        is_present = torch.tensor([row.is_present], device=device)
        iou = iou_each(logits, target)
        terms = {"bce": bce_each(logits, target), "dice": dice_each(logits, target), "hit": iou}
        if self.weights.points:
            terms["points"] = points_each(
                logits, row.points_p2[None].to(device), row.is_inside_p[None].to(device)
            )
        if self.weights.iou:
            terms["iou"] = (candidates.iou_nk[:, 0].float() - iou).square()
        if self.weights.presence:
            assert confidence is not None
            terms["presence"], terms["quality"] = confidence_each(
                confidence.presence_n.float(), confidence.quality_n.float(), iou, is_present
            )
        return terms
