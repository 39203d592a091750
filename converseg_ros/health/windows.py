"""Rates and percentiles over the last seconds, and for how long something has lasted."""

from collections import deque

import numpy as np

MAX_KEPT = 10_000


class SlidingWindow:
    """Values of the last `length_s` seconds; memory is bounded by `MAX_KEPT` values."""

    def __init__(self, *, length_s: float = 10.0) -> None:
        if length_s <= 0:
            raise ValueError(f"length_s must be above 0, not {length_s}")
        self._length_s = length_s
        self._kept: deque[tuple[float, float]] = deque(maxlen=MAX_KEPT)
        self._started_s: float | None = None

    def add(self, now_s: float, value: float = 0.0) -> None:
        """Note one event at `now_s` (steady clock, seconds)."""
        if self._started_s is None:
            self._started_s = now_s
        self._kept.append((now_s, value))

    def rate_hz(self, now_s: float) -> float:
        """Events a second; 0 before the first event. Until the window is full, its age counts."""
        self._forget(now_s)
        if self._started_s is None or not self._kept:
            return 0.0
        # A first event says nothing of a rate: the span has to hold at least one second.
        span_s = min(self._length_s, max(1.0, now_s - self._started_s))
        return len(self._kept) / span_s

    def percentile(self, now_s: float, percent: float) -> float | None:
        """The `percent` (0 to 100) percentile of the values; None where there are none."""
        self._forget(now_s)
        if not self._kept:
            return None
        return float(np.percentile([value for _, value in self._kept], percent))

    def count(self, now_s: float) -> int:
        """Events in the window."""
        self._forget(now_s)
        return len(self._kept)

    def _forget(self, now_s: float) -> None:
        while self._kept and self._kept[0][0] <= now_s - self._length_s:
            self._kept.popleft()


class Lasting:
    """For how long something has been so without a break."""

    def __init__(self) -> None:
        self._since_s: float | None = None

    def update(self, is_so: bool, now_s: float) -> float:
        """Note how it is at a moment of the steady clock; returns for how long, 0 where it is not so."""
        if not is_so:
            self._since_s = None
            return 0.0
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s
