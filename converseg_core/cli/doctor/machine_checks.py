"""Processors, memory, shared memory, folders that must be writable, rendering."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from converseg_core.cli.doctor.check import Check
from converseg_core.cli.doctor.shared_memory import left_over, shared_memory, unfinished

_MB = 1_000_000
_RENDER = "import mujoco; context = mujoco.GLContext(16, 16); context.make_current(); context.free()"


def machine_checks() -> list[Check]:
    """Rows about this machine."""
    return [
        _processors(),
        _memory(),
        shared_memory(),
        left_over(),
        unfinished(),
        _temporary_folder(),
        _ros_log_folder(),
        _rendering(),
    ]


def _processors() -> Check:
    num_cpus = len(os.sched_getaffinity(0))
    found = f"{num_cpus} of {os.cpu_count()} cores may be used"
    if num_cpus < 2:
        return Check("processors", "warn", found, "camera and model share one core; give them two")
    return Check("processors", "ok", found)


def _memory() -> Check:
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available_mb = int(fields["MemAvailable"].split()[0]) * 1024 / _MB
    found = f"{available_mb:.0f} MB available"
    if available_mb < 500:
        return Check("memory", "warn", found, "close other programs; the demo needs about 500 MB")
    return Check("memory", "ok", found)


def _temporary_folder() -> Check:
    folder = Path(tempfile.gettempdir())
    if not _is_writable(folder):
        return Check("temporary folder", "fail", f"{folder} is not writable", "set TMPDIR to one that is")
    return Check("temporary folder", "ok", str(folder))


def _ros_log_folder() -> Check:
    """A node whose log folder can't be written ends before it starts."""
    home = Path(os.environ.get("ROS_HOME") or Path.home() / ".ros")
    folder = Path(os.environ.get("ROS_LOG_DIR") or home / "log")
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not _is_writable(existing):
        found = f"{folder} cannot be written"
        return Check("ROS log folder", "fail", found, "set ROS_LOG_DIR to a folder that can")
    return Check("ROS log folder", "ok", str(folder))


def _is_writable(folder: Path) -> bool:
    # Trying is the only honest test: permission bits say nothing about read-only mounts or root.
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _rendering() -> Check:
    name = "rendering (EGL)"
    if importlib.util.find_spec("mujoco") is None:
        return Check(name, "ok", "mujoco is not installed; needed only to make scenes")
    done = subprocess.run(
        [sys.executable, "-c", _RENDER],
        env=os.environ | {"MUJOCO_GL": "egl"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 0:
        return Check(name, "ok", "a MuJoCo context without a screen works")
    reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    remedy = "Debian or Ubuntu: apt-get install libegl1 libgl1-mesa-dri (needed only to make scenes)"
    return Check(name, "warn", reason, remedy)
