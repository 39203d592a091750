"""What set-up needs from the machine, and the Debian/Ubuntu package that brings each thing.

Every check answers before anything is downloaded, so that a machine that
cannot be set up says so in one line and in under a second.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

PYTHON_VERSIONS = ((3, 11), (3, 12))
GIB = 1024**3


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One thing the machine lacks.

    Attributes:
        what: The thing, in words.
        package: Debian/Ubuntu package that brings it; empty where none does.
    """

    what: str
    package: str = ""


def check_machine(*, disk_path: Path, needed_bytes: int) -> list[Missing]:
    """Everything that is missing, empty where set-up can go on.

    Args:
        disk_path: An existing folder on the disk that the environment goes to.
        needed_bytes: Free space that the environment needs there.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    missing: list[Missing] = []
    if sys.version_info[:2] not in PYTHON_VERSIONS:
        missing.append(Missing(what=f"Python 3.11 or 3.12 (this is {version})"))
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        missing.append(Missing(what=f"Linux on x86-64 (this is {platform.system()} on {platform.machine()})"))
    elif not _has_glibc(2, 28):
        missing.append(Missing(what="glibc 2.28 or newer, which the ROS 2 wheels are built for"))
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        missing.append(Missing(what="Python's venv module", package=f"python{version}-venv"))
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        missing.append(Missing(what="Python.h", package=f"python{version}-dev"))
    missing += [
        Missing(what=program, package=program)
        for program in ("gcc", "g++", "make")
        if not shutil.which(program)
    ]
    free_bytes = shutil.disk_usage(disk_path).free
    if free_bytes < needed_bytes:
        what = f"{needed_bytes / GIB:.1f} GiB of free disk (there are {free_bytes / GIB:.1f})"
        missing.append(Missing(what=what))
    return missing


def in_one_line(missing: list[Missing]) -> str:
    """One line for a person: what is missing, and the command that brings what a package can bring."""
    line = "Set-up cannot go on. Missing: " + ", ".join(item.what for item in missing) + "."
    packages = [item.package for item in missing if item.package]
    if packages:
        privilege = "" if os.geteuid() == 0 else "sudo "
        line += f" On Debian or Ubuntu: {privilege}apt-get install {' '.join(packages)}"
    return line


def _has_glibc(major: int, minor: int) -> bool:
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    parts = version.split(".")
    return name == "glibc" and (int(parts[0]), int(parts[1])) >= (major, minor)
