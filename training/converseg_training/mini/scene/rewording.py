"""Questions of simulated scenes in further words, for training only.

The data engine says each meaning in three or four ways, and a reader that knows only these does not
understand others: told what is in a picture, it got 0.79 where it knew the wording and 0.50 where it did not.
So each question is also said as one of the project's paraphrases, which fit the same answer. None is a
held-out wording of the data engine; whatever would match one is refused.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

import numpy as np

from converseg_engine.held_out import held_out_wording
from converseg_engine.sim.objects.catalog import CATEGORIES
from converseg_engine.sim.questions.meanings.meaning import fits_number, plain
from converseg_engine.sim.questions.meanings.table import BY_KEY
from converseg_engine.sim.questions.meanings.wording import (
    CARRIERS,
    PLURAL_CARRIERS,
    REQUESTS,
    SINGULAR_CARRIERS,
    fill,
)

_SLOT = re.compile(r"\{(\w+)\}")


@functools.cache
def paraphrases() -> Mapping[str, tuple[str, ...]]:
    """Meaning -> its further phrasings, with the data engine's marks and slots.

    Raises:
        ValueError: a phrasing is of a meaning that is not known, has a slot that the meaning has not, or
            could be taken for a held-out wording.
    """
    found: dict[str, tuple[str, ...]] = {}
    folder = resources.files("converseg_training.mini.scene").joinpath("paraphrases")
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.name.endswith(".json"):
            for key, phrasings in json.loads(path.read_text(encoding="utf-8")).items():
                found[key] = tuple(phrasings)
    for key, phrasings in found.items():
        check(key, phrasings)
    return found


def check(key: str, phrasings: Sequence[str]) -> None:
    """Refuse what does not belong; see :func:`paraphrases`."""
    if key not in BY_KEY:
        raise ValueError(f"{key}: no meaning of the data engine")
    for phrasing in phrasings:
        if strange := set(_SLOT.findall(phrasing)) - BY_KEY[key].slots:
            raise ValueError(f"{key}: {phrasing!r} has the slots {sorted(strange)}, the meaning has not")
        if held_out_wording(key, _SLOT.sub("thing", plain(phrasing))):
            raise ValueError(f"{key}: {phrasing!r} could be a held-out wording")


def slots_of(key: str, prompt: str) -> dict[str, str] | None:
    """What fills the slots of a prompt that the data engine said; None where it is not of this meaning.

    Where several phrasings fit, the one with the least in its slots is meant.
    """
    matches = [m.groupdict() for pattern in _patterns(key) if (m := pattern.fullmatch(prompt.strip()))]
    if not matches:
        return None
    slots = min(matches, key=lambda each: (sum(map(len, each.values())), not _forms(each)))
    return slots | _forms(slots)


def _forms(slots: Mapping[str, str]) -> dict[str, str]:
    """Singular and plural of the category in some slots; empty where it is none of the catalogue's."""
    for category in CATEGORIES:
        if slots.get("cat") == category.name or slots.get("cats") == category.plural:
            return {"cat": category.name, "cats": category.plural}
    return {}


def reword(
    key: str, prompt: str, num_objects: int, count: int, rng: np.random.Generator, *, negative: bool = False
) -> list[str]:
    """Up to ``count`` other ways to say a prompt; none for a meaning without paraphrases.

    Args:
        key: its meaning.
        prompt: as the data engine said it.
        num_objects: objects in the answer.
        count: how many at most.
        rng: source of the choice.
        negative: nothing fits, so phrasings of any number will do.
    """
    known = paraphrases().get(key, ())
    slots = slots_of(key, prompt) if known else None
    if slots is None:
        return []
    number = 0 if negative else num_objects
    fitting = [
        p
        for p in known
        if fits_number(p, number) and _asked(p) == _asked_of(slots) and slots.keys() >= set(_SLOT.findall(p))
    ]
    return [fill(fitting[place], slots, rng) for place in rng.permutation(len(fitting))[:count]]


def _asked(phrasing: str) -> frozenset[str]:
    """Slots of a phrasing; the singular and the plural of a category are one."""
    return _asked_of(_SLOT.findall(phrasing))


def _asked_of(slots: Iterable[str]) -> frozenset[str]:
    return frozenset("cat" if slot == "cats" else slot for slot in slots)


@functools.cache
def _patterns(key: str) -> tuple[re.Pattern[str], ...]:
    """One for each phrasing of a meaning in each carrier; articles and the question mark may differ."""
    patterns = []
    for phrasing in BY_KEY[key].phrasings:
        marked = re.sub(r"^[12]:", "", phrasing)
        carriers: tuple[str, ...] = ("{}",)
        if marked.startswith("~"):
            carriers = REQUESTS
        elif marked.startswith("+"):
            carriers = ("{}", *CARRIERS, *SINGULAR_CARRIERS, *PLURAL_CARRIERS)
        patterns += [_pattern(carrier.format(plain(phrasing))) for carrier in carriers]
    return tuple(patterns)


def _pattern(sentence: str) -> re.Pattern[str]:
    pieces = _SLOT.split(sentence.removesuffix("?"))
    seen: set[str] = set()
    pattern = ""
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            pattern += re.sub(r"\ban?\b", "an?", re.escape(piece))
        else:
            pattern += f"(?P={piece})" if piece in seen else f"(?P<{piece}>.+?)"
            seen.add(piece)
    return re.compile(pattern + r"\??")
