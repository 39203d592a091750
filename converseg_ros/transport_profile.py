"""The Fast DDS profile without which large raw images are lost under best effort."""

from __future__ import annotations

import os
from pathlib import Path

PROFILE_VARIABLES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
_NAME = "fastdds_large_images.xml"


def find_profile() -> Path | None:
    """``config/fastdds_large_images.xml`` of this checkout or of the installed ROS package."""
    candidates = [Path(__file__).resolve().parent.parent / "config" / _NAME]
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    candidates += [Path(prefix) / "share" / "converseg" / "config" / _NAME for prefix in prefixes if prefix]
    return next((path for path in candidates if path.is_file()), None)


def use_large_image_profile() -> Path | None:
    """Make this process send large images reliably; call before rclpy is initialised.

    A profile that the user has chosen stays. Returns the profile set here, or None.
    """
    profile = find_profile()
    if profile is None or any(os.environ.get(variable) for variable in PROFILE_VARIABLES):
        return None
    for variable in PROFILE_VARIABLES:
        os.environ[variable] = str(profile)
    return profile
