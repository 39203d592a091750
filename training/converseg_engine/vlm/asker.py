"""From a question to a checked reply: cache first, then the budget, the model, the schema, and once more."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from converseg_engine.vlm.ask import Answered, Ask, Request, Role, Turn, request_of
from converseg_engine.vlm.cache import ReplyCache, Spent, StoredReply
from converseg_engine.vlm.client import Client, NoReply
from converseg_engine.vlm.limits import Ledger, RunStoppedError
from converseg_engine.vlm.prompt_texts import render
from converseg_engine.vlm.replies import Reply, parse_reply
from converseg_engine.vlm.rows import CallRecord

R = TypeVar("R", bound=Reply)
MAX_ATTEMPTS = 2
_REFUSALS = frozenset({"refusal", "content_filter"})


class Asker:
    """Gets replies for whoever asks.

    Args:
        clients: one for each role.
        cache: where paid replies are kept.
        ledger: what has been spent, and may be.
    """

    def __init__(self, clients: Mapping[Role, Client], cache: ReplyCache, ledger: Ledger) -> None:
        self._clients = clients
        self._cache = cache
        self._ledger = ledger
        self._waiting: dict[str, list[asyncio.Future[StoredReply]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop: RunStoppedError | None = None
        self.num_calls = 0
        self.num_from_cache = 0

    async def ask(self, ask: Ask[R]) -> Answered[R]:
        """Ask, once more where the reply is unusable.

        Returns:
            The reply, or none with the fault; a fault is never a verdict.

        Raises:
            RunStoppedError: a budget is spent, or the server is unusable.
        """
        endpoint = self._clients[ask.role].endpoint
        request = request_of(
            ask,
            model=endpoint.model,
            revision=endpoint.revision,
            sampling=endpoint.sampling,
            extra=endpoint.extra,
        )
        calls: list[CallRecord] = []
        fault = ""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                reply = await self._reply(ask, request)
            except NoReply as error:
                return Answered(None, tuple(calls), str(error))
            value, fault = _judge(reply, ask)
            calls.append(_record(ask, request, reply, attempt, fault))
            if value is not None:
                return Answered(value, tuple(calls))
            again = render("again", fault=fault).text
            request = dataclasses.replace(request, turns=(*request.turns, Turn(reply.text, again)))
        return Answered(None, tuple(calls), f"unusable reply, twice: {fault}")

    async def drain(self) -> None:
        """Start nothing more, and wait until every call under way is in the cache."""
        self._stop = self._stop or RunStoppedError("stopped")
        while self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0)  # the last commit

    async def _reply(self, ask: Ask[Any], request: Request) -> StoredReply:
        self.num_calls += 1
        key = request.key
        known = self._cache.get(key)
        if known is not None:
            self.num_from_cache += 1
            return known
        waiter = asyncio.get_running_loop().create_future()
        # The same question may come up twice at once; it is paid once.
        waiting = self._waiting.setdefault(key, [])
        waiting.append(waiter)
        if len(waiting) == 1:
            # Whoever waits may be stopped; the call is paid all the same and must reach the cache. So it is a
            # task of its own, and wakes its waiters itself: every hop of the event loop costs when hundreds
            # of calls are in flight.
            task = asyncio.create_task(self._pay(ask, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        answer: StoredReply = await waiter
        return answer

    async def _pay(self, ask: Ask[Any], request: Request) -> None:
        client = self._clients[ask.role]
        try:
            async with client.slots:
                if self._stop is not None:
                    raise self._stop
                self._ledger.check(ask.stage)
                reply = await client.send(request)
        except RunStoppedError as error:
            self._stop = error
            self._wake(request.key, error)
        except Exception as error:  # noqa: BLE001 - whoever asked gets it, whatever it is
            self._wake(request.key, error)
        else:
            spent = Spent(1, reply.num_prompt_tokens + reply.num_reply_tokens, reply.cost_usd)
            self._ledger.add(ask.stage, spent)
            self._cache.add(
                request.key,
                ask.stage,
                request.model,
                reply,
                lambda fault: self._wake(request.key, fault or reply),
            )

    def _wake(self, key: str, outcome: StoredReply | Exception) -> None:
        for waiter in self._waiting.pop(key):
            if waiter.done():  # stopped meanwhile
                continue
            if isinstance(outcome, StoredReply):
                waiter.set_result(outcome)
            else:
                waiter.set_exception(outcome)


def _judge(reply: StoredReply, ask: Ask[R]) -> tuple[R | None, str]:
    if reply.finish in _REFUSALS:
        return None, "the model refused"
    value, fault = parse_reply(reply.text, ask.schema, ask.check)
    if value is None and reply.finish == "length":
        fault = f"cut off at the longest length ({fault})"
    return value, fault


def _record(ask: Ask[Any], request: Request, reply: StoredReply, attempt: int, fault: str) -> CallRecord:
    sampling = request.sampling
    return CallRecord(
        stage=ask.stage,
        role=ask.role,
        model=request.model,
        revision=request.revision,
        template=ask.text.template,
        template_sha256=ask.text.template_sha256,
        prompt_sha256=ask.text.sha256,
        pictures_sha256=tuple(picture.sha256 for picture in ask.pictures),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
        max_tokens=sampling.max_tokens,
        reply_key=request.key,
        attempt=attempt,
        raw_reply=reply.text,
        fault=fault,
        num_prompt_tokens=reply.num_prompt_tokens,
        num_reply_tokens=reply.num_reply_tokens,
        cost_usd=reply.cost_usd,
    )
