"""Measure whether raw images survive: two processes, a private domain, stock settings and ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from converseg_core.cli.doctor.check import Check
from converseg_core.cli.doctor.ros_checks import cure
from converseg_core.cli.ros_environment import (
    PROFILE_VARIABLE,
    child_environment,
    free_domain_id,
    large_images_profile,
)

_PROBE_TIMEOUT_S = 40.0


def dds_probe_checks() -> list[Check]:
    """Rows with measured figures: 640x480 raw under best effort, as set in this shell and with ours."""
    rows = [_measured("raw images, as set now", None, remedy=cure())]
    profile = large_images_profile()
    if profile is not None:
        remedy = "check shared memory (/dev/shm) above; use image/compressed meanwhile"
        rows.append(_measured("raw images, with our profile", profile, remedy=remedy))
    return rows


def _measured(name: str, profile: Path | None, *, remedy: str) -> Check:
    changes = {} if profile is None else {PROFILE_VARIABLE: str(profile)}
    env = child_environment(domain_id=free_domain_id(), changes=changes)
    command = [sys.executable, "-m", "converseg_ros.transport.dds_probe"]
    with subprocess.Popen([*command, "publish"], env=env, stdout=subprocess.DEVNULL) as publisher:
        try:
            done = subprocess.run(
                [*command, "subscribe"],
                env=child_environment(domain_id=int(env["ROS_DOMAIN_ID"])),
                capture_output=True,
                text=True,
                timeout=_PROBE_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Check(name, "warn", f"no result within {_PROBE_TIMEOUT_S:.0f} s", "run the probe again")
        finally:
            publisher.terminate()
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Check(name, "warn", f"the probe ended with {done.returncode}: {reason}", "see the rows above")
    row: dict[str, Any] = json.loads(lines[-1])
    share = row["num_received"] / row["num_sent"] if row["num_sent"] else 0.0
    found = f"{row['num_received']} of {row['num_sent']} frames of {row['num_bytes'] / 1e6:.2f} MB arrived"
    if share >= 0.95:
        return Check(name, "ok", found)
    return Check(name, "warn", found, remedy)
