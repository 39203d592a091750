"""Whether a prompt is a held-out wording: found from the words alone, whatever a row says of itself."""

from __future__ import annotations

import functools
import re

from converseg_engine.sim.objects.catalog import CATEGORIES
from converseg_engine.sim.questions.meanings.meaning import plain
from converseg_engine.sim.questions.meanings.table import BY_KEY

_SLOT = re.compile(r"\\\{\w+\\\}")


@functools.cache
def _pattern(meaning: str, *, held_out: bool) -> re.Pattern[str]:
    known = BY_KEY[meaning]
    phrasings = known.held_out_phrasings if held_out else known.phrasings
    return re.compile("|".join(f"(?:{_as_pattern(p)})" for p in phrasings))


def _as_pattern(phrasing: str) -> str:
    """Any slot, either article, with or without the question mark, inside any carrier."""
    text = re.escape(plain(phrasing).removesuffix("?").strip())
    return r"\b" + re.sub(r"\ban?\\ ", r"an?\\ ", _SLOT.sub(".+", text)) + r"\b"


@functools.cache
def _held_out_names() -> re.Pattern[str] | None:
    """Held-out categories; a name that is part of another category's does not count."""
    others = [c.name for c in CATEGORIES if not c.held_out]
    names = [
        name
        for c in CATEGORIES
        if c.held_out
        for name in (c.name, c.plural)
        if not any(re.search(rf"\b{re.escape(name)}\b", other) for other in others)
    ]
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b") if names else None


def held_out_wording(meaning: str, prompt: str) -> bool:
    """True where a prompt of this meaning can only be a held-out phrasing, or names a held-out category."""
    names = _held_out_names()
    if meaning in BY_KEY and names is not None and names.search(prompt):
        return True
    if meaning not in BY_KEY:
        return False
    return bool(
        _pattern(meaning, held_out=True).search(prompt)
        and not _pattern(meaning, held_out=False).search(prompt)
    )
