"""The search knows the node only through one question: is this rate sustained?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converseg_core.live.search import Bracket, bisect

LOW_HZ, HIGH_HZ = 0.5, 200.0


@given(limit_hz=st.floats(LOW_HZ, HIGH_HZ, exclude_max=True), precision=st.floats(0.01, 1.0))
def test_the_limit_of_an_ideal_node_is_bracketed(limit_hz: float, precision: float) -> None:
    tried: list[float] = []

    def is_sustained(rate_hz: float) -> bool:
        tried.append(rate_hz)
        return rate_hz <= limit_hz

    found = bisect(is_sustained, low_hz=LOW_HZ, high_hz=HIGH_HZ, precision=precision)
    assert found.sustained_hz is not None
    assert found.failed_hz is not None
    assert found.sustained_hz <= limit_hz < found.failed_hz
    assert found.failed_hz <= found.sustained_hz * (1 + precision) * 1.000001
    assert found.sustained_hz in tried
    assert found.failed_hz in tried
    assert len(tried) == len(set(tried))


def test_no_rate_is_invented_where_none_was_sustained() -> None:
    assert bisect(lambda _: False, low_hz=1, high_hz=8, precision=0.1).sustained_hz is None


def test_a_node_faster_than_the_search_is_said_to_be_so() -> None:
    assert bisect(lambda _: True, low_hz=1, high_hz=8, precision=0.1) == Bracket(
        sustained_hz=8, failed_hz=None
    )


@pytest.mark.parametrize("ends", [(0.0, 5.0), (5.0, 5.0), (6.0, 5.0)])
def test_ends_that_make_no_interval(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low_hz"):
        bisect(lambda _: True, low_hz=ends[0], high_hz=ends[1], precision=0.1)
