"""Lets the project's virtual environment work without activation, whatever the shell has sourced.

Set-up copies this file into the environment, with a `.pth` file that calls
`apply` at every start of its Python, before the one of the ROS 2 wheels.

A shell that has sourced a ROS 2 of its own (`/opt/ros/...`) hands on variables
that put that installation's Python packages and libraries before ours; a
process started from another environment of ROS 2 wheels hands on the mark that
its library path is already set. Both end in import errors far from the cause.
A sourced workspace that only adds packages (an overlay) is left as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

# The mark by which the ROS 2 wheels know that they have set LD_LIBRARY_PATH and started Python anew.
GUARD = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
# Variable -> the file under one of its entries by which a whole ROS 2 installation is known.
MARKS_OF_ROS = {
    "PYTHONPATH": "rclpy/__init__.py",
    "LD_LIBRARY_PATH": "librcl.so",
    "AMENT_PREFIX_PATH": "lib/librcl.so",
    "CMAKE_PREFIX_PATH": "lib/librcl.so",
}


def apply(environment: MutableMapping[str, str] = os.environ, prefix: str = sys.prefix) -> None:
    """Changes `environment` so that it fits the virtual environment at `prefix`.

    Where libraries or packages of another ROS 2 were dropped, the mark of the
    ROS 2 wheels goes too, so that they start Python again with the right paths.
    """
    own = os.path.realpath(prefix) + os.sep
    must_restart = False
    for variable, mark in MARKS_OF_ROS.items():
        entries = [entry for entry in environment.get(variable, "").split(os.pathsep) if entry]
        kept = [
            entry
            for entry in entries
            if (os.path.realpath(entry) + os.sep).startswith(own)
            or not os.path.exists(os.path.join(entry, mark))
        ]
        if kept != entries:
            environment[variable] = os.pathsep.join(kept)
            must_restart |= variable in ("PYTHONPATH", "LD_LIBRARY_PATH")
    libraries = environment.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    if must_restart or os.path.join(prefix, "lib") not in libraries:
        environment.pop(GUARD, None)

    # Last place: packages of an overlay come before those they were built on.
    _add(environment, "AMENT_PREFIX_PATH", prefix, first=False)
    # Programs of the environment (cmake, ninja) are found by those that call them (colcon).
    _add(environment, "PATH", os.path.join(prefix, "bin"), first=True)

    middleware = environment.get("RMW_IMPLEMENTATION")
    if middleware and not os.path.exists(os.path.join(prefix, "lib", f"lib{middleware}.so")):
        del environment["RMW_IMPLEMENTATION"]


def _add(environment: MutableMapping[str, str], variable: str, entry: str, *, first: bool) -> None:
    entries = [part for part in environment.get(variable, "").split(os.pathsep) if part]
    if entry not in entries:
        environment[variable] = os.pathsep.join([entry, *entries] if first else [*entries, entry])
