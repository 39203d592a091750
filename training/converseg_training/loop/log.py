"""What a run says: metrics.jsonl, tensorboard, and a line with the time left."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from converseg_training.loop.config import write_text

METRICS_NAME = "metrics.jsonl"


class RunLog:
    """Belongs to the first process. Opened at a step, it forgets what a killed run wrote after that step."""

    def __init__(self, folder: Path, *, step: int, num_steps: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        path = folder / METRICS_NAME
        if path.is_file():
            kept = [line for line in path.read_text(encoding="utf-8").split("\n") if _step_of(line) <= step]
            write_text(path, "".join(f"{line}\n" for line in kept))
        self._file = path.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
        self._first_step, self._num_steps = step, num_steps
        self._start_s = self._last_said_s = time.monotonic()

    def write(self, step: int, values: dict[str, float], *, prefix: str = "train") -> None:
        """One line and one point in each curve."""
        record: dict[str, Any] = {"step": step, "kind": prefix, **values}
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()
        for name, value in values.items():
            self._board.add_scalar(f"{prefix}/{name}", value, step)

    def progress(self, step: int, values: dict[str, float], *, every_s: float = 10.0) -> None:
        """A line on stderr, at most one in ``every_s`` seconds but for the last step."""
        now_s = time.monotonic()
        if now_s - self._last_said_s < every_s and step < self._num_steps:
            return
        self._last_said_s = now_s
        step_s = (now_s - self._start_s) / max(1, step - self._first_step)
        left_s = step_s * (self._num_steps - step)
        shown = " ".join(f"{name} {value:.4g}" for name, value in values.items())
        self.say(f"step {step}/{self._num_steps}  {shown}  {step_s:.2f} s a step, {_duration(left_s)} left")

    def say(self, line: str) -> None:
        """A line on stderr."""
        print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Write out what is kept back."""
        self._file.close()
        self._board.close()


def _step_of(line: str) -> float:
    """The step of a line; infinity for one that a killed run left half-written."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
