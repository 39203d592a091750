"""The network's parts in a form that can be traced: no data-dependent control flow, caches as tensors.

Legend of shape suffixes: n prompts, t tokens, p prefix tokens, s vision patches, l layers, d width,
h heads, e head width, c SAM width.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from converseg_core.net.architecture.confidence import ConfidenceHead
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.architecture.sam import SamFeatures, SegmentAnything
from converseg_core.net.config import Grid


class SamEncoderGraph(nn.Module):
    """Normalised canvas (1, 3, H, W) -> embedding and the two finer levels."""

    def __init__(self, sam: SegmentAnything) -> None:
        super().__init__()
        self.sam = sam

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode."""
        features = self.sam.encode(pixels)
        return features.image_1chw, features.fine_1chw, features.finest_1chw


class DecoderGraph(nn.Module):
    """Features and prompt vectors -> mask logits, IoU estimates, and confidence logits (n, 2) if any."""

    def __init__(self, network: ConverSegNet) -> None:
        super().__init__()
        self.sam = network.sam
        self.confidence: ConfidenceHead | None = network.confidence

    def forward(
        self, image: Tensor, fine: Tensor, finest: Tensor, sparse: Tensor, is_real: Tensor, dense: Tensor
    ) -> tuple[Tensor, ...]:
        """Decode."""
        features = SamFeatures(image_1chw=image, fine_1chw=fine, finest_1chw=finest)
        candidates = self.sam.decode(features, sparse, is_real, dense)
        if self.confidence is None:
            return candidates.logits_nkhw, candidates.iou_nk
        logits = self.confidence(candidates.tokens_ntc, dense)
        return (
            candidates.logits_nkhw,
            candidates.iou_nk,
            torch.stack([logits.presence_n, logits.quality_n], dim=1),
        )


class AdapterGraph(nn.Module):
    """Word states (n, t, d) and end states (n, d) -> sparse (n, t, c) and dense (n, c)."""

    def __init__(self, network: ConverSegNet) -> None:
        super().__init__()
        self.adapter = network.adapter

    def forward(self, words: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
        """Project."""
        sparse, dense = self.adapter(words, end)
        return sparse, dense


class VisionGraph(nn.Module):
    """Qwen2.5-VL's vision tower for one grid: window order, rotary tables and block mask are constants."""

    cos_s1e: Tensor
    sin_s1e: Tensor
    order: Tensor
    back: Tensor
    window_mask_ss: Tensor

    def __init__(self, tower: Any, grid: Grid) -> None:
        super().__init__()
        from transformers.vision_utils import get_vision_position_ids, get_vision_window_index

        self.tower = tower
        grid_13 = torch.tensor([grid.patches_thw])
        window_index, bounds = get_vision_window_index(
            grid_13,
            spatial_merge_size=tower.spatial_merge_size,
            window_size=tower.window_size,
            patch_size=tower.patch_size,
        )
        unit = tower.spatial_merge_unit
        order = (window_index[:, None] * unit + torch.arange(unit)[None]).flatten()
        positions = get_vision_position_ids(grid_13, tower.spatial_merge_size)
        cos, sin = tower.rotary_pos_emb(torch.zeros(1), positions)
        self.register_buffer("order", order)
        self.register_buffer("back", torch.argsort(window_index))
        self.register_buffer("cos_s1e", cos[order][:, None].float())
        self.register_buffer("sin_s1e", sin[order][:, None].float())
        steps = torch.arange(len(order))
        window_of = torch.searchsorted(bounds[1:].long().contiguous(), steps, right=True)
        is_same = window_of[:, None] == window_of[None]
        mask = torch.zeros(is_same.shape).masked_fill(~is_same, torch.finfo(torch.float32).min)
        self.register_buffer("window_mask_ss", mask)

    def forward(self, patches: Tensor) -> Tensor:
        """(patches, values) -> (tokens, d)."""
        states = self.tower.patch_embed(patches)[self.order]
        for index, block in enumerate(self.tower.blocks):
            mask = None if index in self.tower.fullatt_block_indexes else self.window_mask_ss
            states = states + self._attend(block.attn, block.norm1(states), mask)
            states = states + block.mlp(block.norm2(states))
        merged: Tensor = self.tower.merger(states)[self.back]
        return merged

    def _attend(self, attention: Any, states: Tensor, mask: Tensor | None) -> Tensor:
        num_patches = states.shape[0]
        qkv = attention.qkv(states).reshape(num_patches, 3, attention.num_heads, -1)
        queries, keys, values = qkv.unbind(1)
        queries = _rotate(queries, self.cos_s1e, self.sin_s1e)
        keys = _rotate(keys, self.cos_s1e, self.sin_s1e)
        attended = functional.scaled_dot_product_attention(
            queries.transpose(0, 1)[None], keys.transpose(0, 1)[None], values.transpose(0, 1)[None],
            attn_mask=mask, scale=attention.scaling,
        )  # fmt: skip
        projected: Tensor = attention.proj(attended[0].transpose(0, 1).reshape(num_patches, -1))
        return projected


class LanguageGraph(nn.Module):
    """Qwen2.5-VL's language layers from embeddings, with the cache as one tensor in and one out.

    One graph serves the prefix (past of length 0) and the suffixes (past with a batch of 1, shared).
    """

    def __init__(self, language: Any) -> None:
        super().__init__()
        self.language = language

    def forward(self, embeds: Tensor, positions: Tensor, mask: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Run all layers.

        Args:
            embeds: (n, t, d).
            positions: (3, n, t) int64.
            mask: (t, p + t), 0 where a token may look, very negative elsewhere.
            past: (l, 2, 1, h, p, e) keys and values of the prefix.

        Returns:
            states (n, t, d) after the final norm; keys and values of these tokens (l, 2, n, h, t, e).
        """
        cos, sin = self.language.rotary_emb(embeds, positions)
        cos, sin = cos[:, None], sin[:, None]
        states, present = embeds, []
        num_prompts, num_tokens = embeds.shape[0], embeds.shape[1]
        for index, layer in enumerate(self.language.layers):
            attention = layer.self_attn
            normed = layer.input_layernorm(states)
            shape = (num_prompts, num_tokens, -1, attention.head_dim)
            queries = _rotate(attention.q_proj(normed).reshape(shape).transpose(1, 2), cos, sin)
            keys = _rotate(attention.k_proj(normed).reshape(shape).transpose(1, 2), cos, sin)
            values = attention.v_proj(normed).reshape(shape).transpose(1, 2)
            present.append(torch.stack([keys, values]))
            all_keys = torch.cat([past[index, 0].expand(num_prompts, -1, -1, -1), keys], dim=2)
            all_values = torch.cat([past[index, 1].expand(num_prompts, -1, -1, -1), values], dim=2)
            groups = attention.num_key_value_groups
            attended = functional.scaled_dot_product_attention(
                queries,
                all_keys.repeat_interleave(groups, dim=1),
                all_values.repeat_interleave(groups, dim=1),
                attn_mask=mask[None, None],
                scale=attention.scaling,
            )
            attended = attended.transpose(1, 2).reshape(num_prompts, num_tokens, -1)
            states = states + attention.o_proj(attended)
            states = states + layer.mlp(layer.post_attention_layernorm(states))
        return self.language.norm(states), torch.stack(present)


def _rotate(values: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding: the two halves of each head turn together."""
    half = values.shape[-1] // 2
    turned = torch.cat([-values[..., half:], values[..., :half]], dim=-1)
    return values * cos + turned * sin
