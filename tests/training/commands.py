"""The real command line, often: children of one process that has imported torch and its friends already.

Each command is a process of its own that can be killed; it only saves the seconds that imports take.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMINGS = {"data_s", "step_s"}
_IMPORTED_ONCE = [
    "accelerate", "onnxruntime", "onnxscript", "peft", "torch", "torch.onnx", "torch.utils.tensorboard",
    "transformers",
    "converseg_core.cli.main", "converseg_training.bundle", "converseg_training.cli",
    "converseg_training.embedded.task", "converseg_training.loop.run", "converseg_training.net.task",
]  # fmt: skip


def environment() -> dict[str, str]:
    """For processes that find the packages in this checkout."""
    kept = {key: value for key, value in os.environ.items() if key != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    return {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'training'}", "OMP_NUM_THREADS": "1"}


def start(arguments: list[str], log_path: Path) -> BaseProcess:
    """``converseg ARGUMENTS`` as a process; what it says goes to a file."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED_ONCE)
    process = context.Process(target=_command, args=(arguments, str(log_path)))
    process.start()
    return process


def _command(arguments: list[str], log_path: str) -> None:
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    import torch

    from converseg_core.cli.main import main

    torch.set_num_threads(1)
    sys.exit(main(arguments))


def converseg(arguments: list[str], log_path: Path) -> str:
    """Run to the end; returns what it said."""
    process = start(arguments, log_path)
    process.join(300)
    said = log_path.read_text()
    assert process.exitcode == 0, said[-4000:]
    return said


def run_and_kill(arguments: list[str], log_path: Path, out: Path, at_step: int) -> None:
    """kill -9 as soon as this step stands in the run's log."""
    process = start(arguments, log_path)
    deadline_s = time.monotonic() + 100
    while not any(line["step"] >= at_step for line in lines(out)):
        assert process.is_alive() or any(line["step"] >= at_step for line in lines(out)), log_path.read_text()
        assert time.monotonic() < deadline_s
        time.sleep(0.001)
    process.kill()
    process.join(10)
    assert process.exitcode == -signal.SIGKILL, "it ended before it could be killed"


def lines(out: Path) -> list[dict[str, float]]:
    """``metrics.jsonl`` of a run, without a line that is not whole."""
    path = out / "metrics.jsonl"
    text = path.read_text() if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def curve(out: Path) -> list[dict[str, float]]:
    """The same without what a clock says."""
    return [{name: value for name, value in line.items() if name not in TIMINGS} for line in lines(out)]
