"""The checkout that the packaging tests look at, and copies of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT_PATH = Path(__file__).resolve().parents[2]


def tracked_paths() -> list[Path]:
    """The files that git tracks and that exist, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT_PATH, capture_output=True, text=True, check=True
    ).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT_PATH / name).is_file()]


def copy_tracked(target_path: Path) -> Path:
    """A copy of just the tracked files: what a fresh clone with today's changes would hold."""
    for path in tracked_paths():
        (target_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT_PATH / path, target_path / path)
    return target_path
