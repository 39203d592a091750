"""An HTTP/1.1 server that speaks the chat completions protocol, with faults on the way and in the replies."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from converseg_engine.vlm.scripted.chance import draw
from converseg_engine.vlm.scripted.settings import WAY_FAULTS, Script

PATH = "/v1/chat/completions"
RETRY_AFTER_S = 0.02


@dataclass(frozen=True)
class Said:
    """What a model says to a request.

    Attributes:
        stage: for the log.
        content: the reply's text; None for a refusal.
        refusal: the words of a refusal.
        finish: "stop" or "length".
        num_prompt_tokens, num_reply_tokens: usage.
    """

    stage: str
    content: str | None
    refusal: str | None = None
    finish: str = "stop"
    num_prompt_tokens: int = 0
    num_reply_tokens: int = 0

    def envelope(self, model: str) -> bytes:
        """The body of the server's answer."""
        message = {"role": "assistant", "content": self.content, "refusal": self.refusal}
        usage = {
            "prompt_tokens": self.num_prompt_tokens,
            "completion_tokens": self.num_reply_tokens,
            "total_tokens": self.num_prompt_tokens + self.num_reply_tokens,
        }
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        return json.dumps(
            {
                "id": "chatcmpl-script",
                "object": "chat.completion",
                "model": model,
                "choices": [choice],
                "usage": usage,
            }
        ).encode()


class BadRequestError(ValueError):
    """A request that the protocol does not allow; answered with status 400."""


Answer = Callable[[bytes], Said]
"""From a request's body to what the model says. Raises BadRequestError."""


@dataclass
class Server:
    """The server's state.

    Args:
        answer: the model.
        script: latency and faults.
        log: one line of JSON for each request; None for none.
    """

    answer: Answer
    script: Script
    log: IO[str] | None = None
    num_requests: int = 0
    _seen: dict[str, int] = field(default_factory=dict)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> asyncio.Server:
        """Listen; the port is that of ``sockets[0].getsockname()``."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Connection(self), host, port, backlog=1024)

    def name_of(self, body: bytes) -> str:
        """sha256 of a request, where anybody wants to know it."""
        if self.log is None and not any(getattr(self.script.faults, name) for name in WAY_FAULTS):
            return ""
        return hashlib.sha256(body).hexdigest()

    def fault_of(self, request: str) -> str:
        """What happens on the way to this sending of a request; "" for nothing."""
        count = self._seen.get(request, 0)
        self._seen[request] = count + 1
        value = draw(self.script.seed, "way", request, str(count))
        for name in WAY_FAULTS:
            value -= getattr(self.script.faults, name)
            if value < 0:
                return name
        return ""

    def note(self, request: str, key: str, stage: str, outcome: str) -> None:
        """Write a line of the log: outcome is paid, or what happened in its place."""
        self.num_requests += 1
        if self.log is not None:
            line = {"request": request, "key": key, "stage": stage, "outcome": outcome}
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()


class _Connection(asyncio.Protocol):
    """One client's connection: requests one after the other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._need = 0
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the line."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        """The client is gone."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Collect a head, then a body."""
        self._buffer += data
        while True:
            if not self._need:
                end = self._buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                self._head = bytes(self._buffer[:end])
                del self._buffer[: end + 4]
                self._need = int(_header(self._head, b"content-length") or 0) or -1
            num = max(self._need, 0)
            if len(self._buffer) < num:
                return
            if len(self._buffer) == num:
                body, self._buffer = bytes(self._buffer), bytearray()
            else:
                body = bytes(self._buffer[:num])
                del self._buffer[:num]
            self._need = 0
            script = self._server.script
            spread = script.latency_spread
            latency_s = script.latency_s * (random.uniform(1 - spread, 1 + spread) if spread else 1.0)
            if latency_s:
                asyncio.get_running_loop().call_later(latency_s, self._reply, self._head, body)
            else:
                self._reply(self._head, body)

    def _reply(self, head: bytes, body: bytes) -> None:
        server = self._server
        method, path = head.split(b" ", 2)[:2]
        key = _header(head, b"idempotency-key").decode("ascii", "replace")
        if path != PATH.encode() or method != b"POST":
            self._send(404, b'{"error":{"message":"no such address"}}')
            return
        request = server.name_of(body)
        if self._transport is None:
            server.note(request, key, "", "client gone")
            return
        fault = server.fault_of(request)
        if fault in ("", "cut"):
            try:
                said = server.answer(body)
            except BadRequestError as error:
                server.note(request, key, "", "bad request")
                self._send(400, json.dumps({"error": {"message": str(error)}}).encode())
                return
            server.note(request, key, said.stage, fault or "paid")
            self._send(200, said.envelope("scripted"), cut=fault == "cut")
            return
        server.note(request, key, "", fault)
        if fault == "too_many":
            self._send(429, b'{"error":{"message":"slow down"}}', extra=f"Retry-After: {RETRY_AFTER_S}\r\n")
        elif fault == "server_error":
            self._send(500, b'{"error":{"message":"out of memory"}}')
        elif fault == "broken_envelope":
            self._send(200, b'{"id":"chatcmpl-script","choices":[{"mess')

    def _send(self, status: int, body: bytes, *, extra: str = "", cut: bool = False) -> None:
        if self._transport is None:
            return
        head = (
            f"HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{extra}\r\n"
        )
        self._transport.write(head.encode() + (body[: len(body) // 2] if cut else body))
        if cut:
            self._transport.close()


def _header(head: bytes, name: bytes) -> bytes:
    """A header's value; empty where there is none."""
    lowered = head.lower()
    start = lowered.find(b"\r\n" + name + b":")
    if start < 0:
        return b""
    start += len(name) + 3
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip()


def open_log(path: Path) -> IO[str]:
    """A log file that lines are added to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a", encoding="utf-8")
