"""Other words for the same prompt, from a language model, and a check that the meaning is kept.

Two calls a prompt: one proposes, a second one (temperature 0, told nothing of the first) judges. Between
them stands a check that needs no model: nouns, colors, numbers and directions stay word for word. What is
rejected keeps its own words; so does what failed, and the two are counted apart.
"""

from __future__ import annotations

import enum
import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from typing import Any

from converseg_engine.sim.colors import COLOR_NAMES
from converseg_engine.sim.objects import CATEGORIES
from converseg_engine.sim.places.catalog import FIXTURES
from converseg_engine.sim.questions.naming import spoken_plural

MAX_WORDS = 30
_DIRECTIONS = (
    *("left", "right", "leftmost", "rightmost", "upper", "lower", "top", "bottom", "middle", "behind"),
    *(
        "front",
        "between",
        "second",
        "third",
        "two",
        "three",
        "not",
        "no",
        "never",
        "except",
        "only",
        "without",
    ),
)


class Outcome(enum.StrEnum):
    """What became of a prompt."""

    REPHRASED = "rephrased"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True)
class Rephrased:
    """A prompt after rephrasing: new words, or its own where they were rejected or nobody answered."""

    prompt: str
    outcome: Outcome
    reason: str = ""


class EndpointError(RuntimeError):
    """The endpoint did not answer, or not as asked. The message says what and where."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible server.

    Attributes:
        url: base address, such as http://localhost:8000/v1.
        model: name that the server knows.
        api_key: sent as a bearer token; "" for none.
        timeout_s: of one call.
    """

    url: str
    model: str
    api_key: str = ""
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url: {self.url!r} must begin with http:// or https://")
        if not self.model:
            raise ValueError("model: name the model that the server shall use")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s: above 0")

    def ask(self, system: str, user: str, *, field: str, kind: str, temperature: float) -> Any:
        """One chat call whose reply is JSON with one field of a JSON type.

        Raises:
            EndpointError: no reply, no JSON, or another field or type.
        """
        schema = {
            "type": "object",
            "properties": {field: {"type": kind}},
            "required": [field],
            "additionalProperties": False,
        }
        body = {
            "model": self.model,
            "temperature": temperature,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": field, "schema": schema, "strict": True},
            },
        }
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        address = self.url.rstrip("/") + "/chat/completions"
        request = urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self.timeout_s) as reply:
                content = json.loads(reply.read())["choices"][0]["message"]["content"]
            found = json.loads(content)[field]
        except (OSError, http.client.HTTPException) as error:
            raise EndpointError(f"{address}: {error}") from error
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise EndpointError(
                f"{address}: the reply is not the JSON that was asked for: {error!r}"
            ) from error
        if not isinstance(found, {"string": str, "boolean": bool}[kind]):
            raise EndpointError(f"{address}: {field} is {found!r}, not a {kind}")
        return found


@cache
def _fixed_words() -> re.Pattern[str]:
    names = {n for c in CATEGORIES for n in (c.name, c.plural, spoken_plural(c))} | {c.name for c in FIXTURES}
    # Longest first, so that "spray bottle" is one noun and not a bottle.
    words = sorted({*names, *COLOR_NAMES, *_DIRECTIONS}, key=lambda w: (-len(w), w))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r"|\d+)\b")


def must_stay(prompt: str) -> tuple[str, ...]:
    """Nouns, colors, directions, numbers and negations of a prompt, in order: what fills its slots."""
    return tuple(_fixed_words().findall(prompt))


_PROPOSE = (
    "Say the user's request to a household robot in other words, as a person would speak: short, everyday"
    " language, lower case, one sentence. Keep exactly the same meaning and the same set of things that would"
    " answer it. These words must stay as they are: {words}."
)
_JUDGE = (
    "Two requests to a robot follow, one a line. Are they answered by exactly the same things in every"
    " picture? Judge the meaning, not the style."
)


def rephrase(prompt: str, endpoint: Endpoint) -> Rephrased:
    """Other words for a prompt, or the same ones with the reason why."""
    words = must_stay(prompt)
    try:
        told = _PROPOSE.format(words=", ".join(words) or "none in particular")
        proposed = endpoint.ask(told, prompt, field="request", kind="string", temperature=0.8)
        said = " ".join(proposed.lower().split())
        fault = _fault(prompt, said, words)
        if fault:
            return Rephrased(prompt, Outcome.REJECTED, fault)
        same = endpoint.ask(_JUDGE, f"{prompt}\n{said}", field="same", kind="boolean", temperature=0.0)
    except EndpointError as error:
        return Rephrased(prompt, Outcome.FAILED, str(error))
    if not same:
        return Rephrased(prompt, Outcome.REJECTED, f"another meaning: {said!r}")
    return Rephrased(said, Outcome.REPHRASED)


def _fault(prompt: str, said: str, words: tuple[str, ...]) -> str:
    """Why a proposal is no good, "" where nothing speaks against it."""
    if sorted(must_stay(said)) != sorted(words):
        return f"nouns, colors or directions changed: {said!r}"
    if not 2 <= len(said.split()) <= MAX_WORDS:
        return f"not 2 to {MAX_WORDS} words: {said!r}"
    return "the same words" if said.rstrip("?.!") == prompt.rstrip("?.!") else ""
