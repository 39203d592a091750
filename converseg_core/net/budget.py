"""Latency by arithmetic: operations and bytes of each stage against a device's peaks; nothing is measured."""

from __future__ import annotations

from dataclasses import dataclass

from converseg_core.net.config import Grid, NetConfig


@dataclass(frozen=True, kw_only=True)
class Device:
    """Peaks from the vendor's data sheet: dense half-precision operations and memory bandwidth."""

    name: str
    flops_per_s: float
    bytes_per_s: float


DEVICES = (
    Device(name="Jetson AGX Orin 64 GB", flops_per_s=42.5e12, bytes_per_s=204.8e9),
    Device(name="Jetson AGX Thor", flops_per_s=258e12, bytes_per_s=273e9),
    Device(name="H100 SXM", flops_per_s=989e12, bytes_per_s=3350e9),
)


@dataclass(frozen=True, kw_only=True)
class StageCost:
    """Operations (two for each multiplication with addition) and weight bytes read once."""

    name: str
    flops: float
    num_bytes: float

    def seconds_on(self, device: Device) -> float:
        """The slower of computing and reading, at peak rates; real kernels reach a part of both."""
        return max(self.flops / device.flops_per_s, self.num_bytes / device.bytes_per_s)


def stage_costs(
    config: NetConfig, grid: Grid, *, num_prompt_tokens: int = 12, bytes_per_weight: float = 2.0
) -> list[StageCost]:
    """Matrix products and attention of the three large stages, and of one further prompt.

    Norms, activations and the mask decoder (4 million weights) are left out: they are below one percent of
    the operations.
    """
    return [
        _sam(config, bytes_per_weight),
        _vision(config, grid, bytes_per_weight),
        _language("prefill", config, grid.num_tokens + 20, 0, bytes_per_weight),
        _language("further prompt", config, num_prompt_tokens, grid.num_tokens + 20, bytes_per_weight),
    ]


def _sam(config: NetConfig, bytes_per_weight: float) -> StageCost:
    backbone = config.sam["vision_config"]["backbone_config"]
    side = config.canvas_size // 4
    flops = weights = 0.0
    block = 0
    for stage, (num_blocks, width) in enumerate(
        zip(backbone["blocks_per_stage"], backbone["embed_dim_per_stage"], strict=True)
    ):
        num_tokens = (side // 2**stage) ** 2
        window = backbone["window_size_per_stage"][stage] ** 2
        for _ in range(num_blocks):
            is_global = block in backbone["global_attention_blocks"]
            weights += 12 * width * width
            flops += 2 * 12 * width * width * num_tokens
            flops += 4 * num_tokens * (num_tokens if is_global else window) * width
            block += 1
    return StageCost(name="SAM encoder", flops=flops, num_bytes=weights * bytes_per_weight)


def _vision(config: NetConfig, grid: Grid, bytes_per_weight: float) -> StageCost:
    vision = config.vlm["vision_config"]
    width, hidden, depth = vision["hidden_size"], vision["intermediate_size"], vision["depth"]
    num_patches = grid.num_tokens * grid.merge_size**2
    block = 4 * width * width + 3 * width * hidden
    window = (vision["window_size"] // vision["patch_size"]) ** 2
    num_full = len(vision["fullatt_block_indexes"])
    seen = num_full * num_patches + (depth - num_full) * min(window, num_patches)
    return StageCost(
        name="vision tower",
        flops=2.0 * depth * block * num_patches + 4.0 * num_patches * width * seen,
        num_bytes=depth * block * bytes_per_weight,
    )


def _language(
    name: str, config: NetConfig, num_tokens: int, num_past: int, bytes_per_weight: float
) -> StageCost:
    text = config.vlm["text_config"]
    width, hidden, depth = text["hidden_size"], text["intermediate_size"], text["num_hidden_layers"]
    kv_width = width // text["num_attention_heads"] * text["num_key_value_heads"]
    layer = 2 * width * width + 2 * width * kv_width + 3 * width * hidden
    attention = 4.0 * num_tokens * (num_past + num_tokens) * width
    return StageCost(
        name=name,
        flops=depth * (2.0 * layer * num_tokens + attention),
        num_bytes=depth * layer * bytes_per_weight,
    )
