"""The commands of the tutorial, as a reader types them: camera, segmenter, client."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ros.domains import free_domain
from tests.ros.harness import ROOT, NodeProcess, child_environment, ros_parameters

TUTORIAL = ROOT / "docs" / "tutorial-camera-to-grasp.md"
CLIENT = ROOT / "docs" / "examples" / "grasp_point.py"
SAMPLE = ROOT / "converseg_core" / "samples" / "cluttered_table"


def commands() -> list[str]:
    """Lines of the page's blocks of commands."""
    text = TUTORIAL.read_text(encoding="utf-8")
    return [line for block in re.findall(r"```bash\n(.*?)```", text, re.S) for line in block.splitlines()]


def test_its_commands_name_what_exists() -> None:
    lines = " ".join(commands())
    modules = re.findall(r"-m (converseg_ros\.\w+)", lines)
    assert {"converseg_ros.bag_player_node", "converseg_ros.segmenter_node"} <= set(modules)
    assert all(importlib.util.find_spec(module) for module in modules)
    paths = re.findall(r"(?:converseg_core|docs|config)/[\w./-]+", lines)
    assert str(CLIENT.relative_to(ROOT)) in paths
    assert all((ROOT / path).exists() for path in paths)


@pytest.mark.slow
def test_a_grasp_point_comes_out(tmp_path: Path) -> None:
    domain = free_domain()
    player = NodeProcess(
        "converseg_ros.bag_player_node",
        ros_parameters(bag=SAMPLE, loop=True),
        domain=domain,
        tmp_path=tmp_path,
    )
    segmenter = NodeProcess("converseg_ros.segmenter_node", [], domain=domain, tmp_path=tmp_path)
    try:
        segmenter.wait_for_log("active: ask")
        printed = ask(domain, tmp_path, "the yellow banana")
    finally:
        for process in (player, segmenter):
            process.kill()
    found = re.search(r"grasp point  x ([+-][\d.]+)  y ([+-][\d.]+)  z ([+-][\d.]+) m", printed)
    assert found, f"{printed}\n{segmenter.log}"
    x, y, z = map(float, found.groups())
    assert 0.5 < z < 1.3
    assert abs(x / z) < 0.6
    assert abs(y / z) < 0.5
    assert "approach     above" in printed
    assert (tmp_path / "grasp_point.jpg").read_bytes().startswith(b"\xff\xd8")


def ask(domain: int, folder: Path, words: str) -> str:
    """The client's output; asked again where the table's camera just then looks elsewhere."""
    deadline_s = time.monotonic() + 60.0
    while True:
        done = subprocess.run(
            [sys.executable, str(CLIENT), words],
            cwd=folder,
            env=child_environment(domain, folder / "ros_logs"),
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode == 0 or time.monotonic() > deadline_s:
            return done.stdout + done.stderr
