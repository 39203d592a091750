"""Bag time to live time and back, and stamps patched inside CDR bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.bags import typestore
from converseg_ros.bag.playback import ClockMap, begins_with_header, parse_topic_map, restamped

TIMES = st.integers(1, 4_000_000_000 * 10**9)


@given(bag_ns=TIMES, live_ns=TIMES, span_ns=st.integers(0, 10**13))
def test_at_rate_1_the_way_back_is_exact(bag_ns: int, live_ns: int, span_ns: int) -> None:
    clock_map = ClockMap(bag_ns=bag_ns, live_ns=live_ns)
    assert clock_map.to_live(bag_ns + span_ns) == live_ns + span_ns
    assert clock_map.to_bag(clock_map.to_live(bag_ns + span_ns)) == bag_ns + span_ns


@given(rate=st.floats(0.01, 100), span_ns=st.integers(0, 10**11))
def test_at_other_rates_it_is_exact_within_the_rate(rate: float, span_ns: int) -> None:
    clock_map = ClockMap(bag_ns=10**18, live_ns=2 * 10**18, rate=rate)
    assert abs(clock_map.to_bag(clock_map.to_live(10**18 + span_ns)) - 10**18 - span_ns) <= rate + 1
    assert ClockMap.from_json(clock_map.to_json()) == clock_map


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "null", '{"bag_ns": 1, "live_ns": 1, "rate": 0, "num_loops": 0}']
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"rate|clock_map"):
        ClockMap.from_json(text)


def image(types: dict[str, Any], seconds: int, nanoseconds: int) -> Any:
    stamp = types["builtin_interfaces/msg/Time"](sec=seconds, nanosec=nanoseconds)
    return types["sensor_msgs/msg/Image"](
        header=types["std_msgs/msg/Header"](stamp=stamp, frame_id="cäm"),
        height=1,
        width=3,
        encoding="mono8",
        is_bigendian=0,
        step=3,
        data=np.array([1, 2, 3], np.uint8),
    )


@pytest.mark.parametrize("is_little_endian", [True, False])
def test_only_the_stamp_changes(is_little_endian: bool) -> None:
    types, name = dict(typestore().types), "sensor_msgs/msg/Image"
    message = image(types, 5, 999_999_999)
    raw = bytes(typestore().serialize_cdr(message, name, little_endian=is_little_endian))
    moved = restamped(raw, ClockMap(bag_ns=5 * 10**9, live_ns=1_700_000_000 * 10**9 + 1))
    back: Any = typestore().deserialize_cdr(moved, name)
    assert (back.header.stamp.sec, back.header.stamp.nanosec) == (1_700_000_001, 0)
    assert back.header.frame_id == "cäm"
    assert back.data.tolist() == [1, 2, 3]


def test_a_zero_stamp_stays() -> None:
    raw = bytes(typestore().serialize_cdr(image(dict(typestore().types), 0, 0), "sensor_msgs/msg/Image"))
    assert restamped(raw, ClockMap(bag_ns=1, live_ns=10**18)) == raw


def test_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match=r"can't hold a header"):
        restamped(b"\x00\x01\x00\x00abc", ClockMap(bag_ns=1, live_ns=1))


@pytest.mark.parametrize(
    ("name", "is_first"),
    [
        ("sensor_msgs/msg/CompressedImage", True),
        ("sensor_msgs/msg/CameraInfo", True),
        ("converseg/msg/Segmentation", True),
        ("std_msgs/msg/String", False),
        ("sensor_msgs/msg/RegionOfInterest", False),
        ("nobody_msgs/msg/Unknown", False),
    ],
)
def test_which_types_begin_with_a_header(name: str, is_first: bool) -> None:
    assert begins_with_header(name, typestore()) is is_first


def test_topic_map() -> None:
    assert parse_topic_map(["/a:=b", " /c/d := e/f "]) == {"/a": "b", "/c/d": "e/f"}
    for wrong in (["/a"], ["/a:="], [":=b"], ["/a:=b", "/a:=c"], ["/a:=b", "/c:=b"]):
        with pytest.raises(ValueError, match=r"^topic_map: "):
            parse_topic_map(wrong)
