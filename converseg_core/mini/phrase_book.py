"""What a prompt means: by its grammar, or else by the known phrases that mean nearly the same.

The phrases (names, other names, kinds, what things are for and what they do) are compared as MiniLM's
vectors. Those are computed when the bundle is built and lie in it: opening a model embeds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from converseg_core.bundle import BundleError
from converseg_core.mini.grammar import kind_asked, mentioned, parse
from converseg_core.mini.language import LanguageEncoder
from converseg_core.mini.lexicon import KIND_NAMES, MEMBERS, NAMES, OTHER_NAMES, PURPOSES
from converseg_core.mini.phrase import Phrase
from converseg_core.mini.purposes import SHARED, USES

Route = Literal["name", "relation", "purpose"]
MIN_KEY = 0.45
MIN_PURPOSE = 0.35
_NEARLY_AS_GOOD = 0.02
_MAX_OPTIONS = 40


@dataclass(frozen=True)
class Understood:
    """What a prompt means here, by which route, and how near the words are to known ones.

    Attributes:
        options: of a purpose: what the words may mean, (classes, similarity), the nearest first. What the
            photo shows decides which of them counts.
    """

    route: Route
    phrase: Phrase
    similarity: float
    options: tuple[tuple[frozenset[str], float], ...] = ()


class PhraseBook:
    """Known phrases as vectors."""

    def __init__(self, language: LanguageEncoder, vectors_ke: NDArray[np.float32]) -> None:
        """Take the vectors of :func:`known_phrases`, in its order."""
        self._language = language
        keys = known_phrases()
        names = set(NAMES) | {other for others in OTHER_NAMES.values() for other in others}
        self._classes = [classes for _, classes in keys]
        self._is_name = np.array([text in names for text, _ in keys])
        self._vectors = vectors_ke

    def understand(self, prompt: str) -> Understood | None:
        """Read a prompt; None where it is near nothing that is known."""
        phrase = parse(prompt)
        if phrase is not None and (phrase.names or not phrase.noun):
            return Understood("relation" if phrase.links else "name", phrase, 1.0)
        if phrase is not None:
            # A noun that is none of the classes: the class that means nearly the same, if there is one.
            classes, similarity = self._nearest(phrase.noun)
            if classes:
                return Understood("name", replace(phrase, names=classes), similarity)
            if phrase.links or (
                phrase.picks and not phrase.bare
            ):  # "the gizmo on the table": whatever is there
                return Understood("relation", replace(phrase, stuff=bool(phrase.links)), similarity)
        return self._purpose(prompt)

    def _nearest(self, text: str) -> tuple[frozenset[str], float]:
        """The classes whose names mean nearly the same as a noun."""
        similarity = np.where(self._is_name, self._vectors @ self._language.sentence(text), -1.0)
        best = float(similarity.max())
        if best < MIN_KEY:
            return frozenset(), best
        near = np.flatnonzero(similarity >= best - _NEARLY_AS_GOOD)
        return frozenset().union(*(self._classes[number] for number in near)), best

    def _purpose(self, prompt: str) -> Understood | None:
        """Classes of the phrases that mean nearly the same as the sentence.

        What the sentence itself names is what it is about, not what it asks for: the cake that is cut.
        """
        similarity = self._vectors @ self._language.sentence(prompt)
        kind, named = kind_asked(prompt), mentioned(prompt)
        options: list[tuple[frozenset[str], float]] = []
        for number in np.argsort(-similarity):
            if similarity[number] < MIN_PURPOSE or len(options) == _MAX_OPTIONS:
                break
            classes = self._classes[number] - named
            classes = classes & kind if kind else classes
            if classes:
                options.append((classes, float(similarity[number])))
        if not options or options[0][1] < MIN_KEY:
            if kind:
                return Understood("purpose", Phrase(names=kind, many=True), MIN_KEY)
            return None
        best = options[0][1]
        near = frozenset().union(*(classes for classes, value in options if value >= best - _NEARLY_AS_GOOD))
        return Understood("purpose", Phrase(names=near, many=True), best, tuple(options))


def known_phrases() -> list[tuple[str, frozenset[str]]]:
    """Each phrase and the classes that it means; the 133 names come first."""
    return list(_keys())


def phrases_sha256() -> str:
    """Hex digest of all phrases: vectors of other ones must not be taken for theirs."""
    return hashlib.sha256("\n".join(text for text, _ in known_phrases()).encode()).hexdigest()


def vectors_name() -> str:
    """File name of the vectors; tells those of other phrases apart."""
    return f"phrases-{phrases_sha256()[:12]}.npz"


def write_vectors(language: LanguageEncoder, folder: Path) -> str:
    """Embed the known phrases and store them as fp16; returns the name of the file."""
    vectors = language.sentences([text for text, _ in known_phrases()])
    with (folder / vectors_name()).open("wb") as stream:
        np.savez(stream, vectors=vectors.astype(np.float16))
    return vectors_name()


def read_vectors(path: Path) -> NDArray[np.float32]:
    """(K, 384), one row a known phrase.

    Raises:
        BundleError: not a file of vectors, or of other phrases than this version knows.
    """
    if path.name != vectors_name():
        raise BundleError(f"{path}: vectors of other phrases than this version knows; build the model again")
    try:
        with np.load(path, allow_pickle=False) as stored:
            vectors = np.asarray(stored["vectors"], np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(f"{path}: not a file of vectors ({error}); build the model again") from error
    if len(vectors) != len(known_phrases()):
        raise BundleError(f"{path}: {len(vectors)} vectors; build the model again")
    return vectors


def _keys() -> Iterable[tuple[str, frozenset[str]]]:
    for name in NAMES:
        yield name, frozenset({name})
    for name in NAMES:
        for other in OTHER_NAMES.get(name, ()):
            yield other, frozenset({name})
    for kind, phrases in KIND_NAMES.items():
        for phrase in phrases:
            yield phrase, frozenset(MEMBERS[kind])
    for _, phrases, classes in PURPOSES:
        for phrase in phrases:
            yield phrase, frozenset(classes)
    for name, uses in USES.items():
        for use in uses.split("; "):
            yield use, frozenset({name})
    for uses, several in SHARED:
        for use in uses.split("; "):
            yield use, frozenset(several.split(","))
