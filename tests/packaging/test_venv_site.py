"""The environment works without activation, whatever the shell that starts it has sourced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from venv_site import GUARD, MARKS_OF_ROS, apply

USE_ROS = """
import rclpy
from converseg.msg import Segmentation
from rclpy.serialization import deserialize_message, serialize_message
message = deserialize_message(serialize_message(Segmentation(prompt="the red mug")), Segmentation)
print(message.prompt)
"""


@pytest.fixture
def foreign_ros(tmp_path: Path) -> dict[str, str]:
    """Variables of a shell that has sourced another ROS 2; nothing of that one can be loaded."""
    prefix = tmp_path / "opt" / "ros"
    site_path = prefix / "lib" / "python3" / "site-packages"
    for package in ("rclpy", "converseg", "sensor_msgs", "rosidl_parser"):
        (site_path / package).mkdir(parents=True)
        (site_path / package / "__init__.py").write_text("raise ImportError('of another ROS 2')\n")
    for library in ("librcl.so", "librcutils.so", "librmw_fastrtps_cpp.so"):
        (prefix / "lib" / library).write_text("not a library")
    return {
        "PYTHONPATH": str(site_path),
        "LD_LIBRARY_PATH": str(prefix / "lib"),
        "AMENT_PREFIX_PATH": str(prefix),
        "CMAKE_PREFIX_PATH": str(prefix),
        "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp",
        "ROS_DISTRO": "humble",
    }


def python(environment: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True
    )


@pytest.mark.usefixtures("make_environment")
class TestEnvironment:
    def test_without_activation(self) -> None:
        assert python({}, USE_ROS).stdout == "the red mug\n"

    def test_after_sourcing_another_ros(self, foreign_ros: dict[str, str]) -> None:
        done = python(foreign_ros, USE_ROS)
        assert done.stdout == "the red mug\n", done.stderr

    def test_started_from_another_environment_of_wheels(self) -> None:
        done = python({GUARD: "1", "LD_LIBRARY_PATH": "/somewhere/else/lib"}, USE_ROS)
        assert done.stdout == "the red mug\n", done.stderr

    def test_its_programs_are_found(self) -> None:
        done = python({}, "import shutil; print(shutil.which('cmake'))")
        assert done.stdout.strip() == f"{sys.prefix}/bin/cmake"

    def test_an_overlay_stays_in_front(self, tmp_path: Path) -> None:
        (tmp_path / "converseg").mkdir()
        (tmp_path / "converseg" / "__init__.py").write_text("overlaid = True\n")
        done = python({"PYTHONPATH": str(tmp_path)}, "import converseg; print(converseg.overlaid)")
        assert done.stdout == "True\n", done.stderr


def test_foreign_entries_go_and_others_stay(foreign_ros: dict[str, str], tmp_path: Path) -> None:
    overlay, prefix = str(tmp_path / "overlay"), str(tmp_path / "venv")
    environment = {name: f"{value}:{overlay}" for name, value in foreign_ros.items()}
    environment |= {GUARD: "1", "PATH": "/usr/bin"}
    apply(environment, prefix)
    assert (
        environment["PYTHONPATH"]
        == environment["LD_LIBRARY_PATH"]
        == environment["CMAKE_PREFIX_PATH"]
        == overlay
    )
    assert environment["AMENT_PREFIX_PATH"] == f"{overlay}:{prefix}"
    assert environment["PATH"] == f"{prefix}/bin:/usr/bin"
    assert GUARD not in environment
    assert "RMW_IMPLEMENTATION" not in environment


def test_the_mark_stays_where_the_library_path_is_ours(tmp_path: Path) -> None:
    environment = {GUARD: "1", "LD_LIBRARY_PATH": f"{tmp_path}/lib"}
    apply(environment, str(tmp_path))
    assert environment[GUARD] == "1"


@given(st.dictionaries(st.sampled_from([*MARKS_OF_ROS, "PATH", GUARD]), st.text("ab:/.", max_size=12)))
def test_a_second_time_changes_nothing(environment: dict[str, str]) -> None:
    apply(environment, "/nowhere/venv")
    once = dict(environment)
    apply(environment, "/nowhere/venv")
    assert environment == once
