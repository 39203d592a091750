"""How soon a client is answered again after ``kill -9`` of the node and its restart.

    python benchmarks/node_return.py [--num-rounds 40] [--num-rounds-before 12]

Three processes over real DDS on a domain of their own: a camera (64x48 raw at 30 Hz, best effort), the
segmenter with a stand-in model of 20 ms, and a client that asks 20 times a second all the time, each under
``config/fastdds_large_images.xml``. In each round the node is killed, and started again after a second.
Measured: from the node's log "active: ask" to the first good answer at the client; 0 where the answer was
there before the line was seen. ``start``: from the start of the process to that line; the longer it takes
(other work on the machine), the less of the discovery is left to be seen after it.

In both discovery ranges, and in each also without what the profile says about coming back (announcements and
heartbeats). About ten minutes on two busy cores. SUBNET sends multicast into the network.
"""

from __future__ import annotations

import argparse
import re
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from node_processes import SEGMENTER, NodeProcess, free_domain, percentiles, ros_parameters
from results import machine, write

from converseg_ros.transport.profile import PROFILE_VARIABLES, find_profile
from tests.stand_in.asker import first_answer_s
from tests.stand_in.model import Settings, write_bundle

LIMIT_S, PAUSE_S, START_S = 2.0, 1.0, 120.0
COLUMNS = ("range", "profile", "rounds", "median_s", "p95_s", "worst_s", "above_2_s", "start_median_s")


class Robot:
    """The three processes."""

    def __init__(self, folder: Path, changes: Mapping[str, str]) -> None:
        self._folder, self._changes, self._domain = folder, changes, free_domain()
        self._bundle = write_bundle(folder / "bundle", Settings(encode_s=0.02))
        self._processes: list[NodeProcess] = []
        self._node = self._start_node()
        self._start("tests.stand_in.camera", "--now")
        self._asker = self._start("tests.stand_in.asker", "the red square")
        self._wait_for_answer(0.0)

    def round(self) -> tuple[float, float]:
        """Kill the node and start it again; seconds to its activity, and from there to the first answer."""
        self._node.stop(signal.SIGKILL)
        time.sleep(PAUSE_S)
        start_s = time.monotonic()
        self._node = self._start_node()
        self._node.wait_for_log("active: ask", START_S)
        active_s = time.monotonic()
        return active_s - start_s, max(0.0, self._wait_for_answer(start_s) - active_s)

    def close(self) -> None:
        """End all, and remove what the killed ones left."""
        for process in self._processes:
            process.kill()

    def _start(self, module: str, *arguments: str) -> NodeProcess:
        process = NodeProcess(
            module, arguments, domain=self._domain, tmp_path=self._folder, changes=self._changes
        )
        self._processes.append(process)
        return process

    def _start_node(self) -> NodeProcess:
        limits = {"max_frame_age_s": 0.4, "wait_for_frame_s": 0.4, "model": self._bundle}
        return self._start(SEGMENTER, *ros_parameters(**limits))

    def _wait_for_answer(self, after_s: float) -> float:
        deadline_s = time.monotonic() + START_S
        while (answered_s := first_answer_s(self._asker.log, after_s)) is None:
            if time.monotonic() > deadline_s:
                raise SystemExit(f"no answer in {START_S} s:\n{self._node.log}")
            time.sleep(0.02)
        return answered_s


def measure(folder: Path, profile: Path, discovery_range: str, num_rounds: int) -> dict[str, Any]:
    """A row of the table."""
    changes = dict.fromkeys(PROFILE_VARIABLES, str(profile))
    robot = Robot(folder, changes | {"ROS_AUTOMATIC_DISCOVERY_RANGE": discovery_range})
    rounds: list[tuple[float, float]] = []
    try:
        for _ in range(num_rounds):
            rounds.append(robot.round())
            print(
                f"{discovery_range} start {rounds[-1][0]:.2f} answered after {rounds[-1][1]:.3f}", flush=True
            )
    finally:
        robot.close()
    starts_s, returns_s = [each[0] for each in rounds], [each[1] for each in rounds]
    median_s, p95_s = percentiles(returns_s, 50, 95)
    return {
        "range": discovery_range,
        "rounds": num_rounds,
        "median_s": median_s,
        "p95_s": p95_s,
        "worst_s": max(returns_s),
        "above_2_s": sum(value > LIMIT_S for value in returns_s),
        "start_median_s": percentiles(starts_s, 50)[0],
        "each_s": [round(value, 3) for value in returns_s],
    }


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num-rounds", type=int, default=40)
    parser.add_argument("--num-rounds-before", type=int, default=12)
    options = parser.parse_args()
    shipped = find_profile()
    assert shipped is not None
    facts = machine()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        before = Path(name) / "without.xml"
        text = shipped.read_text(encoding="utf-8")
        before.write_text(re.sub(r"<(builtin|times)>.*?</\1>", "", text, flags=re.DOTALL), encoding="utf-8")
        for discovery_range in ("LOCALHOST", "SUBNET"):
            for profile, label, num_rounds in (
                (shipped, "as shipped", options.num_rounds),
                (before, "without", options.num_rounds_before),
            ):
                folder = Path(name) / f"{discovery_range}-{profile.stem}"
                folder.mkdir()
                row = measure(folder, profile, discovery_range, num_rounds)
                rows.append({"profile": label, **row})
    write("node_return", facts | {"load_1min_at_the_end": machine()["load_1min"]}, COLUMNS, rows)


if __name__ == "__main__":
    main()
