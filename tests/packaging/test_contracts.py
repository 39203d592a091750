"""The import contracts hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT_PATH

PACKAGES = {
    "converseg_core": "converseg_core",
    "converseg_ros": "converseg_ros",
    "converseg_engine": "training/converseg_engine",
    "converseg_training": "training/converseg_training",
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    )
    environment = {"PYTHONPATH": f"{folder}:{folder / 'training'}", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy_path(tmp_path: Path) -> Path:
    shutil.copy(ROOT_PATH / "pyproject.toml", tmp_path)
    for folder in PACKAGES.values():
        ignore = shutil.ignore_patterns("__pycache__", "samples", "bundles")
        shutil.copytree(ROOT_PATH / folder, tmp_path / folder, ignore=ignore)
    return tmp_path


def test_contracts_hold(copy_path: Path) -> None:
    done = lint_imports(copy_path)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("converseg_core", "import rclpy"),
        ("converseg_core", "import torch"),
        ("converseg_core", "from converseg.msg import Segmentation"),
        ("converseg_core", "import converseg_training"),
        ("converseg_ros", "import converseg_engine"),
        ("converseg_engine", "import converseg_training"),
        ("converseg_training", "import converseg_ros"),
    ],
)
def test_a_broken_contract_is_seen(copy_path: Path, package: str, line: str) -> None:
    (copy_path / PACKAGES[package] / "trespass.py").write_text(f"{line}\n")
    done = lint_imports(copy_path)
    assert done.returncode == 1
    assert f"{package}.trespass" in done.stdout
