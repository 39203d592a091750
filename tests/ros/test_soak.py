"""Everything at once for half a minute; the ten minutes are ``benchmarks/node_soak.py`` itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ros.harness import ROOT


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_books_balance_after_half_a_minute_of_trouble(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "_ROS_WHEELS_BOOTSTRAP_COMPLETE"}
    command = [sys.executable, str(ROOT / "benchmarks" / "node_soak.py"), "--duration-s", "25"]
    done = subprocess.run(
        [*command, "--seed", "7", "--name", str(tmp_path / "soak")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {
        row["figure"]: row["value"] for row in json.loads((tmp_path / "soak.json").read_text())["rows"]
    }
    assert figures["accepted questions"] > 3000
    assert figures["status 1"] > 50
    assert figures["camera starts"] >= 2
    assert figures["cancelled goals"] > 5
