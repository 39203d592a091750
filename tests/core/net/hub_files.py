"""Tiny base models as transformers saves them, which is how the hub has them."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Sam2VideoConfig,
    Sam2VideoModel,
)

from converseg_core.net.importing.base import BaseSources
from tests.core.net import tiny


def write(folder: Path) -> BaseSources:
    """A Qwen2.5-VL in several files, and a SAM 2 with its video memory; random weights."""
    config = tiny.config()
    torch.manual_seed(0)
    language = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**config.vlm))
    language.save_pretrained(folder / "qwen", max_shard_size="300KB")
    tiny.write_tokenizer(folder / "qwen")
    parts = {
        key: config.sam[key] for key in ("vision_config", "prompt_encoder_config", "mask_decoder_config")
    }
    Sam2VideoModel(Sam2VideoConfig(**parts)).save_pretrained(folder / "sam")
    return BaseSources(language_path=folder / "qwen", sam_path=folder / "sam" / "model.safetensors")
