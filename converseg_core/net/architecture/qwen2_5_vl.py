"""Qwen2.5-VL as an encoder; transformers' model without the unused language head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLModel

from converseg_core.net.architecture.vlm import ImageTokens, VisionLanguageModel
from converseg_core.net.config import Grid


class Qwen25VL(VisionLanguageModel):
    """Windowed vision tower, causal language layers, image tokens in place of placeholders."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        parsed = Qwen2_5_VLConfig(**dict(config))
        super().__init__(
            backbone=Qwen2_5_VLModel(parsed),
            width=int(parsed.text_config.hidden_size),
            num_layers=int(parsed.text_config.num_hidden_layers),
        )

    def encode_image(self, patches: Tensor, grid: Grid) -> ImageTokens:
        """(patches, values) -> (tokens, d)."""
        backbone: Any = self.backbone
        grid_13 = torch.tensor([grid.patches_thw], device=patches.device)
        return ImageTokens(embeds_td=backbone.visual(patches, grid_thw=grid_13).pooler_output)

    def run_language(
        self,
        embeds_ntd: Tensor,
        positions_3nt: Tensor,
        *,
        cache: Any,
        image: ImageTokens | None = None,
        image_mask_nt: Tensor | None = None,
    ) -> Tensor:
        """Language layers and final norm."""
        backbone: Any = self.backbone
        output: Tensor = backbone.language_model(
            inputs_embeds=embeds_ntd,
            position_ids=positions_3nt,
            past_key_values=cache,
            use_cache=cache is not None,
        ).last_hidden_state
        return output
