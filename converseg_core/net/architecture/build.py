"""From configuration to modules: wiring, empty or random weights, and loading without a second copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from converseg_core.net.architecture.adapter import PromptAdapter
from converseg_core.net.architecture.confidence import ConfidenceHead
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.architecture.sam import SegmentAnything
from converseg_core.net.architecture.vlm import VisionLanguageModel
from converseg_core.net.config import NetConfig

KEPT_FLOAT32 = ("positional_embedding", "confidence.")
"""Parts of names that stay in float32: Fourier features lose their meaning in half precision."""


def _qwen2_5(config: Mapping[str, Any]) -> VisionLanguageModel:
    from converseg_core.net.architecture.qwen2_5_vl import Qwen25VL

    return Qwen25VL(config)


def _qwen3(config: Mapping[str, Any]) -> VisionLanguageModel:
    from converseg_core.net.architecture.qwen3_vl import Qwen3VL

    return Qwen3VL(config)


def _sam2(config: Mapping[str, Any]) -> SegmentAnything:
    from converseg_core.net.architecture.sam2 import Sam2

    return Sam2(config)


VLMS: dict[str, Callable[[Mapping[str, Any]], VisionLanguageModel]] = {
    "qwen2_5_vl": _qwen2_5,
    "qwen3_vl": _qwen3,
}
SAMS: dict[str, Callable[[Mapping[str, Any]], SegmentAnything]] = {"sam2": _sam2}


def build_network(config: NetConfig) -> ConverSegNet:
    """All modules with freshly initialised weights, float32, in evaluation mode.

    Raises:
        ValueError: a model type that no adapter exists for.
    """
    for name, known in (("vlm", VLMS), ("sam", SAMS)):
        model_type = getattr(config, name)["model_type"]
        if model_type not in known:
            raise ValueError(f"{name}: no adapter for {model_type!r}; there are {', '.join(known)}")
    vlm = VLMS[config.vlm["model_type"]](config.vlm)
    sam = SAMS[config.sam["model_type"]](config.sam)
    return ConverSegNet(
        vlm=vlm,
        adapter=PromptAdapter(language_width=vlm.width, sam_width=sam.width),
        sam=sam,
        confidence=ConfidenceHead(width=sam.width) if config.has_confidence_head else None,
        template_words=config.template_words,
    ).eval()


def build_empty(config: NetConfig) -> ConverSegNet:
    """The same without memory for weights; what is computed rather than stored (rotary tables) is real."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        return build_network(config)


def expected_tensors(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Name -> shape of everything that a weights file must hold."""
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def type_for(name: str, dtype: torch.dtype) -> torch.dtype:
    """The type that a tensor has in memory when the network runs in ``dtype``."""
    return torch.float32 if any(part in name for part in KEPT_FLOAT32) else dtype


def assign_weights(network: ConverSegNet, tensors: Mapping[str, Tensor]) -> None:
    """Put tensors in place of empty ones; no copy is made."""
    network.load_state_dict(dict(tensors), strict=True, assign=True)
    for parameter in network.parameters():
        parameter.requires_grad_(False)


def random_network(config: NetConfig, *, dtype: torch.dtype, seed: int = 0) -> ConverSegNet:
    """Random weights at any size in seconds: one block of normal numbers, repeated.

    Good for costs and memory, not for training.
    """
    network = build_empty(config)
    generator = torch.Generator().manual_seed(seed)
    block = torch.randn(1 << 20, generator=generator) * 0.02
    tensors: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        kept = type_for(name, dtype)
        if name.endswith("norm.weight") or "layernorm.weight" in name or "norm1.weight" in name:
            tensors[name] = torch.ones(tensor.shape, dtype=kept)
            continue
        values = torch.empty(tensor.numel(), dtype=kept)
        source = block.to(kept)
        for start in range(0, values.numel(), source.numel()):
            end = min(values.numel(), start + source.numel())
            values[start:end] = source[: end - start]
        tensors[name] = values.view(tensor.shape)
    assign_weights(network, tensors)
    return network.eval()
