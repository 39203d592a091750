"""A question to a model, before anybody knows how it is sent; and what came back."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from converseg_engine.vlm.pictures import Picture
from converseg_engine.vlm.prompt_texts import Text
from converseg_engine.vlm.replies import Check, Reply, json_schema, no_check
from converseg_engine.vlm.rows import CallRecord

R = TypeVar("R", bound=Reply)
Role = Literal["generator", "verifier"]
STAGES = ("scene", "region", "prompts", "align", "absent")


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a model draws its words.

    Attributes:
        temperature: 0 for the most likely word; verdicts are always asked at 0.
        top_p: share of probability that words are drawn from.
        seed: sent to the server and recorded.
        max_tokens: longest reply.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 1024


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[R]):
    """One question.

    Attributes:
        stage: one of STAGES.
        role: which model answers.
        text: the prompt.
        pictures: shown before the text, in order.
        schema: the form of the reply.
        check: what the form cannot say.
        salt: sets questions apart that are otherwise the same, such as a second sample.
    """

    stage: str
    role: Role
    text: Text
    pictures: tuple[Picture, ...]
    schema: type[R]
    check: Check = no_check
    salt: int = 0


@dataclass(frozen=True)
class Answered(Generic[R]):
    """What became of a question.

    Attributes:
        value: the reply; None where there is no usable one.
        calls: every reply that was received, usable or not.
        fault: why there is none; "" where there is.
    """

    value: R | None
    calls: tuple[CallRecord, ...]
    fault: str = ""


class Asks(Protocol):
    """Whoever gets replies."""

    async def ask(self, ask: Ask[R]) -> Answered[R]:
        """Ask, once more where the reply is unusable."""


@dataclass(frozen=True)
class Turn:
    """An unusable reply and the words that ask again."""

    raw_reply: str
    again: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """All that decides a reply, as it is sent.

    Attributes:
        model, revision: of the model.
        sampling: how it draws.
        text: the prompt.
        pictures: in order.
        schema_name, schema: the form of the reply, as JSON text.
        turns: earlier unusable replies.
        salt: see :class:`Ask`.
        extra: further fields of the request's body.
    """

    model: str
    revision: str
    sampling: Sampling
    text: str
    pictures: tuple[Picture, ...]
    schema_name: str
    schema: str
    turns: tuple[Turn, ...] = ()
    salt: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def key(self) -> str:
        """sha256 of everything that matters for the reply; the server's address does not."""
        facts = [
            self.model,
            self.revision,
            vars(self.sampling),
            self.text,
            [picture.sha256 for picture in self.pictures],
            _sha256(self.schema),
            [vars(turn) for turn in self.turns],
            self.salt,
            self.extra,
        ]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def body(self) -> bytes:
        """The JSON of a chat completion request.

        Pictures are spliced in as they are: base64 needs no escaping, and a JSON encoder would look at every
        byte of them.
        """
        sampling = self.sampling
        head: dict[str, Any] = {
            "model": self.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "max_tokens": sampling.max_tokens,
            **self.extra,
        }
        parts = [picture.as_part for picture in self.pictures]
        parts.append(json.dumps({"type": "text", "text": self.text}).encode())
        messages = [b'{"role":"user","content":[' + b",".join(parts) + b"]}"]
        for turn in self.turns:
            messages.append(json.dumps({"role": "assistant", "content": turn.raw_reply}).encode())
            messages.append(json.dumps({"role": "user", "content": turn.again}).encode())
        form = (
            f',"response_format":{{"type":"json_schema","json_schema":{{"name":{json.dumps(self.schema_name)},'
            f'"strict":true,"schema":{self.schema}}}}}'
        )
        return b"".join(
            (json.dumps(head)[:-1].encode(), form.encode(), b',"messages":[', b",".join(messages), b"]}")
        )


@functools.lru_cache(maxsize=64)
def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@functools.cache
def _schema_text(schema: type[Reply]) -> str:
    return json.dumps(json_schema(schema))


def request_of(
    ask: Ask[Any], *, model: str, revision: str, sampling: Sampling, extra: dict[str, Any]
) -> Request:
    """A question as one particular model is asked it."""
    return Request(
        model=model,
        revision=revision,
        sampling=sampling,
        text=ask.text.text,
        pictures=ask.pictures,
        schema_name=ask.stage,
        schema=_schema_text(cast("type[Reply]", ask.schema)),
        salt=ask.salt,
        extra=extra,
    )
