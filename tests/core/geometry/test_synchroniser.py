from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converseg_core.geometry.synchroniser import JUMP_BACK_NS, Matched, StreamRule, Synchroniser, Unmatched

MS = 1_000_000
DEPTH = StreamRule(name="depth", tolerance_s=0.02)
INFO = StreamRule(name="camera_info", any_stamp=True)


def make(**changes: Any) -> Synchroniser:
    return Synchroniser([DEPTH, INFO], **changes)


def test_the_same_stamp_is_taken_at_once() -> None:
    sync = make()
    sync.add("camera_info", 0, "info")
    sync.ask(100 * MS, "frame", 0.0)
    sync.add("depth", 95 * MS, "early")
    assert sync.poll(0.0) == []  # a nearer one may still come
    sync.add("depth", 100 * MS, "same")
    (result,) = sync.poll(0.0)
    assert result == Matched(
        item="frame",
        companions={"depth": "same", "camera_info": "info"},
        offsets_s={"depth": 0.0, "camera_info": -0.1},
    )
    assert sync.poll(0.0) == []


def test_a_near_one_is_taken_when_no_nearer_can_come() -> None:
    sync = make()
    sync.add("camera_info", 0, "info")
    sync.add("depth", 90 * MS, "before")
    sync.ask(100 * MS, "frame", 0.0)
    sync.add("depth", 123 * MS, "after")
    (result,) = sync.poll(0.0)
    assert isinstance(result, Matched)
    assert result.companions["depth"] == "before"
    assert result.offsets_s["depth"] == pytest.approx(-0.010)


def test_waiting_ends_with_the_near_one_or_a_reason() -> None:
    sync = make(max_wait_s=0.5)
    sync.add("camera_info", 0, "info")
    sync.add("depth", 90 * MS, "before")
    sync.ask(100 * MS, "one", 0.0)
    sync.ask(200 * MS, "two", 0.0)
    assert sync.poll(0.49) == []
    one, two = sync.poll(0.5)
    assert isinstance(one, Matched)
    assert two == Unmatched(item="two", stream="depth", reason="none near", nearest_s=-0.11)
    assert sync.counts()["unmatched: depth none near"] == 1


def test_nothing_received_is_told_from_none_near() -> None:
    sync = make()
    sync.ask(0, "frame", 0.0)
    (result,) = sync.poll(9.0)
    assert result == Unmatched(item="frame", stream="depth", reason="nothing received")
    sync.add("depth", 0, "depth")
    sync.ask(0, "frame", 9.0)
    (result,) = sync.poll(18.0)
    assert isinstance(result, Unmatched)
    assert (result.stream, result.reason) == ("camera_info", "nothing received")


def test_a_bag_that_begins_again_does_not_match_its_past() -> None:
    sync = make()
    sync.add("camera_info", 0, "info")
    sync.add("depth", 10 * JUMP_BACK_NS, "old")
    sync.add("depth", 0, "new")
    assert sync.counts()["depth jumps back"] == 1
    sync.ask(0, "frame", 0.0)
    (result,) = sync.poll(0.0)
    assert isinstance(result, Matched)
    assert result.companions["depth"] == "new"


def test_too_many_waiting_and_clearing_say_so() -> None:
    sync = make(max_waiting=2)
    for number in range(3):
        sync.ask(number, number, 0.0)
    assert sync.poll(0.0) == [Unmatched(item=0, stream="", reason="too many waiting")]
    assert [each.item for each in sync.clear()] == [1, 2]
    assert sync.num_waiting == 0


EVENTS = st.lists(
    st.tuples(st.sampled_from(["depth", "camera_info", "ask", "poll"]), st.integers(0, 400)), max_size=80
)


@given(EVENTS, st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=300)
def test_nothing_is_lost_in_silence(events: list[tuple[str, int]], max_kept: int, max_waiting: int) -> None:
    sync = make(max_wait_s=0.05, max_kept=max_kept, max_waiting=max_waiting)
    asked: dict[int, int] = {}
    decided: list[Matched | Unmatched] = []
    sent: dict[str, set[int]] = {"depth": set(), "camera_info": set()}
    now_s = 0.0
    for kind, value in events:
        if kind == "ask":
            asked[len(asked)] = value * MS
            sync.ask(value * MS, len(asked) - 1, now_s)
        elif kind == "poll":
            now_s += value / 10_000
            decided += sync.poll(now_s)
        else:
            sync.add(kind, value * MS, value * MS)
            sent[kind].add(value * MS)
        assert sync.num_waiting <= max_waiting
    decided += sync.poll(now_s + 1.0)
    assert sync.num_waiting == 0
    assert sorted(each.item for each in decided) == sorted(asked)
    for each in decided:
        if isinstance(each, Matched):
            assert abs(each.companions["depth"] - asked[each.item]) <= 20 * MS
            assert each.companions["depth"] in sent["depth"]
            assert each.offsets_s["depth"] == (each.companions["depth"] - asked[each.item]) / 1e9
    counts = sync.counts()
    matched = sum(isinstance(each, Matched) for each in decided)
    assert counts.get("matched exactly", 0) + counts.get("matched nearly", 0) == matched
    assert sum(n for key, n in counts.items() if key.startswith("unmatched")) == len(asked) - matched
    for name in ("depth", "camera_info"):
        parts = [counts[f"{name} {key}"] for key in ("used", "unused", "kept")]
        assert counts[f"{name} received"] == sum(parts)
        assert counts[f"{name} kept"] <= max_kept


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=12, unique=True))
def test_the_nearest_wins_whatever_the_order(offsets: list[int]) -> None:
    sync = make()
    sync.add("camera_info", 0, "info")
    for offset in offsets:
        sync.add("depth", (1000 + offset) * MS, offset)
    sync.ask(1000 * MS, "frame", 0.0)
    (result,) = sync.poll(9.0)
    nearest = min(abs(offset) for offset in offsets)
    if nearest <= 20:
        assert isinstance(result, Matched)
        assert abs(result.companions["depth"]) == nearest
    else:
        assert isinstance(result, Unmatched)
        assert result.nearest_s is not None
        assert abs(result.nearest_s) == pytest.approx(nearest / 1000)


def test_wrong_rules_name_their_field() -> None:
    with pytest.raises(ValueError, match="tolerance_s"):
        StreamRule(name="depth", tolerance_s=-1)
    with pytest.raises(ValueError, match="rules"):
        Synchroniser([DEPTH, DEPTH])
    with pytest.raises(ValueError, match="max_kept"):
        make(max_kept=0)
