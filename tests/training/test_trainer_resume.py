"""Real kills of the real command line: the loss curve is the undisturbed one, to the bit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training import tiny_shards

ROOT = Path(__file__).resolve().parents[2]
TIMINGS = {"data_s", "step_s"}
NUM_STEPS = 8


def command(data: Path, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "converseg_core.cli.main", "train", "net-presence-smoke",
        "--data", str(data), "--out", str(out), "--num-steps", str(NUM_STEPS),
        "--checkpoint-every", "2", "--evaluate-every", "4", "--num-threads", "1",
    ]  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'training'}"}


def lines(out: Path) -> list[dict[str, float]]:
    path = out / "metrics.jsonl"
    text = path.read_text() if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def curve(out: Path) -> list[dict[str, float]]:
    return [{name: value for name, value in line.items() if name not in TIMINGS} for line in lines(out)]


def run_and_kill(data: Path, out: Path, at_step: int) -> None:
    """kill -9 as soon as this step stands in the log."""
    process = subprocess.Popen(command(data, out), env=environment(), stderr=subprocess.PIPE, text=True)
    deadline_s = time.monotonic() + 100
    while not any(line["step"] >= at_step for line in lines(out)):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline_s
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    if process.stderr:
        process.stderr.close()


@pytest.mark.timeout(400)
def test_killed_twice_and_run_again_the_curve_is_the_same(tmp_path: Path) -> None:
    data = tiny_shards.write(tmp_path / "data", "train", 10)
    tiny_shards.write(data, "val", 2, seed=1)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(data, whole), env=environment(), check=True, capture_output=True)
    run_and_kill(data, killed, 3)
    run_and_kill(data, killed, 5)
    done = subprocess.run(
        command(data, killed), env=environment(), check=True, capture_output=True, text=True
    )
    assert "going on at step" in done.stderr
    assert curve(killed) == curve(whole)
    assert [line["step"] for line in curve(whole) if line["kind"] == "train"] == list(range(1, NUM_STEPS + 1))
    assert len({line["loss"] for line in curve(whole) if line["kind"] == "train"}) == NUM_STEPS
