"""A tiny complete ConverSeg-Net for tests: a tokenizer trained on the spot, random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from converseg_core.net import presets
from converseg_core.net.architecture.build import build_network
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import NetConfig
from tests.core.net.tiny_words import PROMPTS, SPECIAL, WORDS, picture, tokenizer, tokenizer_json

__all__ = ["PROMPTS", "SPECIAL", "WORDS", "picture", "tokenizer", "tokenizer_json"]


def config(family: str = "qwen2_5_vl", **changes: Any) -> NetConfig:
    """The configuration that fits the tokenizer."""
    words = tokenizer()
    return presets.tiny(
        family,
        vocab_size=words.get_vocab_size(),
        image_token_id=words.token_to_id("<|image_pad|>"),
        **changes,
    )


def network(net_config: NetConfig, seed: int = 0) -> ConverSegNet:
    """Random weights, large enough that every part matters: biases and norms are random too."""
    torch.manual_seed(seed)
    net = build_network(net_config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.ndim <= 1:
                parameter.add_(0.1 * noise)
            elif "vlm" in name:
                parameter.copy_(noise * (1.2 / parameter[0].numel() ** 0.5))
            elif "embed" in name or "token" in name:
                parameter.copy_(noise * 0.5)
    return net


def write_tokenizer(folder: Path) -> Path:
    """Write ``tokenizer.json``."""
    path = folder / "tokenizer.json"
    path.write_text(tokenizer_json())
    return path
