"""What a figure was measured on: said beside every figure."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine_facts() -> dict[str, str]:
    """Processor, cores, memory, load, system, Python and the versions that matter."""
    load = os.getloadavg()
    return {
        "Processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores used of {os.cpu_count()}",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB",
        "Load (1 and 5 min)": f"{load[0]:.2f}, {load[1]:.2f}",
        "System": f"{_distribution()}, Linux {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "ONNX Runtime": _version("onnxruntime"),
        "OpenCV": _version("opencv-python-headless"),
        "rclpy": _version("ros-jazzy-rclpy"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown system")
    except OSError:
        return platform.system()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not from a Python package"
