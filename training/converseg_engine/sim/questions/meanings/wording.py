"""From a meaning and its answer to a sentence: number, articles and carriers."""

from __future__ import annotations

import re

import numpy as np

from converseg_engine.sim.questions.meanings.meaning import Answer, Meaning, fits_number

CARRIERS: tuple[str, ...] = (
    "show me {}",
    "find {}",
    "please find {}",
    "can you find {}?",
    "can you point at {}?",
    "i am looking for {}",
    "i mean {}",
    "look at {}",
)
"""Put round a noun phrase of any number."""
SINGULAR_CARRIERS: tuple[str, ...] = ("where is {}?", "do you see {}?")
PLURAL_CARRIERS: tuple[str, ...] = ("where are {}?", "do you see {}?")

REQUESTS: tuple[str, ...] = (
    "hand me {}",
    "i need {}",
    "get me {}, please",
    "can you pass me {}?",
    "is there {} here?",
    "could you bring me {}?",
)
"""Put round "something to ..."; one of them always is."""

BARE_SHARE = 0.5
HELD_OUT_SHARE = 0.4
"""Share of the rows that a held-out phrasing gets where it is allowed."""

_SILENT_H = ("hour", "honest", "heir")
_LIKE_YOU = ("uni", "use", "usb", "uten", "euro", "one")
_ARTICLE = re.compile(r"\ban? (?=(\w+))")


def with_article(text: str) -> str:
    """Every "a" or "an" in the form that the next word asks for."""

    def choose(match: re.Match[str]) -> str:
        word = match.group(1)
        vowel = word[0] in "aeiou" and not word.startswith(_LIKE_YOU)
        return "an " if vowel or word.startswith(_SILENT_H) else "a "

    return _ARTICLE.sub(choose, text)


def choose_phrasing(
    meaning: Meaning, num_objects: int, rng: np.random.Generator, *, held_out: bool = False
) -> str:
    """One phrasing, marks and all, that suits the number of objects in the answer.

    Args:
        meaning: what is asked.
        num_objects: objects in the answer.
        rng: source of the choice.
        held_out: whether held-out phrasings may be used; never in training.
    """
    pool = meaning.phrasings
    if held_out and rng.random() < HELD_OUT_SHARE:
        pool = meaning.held_out_phrasings
    fitting = [p for p in pool if fits_number(p, num_objects)]
    return fitting[int(rng.integers(len(fitting)))]


def fill(phrasing: str, slots: dict[str, str], rng: np.random.Generator) -> str:
    """A phrasing as it is said, lower case, slots filled, perhaps in a carrier.

    Raises:
        ValueError: a slot is missing.
    """
    marked = re.sub(r"^[12]:", "", phrasing)
    body = marked.lstrip("+")
    try:
        said = body.format(**slots)
    except KeyError as missing:
        raise ValueError(f"slots: {phrasing!r} needs {missing}") from missing
    num_plus = len(marked) - len(body)
    if body.startswith("~"):
        said = REQUESTS[int(rng.integers(len(REQUESTS)))].format(said.removeprefix("~"))
    elif num_plus and rng.random() >= BARE_SHARE:
        carriers = CARRIERS + (SINGULAR_CARRIERS if num_plus == 1 else PLURAL_CARRIERS)
        said = carriers[int(rng.integers(len(carriers)))].format(said)
    if said.endswith("?") and rng.random() < 0.3:
        said = said.removesuffix("?")
    return with_article(said)


def say(
    meaning: Meaning, answer: Answer, rng: np.random.Generator, *, held_out: bool = False
) -> tuple[str, bool]:
    """A meaning in words for one answer, and whether the phrasing is a held-out one.

    Raises:
        ValueError: the answer lacks a slot.
    """
    phrasing = choose_phrasing(meaning, answer.num_objects, rng, held_out=held_out)
    return fill(phrasing, dict(answer.slots), rng), phrasing in meaning.held_out_phrasings
