"""Requests over HTTP: connections kept open, and patience with what goes wrong on the way.

A reply is either whole, or it never was: time-outs, cut connections and broken envelopes are sent again,
as are "too many" (429) and the server's own troubles (5xx). A refusal of the request itself is final.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

from converseg_engine.vlm.ask import Request
from converseg_engine.vlm.cache import StoredReply
from converseg_engine.vlm.endpoint import Endpoint
from converseg_engine.vlm.limits import Pace, ServerUnusableError

_SEND_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_HOPELESS = {
    401: "it does not know the API key; set api_key_env",
    402: "it wants money first",
    403: "it forbids this; check the key's rights",
    404: "it has no such address or model; check url and model",
}
NO_REPLY = "no reply in"
"""How the reason of a row starts that another run might still bring to an end."""
_MAX_BODY_CHARS = 300
_SEND_BUFFER = 1 << 20
"""Bytes; the system gives less where its limit is lower."""
NUM_FAILURES_THAT_STOP = 25
"""So many requests in a row without any reply: the server is gone, and rows must not end in ERROR for it."""


class NoReply(Exception):  # noqa: N818 - an outcome, not a defect
    """A request that got no reply in any of its sendings; the message says why."""


@dataclass
class Traffic:
    """What went over the line, for people; none of it reaches the rows."""

    num_sent: int = 0
    num_replies: int = 0
    num_sent_again: int = 0
    num_failed: int = 0


class Client:
    """Talks to one endpoint; use it in an ``async with`` block.

    Args:
        endpoint: where and how.
        num_workers: processes that share the endpoint's calls a minute.
    """

    def __init__(self, endpoint: Endpoint, *, num_workers: int = 1) -> None:
        self.endpoint = endpoint
        self.traffic = Traffic()
        self._url = f"{endpoint.url.rstrip('/')}/chat/completions"
        self._pace = Pace(endpoint.max_calls_per_minute / num_workers)
        self.slots = asyncio.Semaphore(endpoint.max_in_flight)
        self._failures_in_row = 0
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the line."""
        headers = {"Content-Type": "application/json"}
        if key := self.endpoint.api_key():
            headers["Authorization"] = f"Bearer {key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=60, ttl_dns_cache=300, socket_factory=_roomy_socket
            ),
            timeout=aiohttp.ClientTimeout(total=self.endpoint.timeout_s),
            headers=headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    async def send(self, request: Request) -> StoredReply:
        """Get a reply; hold one of :attr:`slots` meanwhile.

        Raises:
            NoReply: there is none, after as many sendings as the endpoint allows.
            ServerUnusableError: the server refuses everybody, or is gone.
        """
        try:
            return await self._send_patiently(request)
        except NoReply as error:
            self._count_failure(str(error))
            raise

    async def _send_patiently(self, request: Request) -> StoredReply:
        body, wait_s, fault = request.body(), self.endpoint.first_wait_s, ""
        for attempt in range(self.endpoint.num_tries):
            if attempt:
                self.traffic.num_sent_again += 1
                await asyncio.sleep(wait_s * random.uniform(0.75, 1.25))
                wait_s = min(2 * wait_s, self.endpoint.longest_wait_s)
            await self._pace.wait()
            self.traffic.num_sent += 1
            try:
                reply = await self._send_once(body, request.key)
            except _Again as again:
                fault = str(again)
                wait_s = max(wait_s, min(again.wait_s, self.endpoint.longest_wait_s))
                continue
            self._failures_in_row = 0
            self.traffic.num_replies += 1
            return reply
        raise NoReply(f"{NO_REPLY} {self.endpoint.num_tries} tries: {fault}")

    def _count_failure(self, fault: str) -> None:
        self.traffic.num_failed += 1
        self._failures_in_row += 1
        if self._failures_in_row >= NUM_FAILURES_THAT_STOP:
            raise ServerUnusableError(
                f"url: {self.endpoint.url} gave no reply to {self._failures_in_row} requests in a row"
                f" ({fault}); run the same command again when it is back"
            )

    async def _send_once(self, body: bytes, key: str) -> StoredReply:
        assert self._session is not None, "use the client in an async with block"
        try:
            # A server or gateway that honours the key gives a lost reply again without computing it again.
            async with self._session.post(self._url, data=body, headers={"Idempotency-Key": key}) as response:
                content = await response.read()
                status, retry_after = response.status, response.headers.get("Retry-After", "")
        except TimeoutError as error:
            raise _Again(f"time-out after {self.endpoint.timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _Again(f"connection: {type(error).__name__} {error}".rstrip()) from error
        if status == 200:
            return self._parse(content)
        said = content[:_MAX_BODY_CHARS].decode("utf-8", "replace").strip()
        if status in _HOPELESS:
            raise ServerUnusableError(f"url: {self._url} answers {status}, {_HOPELESS[status]} ({said})")
        if status in _SEND_AGAIN:
            raise _Again(f"status {status}", wait_s=_seconds(retry_after))
        raise NoReply(f"status {status}: {said}")

    def _parse(self, content: bytes) -> StoredReply:
        try:
            envelope: dict[str, Any] = json.loads(content)
            choice = envelope["choices"][0]
            message, usage = choice["message"], envelope.get("usage") or {}
            num_prompt = int(usage.get("prompt_tokens") or 0)
            num_reply = int(usage.get("completion_tokens") or 0)
            refusal, text = message.get("refusal"), message.get("content")
            if not isinstance(refusal or text or "", str):
                raise TypeError("content is no text")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise _Again(f"broken envelope: {type(error).__name__}") from error
        return StoredReply(
            # A lone surrogate is legal in JSON and nowhere else.
            text=(refusal or text or "").encode("utf-8", "replace").decode("utf-8"),
            finish="refusal" if refusal else str(choice.get("finish_reason") or "stop"),
            num_prompt_tokens=num_prompt,
            num_reply_tokens=num_reply,
            cost_usd=self.endpoint.cost_usd(num_prompt, num_reply),
        )


def _roomy_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that takes a request with two pictures at once: each further write is a hop of the loop."""
    family, kind, protocol, _, _ = address
    line = socket.socket(family, kind, protocol)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    return line


class _Again(Exception):  # noqa: N818 - an outcome, not a defect
    """This sending failed; another may not."""

    def __init__(self, message: str, *, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def _seconds(retry_after: str) -> float:
    """Seconds of a Retry-After header; dates and nonsense count as 0."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return 0.0
