"""This process's memory, and whether it grows."""

from __future__ import annotations

import os
import resource
from collections import deque
from pathlib import Path

import numpy as np

MB = 1_000_000
KEPT_S = 600.0
EVERY_S = 5.0
MIN_SPAN_S = 60.0


def resident_bytes() -> int:
    """Resident memory of this process (RSS), bytes; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    except OSError:
        return 0


def peak_bytes() -> int:
    """The most that :func:`resident_bytes` has been, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class MemoryTrend:
    """Resident memory over the last ten minutes."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=int(KEPT_S / EVERY_S))

    def note(self, now_s: float, num_bytes: int) -> None:
        """Keep a sample, at most one each five seconds (steady clock)."""
        if not self._samples or now_s - self._samples[-1][0] >= EVERY_S:
            self._samples.append((now_s, num_bytes))

    def mb_per_minute(self) -> float | None:
        """Slope of the straight line through the samples; None before a minute has been seen."""
        if len(self._samples) < 2 or self._samples[-1][0] - self._samples[0][0] < MIN_SPAN_S:
            return None
        at_s, sizes = np.array(self._samples, dtype=np.float64).T
        at_s -= at_s.mean()
        return float((at_s * (sizes - sizes.mean())).sum() / (at_s**2).sum() * 60 / MB)

    def values(self, now_s: float) -> dict[str, str]:
        """As text for a diagnostic; takes a sample."""
        resident = resident_bytes()
        self.note(now_s, resident)
        slope = self.mb_per_minute()
        return {
            "memory MB": f"{resident / MB:.1f}",
            "memory peak MB": f"{peak_bytes() / MB:.1f}",
            "memory growth MB/min": "" if slope is None else f"{slope:.2f}",
        }
