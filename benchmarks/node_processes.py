"""For measurements of the node: a camera and a segmenter as processes, and what a process uses over time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from converseg_core.live.process_meter import cpu_time_s, resident_bytes  # noqa: E402
from tests.ros.domains import free_domain  # noqa: E402
from tests.ros.harness import NodeProcess, child_environment, ros_parameters  # noqa: E402

__all__ = ["Camera", "NodeProcess", "UsageLog", "free_domain", "join_domain", "ros_parameters", "slope_per_s"]

SEGMENTER = "tests.stand_in.segmenter_node"


def join_domain(domain: int) -> None:
    """Put this process on a DDS domain, before rclpy is initialised."""
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"


def priority() -> dict[str, Any]:
    """How this process, and so its children, get processors: a figure from a busy machine depends on it."""
    policies = {
        os.SCHED_OTHER: "normal",
        os.SCHED_RR: "real-time (SCHED_RR)",
        os.SCHED_FIFO: "real-time (FIFO)",
    }
    policy = os.sched_getscheduler(0)
    return {"scheduling": policies.get(policy, str(policy)), "niceness": os.nice(0)}


class Camera:
    """A camera process that publishes from :meth:`start` to :meth:`stop` and counts what it sent."""

    def __init__(self, *arguments: str, domain: int, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.stand_in.camera", *arguments],
            env=child_environment(domain, folder / "ros_logs"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def start(self) -> None:
        """Wait until somebody listens, then publish; returns when it does."""
        self._expect("matched")
        self._tell()
        self._expect("publishing")

    def stop(self) -> dict[str, Any]:
        """End it; returns ``num_sent`` and ``worst_late_s``."""
        self._tell()
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        self._process.wait(10)
        return said

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait(10)

    def _tell(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def _expect(self, text: str) -> None:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if said != text:
            raise SystemExit(f"the camera said {said!r} where {text!r} was expected")


class UsageLog:
    """Memory, processor time, threads and open files of a process, noted when told to."""

    def __init__(self, pid: int, *, period_s: float = 1.0) -> None:
        self._pid, self._period_s = pid, period_s
        self._rows: list[tuple[float, float, float]] = []

    def note(self) -> None:
        """Note the present use, at most once a period."""
        now_s = time.monotonic()
        if not self._rows or now_s - self._rows[-1][0] >= self._period_s:
            self._rows.append((now_s, resident_bytes(self._pid) / 1e6, cpu_time_s(self._pid)))

    @property
    def num_notes(self) -> int:
        """How many there are."""
        return len(self._rows)

    def cpu_share(self) -> float:
        """Cores in use between the first and the last note; 1 is one core."""
        first, last = self._rows[0], self._rows[-1]
        return (last[2] - first[2]) / (last[0] - first[0])

    def memory_mb(self) -> NDArray[np.float64]:
        """Resident memory of each note, MB."""
        return np.array([row[1] for row in self._rows])

    def medians_mb(self, *, window_s: float) -> str:
        """Median resident memory of each stretch of time, MB."""
        rows = np.array(self._rows)
        stretch = ((rows[:, 0] - rows[0, 0]) // window_s).astype(int)
        return ", ".join(f"{np.median(rows[stretch == k, 1]):.0f}" for k in np.unique(stretch))

    def floor_slope_mb_per_min(self, *, after_s: float, window_s: float) -> float:
        """As :meth:`memory_slope_mb_per_min`, of the smallest value of each stretch of time: what stays."""
        rows = np.array(self._rows)
        kept = rows[rows[:, 0] >= rows[0, 0] + after_s]
        stretch = ((kept[:, 0] - kept[0, 0]) // window_s).astype(int)
        smallest = [float(kept[stretch == k, 1].min()) for k in np.unique(stretch)]
        return 60 / window_s * slope_per_s(np.arange(len(smallest), dtype=np.float64), np.array(smallest))

    def memory_slope_mb_per_min(self, *, after_s: float) -> float:
        """Slope of the resident memory from ``after_s`` seconds after the first note on, MB a minute."""
        rows = np.array(self._rows)
        kept = rows[rows[:, 0] >= rows[0, 0] + after_s]
        return 60 * slope_per_s(kept[:, 0], kept[:, 1])


def slope_per_s(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Theil and Sen's slope: the median over all pairs, which no single step decides; NaN below 2 values."""
    first, second = np.triu_indices(len(times_s), k=1)
    if first.size == 0:
        return float("nan")
    return float(np.median((values[second] - values[first]) / (times_s[second] - times_s[first])))


def percentiles(values: Sequence[float], *shares: float) -> list[float]:
    """The given percentiles; NaN where there is no value."""
    return [float(np.percentile(values, share)) if values else float("nan") for share in shares]
