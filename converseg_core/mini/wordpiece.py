"""MiniLM's WordPiece tokenizer (uncased): words to numbers, from ``vocab.txt`` alone."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle import BundleError

MAX_NUM_TOKENS = 128
_MAX_WORD_CHARS = 100


class WordPieceTokenizer:
    """Text -> token numbers, with [CLS] before and [SEP] after."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        """Take the vocabulary.

        Raises:
            BundleError: a special token is missing.
        """
        missing = [token for token in ("[CLS]", "[SEP]", "[UNK]") if token not in vocabulary]
        if missing:
            raise BundleError(f"vocab.txt: no {missing[0]}; build the model again")
        self._ids = vocabulary
        self._marks = {
            number
            for token, number in vocabulary.items()
            if token.startswith("[") or not any(char.isalnum() for char in token)
        }

    @classmethod
    def from_file(cls, path: Path) -> WordPieceTokenizer:
        """Read one token a line; its number is the line's."""
        lines = path.read_text(encoding="utf-8").split("\n")
        return cls({token: number for number, token in enumerate(lines) if token})

    def encode(self, text: str) -> NDArray[np.int64]:
        """(L,) int64, at most MAX_NUM_TOKENS; what is longer is cut before [SEP]."""
        ids = [piece for word in split_text(text) for piece in self._pieces(word)]
        ids = ids[: MAX_NUM_TOKENS - 2]
        return np.array([self._ids["[CLS]"], *ids, self._ids["[SEP]"]], np.int64)

    def is_word(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(L,), False for special tokens and punctuation."""
        return np.array([number not in self._marks for number in ids.tolist()], np.bool_)

    def _pieces(self, word: str) -> list[int]:
        unknown = [self._ids["[UNK]"]]
        if len(word) > _MAX_WORD_CHARS:
            return unknown
        pieces: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._ids.get(("##" if start else "") + word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return unknown
        return pieces


def split_text(text: str) -> list[str]:
    """Lower-case words without accents; each punctuation mark or CJK sign is a word of its own."""
    words: list[str] = []
    current = ""
    for char in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(char)
        if category == "Mn" or (category.startswith("C") and not char.isspace()) or char == "\ufffd":
            continue
        alone = _is_punctuation(char, category) or 0x4E00 <= ord(char) <= 0x9FFF
        if char.isspace() or alone:
            words += [current] if current else []
            words += [char] if alone else []
            current = ""
        else:
            current += char
    return [*words, current] if current else words


def _is_punctuation(char: str, category: str) -> bool:
    in_ascii = char.isascii() and char.isprintable() and not char.isalnum() and char != " "
    return in_ascii or category.startswith("P")
