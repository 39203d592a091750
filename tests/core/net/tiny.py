"""A tiny complete ConverSeg-Net for tests: a tokenizer trained on the spot, random weights."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from converseg_core.net import presets
from converseg_core.net.architecture.build import build_network
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import NetConfig

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
    "<|video_pad|>",
]  # fmt: skip
WORDS = [
    "You are a helpful assistant.", "system user segment", "the red mug that is closest to the edge",
    "what could I sit on", "objects that would break if they fell", "the dog behind the left chair",
]  # fmt: skip
PROMPTS = [
    "the red mug",
    "what could I sit on if I were tired?",
    "x",
    "objects that would break if they fell",
]


@functools.cache
def tokenizer_json() -> str:
    """A byte-level BPE with the template's special tokens; the same on every run."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(WORDS, trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken("<tool_call>", special=False)])
    return str(tokenizer.to_str())


def tokenizer() -> Tokenizer:
    """A fresh copy."""
    return Tokenizer.from_str(tokenizer_json())


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


def picture(height: int = 96, width: int = 128, seed: int = 0) -> np.ndarray:
    """Blobs on a gradient, uint8 RGB."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[0:height, 0:width]
    image = np.stack([rows * 200 // height, cols * 200 // width, (rows + cols) % 256], axis=-1).astype(
        np.uint8
    )
    for _ in range(4):
        top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
        image[top : top + height // 3, left : left + width // 4] = rng.integers(0, 256, 3)
    return image


def write_tokenizer(folder: Path) -> Path:
    """Write ``tokenizer.json``."""
    path = folder / "tokenizer.json"
    path.write_text(tokenizer_json())
    return path
