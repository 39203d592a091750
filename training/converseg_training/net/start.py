"""The network that training starts from: a bundle, or a tiny one with random weights."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from converseg_core.bundle import BundleError
from converseg_core.bundle.manifest import read_manifest
from converseg_core.net import presets
from converseg_core.net.architecture.build import build_network
from converseg_core.net.architecture.confidence import ConfidenceHead
from converseg_core.net.architecture.network import ConverSegNet
from converseg_core.net.config import ARCHITECTURE, NetConfig, parse_config
from converseg_core.net.weights import load_network
from converseg_training.net.config import TINY, NetTaskConfig

_SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """What is known before weights are read.

    Attributes:
        config: of the network, with the heads that will be trained.
        tokenizer_json: text of ``tokenizer.json``.
    """

    config: NetConfig
    tokenizer_json: str


def byte_tokenizer() -> Tokenizer:
    """Every byte a token: reads any language, needs no training."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in _SPECIAL])
    return tokenizer


def read_start(config: NetTaskConfig) -> Start:
    """Configuration and tokenizer of the network to start from.

    Raises:
        BundleError: ``init`` is no bundle of this architecture.
    """
    if config.init == TINY:
        words = byte_tokenizer()
        net = presets.tiny(
            vocab_size=words.get_vocab_size(),
            image_token_id=words.get_vocab()["<|image_pad|>"],
            has_confidence_head=config.confidence,
        )
        return Start(config=net, tokenizer_json=words.to_str())
    folder = Path(config.init)
    manifest = read_manifest(folder)
    if manifest.architecture != ARCHITECTURE or "weights" not in manifest.files:
        raise BundleError(f"{folder}: init: needs a {ARCHITECTURE} bundle with torch weights")
    net = parse_config((folder / manifest.files["config"].path).read_bytes())
    tokenizer_json = (folder / manifest.files["tokenizer"].path).read_text(encoding="utf-8")
    # LoRA kept beside the base is merged when the weights are read; training adds its own.
    net = dataclasses.replace(
        net,
        has_confidence_head=config.confidence or net.has_confidence_head,
        mode="corrected",
        lora_rank=0,
        lora_alpha=0.0,
    )
    return Start(config=net, tokenizer_json=tokenizer_json)


def starting_network(config: NetTaskConfig, start: Start) -> ConverSegNet:
    """The network with its starting weights; heads that the bundle does not have are new.

    Raises:
        BundleError: a file is damaged or does not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.init_seed)
        if config.init == TINY:
            return build_network(start.config)
        folder = Path(config.init)
        manifest = read_manifest(folder)
        kept = parse_config((folder / manifest.files["config"].path).read_bytes())
        lora = manifest.files.get("lora")
        dtype = torch.bfloat16 if config.frozen_type == "bf16" else torch.float32
        network = load_network(
            folder / manifest.files["weights"].path,
            kept,
            dtype=dtype,
            lora_path=None if lora is None else folder / lora.path,
        )
        if config.confidence and network.confidence is None:
            network.confidence = ConfidenceHead(width=network.sam.width)
        return network
