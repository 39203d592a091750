"""The Fast DDS profile without which large raw images are lost under best effort."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# ROS 2 Jazzy's Fast DDS 2.14 reads only the second name, and says nothing of the first.
PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
BUFFERS_VARIABLE = "RMW_FASTRTPS_USE_QOS_FROM_XML"
"""Where this is 1, ROS 2 takes memory policies from the profile and not its own."""
MIN_SHARED_MEMORY_BYTES = 256 << 20
_NAME = "fastdds_large_images.xml"


def find_profile() -> Path | None:
    """``config/fastdds_large_images.xml`` of this checkout or of the installed ROS package."""
    candidates = [Path(__file__).resolve().parents[2] / "config" / _NAME]
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    candidates += [Path(prefix) / "share" / "converseg" / "config" / _NAME for prefix in prefixes if prefix]
    return next((path for path in candidates if path.is_file()), None)


def use_large_image_profile_if_it_fits(shared_memory: Path = Path("/dev/shm")) -> Path | None:
    """As :func:`use_large_image_profile`, but not where shared memory is too small: a write there would kill.

    Containers often have 64 MB in all, which is what the profile sets aside for each process.
    """
    try:
        has_room = shutil.disk_usage(shared_memory).free >= MIN_SHARED_MEMORY_BYTES
    except OSError:
        has_room = False
    return use_large_image_profile() if has_room else None


def use_large_image_profile() -> Path | None:
    """Make this process send large images reliably; call before rclpy is initialised.

    A profile that the user has chosen stays, by whichever name, and counts under both.

    Returns:
        The profile set here; None where the user's own stays or there is none.
    """
    chosen = [os.environ[variable] for variable in PROFILE_VARIABLES if os.environ.get(variable)]
    profile = None if chosen else find_profile()
    in_force = chosen[-1] if chosen else profile
    if in_force is not None:
        for variable in PROFILE_VARIABLES:
            os.environ.setdefault(variable, str(in_force))
    return profile


def free_sent_buffers() -> bool:
    """Let the middleware free a message's buffer once all have it, where the profile in force is ours.

    Otherwise each of a history's buffers keeps the size of the largest message that it ever held: 100 masks
    of 2 MB on ``~/segmentation``, filled over minutes, which looks like a leak. For processes that keep
    freed memory (:mod:`converseg_ros.process.allocation`); others pay for fresh pages with each message. Call
    it before rclpy is initialised, after the profile is chosen.

    Returns:
        Whether it does; a user's own profile says for itself what it wants.
    """
    ours, in_force = find_profile(), os.environ.get(PROFILE_VARIABLES[-1], "")
    try:
        is_ours = ours is not None and Path(in_force).read_bytes() == ours.read_bytes()
    except OSError:
        return False
    if not is_ours:
        return False
    return os.environ.setdefault(BUFFERS_VARIABLE, "1") == "1"
