"""Instructions: what is read, what is refused, and that nothing else ever happens."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.model import MAX_PROMPT_CHARS
from converseg_ros.questions.instruction import MAX_ECHO_CHARS, read_instruction


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("the red mug", "the red mug"),
        ("  the\tred\n mug \u3000", "the red mug"),
        ("\ufeffthe red mug", "the red mug"),
        ("the\x07 red\x1b mug", "the red mug"),
        ("die größte Tasse ☕", "die größte Tasse ☕"),
        ("赤いマグカップ", "赤いマグカップ"),
        ("x" * MAX_PROMPT_CHARS, "x" * MAX_PROMPT_CHARS),
    ],
)
def test_accepted(text: str, prompt: str) -> None:
    instruction = read_instruction(text)
    assert instruction.prompt == prompt
    assert instruction.refusal == ""
    assert instruction.echo == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t\n\u3000", "empty"),
        ("\x00\x01\x02", "empty"),
        ("\u200b\ufeff", "empty"),
        ("x" * (MAX_PROMPT_CHARS + 1), "513 characters"),
        ("é" * 10_000, "10000 characters"),
        ("the \ufffd mug", "not valid UTF-8"),
        ("the " + chr(0xDCFF) + " mug", "not valid UTF-8"),
    ],
)
def test_refused_with_a_reason(text: str, reason: str) -> None:
    instruction = read_instruction(text)
    assert reason in instruction.refusal
    assert instruction.prompt == ""
    assert len(instruction.echo) <= MAX_ECHO_CHARS


@given(st.text(st.characters(exclude_categories=()), max_size=700))
def test_anything_is_read_or_refused(text: str) -> None:
    instruction = read_instruction(text)
    assert bool(instruction.prompt) != bool(instruction.refusal)
    instruction.echo.encode("utf-8")
    assert "\0" not in instruction.echo
    assert not any(unicodedata.category(character) == "Cc" for character in instruction.prompt)
    assert instruction.prompt == instruction.prompt.strip()


@given(st.binary(max_size=200))
def test_any_bytes_as_the_middleware_decodes_them(data: bytes) -> None:
    instruction = read_instruction(data.decode("utf-8", errors="replace"))
    assert bool(instruction.prompt) != bool(instruction.refusal)
