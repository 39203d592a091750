"""The replies that models may give, as schemas: sent to the server, and what every reply is held against."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

MAX_REGIONS, MAX_POSITIVES, MAX_NEGATIVES = 10, 3, 2

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Thousandth = Annotated[int, Field(ge=0, le=1000)]


class Reply(BaseModel):
    """A reply: nothing more than its fields, and no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SceneRegion(Reply):
    """One thing in the picture, as the generator describes it."""

    label: Words
    attributes: Annotated[list[Words], Field(max_length=6)]
    location: Words
    relation: Words
    box: Annotated[list[Thousandth], Field(min_length=4, max_length=4)]

    @model_validator(mode="after")
    def _box_is_a_box(self) -> SceneRegion:
        left, top, right, bottom = self.box
        if left >= right or top >= bottom:
            raise ValueError("box must be [left, top, right, bottom] with left < right and top < bottom")
        return self


class SceneReply(Reply):
    """What is in the picture; an empty list where there is nothing to point at."""

    regions: Annotated[list[SceneRegion], Field(max_length=MAX_REGIONS)]


class RegionReply(Reply):
    """Whether the marked region is what the words say, and whether its mask is good."""

    identity: bool
    attributes: bool
    location: bool
    mask: bool
    reason: Reason


class PositivePrompt(Reply):
    """A prompt that the named regions satisfy, and nothing else."""

    prompt: Words
    regions: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=MAX_REGIONS)]
    why: Reason


class NegativePrompt(Reply):
    """A prompt that nothing in the picture satisfies, though it could be asked here."""

    prompt: Words
    why: Reason


class PromptsReply(Reply):
    """Prompts of one concept family."""

    positives: Annotated[list[PositivePrompt], Field(max_length=MAX_POSITIVES)]
    negatives: Annotated[list[NegativePrompt], Field(max_length=MAX_NEGATIVES)]


class AlignReply(Reply):
    """Whether a mask answers a prompt, leaves nothing out that answers it as well, and is good."""

    matches: bool
    exhaustive: bool
    mask: bool
    reason: Reason


class AbsentReply(Reply):
    """Whether really nothing in the picture answers a prompt."""

    absent: bool
    reason: Reason


R = TypeVar("R", bound=Reply)
Check = Callable[[Any], str]
"""Looks at a reply of the right form; says what is wrong with it, "" for nothing."""


def no_check(_: Reply) -> str:
    """The form says it all."""
    return ""


_MARK = re.compile(r"\b(?:regions?|marks?|numbers?|labels?|masks?)\s*#?\d+\b|#\d+\b", re.IGNORECASE)


def prompts_check(num_marks: int) -> Check:
    """What the form of :class:`PromptsReply` cannot say: which marks there are, and how prompts may speak."""

    def check(reply: PromptsReply) -> str:
        for k, positive in enumerate(reply.positives):
            marks = positive.regions
            if any(mark > num_marks for mark in marks):
                return f"positives[{k}].regions: the marks are 1 to {num_marks}"
            if len(set(marks)) != len(marks):
                return f"positives[{k}].regions: a mark is named twice"
            if len(marks) == num_marks:
                return f"positives[{k}].regions: the prompt must leave at least one marked region out"
        words = [one.prompt for one in reply.positives] + [one.prompt for one in reply.negatives]
        for text in words:
            if _MARK.search(text):
                return f"prompt {text!r}: a prompt must not speak of marks or numbers of regions"
        if len({text.casefold() for text in words}) != len(words):
            return "prompts: one is given twice"
        return ""

    return check


def parse_reply(text: str, schema: type[R], check: Check = no_check) -> tuple[R | None, str]:
    """A reply's text as a typed value, or None and what is wrong with it in one line."""
    stripped = _without_fence(text)
    try:
        value = schema.model_validate_json(stripped)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "reply"
        return None, f"{place}: {first['msg']}"
    fault = check(value)
    return (None, fault) if fault else (value, "")


def _without_fence(text: str) -> str:
    """Servers without structured output wrap JSON in a Markdown fence; that alone is no fault."""
    found = re.fullmatch(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", text, re.DOTALL)
    return found.group(1) if found else text


@functools.cache
def json_schema(schema: type[Reply]) -> dict[str, Any]:
    """The JSON schema that is sent along as structured output."""
    return schema.model_json_schema()
