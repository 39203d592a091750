"""Words and pictures for tests: a tokenizer trained on the spot, blobs on a gradient. No torch."""

from __future__ import annotations

import functools

import numpy as np
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

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
