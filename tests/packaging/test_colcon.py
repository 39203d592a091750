"""Plain `colcon build` of a workspace with just this repository gives interfaces, core and nodes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.repository import copy_tracked

pytestmark = pytest.mark.long

USE = """
import runpy, sys
from pathlib import Path
import converseg.msg, converseg_core, converseg_ros
from converseg.action import Segment as SegmentAction
from converseg.msg import Segmentation
from converseg.srv import Segment, SetInstruction
from rclpy.serialization import deserialize_message, serialize_message

prefix = Path(sys.argv[1])
for module in (converseg.msg, converseg_core, converseg_ros):
    assert Path(module.__file__).is_relative_to(prefix), module.__file__
made = [
    Segmentation(prompt="the red mug", status=Segmentation.STATUS_OK),
    Segment.Request(prompts=["the red mug"]), Segment.Response(accepted=True),
    SetInstruction.Request(instruction="the red mug"), SetInstruction.Response(accepted=True),
    SegmentAction.Goal(prompts=["the red mug"]), SegmentAction.Result(message="done"),
    SegmentAction.Feedback(stage="encode"),
]
for message in made:
    assert deserialize_message(serialize_message(message), type(message)) == message
for node in ("segmenter", "bag_player"):
    path = prefix / "lib" / "converseg" / node
    assert path.stat().st_mode & 0o111, node
    assert callable(runpy.run_path(str(path), run_name="looked_at")["main"])
assert any((prefix / "share/converseg/launch").iterdir())
assert any((prefix / "share/converseg/config").iterdir())
print("all there")
"""


@pytest.mark.colcon
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("make_environment")
def test_colcon_build_without_flags(tmp_path: Path) -> None:
    checkout_path = copy_tracked(tmp_path / "src" / "converseg")
    # As from a new terminal: nothing sourced, nothing activated.
    clean = {"HOME": os.environ.get("HOME", "/"), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    built = subprocess.run(
        [f"{sys.prefix}/bin/colcon", "build"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "1 package finished" in built.stdout
    assert "stderr" not in built.stdout, built.stderr

    prefix_path = tmp_path / "install" / "converseg"
    command = '. install/setup.bash && exec "$0" -c "$1" "$2"'
    used = subprocess.run(
        ["bash", "-c", command, sys.executable, USE, str(prefix_path)],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.stdout == "all there\n", used.stderr
    assert used.stderr == ""

    samples = [path for path in (checkout_path / "converseg_core").rglob("*") if path.is_file()]
    site_path = next(prefix_path.glob("lib/python3*/site-packages"))
    missing = [path for path in samples if not (site_path / path.relative_to(checkout_path)).is_file()]
    assert missing == []
