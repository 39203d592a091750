"""Words to numbers for models with a closed vocabulary, which say so when they meet an unknown word."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle import BundleError

PAD_ID = 0
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class Tokens:
    """A prompt as numbers.

    Attributes:
        ids: (max_num_tokens,) int64, padded with PAD_ID.
        unknown: words that the vocabulary does not hold, in order.
        num_words: words in the prompt, known or not, before padding.
    """

    ids: NDArray[np.int64]
    unknown: tuple[str, ...]
    num_words: int


def split_words(prompt: str) -> list[str]:
    """Lower-case words of a prompt; punctuation and symbols fall away (Unicode NFKC first)."""
    return _WORD.findall(unicodedata.normalize("NFKC", prompt).replace("\u2019", "'").casefold())


class WordTokenizer:
    """One number a word. 0 is padding; the vocabulary's order is part of a bundle."""

    def __init__(self, words: Sequence[str], *, max_num_tokens: int) -> None:
        """Take the vocabulary, in order.

        Raises:
            ValueError: duplicate or badly formed words.
        """
        if len(set(words)) != len(words):
            raise ValueError("words: the vocabulary holds duplicates")
        for word in words:
            if split_words(word) != [word]:
                raise ValueError(f"words: {word!r} is not a single lower-case word")
        self.words = tuple(words)
        self.max_num_tokens = max_num_tokens
        self._ids = {word: number for number, word in enumerate(words, start=1)}

    @property
    def num_ids(self) -> int:
        """Size of the embedding table, padding included."""
        return len(self.words) + 1

    def encode(self, prompt: str) -> Tokens:
        """Numbers for the known words of a prompt; unknown words are reported, not guessed.

        A prompt of more than ``max_num_tokens`` words is reported through ``num_words``; the caller
        decides (the engine rejects it).
        """
        words = split_words(prompt)
        known = [self._ids[word] for word in words if word in self._ids]
        ids = np.zeros(self.max_num_tokens, np.int64)
        ids[: len(known)] = known[: self.max_num_tokens]
        return Tokens(
            ids=ids,
            unknown=tuple(word for word in words if word not in self._ids),
            num_words=len(words),
        )

    def to_json(self) -> str:
        """The tokenizer as the text of ``tokenizer.json``."""
        return json.dumps({"max_num_tokens": self.max_num_tokens, "words": self.words}, indent=0) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> WordTokenizer:
        """Read ``tokenizer.json`` of a bundle.

        Raises:
            BundleError: the file has another form.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            words, max_num_tokens = content["words"], content["max_num_tokens"]
            return cls([str(word) for word in words], max_num_tokens=int(max_num_tokens))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{path}: not a tokenizer file ({error}); fetch the bundle again") from error
