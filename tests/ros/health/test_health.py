"""Windows, stamps and throttled logs, with the clock given."""

import math
import mmap

import pytest

from converseg_ros.health.finding import Finding
from converseg_ros.health.memory import MB, MemoryTrend, peak_bytes, resident_bytes
from converseg_ros.health.replies import ReplyTimes
from converseg_ros.health.stamps import check_stamp
from converseg_ros.health.throttle import Throttle
from converseg_ros.health.windows import SlidingWindow


def test_rate_and_percentiles_follow_the_window() -> None:
    window = SlidingWindow(length_s=10.0)
    assert window.rate_hz(0.0) == 0.0
    assert window.percentile(0.0, 50) is None
    for index in range(300):
        window.add(index / 30, float(index))
    assert window.rate_hz(10.0 - 1e-6) == pytest.approx(30.0, rel=1e-3)
    assert window.percentile(9.99, 50) == pytest.approx(149.5)
    # The camera stops: half the events have left the window five seconds later, all of them after ten.
    assert window.rate_hz(15.0) == pytest.approx(14.9)
    assert window.rate_hz(20.0) == 0.0
    assert window.percentile(20.0, 95) is None


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length_s"):
        SlidingWindow(length_s=0.0)


@pytest.mark.parametrize(
    ("stamp_s", "now_s", "use_sim_time", "code"),
    [
        (5000.0, 5000.2, False, None),
        (5000.05, 5000.0, False, None),
        (0.0, 5000.0, False, "stamp unset"),
        (12.0, 0.0, True, "no clock"),
        (12.0, 1.7e9, False, "other clock"),
        (1.7e9, 12.0, True, "other clock"),
        (5001.0, 5000.0, False, "future stamp"),
        (5000.0, 5001.5, False, "stale stamp"),
    ],
)
def test_stamps(stamp_s: float, now_s: float, use_sim_time: bool, code: str | None) -> None:
    found = check_stamp(
        topic="/cam/image", stamp_s=stamp_s, now_s=now_s, max_age_s=1.0, use_sim_time=use_sim_time
    )
    assert (found.code if found else None) == code
    if found is not None:
        assert found.text().startswith("/cam/image: ")
        assert found.fix in found.text()


def test_a_finding_is_logged_once_and_then_with_a_count() -> None:
    throttle = Throttle(again_after_s=30.0)
    first = Finding(code="stale stamp", topic="/a", seen="old", fix="Sync")
    other = Finding(code="stale stamp", topic="/b", seen="old", fix="Sync")
    assert throttle.line(first, 0.0) == "/a: old. Sync"
    assert throttle.line(first, 10.0) is None
    assert throttle.line(first, 20.0) is None
    assert throttle.line(other, 20.0) == "/b: old. Sync"
    assert throttle.line(first, 30.0) == "/a: old. Sync (3 times in 30 s)"
    assert throttle.line(first, 40.0) is None


def test_a_finding_that_is_over_is_told_once_and_logged_anew_when_it_comes_back() -> None:
    throttle = Throttle(again_after_s=30.0)
    stale = Finding(code="stale stamp", topic="/a", seen="old", fix="Sync")
    lost = Finding(code="lossy transport", topic="/a", seen="lost", fix="Profile")
    for finding in (stale, lost):
        throttle.line(finding, 0.0)
    assert throttle.over([lost]) == ["/a: no longer: stale stamp"]
    assert throttle.over([lost]) == []
    assert throttle.line(stale, 1.0) == "/a: old. Sync"


def test_memory_is_this_process_and_its_growth_needs_a_minute() -> None:
    # Pages of its own: a heap with room left would take no more from the system.
    with mmap.mmap(-1, 40 * MB) as kept:
        before = resident_bytes()
        kept[:: mmap.PAGESIZE] = bytes(-(-len(kept) // mmap.PAGESIZE))
        during = resident_bytes()
    assert 30 * MB < during - before < 60 * MB
    assert 30 * MB < during - resident_bytes() < 60 * MB
    assert peak_bytes() >= during - 5 * MB
    trend = MemoryTrend()
    for second in range(60):
        trend.note(float(second), 100 * MB + second * MB // 20)
    assert trend.mb_per_minute() is None
    for second in range(60, 300):
        trend.note(float(second), 100 * MB + second * MB // 20)
    assert trend.mb_per_minute() == pytest.approx(3.0, rel=0.02)
    assert float(trend.values(300.0)["memory MB"]) > 10


def test_reply_times_by_stage() -> None:
    times = ReplyTimes()
    assert times.values(0.0) == {"answers Hz": "0.00", "propagated Hz": "0.00"}
    for index in range(20):
        times.add(index / 2, stages_s={"encode": 0.1 + index / 1000}, frame_age_s=0.02, propagated=False)
        times.add(index / 2, stages_s={"carry": 9.0}, frame_age_s=math.nan, propagated=True)
    values = times.values(10.0)
    assert (values["answers Hz"], values["propagated Hz"]) == ("2.00", "2.00")
    assert (values["stage encode p50 s"], values["stage encode p95 s"]) == ("0.1095", "0.1181")
    assert values["frame age at start p95 s"] == "0.0200"
    assert "stage carry p50 s" not in values
    times.add(10.0, stages_s={}, frame_age_s=math.nan, propagated=False)  # refused: it had no frame
    assert times.values(10.0)["frame age at start p95 s"] == "0.0200"
    assert times.values(100.0)["answers Hz"] == "0.00"
