"""The highest rate that a node sustains, found by bisection. Nothing here knows ROS."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """What a search has found.

    Attributes:
        sustained_hz: highest rate that was seen to be sustained; None where none was.
        failed_hz: lowest rate that was seen to fail; None where none did.
    """

    sustained_hz: float | None
    failed_hz: float | None


def bisect(
    is_sustained: Callable[[float], bool], *, low_hz: float, high_hz: float, precision: float
) -> Bracket:
    """Halve the interval, in the logarithm: rates of models lie between one in a minute and a hundred.

    The ends are tried only where every rate between them gave the same result.

    Args:
        is_sustained: measures one rate.
        low_hz: lower end.
        high_hz: upper end.
        precision: ends where the bounds differ by less than this share of the lower one.
    """
    if not 0 < low_hz < high_hz:
        raise ValueError(f"low_hz, high_hz: {low_hz:g}, {high_hz:g}; give 0 < low_hz < high_hz")
    if not precision > 0:
        raise ValueError(f"precision: {precision}; give a number above 0")
    sustained_hz: float | None = None
    failed_hz: float | None = None
    while (failed_hz or high_hz) > (sustained_hz or low_hz) * (1 + precision):
        rate_hz = math.sqrt((failed_hz or high_hz) * (sustained_hz or low_hz))
        if is_sustained(rate_hz):
            sustained_hz = rate_hz
        else:
            failed_hz = rate_hz
    if failed_hz is None and is_sustained(high_hz):
        return Bracket(sustained_hz=high_hz, failed_hz=None)
    if sustained_hz is None and is_sustained(low_hz):
        return Bracket(sustained_hz=low_hz, failed_hz=failed_hz)
    return Bracket(sustained_hz=sustained_hz, failed_hz=high_hz if failed_hz is None else failed_hz)
