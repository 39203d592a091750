"""ROS 2: is it there, is it whole, and will it carry images."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from converseg_core.cli.doctor.check import Check
from converseg_core.cli.ros_environment import (
    BOOTSTRAP_GUARD,
    LARGE_IMAGES_PROFILE,
    PROFILE_VARIABLE,
    RosPresence,
    large_images_profile,
    probe_ros,
)

RAW_IMAGE_BYTES = 640 * 480 * 3
_NEWER_PROFILE_VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"
_GET_ROS = "run `make setup` in the repository, or source your ROS 2 and build the workspace (colcon build)"
_RANGES = ("SUBNET", "LOCALHOST", "OFF", "SYSTEM_DEFAULT")


def ros_checks() -> list[Check]:
    """Rows about ROS 2; without ROS 2 a single warning, since image files and bags need none."""
    presence = probe_ros()
    rows = _presence(presence)
    if not presence.rclpy:
        return rows
    return [*rows, *_guard(), _domain(), _discovery_range(), _large_images(presence)]


def _presence(presence: RosPresence) -> list[Check]:
    if not presence.rclpy:
        return [Check("ROS 2 (rclpy)", "warn", f"not found: {presence.error}", f"for the nodes: {_GET_ROS}")]
    rows = [Check("ROS 2 (rclpy)", "ok", str(Path(presence.rclpy).parent))]
    if not presence.rmw:
        remedy = "install a middleware: pip install 'ros-jazzy-rclpy[fastrtps]', or unset RMW_IMPLEMENTATION"
        return [*rows, Check("middleware (RMW)", "fail", presence.error, remedy)]
    rows.append(Check("middleware (RMW)", "ok", presence.rmw))
    if presence.interfaces:
        return [*rows, Check("interfaces", "ok", str(Path(presence.interfaces).parent.parent))]
    return [*rows, Check("interfaces", "fail", f"converseg.msg: {presence.error}", _GET_ROS)]


def _guard() -> list[Check]:
    """A guard variable that leaked in from another environment keeps the wheels from preparing ours."""
    if BOOTSTRAP_GUARD not in os.environ or probe_ros(os.environ).rclpy:
        return []
    found = f"{BOOTSTRAP_GUARD} is inherited from another Python environment"
    return [Check("ROS wheels", "warn", found, f"unset {BOOTSTRAP_GUARD} before you start a node")]


def _domain() -> Check:
    raw = os.environ.get("ROS_DOMAIN_ID", "")
    if raw == "":
        return Check("ROS domain", "ok", "0, the default; every robot without a domain of its own shares it")
    if not raw.isdecimal() or int(raw) > 232:
        return Check("ROS domain", "fail", f"ROS_DOMAIN_ID={raw!r}", "set it to a number from 0 to 101")
    if int(raw) > 101:
        found = f"{raw}: its ports collide with those that Linux hands out by itself"
        return Check("ROS domain", "warn", found, "choose a number from 0 to 101")
    return Check("ROS domain", "ok", raw)


def _discovery_range() -> Check:
    name = "discovery range"
    if os.environ.get("ROS_LOCALHOST_ONLY") == "1":
        remedy = "unset it and set ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
        return Check(name, "warn", "ROS_LOCALHOST_ONLY=1 is deprecated and overrides the range", remedy)
    raw = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "")
    if raw == "":
        return Check(name, "ok", "SUBNET, the default")
    if raw not in _RANGES:
        return Check(name, "warn", f"{raw!r} is unknown", f"set it to one of {', '.join(_RANGES)}")
    if raw == "OFF":
        remedy = "set ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST or SUBNET"
        return Check(name, "warn", "OFF: nodes find nobody, not even on this machine", remedy)
    return Check(name, "ok", raw)


def cure() -> str:
    """How raw images arrive: what to set, and where."""
    profile = large_images_profile()
    where = str(profile) if profile else f"config/{LARGE_IMAGES_PROFILE} of the repository"
    return (
        f"start the camera's process with {PROFILE_VARIABLE}={where} "
        "(the subscriber cannot cure it); or use reliability:=reliable on both sides, or image/compressed"
    )


def _large_images(presence: RosPresence) -> Check:
    name = "raw images over DDS"
    if "fastrtps" not in presence.rmw:
        return Check(name, "ok", f"{presence.rmw}: not known to lose them; `--probe-dds` measures it")
    if not os.environ.get(PROFILE_VARIABLE):
        if os.environ.get(_NEWER_PROFILE_VARIABLE):
            found = f"{_NEWER_PROFILE_VARIABLE} is set, but Jazzy's Fast DDS reads {PROFILE_VARIABLE}"
            return Check(name, "warn", found, f"set {PROFILE_VARIABLE} to the same file")
        found = "stock Fast DDS settings lose most raw images of 0.9 MB or more under best effort"
        return Check(name, "warn", found, f"{cure()}; `--probe-dds` measures it")
    path = Path(os.environ[PROFILE_VARIABLE])
    try:
        sizes = profile_sizes(path)
    except (OSError, ElementTree.ParseError, ValueError) as error:
        return Check(name, "fail", f"{PROFILE_VARIABLE}={path}: {error}", f"correct the file, or {cure()}")
    too_small = [f"{key} {value}" for key, value in sizes.items() if value < RAW_IMAGE_BYTES]
    if not sizes or too_small:
        found = f"{path} has {', '.join(too_small) or 'no segment_size and no maxMessageSize'}"
        return Check(name, "warn", f"{found}: too small for raw images", cure())
    return Check(name, "ok", f"{path}: {', '.join(f'{key} {value}' for key, value in sizes.items())}")


def profile_sizes(path: Path) -> dict[str, int]:
    """The sizes in a Fast DDS profile that decide whether a large image passes; the largest of each, bytes.

    Raises:
        OSError: the file can't be read.
        xml.etree.ElementTree.ParseError: it is not XML.
        ValueError: a size is not a number.
    """
    sizes: dict[str, int] = {}
    for element in ElementTree.parse(path).iter():
        tag = element.tag.rpartition("}")[2]
        if tag in ("segment_size", "maxMessageSize") and element.text:
            sizes[tag] = max(sizes.get(tag, 0), int(element.text))
    return sizes
