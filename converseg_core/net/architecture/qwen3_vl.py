"""Qwen3-VL as an encoder: features of several vision layers also enter the first language layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import Qwen3VLConfig, Qwen3VLModel

from converseg_core.net.architecture.vlm import ImageTokens, VisionLanguageModel
from converseg_core.net.config import Grid


class Qwen3VL(VisionLanguageModel):
    """The second family, here to keep the base class honest."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        parsed = Qwen3VLConfig(**dict(config))
        super().__init__(
            backbone=Qwen3VLModel(parsed),
            width=int(parsed.text_config.hidden_size),
            num_layers=int(parsed.text_config.num_hidden_layers),
        )

    def encode_image(self, patches: Tensor, grid: Grid) -> ImageTokens:
        """(patches, values) -> (tokens, d), and the deeper features."""
        backbone: Any = self.backbone
        grid_13 = torch.tensor([grid.patches_thw], device=patches.device)
        output = backbone.visual(patches, grid_thw=grid_13)
        return ImageTokens(embeds_td=output.pooler_output, deep_td=tuple(output.deepstack_features))

    def run_language(
        self,
        embeds_ntd: Tensor,
        positions_3nt: Tensor,
        *,
        cache: Any,
        image: ImageTokens | None = None,
        image_mask_nt: Tensor | None = None,
    ) -> Tensor:
        """Language layers and final norm; deeper image features are added where ``image`` is given."""
        backbone: Any = self.backbone
        deep = list(image.deep_td) if image is not None and image.deep_td else None
        output: Tensor = backbone.language_model(
            inputs_embeds=embeds_ntd,
            position_ids=positions_3nt,
            past_key_values=cache,
            use_cache=cache is not None,
            visual_pos_masks=image_mask_nt if deep else None,
            deepstack_visual_embeds=deep,
        ).last_hidden_state
        return output
