"""Shared by the tests of the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RunCli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def model() -> str:
    """The model that the tests ask: the shipped one, or the bundle that CONVERSEG_TEST_BUNDLE names."""
    return os.environ.get("CONVERSEG_TEST_BUNDLE", "sim-tiny")


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without the guard of the ROS wheels, which breaks children."""
    kept = {key: value for key, value in os.environ.items() if key != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    return kept | {"OMP_NUM_THREADS": "1"} | changes


@pytest.fixture
def cli(tmp_path: Path) -> RunCli:
    """Run the real command line in a process of its own, in an empty folder."""

    def run(*args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "converseg_core.cli.main", *args],
            cwd=tmp_path,
            env=environment(**(env or {})),
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small picture with something in it."""
    rng = np.random.default_rng(7)
    pixels = rng.integers(90, 120, (60, 80, 3), dtype=np.uint8)
    pixels[20:40, 30:60] = (200, 30, 30)
    path = tmp_path / "table.png"
    Image.fromarray(pixels).save(path)
    return path
