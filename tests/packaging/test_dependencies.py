"""Every package that the code imports is declared where the code that imports it is installed."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pin_requirements import wanted

from tests.packaging.repository import ROOT_PATH

OWN = {"converseg", "converseg_core", "converseg_ros", "converseg_engine", "converseg_training"}
# In the standard library from Python 3.14 on; the code falls back to a declared package.
NEWER_STANDARD = {"compression"}
# Imported only by a script that another environment runs, see requirements/sim-photo.txt.
ELSEWHERE = {"bpy"}
# What ROS 2 itself brings with rclpy and the interface packages.
ROS = re.compile(r"ros-.*|.*-(msgs|interfaces)|rclpy|rosidl-.*|rpyutils")
# Folder -> the extras that bring what it imports.
EXTRAS = {
    "converseg_core": ("fleet",),  # pyarrow where predictions are written, datatrove where fleets run
    "converseg_core/net": ("net",),
    "converseg_ros": ("ros",),
    "training/converseg_engine": ("engine",),
    "training/converseg_engine/vlm/networks": ("vlm",),
    "training/converseg_training": ("train",),
}


def imported(folder: Path) -> dict[str, str]:
    """Top-level modules that the code in `folder` imports, and a file that does.

    A folder below it with extras of its own is left to its own row.
    """
    found: dict[str, str] = {}
    below = [ROOT_PATH / name for name in EXTRAS if folder in (ROOT_PATH / name).parents]
    for path in folder.rglob("*.py"):
        if any(inner in path.parents for inner in below):
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for name in names:
                found.setdefault(name.partition(".")[0], str(path.relative_to(ROOT_PATH)))
    return found


@pytest.mark.parametrize(("folder", "extras"), EXTRAS.items())
def test_imports_are_declared(folder: str, extras: tuple[str, ...]) -> None:
    declared = {canonicalize_name(Requirement(text).name) for text in wanted(extras)}
    distributions = packages_distributions()
    undeclared: dict[str, str] = {}
    for module, path in imported(ROOT_PATH / folder).items():
        if module in OWN | NEWER_STANDARD | ELSEWHERE | sys.stdlib_module_names:
            continue
        names = {canonicalize_name(name) for name in distributions.get(module, [module])}
        brought_by_ros = "ros" in extras and any(ROS.fullmatch(name) for name in names)
        if not names & declared and not brought_by_ros:
            undeclared[module] = path
    assert undeclared == {}


def test_what_runs_elsewhere_is_pinned_there() -> None:
    pins = (ROOT_PATH / "requirements" / "sim-photo.txt").read_text()
    assert all(re.search(rf"^{name}==", pins, re.MULTILINE) for name in ELSEWHERE)
