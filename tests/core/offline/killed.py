"""Real `converseg bag` processes with a real model, killed by the system at moments of their work."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from converseg_core.evaluation.prediction import Prediction
from converseg_core.evaluation.predictions_file import read_predictions
from tests.core.offline.bags import START_NS, frames, words, write_bag

FRAMES_A_PART = 5
# The command as it is, but for shorter parts: a bag of two hundred frames would take too long here.
_PROGRAM = f"""
import sys
from converseg_core.cli.main import main
from converseg_core.offline import run
run.FRAMES_A_PART = {FRAMES_A_PART}
sys.exit(main(["bag", *sys.argv[1:]]))
"""


def make_bag(path: Path, num_frames: int) -> Path:
    """Frames of one camera and two instructions, so that what stood before a kill matters after it."""
    said = [
        ("/instruction", START_NS - 1, words("the red mug")),
        ("/instruction", START_NS + num_frames // 3 * 10**8, words("the blue bowl")),
    ]
    return write_bag(path, said + frames(num_frames))


def start(bag: Path, out: Path) -> subprocess.Popen[bytes]:
    """Begin, or go on with, a run."""
    command = [sys.executable, "-c", _PROGRAM, str(bag), "--out", str(out), "--no-report"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(bag: Path, out: Path) -> None:
    """Run to the end; fails where the command does."""
    process = start(bag, out)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()


def kill_when(bag: Path, out: Path, is_time: Callable[[], bool]) -> bool:
    """Start, kill -9 at the moment; False where the run was over before it came."""
    process = start(bag, out)
    deadline = time.monotonic() + 60
    while process.poll() is None and not is_time():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.communicate(timeout=10)
    return process.returncode == -signal.SIGKILL


def num_parts(out: Path) -> int:
    """Finished parts of a run."""
    return len(list((out / "unfinished").glob("*.part")))


def timeless_rows(out: Path) -> list[Prediction]:
    """All rows, without how long they took: the one thing that two runs never share."""
    return [replace(row, timings_s={}) for row in read_predictions(out / "predictions.parquet").predictions]
