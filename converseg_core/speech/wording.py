"""Words as they are compared: wake words, and the word error rate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = dict(
    zip(
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
        strict=True,
    )
)


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; small numbers are spelled out."""
    cleaned = re.sub(r"[^\w'\s-]", " ", text.lower().replace("’", "'")).replace("-", " ")
    words = [word.strip("'_") for word in cleaned.split()]
    return [_NUMBERS.get(word, word) for word in words if word]


def edit_distance(one: Sequence[object], other: Sequence[object]) -> int:
    """Fewest insertions, deletions and substitutions from one sequence to another (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, first in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, second in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (first != second))
    return row[-1]


@dataclass(frozen=True, kw_only=True)
class WordErrors:
    """Counts over one or several sentences; the rate is errors over words that were said."""

    num_errors: int
    num_words: int

    @property
    def rate(self) -> float:
        """Word error rate; may exceed 1 where much was invented."""
        return self.num_errors / self.num_words if self.num_words else 0.0

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            num_errors=self.num_errors + other.num_errors, num_words=self.num_words + other.num_words
        )


def word_errors(said: str, heard: str) -> WordErrors:
    """Errors of one sentence."""
    reference = words_of(said)
    return WordErrors(num_errors=edit_distance(reference, words_of(heard)), num_words=len(reference))


def after_wake_word(text: str, wake_word: str) -> str | None:
    """What follows the wake word, empty where nothing does; None where the text does not begin with it.

    One word may stand before it ("um, hey robot, ..."), and each of its words may be misheard by a letter in
    four. The rest keeps its own case and punctuation.
    """
    wanted = words_of(wake_word)
    if not wanted:
        return text
    tokens = list(re.finditer(r"[\w'’]+", text))
    for start in (0, 1):
        heard = tokens[start : start + len(wanted)]
        if len(heard) < len(wanted):
            return None
        pairs = zip(wanted, heard, strict=True)
        if all(edit_distance(want, have[0].lower()) <= len(want) // 4 for want, have in pairs):
            return text[heard[-1].end() :].lstrip(" ,.!?;:-").strip()
    return None
