"""Core stays light: in a process of its own, none of its modules loads ROS, torch or the simulator."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

HEAVY = (
    "torch",
    "rclpy",
    "converseg",
    "mujoco",
    "converseg_ros",
    "converseg_engine",
    "converseg_training",
    "onnx",
)

LOADED = f"import json; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
EVERY_CORE_MODULE = """
import importlib, pkgutil, sys
import converseg_core
num_modules = 0
for module in pkgutil.walk_packages(converseg_core.__path__, "converseg_core."):
    if not module.name.startswith("converseg_core.net"):
        importlib.import_module(module.name)
        num_modules += 1
assert num_modules > 20, num_modules
"""
HELP = """
import contextlib, io, sys
from converseg_core.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
"""


def heavy_after(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{LOADED}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    heavy: list[str] = json.loads(done.stdout.splitlines()[-1])
    return heavy


@pytest.mark.parametrize(
    "code", ["import converseg_core", EVERY_CORE_MODULE, HELP], ids=["core", "all", "help"]
)
def test_core_loads_nothing_heavy(code: str) -> None:
    assert heavy_after(code) == []


def test_the_check_sees_a_heavy_import() -> None:
    assert heavy_after("import rclpy") == ["rclpy"]


def test_every_declared_command_exists() -> None:
    declared = [
        *entry_points(group="console_scripts", name="converseg"),
        *entry_points(group="converseg.commands"),
    ]
    assert {point.name for point in declared} == {"converseg", "engine", "train"}
    for point in declared:
        heavy = heavy_after(f"import {point.module}; assert callable({point.module}.{point.attr})")
        assert not {"rclpy", "converseg", "converseg_ros"} & set(heavy)
