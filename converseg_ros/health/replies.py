"""How fast answers come and what they take, over the last seconds."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping

from converseg_ros.health.windows import SlidingWindow

WINDOW_S = 30.0
MAX_STAGES = 20


class ReplyTimes:
    """Rates of answers and of propagated masks, stage times, age of frames. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers = SlidingWindow(length_s=WINDOW_S)
        self._ages = SlidingWindow(length_s=WINDOW_S)
        self._propagated = SlidingWindow(length_s=WINDOW_S)
        self._stages: dict[str, SlidingWindow] = {}

    def add(
        self, now_s: float, *, stages_s: Mapping[str, float], frame_age_s: float, propagated: bool
    ) -> None:
        """Note a reply.

        Args:
            now_s: steady clock, seconds.
            stages_s: duration of each stage.
            frame_age_s: age of the frame when the model started on it; NaN where there is none.
            propagated: the mask was carried here from an earlier answer.
        """
        with self._lock:
            if propagated:
                self._propagated.add(now_s)
                return
            self._answers.add(now_s)
            if not math.isnan(frame_age_s):
                self._ages.add(now_s, frame_age_s)
            for name, duration_s in stages_s.items():
                if name in self._stages or len(self._stages) < MAX_STAGES:
                    self._stages.setdefault(name, SlidingWindow(length_s=WINDOW_S)).add(now_s, duration_s)

    def values(self, now_s: float) -> dict[str, str]:
        """As text for a diagnostic: medians and 95th percentiles of the last 30 s."""
        with self._lock:
            ages = {"frame age at start": self._ages}
            stages = {f"stage {name}": window for name, window in self._stages.items()}
            return {
                "answers Hz": f"{self._answers.rate_hz(now_s):.2f}",
                "propagated Hz": f"{self._propagated.rate_hz(now_s):.2f}",
                **_percentiles(now_s, ages | stages),
            }


def _percentiles(now_s: float, windows: Mapping[str, SlidingWindow]) -> dict[str, str]:
    values = {}
    for name, window in windows.items():
        for percent in (50, 95):
            value = window.percentile(now_s, percent)
            if value is not None:
                values[f"{name} p{percent} s"] = f"{value:.4f}"
    return values
