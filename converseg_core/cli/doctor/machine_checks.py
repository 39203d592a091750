"""Processors, memory, shared memory, folders that must be writable, rendering."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from converseg_core.cli.doctor.check import Check

SHARED_MEMORY_PATH = Path("/dev/shm")
_MB = 1_000_000
_LEFT_OVER_MB = 50
_SEGMENT = re.compile("fastrtps_[0-9a-z]{16}")
_RENDER = "import mujoco; context = mujoco.GLContext(16, 16); context.make_current(); context.free()"


def machine_checks() -> list[Check]:
    """Rows about this machine."""
    return [
        _processors(),
        _memory(),
        _shared_memory(),
        left_over(),
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


def _shared_memory() -> Check:
    try:
        usage = shutil.disk_usage("/dev/shm")
    except OSError as error:
        remedy = "mount a tmpfs there; without it Fast DDS sends images through the network stack"
        return Check("shared memory", "warn", f"/dev/shm: {error.strerror}", remedy)
    found = f"/dev/shm has {usage.free / _MB:.0f} of {usage.total / _MB:.0f} MB free"
    if usage.free < 128 * _MB:
        remedy = "Fast DDS wants 64 MB for each publisher of raw images; in Docker start with --shm-size=512m"
        return Check("shared memory", "warn", found, remedy)
    return Check("shared memory", "ok", found)


def left_over_segments(folder: Path = SHARED_MEMORY_PATH) -> dict[str, int]:
    """Fast DDS' segments whose process was killed: name -> bytes of memory held.

    Fast DDS locks ``NAME_el`` as long as the process lives. Those of other users can't be looked into.
    """
    found = {}
    for lock_path in folder.glob("fastrtps_*_el"):
        segment_path = lock_path.with_name(lock_path.name.removesuffix("_el"))
        if not _SEGMENT.fullmatch(segment_path.name):
            continue
        try:
            with lock_path.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            found[segment_path.name] = segment_path.stat().st_blocks * 512
        except OSError:  # locked: its process lives; or gone meanwhile
            continue
    return found


def left_over(folder: Path = SHARED_MEMORY_PATH) -> Check:
    """A killed node's shared memory stays until somebody removes it."""
    name = "shared memory left over"
    segments = left_over_segments(folder)
    size_mb = sum(segments.values()) / _MB
    found = f"{len(segments)} segments of killed processes hold {size_mb:.0f} MB"
    if size_mb < _LEFT_OVER_MB:
        return Check(name, "ok", found)
    tool = shutil.which("fastdds") or shutil.which("fastdds", path=str(Path(sys.executable).parent))
    by_hand = "end all ROS 2 processes, then rm /dev/shm/fastrtps_* /dev/shm/sem.fastrtps_*"
    return Check(name, "warn", found, f"{tool} shm clean" if tool else by_hand)


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
