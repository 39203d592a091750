"""Tracing the parts: one ONNX file each, weights outside the graph where it would exceed 2 GB."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import Grid, NetConfig
from converseg_core.net.export.graphs import (
    AdapterGraph,
    DecoderGraph,
    LanguageGraph,
    SamEncoderGraph,
    VisionGraph,
)

OPSET = 20
MAX_INLINE_BYTES = 1_900_000_000
"""Protobuf holds 2 GB at most; beyond this, weights go into a file beside the graph."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One graph to be: module, example inputs by name, names of outputs, sizes that vary."""

    name: str
    module: nn.Module
    inputs: Mapping[str, Tensor]
    outputs: Sequence[str]
    dynamic: Mapping[str, Mapping[int, str]]


def parts_of(network: ConverSegNet, config: NetConfig, grids: Sequence[Grid]) -> list[Part]:
    """All parts of a Qwen2.5-VL network.

    Raises:
        ValueError: another language model; only Qwen2.5-VL has a traceable form here.
    """
    if config.vlm["model_type"] != "qwen2_5_vl":
        raise ValueError(f"vlm: only qwen2_5_vl can be exported, not {config.vlm['model_type']!r}")
    backbone: Any = network.vlm.backbone
    text = config.vlm["text_config"]
    size, width, deep = config.canvas_size, network.sam.width, network.vlm.width
    generator = torch.Generator().manual_seed(0)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    kv_heads = int(text["num_key_value_heads"])
    head = deep // int(text["num_attention_heads"])
    fine_width, finest_width = width // 4, width // 8
    dynamic_words = {1: "num_words"}
    parts = [
        Part(
            name="sam_encoder",
            module=SamEncoderGraph(network.sam),
            inputs={"pixels": noise(1, 3, size, size)},
            outputs=("image", "fine", "finest"),
            dynamic={},
        ),
        Part(
            name="decoder",
            module=DecoderGraph(network),
            inputs={
                "image": noise(1, width, size // 16, size // 16),
                "fine": noise(1, fine_width, size // 8, size // 8),
                "finest": noise(1, finest_width, size // 4, size // 4),
                "sparse": noise(2, 5, width),
                "is_real": torch.ones(2, 5, dtype=torch.bool),
                "dense": noise(2, width),
            },
            outputs=("logits", "iou", *(("confidence",) if network.confidence is not None else ())),
            dynamic={
                "sparse": {0: "num_prompts", **dynamic_words},
                "is_real": {0: "num_prompts", **dynamic_words},
                "dense": {0: "num_prompts"},
            },
        ),
        Part(
            name="adapter",
            module=AdapterGraph(network),
            inputs={"words": noise(2, 5, deep), "end": noise(2, deep)},
            outputs=("sparse", "dense"),
            dynamic={"words": {0: "num_prompts", **dynamic_words}, "end": {0: "num_prompts"}},
        ),
        Part(
            name="language",
            module=LanguageGraph(backbone.language_model),
            inputs={
                "embeds": noise(2, 7, deep),
                "positions": torch.arange(7).expand(3, 2, 7).contiguous() + 9,
                "mask": torch.zeros(7, 9 + 7),
                "past": noise(int(text["num_hidden_layers"]), 2, 1, kv_heads, 9, head),
            },
            outputs=("states", "present"),
            dynamic={
                "embeds": {0: "num_prompts", 1: "num_tokens"},
                "positions": {1: "num_prompts", 2: "num_tokens"},
                "mask": {0: "num_tokens", 1: "num_all"},
                "past": {4: "num_past"},
            },
        ),
    ]
    channels = 3 * int(config.vlm["vision_config"]["temporal_patch_size"]) * config.patch_size**2
    for grid in grids:
        num_patches = grid.num_tokens * grid.merge_size**2
        parts.append(
            Part(
                name=f"vision_{grid.num_rows}x{grid.num_cols}",
                module=VisionGraph(backbone.visual, grid),
                inputs={"patches": noise(num_patches, channels)},
                outputs=("image",),
                dynamic={},
            )
        )
    return parts


def trace(part: Part, path: Path) -> None:
    """Write one part as ONNX (and ``.data`` beside it where it is large)."""
    module = part.module.eval()
    num_bytes = sum(tensor.numel() * 4 for tensor in {id(p): p for p in module.parameters()}.values())
    shapes = {name: _dims(part.dynamic.get(name, {})) for name in part.inputs}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns about its own internals
        torch.onnx.export(
            module,
            tuple(part.inputs.values()),
            path,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(part.inputs),
            output_names=list(part.outputs),
            dynamic_shapes=tuple(shapes.values()),
            external_data=num_bytes > MAX_INLINE_BYTES,
            verbose=False,
        )


def _dims(named: Mapping[int, str]) -> dict[int, Any] | None:
    return dict.fromkeys(named, torch.export.Dim.DYNAMIC) or None
