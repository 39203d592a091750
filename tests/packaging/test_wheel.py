"""The wheel holds the packages with their data, and nothing else at its top."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.repository import copy_tracked, tracked_paths

PLACES = {
    "converseg_core": "converseg_core",
    "converseg_ros": "converseg_ros",
    "training/converseg_engine": "converseg_engine",
    "training/converseg_training": "converseg_training",
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    copy_tracked(folder / "source")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(folder / "source")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel_path,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel_path) as wheel:
        return set(wheel.namelist())


def test_top_level(names: set[str]) -> None:
    top = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert top == set(PLACES.values())


def test_every_file_of_every_package_is_in_it(names: set[str]) -> None:
    expected = {
        f"{installed}/{path.relative_to(place)}"
        for path in tracked_paths()
        for place, installed in PLACES.items()
        if path.is_relative_to(place)
    }
    assert expected - names == set()


def test_licence_and_commands(names: set[str]) -> None:
    files = {Path(name).name for name in names if ".dist-info/" in name}
    assert {"LICENSE", "entry_points.txt"} <= files
