"""Replies that stay, budgets that stop in time, calls that keep their pace."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from converseg_engine.vlm.cache import ReplyCache, Spent, StoredReply
from converseg_engine.vlm.limits import Budget, Budgets, BudgetSpentError, Ledger, Pace

REPLY = StoredReply('{"a": "\u00e4\u0000\u20ac"}', "stop", 100, 20, 0.25)


def test_replies_stay_and_are_counted_by_stage(tmp_path: Path) -> None:
    async def fill(cache: ReplyCache) -> None:
        await asyncio.gather(
            *(cache.put(f"k{k}", "scene" if k % 2 else "align", "m", REPLY) for k in range(9))
        )

    with ReplyCache(tmp_path / "c.sqlite") as cache:
        asyncio.run(fill(cache))
    with ReplyCache(tmp_path / "c.sqlite") as cache:
        assert cache.get("k3") == REPLY
        assert cache.get("other") is None
        assert cache.spent() == {"scene": Spent(4, 480, 1.0), "align": Spent(5, 600, 1.25)}


def test_a_reply_is_in_the_file_when_put_returns(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"

    async def one() -> StoredReply | None:
        with ReplyCache(path) as cache:
            await cache.put("k", "scene", "m", REPLY)
            with ReplyCache(path) as other:
                return other.get("k")

    assert asyncio.run(one()) == REPLY


def test_a_file_that_is_no_cache_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(ValueError, match=r"c\.sqlite cannot be used"):
        ReplyCache(path)


def test_artifacts_stay(tmp_path: Path) -> None:
    with ReplyCache(tmp_path / "c.sqlite") as cache:
        cache.put_artifact("k", [{"rle": "abc"}, None])
        assert cache.get_artifact("k") == [{"rle": "abc"}, None]
        assert cache.get_artifact("x") is None


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (Budget(max_cost_usd=1.0), "max_cost_usd"),
        (Budget(max_tokens=1000), "max_tokens"),
        (Budget(max_duration_s=1.0), "max_duration_s"),
    ],
)
def test_a_spent_budget_stops_the_next_call(budget: Budget, field: str) -> None:
    start_s = time.time() - (2 if field == "max_duration_s" else 0)
    ledger = Ledger(Budgets(total=budget), {}, start_s=start_s)
    if field != "max_duration_s":
        ledger.add("scene", Spent(1, 600, 0.6))
        ledger.check("align")
        ledger.add("align", Spent(1, 600, 0.6))
    with pytest.raises(BudgetSpentError, match=field):
        ledger.check("align")


def test_a_stage_has_a_budget_of_its_own_and_others_count() -> None:
    budgets = Budgets(stages={"region": Budget(max_tokens=100)})
    ledger = Ledger(budgets, {"region": Spent(1, 60, 0)}, lambda: {"region": Spent(1, 60, 0)})
    ledger.check("scene")
    with pytest.raises(BudgetSpentError, match="budget of region"):
        ledger.check("region")
    with pytest.raises(ValueError, match="stages: 'regions'"):
        Budgets(stages={"regions": Budget()})
    with pytest.raises(ValueError, match="max_tokens"):
        Budget(max_tokens=-1)


def test_pace_spreads_calls() -> None:
    async def calls() -> float:
        pace = Pace(60 * 200)
        start_s = time.monotonic()
        for _ in range(21):
            await pace.wait()
        return time.monotonic() - start_s

    assert asyncio.run(calls()) >= 0.1
