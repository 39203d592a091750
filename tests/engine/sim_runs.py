"""Shared by the tests of whole runs: the real command in a process of its own, and what it left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SIM = ["sim", "--recipe", "tabletop", "--split", "test", "--scenes-per-shard", "1"]


def start(out: Path, *more: str) -> subprocess.Popen[str]:
    """``converseg engine sim`` into a folder; its stderr is kept in ``out.log``."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-m", "converseg_engine.cli", *SIM, "--out", str(out), *more]
    with out.with_name(f"{out.name}.log").open("a") as log:
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )


def finish(process: subprocess.Popen[str], *, timeout_s: float = 90) -> str:
    """Wait for the end; returns what it printed."""
    said, _ = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, said
    return said


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a data set; logs and diaries of the runs are no part of it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"logs", "progress", "lock", "runs.jsonl"} & set(path.parts)
    }


def num_records(folder: Path) -> int:
    """Finished shards so far."""
    return len(list(folder.glob(".sim/*/records/[0-9]*.json")))
