"""The client against a real server that fails in every way there is."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from converseg_engine.vlm import client as client_module
from converseg_engine.vlm.ask import Ask, Request, Sampling, request_of
from converseg_engine.vlm.asker import Asker
from converseg_engine.vlm.cache import ReplyCache
from converseg_engine.vlm.client import Client, NoReply
from converseg_engine.vlm.endpoint import Endpoint
from converseg_engine.vlm.limits import Budget, Budgets, BudgetSpentError, Ledger, ServerUnusableError
from converseg_engine.vlm.replies import AbsentReply
from converseg_engine.vlm.scripted.model import read_request
from converseg_engine.vlm.scripted.server import BadRequestError, Said, Server, open_log
from converseg_engine.vlm.scripted.settings import FaultRates, Script
from converseg_engine.vlm.stages.align import ask_absent
from converseg_engine.vlm.stages.prompts import Draft
from tests.engine.vlm.samples import plain, square

GOOD = '{"absent": true, "reason": "r"}'


def draft(prompt: str) -> Draft:
    return Draft("i", "physics", prompt, "w", (), (), square(0, 0))


def ask(prompt: str = "the spoon") -> Ask[AbsentReply]:
    return ask_absent(plain(), draft(prompt))


def request(prompt: str = "the spoon") -> Request:
    return request_of(ask(prompt), model="m", revision="1", sampling=Sampling(), extra={})


class Replies:
    """Gives texts one after the other, the last one for ever."""

    def __init__(self, *texts: str | Said) -> None:
        self.bodies: list[bytes] = []
        self._texts = texts

    def __call__(self, body: bytes) -> Said:
        read_request(body)
        self.bodies.append(body)
        text = self._texts[min(len(self.bodies), len(self._texts)) - 1]
        return text if isinstance(text, Said) else Said("absent", text, None, "stop", 100, 10)


def endpoint(port: int, **changes: object) -> Endpoint:
    fields: dict[str, object] = {
        "url": f"http://127.0.0.1:{port}/v1",
        "model": "m",
        "timeout_s": 0.3,
        "num_tries": 3,
        "first_wait_s": 0.0,
        "longest_wait_s": 0.02,
        "usd_per_million_prompt_tokens": 1e4,
    }
    return Endpoint(**(fields | changes))  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def serving(replies: Replies, log: Path | None = None, **faults: float):  # type: ignore[no-untyped-def]
    with contextlib.ExitStack() as stack:
        file = None if log is None else stack.enter_context(open_log(log))
        server = await Server(replies, Script(faults=FaultRates(**faults)), file).start()
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


def test_the_body_is_what_a_server_expects() -> None:
    one = dataclasses.replace(request(), extra={"chat_template_kwargs": {"enable_thinking": False}})
    name, text, pictures, num_turns = read_request(one.body())
    assert (name, text, num_turns) == ("absent", one.text, 0)
    assert pictures == [plain().jpeg]


def test_the_key_knows_everything_that_matters() -> None:
    first = request()
    picture = dataclasses.replace(plain(), sha256="f" * 64)
    others = [
        dataclasses.replace(first, model="n"),
        dataclasses.replace(first, revision="2"),
        dataclasses.replace(first, sampling=Sampling(seed=1)),
        dataclasses.replace(first, sampling=Sampling(temperature=0.5)),
        dataclasses.replace(first, text="other"),
        dataclasses.replace(first, pictures=(picture,)),
        dataclasses.replace(first, schema="{}"),
        dataclasses.replace(first, salt=1),
        dataclasses.replace(first, extra={"x": 1}),
    ]
    assert len({first.key, *(other.key for other in others)}) == 1 + len(others)
    assert request().key == first.key


@pytest.mark.parametrize("fault", ["time_out", "too_many", "server_error", "cut", "broken_envelope"])
def test_what_fails_on_the_way_is_sent_again_and_then_given_up(fault: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(Replies(GOOD), tmp_path / "log", **{fault: 1.0}) as port:
            changes = {"timeout_s": 0.05} if fault == "time_out" else {}
            async with Client(endpoint(port, **changes)) as client:
                with pytest.raises(NoReply, match="no reply in 3 tries"):
                    await client.send(request())
                assert (client.traffic.num_sent, client.traffic.num_replies) == (3, 0)

    asyncio.run(scenario())
    assert len((tmp_path / "log").read_text().splitlines()) == 3


def test_half_of_all_requests_may_fail(tmp_path: Path) -> None:
    async def scenario() -> None:
        rates = {"too_many": 0.1, "server_error": 0.1, "cut": 0.1, "broken_envelope": 0.1}
        async with (
            serving(Replies(GOOD), None, **rates) as port,
            Client(endpoint(port, num_tries=12)) as client,
        ):
            replies = await asyncio.gather(*(client.send(request(f"p{k}")) for k in range(60)))
            assert {reply.text for reply in replies} == {GOOD}
            assert client.traffic.num_sent_again > 10

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", ["address", "gone"])
def test_a_server_that_is_no_use_stops_the_run(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "NUM_FAILURES_THAT_STOP", 2)

    async def scenario() -> None:
        async with serving(Replies(GOOD)) as port:
            there = endpoint(port, url=f"http://127.0.0.1:{port}/wrong/v1") if kind == "address" else None
            nobody = endpoint(1, num_tries=1)
            async with Client(there or nobody) as client:
                if kind == "gone":
                    with pytest.raises(NoReply):
                        await client.send(request())
                with pytest.raises(ServerUnusableError, match="url"):
                    await client.send(request())

    asyncio.run(scenario())


def test_a_request_that_the_server_will_not_take_is_final() -> None:
    class Refusing(Replies):
        def __call__(self, body: bytes) -> Said:
            super().__call__(body)
            raise BadRequestError("the picture is too large")

    async def scenario() -> None:
        replies = Refusing(GOOD)
        async with serving(replies) as port, Client(endpoint(port)) as client:
            with pytest.raises(NoReply, match=r"status 400: .*too large"):
                await client.send(request())
        assert len(replies.bodies) == 1

    asyncio.run(scenario())


@contextlib.contextmanager
def asking(port: int, folder: Path, budgets: Budgets | None = None) -> Iterator[tuple[Asker, Client]]:
    client = Client(endpoint(port))
    with ReplyCache(folder / "cache.sqlite") as cache:
        ledger = Ledger(budgets or Budgets(), cache.spent())
        yield Asker({"generator": client, "verifier": client}, cache, ledger), client


def test_an_unusable_reply_is_asked_about_once_more_with_its_fault(tmp_path: Path) -> None:
    replies = Replies('{"absent": "maybe"}', GOOD)

    async def scenario() -> None:
        async with serving(replies) as port:
            with asking(port, tmp_path) as (asker, client):
                async with client:
                    answered = await asker.ask(ask())
        assert answered.value is not None
        assert [call.attempt for call in answered.calls] == [1, 2]
        assert answered.calls[0].raw_reply == '{"absent": "maybe"}'
        assert answered.calls[0].fault.startswith("absent: ")
        assert answered.calls[1].fault == ""

    asyncio.run(scenario())
    assert read_request(replies.bodies[1])[3] == 1
    assert b"absent: Input should be a valid boolean" in replies.bodies[1]


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Said("absent", None, "I cannot help."), "refused"),
        (Said("absent", '{"absent": tr', None, "length"), "cut off"),
        (Said("absent", "\ud800 yes"), "Invalid JSON"),
        (Said("absent", ""), "Invalid JSON"),
    ],
)
def test_two_unusable_replies_are_an_error_with_both_kept(reply: Said, word: str, tmp_path: Path) -> None:
    replies = Replies(reply)

    async def scenario() -> int:
        async with serving(replies) as port:
            for _ in range(2):
                with asking(port, tmp_path) as (asker, client):
                    async with client:
                        answered = await asker.ask(ask())
                assert answered.value is None
                assert word in answered.fault
                assert len(answered.calls) == 2
            return asker.num_from_cache

    assert asyncio.run(scenario()) == 2
    assert len(replies.bodies) == 2, "the second round comes from the cache"


def test_the_same_question_twice_at_once_is_paid_once(tmp_path: Path) -> None:
    replies = Replies(GOOD)

    async def scenario() -> None:
        async with serving(replies) as port:
            with asking(port, tmp_path) as (asker, client):
                async with client:
                    answers = await asyncio.gather(*(asker.ask(ask()) for _ in range(5)))
        assert all(one.value is not None for one in answers)

    asyncio.run(scenario())
    assert len(replies.bodies) == 1


def test_a_budget_stops_before_the_next_call_and_what_is_paid_is_kept(tmp_path: Path) -> None:
    replies = Replies(GOOD)
    budgets = Budgets(total=Budget(max_cost_usd=2.0))  # one call costs 1.0

    async def scenario() -> None:
        async with serving(replies) as port:
            with asking(port, tmp_path, budgets) as (asker, client):
                async with client:
                    for k in range(2):
                        await asker.ask(ask(f"p{k}"))
                    with pytest.raises(BudgetSpentError, match="max_cost_usd"):
                        await asker.ask(ask("p2"))
                    assert (await asker.ask(ask("p0"))).value is not None
            with asking(port, tmp_path, budgets) as (asker, client):
                async with client:
                    with pytest.raises(BudgetSpentError):
                        await asker.ask(ask("p2"))

    asyncio.run(scenario())
    assert len(replies.bodies) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "localhost:8000"}, "url"),
        ({"url": "http://me:secret@host/v1"}, "api_key_env"),
        ({"model": ""}, "model"),
        ({"temperature": 3.0}, "temperature"),
        ({"max_in_flight": 0}, "max_in_flight"),
        ({"timeout_s": 0.0}, "timeout_s"),
        ({"api_key_env": "CONVERSEG_NO_SUCH_KEY"}, "api_key_env"),
    ],
)
def test_wrong_settings_name_the_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        endpoint(1, **changes).api_key()
