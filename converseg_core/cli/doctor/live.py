"""Running segmenters seen from outside, by a process that knows ROS 2."""

from __future__ import annotations

import json
import subprocess
import sys

from converseg_core.cli.doctor.check import Check
from converseg_core.cli.ros_environment import child_environment

_START_S = 60.0
"""Longest start of the process and discovery, beside the seconds that it listens."""


def live_checks(seconds: float) -> list[Check]:
    """Rows about every segmenter on this shell's ROS domain.

    Args:
        seconds: how long to listen to their cameras.
    """
    command = [sys.executable, "-m", "converseg_ros.health.live_probe", str(seconds)]
    try:
        done = subprocess.run(
            command,
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=_START_S + 2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        remedy = "run it again; look at the network and at ROS_AUTOMATIC_DISCOVERY_RANGE"
        return [Check("segmenters", "fail", f"no result within {_START_S + 2 * seconds:.0f} s", remedy)]
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        found = f"the look ended with {done.returncode}: {reason}"
        return [Check("segmenters", "fail", found, "cure the ROS 2 rows above first")]
    return [Check(**json.loads(line)) for line in done.stdout.splitlines()]
