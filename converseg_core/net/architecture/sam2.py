"""SAM 2 and 2.1 through transformers, with a decoder pass that knows which prompt tokens are padding.

The stock decoder has no mask for prompt tokens: ragged batches would change each other's results. The pass
here uses the stock layers one by one, with an additive mask where tokens are attended to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Sam2Config, Sam2Model

from converseg_core.net.allocator import return_freed_memory
from converseg_core.net.architecture.in_pieces import run_in_pieces
from converseg_core.net.architecture.sam import (
    NUM_CANDIDATES,
    MaskCandidates,
    SamFeatures,
    SegmentAnything,
)


class _NoPositions(nn.Module):
    """In place of the neck's sine tables: only video memory reads them, and they take 100 MB and more."""

    def forward(self, shape: Any, device: Any, dtype: Any, mask: Any = None) -> Tensor:
        """Nothing."""
        del shape, mask
        return torch.empty(1, 0, 1, 1, device=device, dtype=dtype)


def _return_freed_memory(module: nn.Module, inputs: Any) -> None:
    """Before a module runs, on the CPU, where nothing is kept for gradients or traced."""
    del module
    is_plain_run = not torch.is_grad_enabled() and not torch.compiler.is_compiling()
    if is_plain_run and all(values.device.type == "cpu" for values in inputs if isinstance(values, Tensor)):
        return_freed_memory()


class Sam2(SegmentAnything):
    """Hiera image encoder, two-way decoder, any square input size that the configuration names."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        parsed = Sam2Config(**dict(config))
        super().__init__(
            backbone=Sam2Model(parsed),
            width=int(parsed.mask_decoder_config.hidden_size),
            canvas_size=int(parsed.prompt_encoder_config.image_size),
        )
        model: Any = self.backbone
        model.vision_encoder.neck.position_encoding = _NoPositions()
        for block in model.vision_encoder.backbone.blocks:
            # The first blocks see every fourth pixel: their hidden layers alone would take 200 MB.
            run_in_pieces(block.attn, dim=0, min_size=64)  # windows
            run_in_pieces(block.mlp, dim=1, min_size=128)  # rows of the image
        # What the fine stages leave behind would lie beside what the neck needs.
        for module in (*model.vision_encoder.backbone.blocks[2:12:3], model.vision_encoder.neck):
            module.register_forward_pre_hook(_return_freed_memory)

    def encode(self, pixels_13hw: Tensor) -> SamFeatures:
        """Normalised canvas (1, 3, H, W) -> features; gradients flow where they are asked for."""
        model: Any = self.backbone
        maps = model.vision_encoder(pixels_13hw).fpn_hidden_states
        return SamFeatures(
            image_1chw=maps[2] + model.no_memory_embedding.view(1, -1, 1, 1),
            fine_1chw=model.mask_decoder.conv_s1(maps[1]),
            finest_1chw=model.mask_decoder.conv_s0(maps[0]),
        )

    def decode(
        self, features: SamFeatures, sparse_ntc: Tensor, is_real_nt: Tensor, dense_nc: Tensor
    ) -> MaskCandidates:
        """Prompts on one image -> four masks each."""
        model: Any = self.backbone
        decoder = model.mask_decoder
        dtype = decoder.iou_token.weight.dtype
        num_prompts = sparse_ntc.shape[0]
        output_tc = torch.cat(
            [decoder.obj_score_token.weight, decoder.iou_token.weight, decoder.mask_tokens.weight]
        )
        num_output = output_tc.shape[0]
        tokens_n1tc = torch.cat(
            [output_tc.expand(num_prompts, -1, -1), sparse_ntc.to(dtype)], dim=1
        ).unsqueeze(1)
        always = torch.ones(num_prompts, num_output, dtype=torch.bool, device=is_real_nt.device)
        bias_n11t = torch.zeros(
            num_prompts, 1, 1, num_output + is_real_nt.shape[1], dtype=dtype, device=is_real_nt.device
        ).masked_fill(~torch.cat([always, is_real_nt], dim=1)[:, None, None], torch.finfo(dtype).min)

        image_nchw = features.image_1chw.to(dtype) + dense_nc.to(dtype)[:, :, None, None]
        height, width = image_nchw.shape[-2:]
        tokens_n1tc, image_n1pc = self._two_way(
            decoder.transformer, tokens_n1tc, image_nchw, self.positional_encoding().to(dtype), bias_n11t
        )
        tokens_ntc = tokens_n1tc[:, 0, :num_output]
        decoded_nchw = image_n1pc[:, 0].transpose(1, 2).reshape(num_prompts, self.width, height, width)
        upscaled = decoder.upscale_conv1(decoded_nchw) + features.fine_1chw.to(dtype)
        upscaled = decoder.activation(decoder.upscale_layer_norm(upscaled))
        upscaled = decoder.activation(decoder.upscale_conv2(upscaled) + features.finest_1chw.to(dtype))
        mask_tokens_nkc = tokens_ntc[:, 2 : 2 + NUM_CANDIDATES]
        weights_nkc = torch.stack(
            [mlp(mask_tokens_nkc[:, k]) for k, mlp in enumerate(decoder.output_hypernetworks_mlps)], dim=1
        )
        logits_nkhw = (weights_nkc @ upscaled.flatten(2)).reshape(
            num_prompts, NUM_CANDIDATES, *upscaled.shape[-2:]
        )
        return MaskCandidates(
            logits_nkhw=logits_nkhw,
            iou_nk=decoder.iou_prediction_head(tokens_ntc[:, 1]),
            tokens_ntc=tokens_ntc,
        )

    def positional_encoding(self) -> Tensor:
        """The image grid's random Fourier features, (1, c, h, w), computed in float32."""
        model: Any = self.backbone
        height, width = model.prompt_encoder.image_embedding_size
        matrix_2f = model.shared_image_embedding.positional_embedding.float()
        rows = (torch.arange(height, device=matrix_2f.device, dtype=torch.float32) + 0.5) / height
        cols = (torch.arange(width, device=matrix_2f.device, dtype=torch.float32) + 0.5) / width
        points_hw2 = torch.stack([cols.expand(height, width), rows[:, None].expand(height, width)], dim=-1)
        angles = 2.0 * torch.pi * ((2.0 * points_hw2 - 1.0) @ matrix_2f)
        return torch.cat([angles.sin(), angles.cos()], dim=-1).permute(2, 0, 1).unsqueeze(0)

    def box_prompt(self, boxes_n4: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes (x0, y0, x1, y1) in canvas pixels -> sparse (n, 3, c) and dense (n, c)."""
        model: Any = self.backbone
        encoder = model.prompt_encoder
        dtype = encoder.point_embed.weight.dtype
        sparse_1ntc, _ = encoder(
            input_points=None, input_labels=None, input_boxes=boxes_n4[None].to(dtype), input_masks=None
        )
        return sparse_1ntc[0], encoder.no_mask_embed.weight.expand(boxes_n4.shape[0], -1)

    @staticmethod
    def _two_way(
        transformer: Any, tokens_n1tc: Tensor, image_nchw: Tensor, position_1chw: Tensor, bias_n11t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Tokens and image attend to each other; ``bias_n11t`` keeps padding tokens out of sight."""
        keys = image_nchw.flatten(2).transpose(1, 2).unsqueeze(1)
        position = position_1chw.flatten(2).transpose(1, 2).unsqueeze(1)
        queries = tokens_n1tc
        for layer in transformer.layers:
            if layer.skip_first_layer_pe:
                queries, _ = layer.self_attn(queries, queries, queries, attention_similarity=bias_n11t)
            else:
                with_position = queries + tokens_n1tc
                attended, _ = layer.self_attn(
                    with_position, with_position, queries, attention_similarity=bias_n11t
                )
                queries = queries + attended
            queries = layer.layer_norm1(queries)
            attended, _ = layer.cross_attn_token_to_image(queries + tokens_n1tc, keys + position, keys)
            queries = layer.layer_norm2(queries + attended)
            queries = layer.layer_norm3(queries + layer.mlp(queries))
            attended, _ = layer.cross_attn_image_to_token(
                keys + position, queries + tokens_n1tc, queries, attention_similarity=bias_n11t
            )
            keys = layer.layer_norm4(keys + attended)
        attended, _ = transformer.final_attn_token_to_image(queries + tokens_n1tc, keys + position, keys)
        return transformer.layer_norm_final_attn(queries + attended), keys
