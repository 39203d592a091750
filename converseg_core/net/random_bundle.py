"""A model of any size with random weights and a makeshift tokenizer, for costs; nothing is downloaded."""

from __future__ import annotations

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from converseg_core.bundle import Manifest
from converseg_core.net.architecture.build import random_network
from converseg_core.net.config import ARCHITECTURE, NetConfig
from converseg_core.net.engine import NetModel
from converseg_core.net.importing.checkpoint import IMAGENET_MEAN, IMAGENET_STD
from converseg_core.net.preprocessing.prompt import PromptTokenizer
from converseg_core.net.torch_backend import TorchBackend

_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
)


def word_tokenizer() -> Tokenizer:
    """One token a word, about as many as a trained tokenizer gives for everyday text.

    Every word gets the same id, which changes no cost: an embedding is looked up either way.
    """
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="")
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    return tokenizer


def random_model(config: NetConfig, *, name: str, dtype: torch.dtype, device: str = "cpu") -> NetModel:
    """A model in memory whose weights are random; its answers mean nothing."""
    manifest = Manifest(
        schema_version=1,
        name=name,
        architecture=ARCHITECTURE,
        weights="random",
        licence="none: random weights",
        training_data="none",
        preprocessing={  # type: ignore[arg-type]
            "height": config.canvas_size,
            "width": config.canvas_size,
            "mean": IMAGENET_MEAN,
            "std": IMAGENET_STD,
        },
        files={},
    )
    network = random_network(config, dtype=dtype).to(device)
    return NetModel(
        manifest=manifest,
        config=config,
        backend=TorchBackend(network),
        tokenizer=PromptTokenizer(word_tokenizer(), config),
        runtime_reason="random weights, for measuring",
    )
