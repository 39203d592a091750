"""Sentences as MiniLM's words, each kept once.

Legend of shape suffixes: n sentences, l words, e word size.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class Sentences:
    """Words of many sentences; the same sentence has the same number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: list[NDArray[np.float16]] = []

    @property
    def texts(self) -> list[str]:
        """The sentences, by number."""
        return list(self._numbers)

    def add(
        self, texts: Iterable[str], words_we: NDArray[np.float16], lengths_n: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """(N,) their numbers.

        Args:
            texts: N sentences.
            words_we: the words of all, one after the other.
            lengths_n: how many words each has.
        """
        ends = np.cumsum(lengths_n)
        numbers = []
        for text, start, end in zip(texts, ends - lengths_n, ends, strict=True):
            number = self._numbers.setdefault(text, len(self._words))
            if number == len(self._words):
                self._words.append(words_we[start:end].copy())
            numbers.append(number)
        return np.array(numbers, np.int64)

    def batch(self, numbers_n: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(N, L, E) words and (N, L) 1 for a word, 0 for padding."""
        chosen = [self._words[number] for number in numbers_n]
        lengths = np.array([len(words) for words in chosen])
        padded = np.zeros((len(chosen), int(lengths.max()), chosen[0].shape[1]), np.float32)
        for row, words in enumerate(chosen):
            padded[row, : len(words)] = words
        return padded, (np.arange(padded.shape[1])[None] < lengths[:, None]).astype(np.float32)
