"""An instruction from the graph -> a prompt for the model, or the reason why not."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from converseg_core.model import MAX_PROMPT_CHARS

MAX_ECHO_CHARS = 120
"""Refused texts longer than this are shortened in the answer's ``prompt``."""

_UNDECODABLE = "\N{REPLACEMENT CHARACTER}"
_INVISIBLE = frozenset("\N{ZERO WIDTH NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{SOFT HYPHEN}")


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction, judged.

    Attributes:
        echo: what the answer repeats as its ``prompt``: the text as asked; refused texts shortened
            and made printable.
        prompt: what the model reads; empty where refused.
        refusal: why it was refused, and the fix; empty where accepted.
    """

    echo: str
    prompt: str = ""
    refusal: str = ""


def read_instruction(text: str) -> Instruction:
    """Judge one instruction; never raises.

    White space of any kind becomes single blanks; control characters and invisible ones are removed.
    Refused are: blank texts, more than 512 characters, bytes that were not UTF-8 (the middleware
    replaces them by U+FFFD), and lone surrogates.
    """
    if len(text) > MAX_PROMPT_CHARS:
        return _refused(text, f"instruction: {len(text)} characters; say it in at most {MAX_PROMPT_CHARS}")
    if _UNDECODABLE in text or any(unicodedata.category(character) == "Cs" for character in text):
        return _refused(text, "instruction: not valid UTF-8 text; publish it as UTF-8")
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or not (unicodedata.category(character) == "Cc" or character in _INVISIBLE)
    )
    prompt = " ".join(visible.split())
    if not prompt:
        return _refused(text, "instruction: empty; say what to look for, e.g. 'the red mug'")
    return Instruction(echo=text.replace("\0", ""), prompt=prompt)


def _refused(text: str, reason: str) -> Instruction:
    """Refused, with an echo that any terminal and any CDR string can take."""
    shown = text if len(text) <= MAX_ECHO_CHARS else text[: MAX_ECHO_CHARS - 1] + "…"
    printable = (
        _UNDECODABLE if unicodedata.category(character) in ("Cc", "Cs") else character for character in shown
    )
    return Instruction(echo="".join(printable), refusal=reason)
