"""Sentences as vectors: MiniLM's token states, their mean, and how near two sentences are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from converseg_core.mini.wordpiece import WordPieceTokenizer


class LanguageEncoder:
    """MiniLM-L6."""

    def __init__(self, *, session: ort.InferenceSession, tokenizer: WordPieceTokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    def token_states(self, text: str) -> NDArray[np.float32]:
        """(L, 384): the state of each token, [CLS] and [SEP] included."""
        ids = self._tokenizer.encode(text)[np.newaxis]
        return np.asarray(self._session.run(["states"], {"ids": ids, "attention": np.ones_like(ids)})[0][0])

    def read(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """(L, 384) states, (L, 384) what the tokens started as, (L,) True for words, not for marks."""
        ids = self._tokenizer.encode(text)
        feed = {"ids": ids[np.newaxis], "attention": np.ones((1, ids.size), np.int64)}
        states, started = self._session.run(["states", "words"], feed)
        return np.asarray(states[0]), np.asarray(started[0]), self._tokenizer.is_word(ids)

    def sentence(self, text: str) -> NDArray[np.float32]:
        """(384,) of length 1; the dot product of two is their similarity."""
        mean = self.token_states(text).mean(axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)

    def sentences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, 384), one row a text."""
        return np.stack([self.sentence(text) for text in texts])
