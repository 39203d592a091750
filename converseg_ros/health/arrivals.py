"""What arrives on one topic: rate, delay, losses. Knows no rclpy."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np

from converseg_ros.health.finding import Finding
from converseg_ros.health.publishers import Wanted, transport_cure
from converseg_ros.health.windows import SlidingWindow

WINDOW_S = 10.0
MIN_LOST = 5
MIN_LOST_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What a topic brought; counts with ``recent`` are those of the last ``WINDOW_S`` seconds.

    Attributes:
        num_lost: messages that the middleware lost on the way here.
        num_overtaken: messages that came, and that a newer one replaced before this process took them.
        num_missing: messages that are missing by the stamps: gaps against the usual period.
        delay_p50_s: from stamp to arrival; NaN where nothing came.
        last_arrival_s: steady clock; NaN before the first message.
        last_stamp_s: of the newest message.
        last_ros_now_s: this node's ROS clock when it arrived.
        period_s: usual time between two stamps, their median; 0 where too few came.
        num_bytes: size of the newest message's data.
    """

    num_received: int
    num_lost: int
    rate_hz: float
    recent_received: int
    recent_lost: int
    num_overtaken: int
    num_missing: int
    delay_p50_s: float
    delay_p95_s: float
    last_arrival_s: float
    last_stamp_s: float
    last_ros_now_s: float
    period_s: float
    num_bytes: int

    def values(self) -> dict[str, str]:
        """As text for a diagnostic."""
        return {
            "received": str(self.num_received),
            "rate Hz": f"{self.rate_hz:.2f}",
            "lost in transport": str(self.num_lost),
            "lost in transport, last 10 s": str(self.recent_lost),
            "overtaken before taken, last 10 s": str(self.num_overtaken),
            "missing by stamps, last 10 s": str(self.num_missing),
            "delay p50 s": f"{self.delay_p50_s:.3f}",
            "delay p95 s": f"{self.delay_p95_s:.3f}",
            "bytes": str(self.num_bytes),
        }


class Arrivals:
    """Notes each message of one topic. Thread-safe."""

    def __init__(self, *, counts_losses: bool = True) -> None:
        """Start with nothing.

        Args:
            counts_losses: whether the middleware says how many messages it lost; else the stamps' gaps
                are taken for it.
        """
        self._lock = threading.Lock()
        self._counts_losses = counts_losses
        self._num_received = self._num_lost = 0
        self._delays = SlidingWindow(length_s=WINDOW_S)
        self._lost: deque[tuple[float, int]] = deque()
        self._skipped: deque[tuple[float, int]] = deque()
        self._stamps: deque[tuple[float, float]] = deque(maxlen=2000)
        self._last_number: int | None = None
        self._last = (math.nan, math.nan, math.nan)
        self._num_bytes = 0

    def arrived(
        self, now_s: float, *, stamp_s: float, ros_now_s: float, number: int | None, num_bytes: int
    ) -> None:
        """Note a message.

        Args:
            now_s: steady clock, seconds.
            stamp_s: its header's stamp, seconds.
            ros_now_s: this node's ROS clock, seconds.
            number: its number at its publisher; None where several publish or the middleware has none.
            num_bytes: size of its data.
        """
        with self._lock:
            self._num_received += 1
            self._delays.add(now_s, ros_now_s - stamp_s)
            self._stamps.append((now_s, stamp_s))
            if number is not None and self._last_number is not None and number > self._last_number + 1:
                self._skipped.append((now_s, number - self._last_number - 1))
            self._last_number = number
            self._last = (now_s, stamp_s, ros_now_s)
            self._num_bytes = num_bytes

    def lost(self, now_s: float, num_messages: int) -> None:
        """Note messages that the middleware lost."""
        with self._lock:
            self._num_lost += num_messages
            self._lost.append((now_s, num_messages))

    def summary(self, now_s: float) -> Arrived:
        """What came so far, and in the last ``WINDOW_S`` seconds."""
        with self._lock:
            for kept in (self._lost, self._skipped):
                while kept and kept[0][0] <= now_s - WINDOW_S:
                    kept.popleft()
            period_s, missing = self._gaps(now_s)
            recent_lost = sum(number for _, number in self._lost) if self._counts_losses else missing
            skipped = sum(number for _, number in self._skipped)
            rate_hz = self._delays.rate_hz(now_s)
            p50_s, p95_s = (self._delays.percentile(now_s, percent) for percent in (50, 95))
            return Arrived(
                num_received=self._num_received,
                num_lost=self._num_lost,
                rate_hz=rate_hz,
                recent_received=self._delays.count(now_s),
                recent_lost=recent_lost,
                num_overtaken=max(0, skipped - recent_lost),
                num_missing=missing,
                delay_p50_s=math.nan if p50_s is None else p50_s,
                delay_p95_s=math.nan if p95_s is None else p95_s,
                last_arrival_s=self._last[0],
                last_stamp_s=self._last[1],
                last_ros_now_s=self._last[2],
                period_s=period_s,
                num_bytes=self._num_bytes,
            )

    def _gaps(self, now_s: float) -> tuple[float, int]:
        """The usual period of the stamps, and how many are missing between those that came."""
        stamps = np.array([stamp_s for at_s, stamp_s in self._stamps if at_s > now_s - WINDOW_S])
        steps = np.diff(stamps)
        steps = steps[steps > 0]
        if len(steps) < MIN_LOST:
            return 0.0, 0
        period_s = float(np.median(steps))
        return period_s, int(np.maximum(0, np.round(steps / period_s) - 1).sum())


def check_losses(wanted: Wanted, arrived: Arrived) -> Finding | None:
    """Whether the way here loses messages: 5 or more, and 5 % or more, of the last ten seconds."""
    num_sent = arrived.recent_received + arrived.recent_lost
    if arrived.recent_lost < MIN_LOST or arrived.recent_lost < MIN_LOST_SHARE * num_sent:
        return None
    return Finding(
        code="lossy transport",
        topic=wanted.topic,
        seen=f"{arrived.recent_lost} of {num_sent} messages of {arrived.num_bytes / 1e6:.1f} MB were lost "
        f"on the way in {WINDOW_S:.0f} s",
        fix=transport_cure(wanted),
    )
