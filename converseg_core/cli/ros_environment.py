"""ROS 2 seen from outside: core never imports it, but starts processes that do."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import converseg_core
from converseg_core.cli.doctor.shared_memory import unfinished_ports

BOOTSTRAP_GUARD = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the ROS wheels in a process that they have prepared; a child that inherits it is not prepared."""

LARGE_IMAGES_PROFILE = "fastdds_large_images.xml"

PROFILE_VARIABLE = "FASTRTPS_DEFAULT_PROFILES_FILE"
"""Names the profile for the Fast DDS 2 of Jazzy, which ignores the FASTDDS_... variable of Fast DDS 3."""

_PROBE = """
import json
row = {"rclpy": "", "rmw": "", "interfaces": "", "error": ""}
try:
    import rclpy
    row["rclpy"] = rclpy.__file__
    row["rmw"] = rclpy.get_rmw_implementation_identifier()
    import converseg.action, converseg.msg, converseg.srv
    converseg.msg.Segmentation()
    row["interfaces"] = converseg.msg.__file__
except Exception as error:
    row["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(row))
"""


@dataclass(frozen=True, kw_only=True)
class RosPresence:
    """What a fresh Python process finds of ROS 2.

    Attributes:
        rclpy: file of the imported rclpy; empty where it can't be imported.
        rmw: middleware implementation; empty where unknown.
        interfaces: file of the imported ``converseg.msg``; empty where it can't be imported.
        error: what went wrong; empty where nothing did.
    """

    rclpy: str
    rmw: str
    interfaces: str
    error: str

    @property
    def is_complete(self) -> bool:
        """True where nodes of this project can run."""
        return bool(self.rclpy and self.rmw and self.interfaces)


def probe_ros(environment: Mapping[str, str] | None = None) -> RosPresence:
    """Import rclpy and the interfaces in a process of its own, where a crash harms nobody.

    Args:
        environment: of that process; default: this one's, cleaned as for a child.
    """
    env = child_environment() if environment is None else dict(environment)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE], env=env, capture_output=True, text=True, timeout=30, check=False
        )
    except subprocess.TimeoutExpired:
        return RosPresence(rclpy="", rmw="", interfaces="", error="import of rclpy took more than 30 s")
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        tail = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return RosPresence(
            rclpy="", rmw="", interfaces="", error=f"python ended with {done.returncode}: {tail}"
        )
    return RosPresence(**json.loads(lines[-1]))


def child_environment(
    *, domain_id: int | None = None, changes: Mapping[str, str] | None = None
) -> dict[str, str]:
    """This process's environment, fit for a ROS child; with ``domain_id``, on that domain of this host."""
    env = {key: value for key, value in os.environ.items() if key != BOOTSTRAP_GUARD}
    env["PYTHONUNBUFFERED"] = "1"
    if domain_id is not None:
        # ROS_LOCALHOST_ONLY and static peers would override the range.
        for name in ("ROS_LOCALHOST_ONLY", "ROS_STATIC_PEERS", "ROS_DISCOVERY_SERVER"):
            env.pop(name, None)
        env["ROS_DOMAIN_ID"] = str(domain_id)
        env["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    return env | dict(changes or {})


def free_domain_id() -> int:
    """A ROS domain on which no process of this host takes part.

    Domains 1 to 101 lie below the ports that Linux hands out by itself. Chosen at random among the free
    ones, so that two callers at the same moment hardly ever meet. A domain in which a killed process left a
    shared-memory port half made is passed over: a node would wait for it without end.

    Raises:
        RuntimeError: all are taken.
    """
    spoilt = set(unfinished_ports().values())
    candidates = [domain_id for domain_id in range(1, 102) if domain_id not in spoilt]
    random.SystemRandom().shuffle(candidates)
    for domain_id in candidates:
        if all(_port_is_free(port) for port in _participant_ports(domain_id)):
            return domain_id
    raise RuntimeError("ROS domains 1 to 101 all have participants on this machine; end some ROS processes")


def _participant_ports(domain_id: int) -> list[int]:
    # RTPS 2.5, section 9.6.2: unicast discovery port of participant p = 7400 + 250 d + 10 + 2 p.
    return [7400 + 250 * domain_id + 10 + 2 * participant for participant in range(4)]


def _port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def large_images_profile() -> Path | None:
    """The Fast DDS profile for raw images, in a checkout or in an installed ROS package."""
    roots = [Path(converseg_core.__file__).resolve().parent.parent / "config"]
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if prefix:
            roots.append(Path(prefix) / "share" / "converseg" / "config")
    roots.append(Path(sys.prefix) / "share" / "converseg" / "config")
    found = (root / LARGE_IMAGES_PROFILE for root in roots)
    return next((path for path in found if path.is_file()), None)
