"""What ``/diagnostics`` says about a segmenter."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from converseg_core.answer import Status

RECENT_S = 5.0
"""A fault is shown as the node's state for so long, then only counted."""


class Tally:
    """Counts of what happened, and the last fault. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[Status] = Counter()
        self._propagated: Counter[Status] = Counter()
        self._num_faults = 0
        self._last_fault = ""
        self._last_fault_s = -math.inf

    def answered(self, status: Status) -> None:
        """Count an answer."""
        with self._lock:
            self._answers[status] += 1

    def propagated(self, status: Status) -> None:
        """Count a mask that was carried to a newer frame."""
        with self._lock:
            self._propagated[status] += 1

    def fault(self, text: str, now_s: float) -> None:
        """Count a fault at steady time ``now_s``."""
        with self._lock:
            self._num_faults += 1
            self._last_fault, self._last_fault_s = text, now_s

    def values(self) -> dict[str, str]:
        """Counts as text."""
        with self._lock:
            return {
                "answers": str(sum(self._answers.values())),
                **{f"answers {status.name}": str(self._answers[status]) for status in Status},
                "propagated": str(sum(self._propagated.values())),
                "propagated LOST": str(self._propagated[Status.LOST]),
                "rejected": str(self._answers[Status.REJECTED]),
                "errors": str(self._answers[Status.ERROR] + self._num_faults),
                "last fault": self._last_fault,
            }

    def recent_fault(self, now_s: float) -> str:
        """The last fault where it is younger than :data:`RECENT_S`, else empty."""
        with self._lock:
            return self._last_fault if now_s - self._last_fault_s < RECENT_S else ""


def diagnostic_array(
    *, name: str, level: bytes, message: str, hardware_id: str, values: Mapping[str, str], stamp: object
) -> DiagnosticArray:
    """One status in an array."""
    status = DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        hardware_id=hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = stamp
    return array
