"""Fast DDS' shared memory of processes that tests kill: a run would leave gigabytes of it behind."""

from __future__ import annotations

import time
from pathlib import Path

from converseg_core.cli.doctor.shared_memory import SHARED_MEMORY_PATH, left_over_segments

_SETTLED_S = 2.0
"""A process makes a segment before it locks it; what is younger than this is nobody's yet."""


def remove_left_over(folder: Path = SHARED_MEMORY_PATH) -> int:
    """Remove segments that no living process holds, with their locks; returns how many."""
    count = 0
    for name in left_over_segments(folder):
        try:
            if time.time() - (folder / name).stat().st_ctime < _SETTLED_S:
                continue
            (folder / name).unlink()
            (folder / f"{name}_el").unlink()
        except OSError:  # another user's, or gone meanwhile
            continue
        count += 1
    return count
