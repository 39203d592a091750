"""Which classes a noun may mean: the project's own names first, then WordNet's kinds (nouns.txt)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from converseg_core.mini.lexicon import ALIASES, KIND_NAMES, MEMBERS, NAMES, OTHER_NAMES
from converseg_core.mini.wordpiece import split_text

_LONGEST = 3
_IRREGULAR = {
    "people": "person",
    "men": "man",
    "women": "woman",
    "children": "child",
    "knives": "knife",
    "mice": "mouse",
    "geese": "goose",
    "oxen": "ox",
    "calves": "calf",
    "loaves": "loaf",
    "leaves": "leaf",
    "shelves": "shelf",
    "wolves": "wolf",
    "scarves": "scarf",
    "feet": "foot",
    "teeth": "tooth",
}
_SAME_IN_PLURAL = frozenset({"sheep", "scissors", "skis", "stairs", "glass", "grass", "bus", "canvas"})


@dataclass(frozen=True)
class Noun:
    """A noun in a sentence: words [start, end), the classes it may mean (none: no class), plural or not."""

    start: int
    end: int
    classes: frozenset[str]
    plural: bool


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, frozenset[str]] = {}
    text = resources.files("converseg_core.mini").joinpath("nouns.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            numbers, _, lemmas = line.partition("\t")
            classes = frozenset(NAMES[int(number)] for number in numbers.split())
            table |= {" ".join(split_text(lemma)): classes for lemma in lemmas.split(",")}
    own: dict[str, set[str]] = {}
    for kind, phrases in KIND_NAMES.items():
        for phrase in (kind, *phrases):
            own.setdefault(phrase, set()).update(MEMBERS[kind])
    for name in NAMES:
        # A name of a class is that class alone, where others share it or not.
        for other in OTHER_NAMES.get(name, ()):
            own.setdefault(other.removeprefix("the "), set()).add(name)
    for name in NAMES:
        own.setdefault(name, set()).add(name)
    for word, names in ALIASES.items():
        own[word] = set(names)
    return table | {" ".join(split_text(word)): frozenset(names) for word, names in own.items()}


def noun_at(words: Sequence[str], start: int) -> Noun | None:
    """The longest noun that begins at a word, singular or plural; None where there is none."""
    for length in range(min(_LONGEST, len(words) - start), 0, -1):
        chosen = list(words[start : start + length])
        if not all(any(char.isalnum() for char in word) for word in chosen):
            continue
        for last, plural in _singulars(chosen[-1]):
            classes = _table().get(" ".join([*chosen[:-1], last]))
            if classes is not None:
                return Noun(start, start + length, classes, plural)
    return None


def _singulars(word: str) -> list[tuple[str, bool]]:
    """What a word may be the plural of, itself first."""
    found = [(word, word in _IRREGULAR)]
    if word in _IRREGULAR:
        return [(_IRREGULAR[word], True), (word, True)]
    if word in _SAME_IN_PLURAL or not word.endswith("s") or len(word) < 4 or word.endswith("ss"):
        return found
    if word.endswith("ies"):
        return [*found, (word[:-3] + "y", True), (word[:-1], True)]
    if word.endswith(("xes", "ches", "shes", "sses", "oes")):
        return [*found, (word[:-2], True), (word[:-1], True)]
    return [*found, (word[:-1], True)]
