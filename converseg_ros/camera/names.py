"""The parameter ``cameras``: namespaces of the cameras of one segmenter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converseg_ros.process.lifeline import UsageError

MAX_CAMERAS = 16
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*")


def camera_names(given: Sequence[str]) -> list[str]:
    """The checked names; one empty name stands for one camera without a namespace of its own.

    Raises:
        UsageError: no name that ROS allows, one name twice, or too many.
    """
    names = list(given) or [""]
    if names == [""]:
        return names
    for name in names:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"parameter cameras: {name!r} is no relative ROS name; use letters, digits, _, as in 'left'"
            )
    if len(set(names)) != len(names):
        raise UsageError(f"parameter cameras: {', '.join(names)} has a name twice; give each its own")
    if len(names) > MAX_CAMERAS:
        raise UsageError(f"parameter cameras: {len(names)} are more than {MAX_CAMERAS}; start another node")
    return names
