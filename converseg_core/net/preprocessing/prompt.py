"""From words to token ids, and which of them count as words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from converseg_core.net.config import Grid, NetConfig

_PLACEHOLDER_MARKS = ("image", "vision", "<img", "picture", "video")


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens:
    """A piece of the sequence.

    Attributes:
        ids: (tokens,) int64.
        is_word: (tokens,) bool, True for plain text (neither special nor an image placeholder).
        end_index: where the turn ends (the last end token); -1 in a piece without one.
    """

    ids: NDArray[np.int64]
    is_word: NDArray[np.bool_]
    end_index: int


class PromptTooLongError(ValueError):
    """The prompt has more tokens than the network was trained on."""


class PromptTokenizer:
    """The chat turn of one image and one prompt, in two pieces: up to the image, and after it."""

    def __init__(self, tokenizer: Tokenizer, config: NetConfig) -> None:
        self._tokenizer = tokenizer
        self._config = config
        added = tokenizer.get_added_tokens_decoder()
        self._not_words = frozenset(
            index
            for index, token in added.items()
            if token.special or any(mark in token.content.lower() for mark in _PLACEHOLDER_MARKS)
        )
        self.image_id = self._id_of(config.template.image_token)
        self.end_id = self._id_of(config.template.end_token)

    @classmethod
    def from_file(cls, path: str | Path, config: NetConfig) -> PromptTokenizer:
        """Read a ``tokenizer.json``.

        Raises:
            ValueError: the file is no tokenizer, or lacks the template's special tokens.
        """
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises bare Exception for every fault of the file
            raise ValueError(f"{path}: not a tokenizer.json ({error})") from error
        return cls(tokenizer, config)

    def prefix(self, grid: Grid) -> Tokens:
        """Everything up to and including the image; the same for every prompt."""
        template = self._config.template
        before, after = self._encode(template.before_image), self._encode(template.after_image)
        return self._tokens([*before, *[self.image_id] * grid.num_tokens, *after])

    def num_before_image(self) -> int:
        """Tokens in front of the image."""
        return len(self._encode(self._config.template.before_image))

    def suffix(self, prompt: str) -> Tokens:
        """The prompt and the end of the turn.

        In reference mode an empty prompt becomes "segment", special tokens in it are dropped, and a long
        one is cut, as the authors do. In corrected mode special tokens in a prompt are plain text.

        Raises:
            PromptTooLongError: corrected mode, more than ``max_prompt_tokens``.
        """
        limit = self._config.max_prompt_tokens
        if self._config.mode == "reference":
            cut = self._encode(prompt.strip() or "segment")[:limit]
            text = self._tokenizer.decode(cut, skip_special_tokens=True)
            return self._tokens(self._encode(text + self._config.template.end))
        words = self._encode_plain(prompt.strip())
        if len(words) > limit:
            raise PromptTooLongError(f"the prompt has {len(words)} tokens; at most {limit} are read")
        return self._tokens([*words, *self._encode(self._config.template.end)])

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _encode_plain(self, text: str) -> list[int]:
        """Special tokens in ``text`` are spelt out, so that a prompt cannot end its own turn."""
        self._tokenizer.encode_special_tokens = True
        try:
            ids = self._encode(text)
        finally:
            self._tokenizer.encode_special_tokens = False
        return ids

    def _tokens(self, ids: list[int]) -> Tokens:
        array = np.asarray(ids, np.int64)
        ends = np.flatnonzero(array == self.end_id)
        end_index = int(ends[-1]) if ends.size else -1
        is_word = np.array([index not in self._not_words for index in ids], np.bool_)
        return Tokens(ids=array, is_word=is_word, end_index=end_index)

    def _id_of(self, token: str) -> int:
        index = self._tokenizer.token_to_id(token)
        if index is None:
            raise ValueError(f"tokenizer: has no token {token!r}, which the template needs")
        return int(index)
