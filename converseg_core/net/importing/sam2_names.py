"""SAM 2's original tensor names -> transformers' names.

Only the image part has a place here; the video memory's tensors are known by name and left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from converseg_core.net.importing.tensors import CheckpointError, shortened

_VIDEO_ONLY = re.compile(
    r"^(memory_attention\.|memory_encoder\.|obj_ptr_proj\.|obj_ptr_tpos_proj\.|mask_downsample\.)"
    r"|^(maskmem_tpos_enc|no_mem_pos_enc|no_obj_ptr|no_obj_embed_spatial)$"
)

_PLACES = (
    ("image_encoder.trunk.", "vision_encoder.backbone."),
    ("image_encoder.neck.", "vision_encoder.neck."),
    ("sam_prompt_encoder.", "prompt_encoder."),
    ("sam_mask_decoder.", "mask_decoder."),
)

# In this order; each rule is (where it applies, pattern, replacement).
_RULES: tuple[tuple[str, str, str], ...] = (
    ("vision_encoder.backbone.", r"patch_embed\.proj\.", "patch_embed.projection."),
    ("vision_encoder.backbone.", r"\.norm([12])\.", r".layer_norm\1."),
    ("vision_encoder.backbone.", r"\.mlp\.layers\.0\.", ".mlp.proj_in."),
    ("vision_encoder.backbone.", r"\.mlp\.layers\.1\.", ".mlp.proj_out."),
    ("vision_encoder.neck.", r"(convs\.\d+)\.conv\.", r"\1."),
    (
        "prompt_encoder.",
        r"pe_layer\.positional_encoding_gaussian_matrix$",
        "shared_embedding.positional_embedding",
    ),
    ("prompt_encoder.", r"mask_downscaling\.0\.", "mask_embed.conv1."),
    ("prompt_encoder.", r"mask_downscaling\.1\.", "mask_embed.layer_norm1."),
    ("prompt_encoder.", r"mask_downscaling\.3\.", "mask_embed.conv2."),
    ("prompt_encoder.", r"mask_downscaling\.4\.", "mask_embed.layer_norm2."),
    ("prompt_encoder.", r"mask_downscaling\.6\.", "mask_embed.conv3."),
    ("mask_decoder.transformer.", r"\.norm_final_attn\.", ".layer_norm_final_attn."),
    ("mask_decoder.transformer.", r"\.norm([1-4])\.", r".layer_norm\1."),
    ("mask_decoder.transformer.", r"\.out_proj\.", ".o_proj."),
    ("mask_decoder.transformer.", r"\.mlp\.layers\.0\.", ".mlp.proj_in."),
    ("mask_decoder.transformer.", r"\.mlp\.layers\.1\.", ".mlp.proj_out."),
    ("mask_decoder.", r"output_upscaling\.0\.", "upscale_conv1."),
    ("mask_decoder.", r"output_upscaling\.1\.", "upscale_layer_norm."),
    ("mask_decoder.", r"output_upscaling\.3\.", "upscale_conv2."),
    ("mask_decoder.", r"(mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.0\.", r"\1.proj_in."),
    ("mask_decoder.", r"(mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.1\.", r"\1.layers.0."),
    ("mask_decoder.", r"(mlps\.\d+|iou_prediction_head|pred_obj_score_head)\.layers\.2\.", r"\1.proj_out."),
)

_POINT = re.compile(r"^sam_prompt_encoder\.point_embeddings\.([0-3])\.weight$")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sam2Tensors:
    """Tensors under transformers' names, and the original names that have no place in an image model."""

    tensors: dict[str, Tensor]
    left_out: tuple[str, ...]


def convert_name(name: str) -> str:
    """One original name -> transformers' name; names without a place come back unchanged."""
    for old, new in _PLACES:
        if name.startswith(old):
            name = new + name[len(old) :]
            break
    for place, pattern, replacement in _RULES:
        if name.startswith(place):
            name = re.sub(pattern, replacement, name)
    return name


def convert_sam2(original: Mapping[str, Tensor], source: Path | str) -> Sam2Tensors:
    """A whole SAM 2 or 2.1 state dict.

    Raises:
        CheckpointError: a name that is not SAM 2's, or a missing point embedding.
    """
    tensors: dict[str, Tensor] = {}
    points: dict[int, Tensor] = {}
    left_out: list[str] = []
    unknown: list[str] = []
    for name, tensor in original.items():
        if _VIDEO_ONLY.match(name):
            left_out.append(name)
        elif found := _POINT.match(name):
            points[int(found.group(1))] = tensor
        elif name == "no_mem_embed":
            tensors["no_memory_embedding"] = tensor
        elif (ours := convert_name(name)) != name:
            tensors[ours] = tensor
        else:
            unknown.append(f"unknown tensor {name}")
    if unknown:
        raise CheckpointError(f"{source}: {shortened(unknown)}")
    if sorted(points) != [0, 1, 2, 3]:
        raise CheckpointError(f"{source}: missing tensor sam_prompt_encoder.point_embeddings.[0-3].weight")
    if len({tuple(point.shape) for point in points.values()}) != 1 or points[0].ndim != 2:
        raise CheckpointError(f"{source}: sam_prompt_encoder.point_embeddings differ in shape")
    tensors["prompt_encoder.point_embed.weight"] = torch.cat([points[index] for index in range(4)])
    shared = tensors.get("prompt_encoder.shared_embedding.positional_embedding")
    if shared is not None:
        # The original has one table for points and for the grid; transformers keeps two copies.
        tensors["shared_image_embedding.positional_embedding"] = shared.clone()
    return Sam2Tensors(tensors=tensors, left_out=tuple(sorted(left_out)))
