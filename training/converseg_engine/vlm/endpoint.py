"""Where a model is served and what it costs: settings, nothing that runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from converseg_engine.vlm.ask import Sampling


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible server and the model on it.

    Attributes:
        url: up to and including ``/v1``.
        model: name that the server knows it by.
        revision: the weights' revision; part of the cache's key, so that other weights give other replies.
        api_key_env: environment variable that holds the key; "" for none. The key itself is never stored.
        temperature, top_p, seed, max_tokens: sampling.
        usd_per_million_prompt_tokens, usd_per_million_reply_tokens: prices; 0 on servers of one's own.
        max_in_flight: calls under way at once, in each worker.
        max_calls_per_minute: 0 for no limit; shared by the workers of a run.
        timeout_s: longest wait for a reply.
        num_tries: sendings of one request before its row ends in ERROR.
        first_wait_s, longest_wait_s: pause before the second sending, doubled each time up to the longest.
        extra: further fields of the request's body, such as ``chat_template_kwargs``.
    """

    url: str
    model: str
    revision: str = ""
    api_key_env: str = ""
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    max_tokens: int = 1024
    usd_per_million_prompt_tokens: float = 0.0
    usd_per_million_reply_tokens: float = 0.0
    max_in_flight: int = 64
    max_calls_per_minute: int = 0
    timeout_s: float = 120.0
    num_tries: int = 6
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(
                f"url: {self.url!r} is no web address; give one such as http://localhost:8000/v1"
            )
        if parts.username or parts.password or parts.query:
            raise ValueError("url: no password and no key in it; name the key's variable in api_key_env")
        if not self.model:
            raise ValueError("model: give the name that the server knows the model by")
        if not 0 <= self.temperature <= 2 or not 0 < self.top_p <= 1:
            raise ValueError("temperature: 0 to 2; top_p: above 0 to 1")
        if min(self.max_tokens, self.max_in_flight, self.num_tries) < 1:
            raise ValueError("max_tokens, max_in_flight, num_tries: at least 1")
        if min(self.max_calls_per_minute, self.first_wait_s, self.longest_wait_s) < 0:
            raise ValueError("max_calls_per_minute, first_wait_s, longest_wait_s: 0 or more")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s: above 0")
        if min(self.usd_per_million_prompt_tokens, self.usd_per_million_reply_tokens) < 0:
            raise ValueError("usd_per_million_prompt_tokens, usd_per_million_reply_tokens: 0 or more")

    @property
    def sampling(self) -> Sampling:
        """How the model draws its words."""
        return Sampling(
            temperature=self.temperature, top_p=self.top_p, seed=self.seed, max_tokens=self.max_tokens
        )

    def cost_usd(self, num_prompt_tokens: int, num_reply_tokens: int) -> float:
        """Price of a call."""
        prompt = num_prompt_tokens * self.usd_per_million_prompt_tokens
        return (prompt + num_reply_tokens * self.usd_per_million_reply_tokens) / 1e6

    def api_key(self) -> str | None:
        """The key, from the environment.

        Raises:
            ValueError: a variable is named and not set.
        """
        if not self.api_key_env:
            return None
        key = os.environ.get(self.api_key_env)
        if not key:
            raise ValueError(f"api_key_env: the environment has no {self.api_key_env}; export it first")
        return key


def check_verifier(verifier: Endpoint) -> None:
    """Refuse a verifier that draws its verdicts.

    Raises:
        ValueError: its temperature is not 0.
    """
    if verifier.temperature != 0:
        raise ValueError(f"temperature: verdicts are asked at 0, not {verifier.temperature}; leave it out")
