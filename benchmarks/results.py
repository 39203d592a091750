"""Where and on what a figure was measured, and how results are written."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS_PATH = Path(__file__).resolve().parent / "results"


def machine() -> dict[str, Any]:
    """Processor, cores, load and versions: a figure without them says little."""
    import cv2
    import numpy as np

    return {
        "date": datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_name(),
        "num_cores": len(os.sched_getaffinity(0)),
        "load_1min": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "commit": _commit(),
    }


def write(
    name: str, facts: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write ``results/NAME.json`` and ``results/NAME.md``, and print the table."""
    RESULTS_PATH.mkdir(exist_ok=True)
    described = "; ".join(f"{key} {value}" for key, value in facts.items())
    table = [
        "| " + " | ".join(columns) + " |",
        "| " + " | ".join("---" for _ in columns) + " |",
        *("| " + " | ".join(_cell(row[column]) for column in columns) + " |" for row in rows),
    ]
    text = "\n".join([f"# {name}", "", described, "", *table]) + "\n"
    _replace(RESULTS_PATH / f"{name}.json", json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")
    _replace(RESULTS_PATH / f"{name}.md", text)
    print(text)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _commit() -> str:
    command = ["git", "-C", str(RESULTS_PATH.parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
