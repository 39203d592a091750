"""``converseg doctor``: every row says what to do, and each fault is found where it is planted."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from converseg_core.bundle import resolve, store
from converseg_core.cli.doctor import machine_checks, python_checks, ros_checks, shared_memory
from converseg_core.cli.doctor.check import Check
from converseg_core.cli.ros_environment import (
    BOOTSTRAP_GUARD,
    PROFILE_VARIABLE,
    RosPresence,
    child_environment,
    free_domain_id,
    probe_ros,
)
from tests.core.cli.conftest import RunCli

NO_ROS = RosPresence(rclpy="", rmw="", interfaces="", error="ModuleNotFoundError: No module named 'rclpy'")
FASTDDS = RosPresence(
    rclpy="/x/rclpy/__init__.py", rmw="rmw_fastrtps_cpp", interfaces="/x/converseg/msg/__init__.py", error=""
)
PROFILE = (
    '<dds xmlns="http://www.eprosima.com"><profiles><transport_descriptors><transport_descriptor>'
    "<segment_size>{segment}</segment_size><maxMessageSize>{message}</maxMessageSize>"
    "</transport_descriptor></transport_descriptors></profiles></dds>"
)


def _row(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_every_row_is_whole_and_the_exit_code_follows_them(cli: RunCli) -> None:
    done = cli("doctor", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    assert {"Python", "numpy", "onnxruntime", "processors", "shared memory", "ROS 2 (rclpy)"} <= set(names)
    for row in rows:
        assert set(row) == {"name", "state", "found", "remedy"}
        assert row["found"]
        assert bool(row["remedy"]) == (row["state"] != "ok")
    assert done.returncode == int(any(row["state"] == "fail" for row in rows))


def test_table_to_read_holds_the_same_rows(cli: RunCli) -> None:
    done = cli("doctor")
    assert "Python" in done.stdout
    assert "warnings" in done.stdout.splitlines()[-1]
    assert all(line == line.rstrip() for line in done.stdout.splitlines())


def test_a_row_that_is_not_ok_must_say_what_to_do() -> None:
    with pytest.raises(ValueError, match="remedy"):
        Check("x", "warn", "something")


def test_missing_and_old_packages_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        python_checks,
        "_PACKAGES",
        {"no_such_module_here": ("nothing", (1, 0)), "numpy": ("numpy", (99, 0)), "rich": ("rich", (1, 0))},
    )
    rows = python_checks.python_checks()
    assert _row(rows, "nothing").state == "fail"
    assert _row(rows, "numpy").state == "fail"
    assert _row(rows, "numpy").remedy == "pip install 'numpy>=99.0'"
    assert _row(rows, "rich").state == "ok"


def test_an_altered_model_fails(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "bundles" / "one"
    shutil.copytree(resolve(model), copy)
    monkeypatch.setattr(store, "_SHIPPED_PATH", tmp_path / "bundles")
    monkeypatch.setenv("CONVERSEG_MODELS", str(tmp_path / "nothing built"))
    (whole,) = [row for row in python_checks.python_checks() if row.name.startswith("model ")]
    assert whole.state == "ok"
    with (copy / "tokenizer.json").open("ab") as stream:
        stream.write(b" ")
    (altered,) = [row for row in python_checks.python_checks() if row.name.startswith("model ")]
    assert altered.state == "fail"
    assert "tokenizer.json" in altered.found
    shutil.rmtree(copy)
    assert _row(python_checks.python_checks(), "models").state == "fail"


def test_a_log_folder_that_cannot_be_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "new" / "log"))
    assert _row(machine_checks.machine_checks(), "ROS log folder").state == "ok"
    monkeypatch.setenv("ROS_LOG_DIR", "/proc/no-log-here")
    assert _row(machine_checks.machine_checks(), "ROS log folder").state == "fail"


def test_shared_memory_of_a_killed_process_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed, alive, small = (f"fastrtps_{number:016x}" for number in (1, 2, 3))
    for name, num_bytes in ((killed, 60_000_000), (alive, 60_000_000), (small, 100_000)):
        (tmp_path / name).write_bytes(os.urandom(num_bytes))
        (tmp_path / f"{name}_el").touch()
    (tmp_path / "fastrtps_port7411_el").touch()
    with (tmp_path / f"{alive}_el").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert set(shared_memory.left_over_segments(tmp_path)) == {killed, small}
        row = shared_memory.left_over(tmp_path)
        assert (row.state, row.found) == ("warn", "2 segments of killed processes hold 60 MB")
        monkeypatch.setattr(shared_memory.shutil, "which", lambda name, path=None: "/opt/ros/bin/fastdds")
        assert shared_memory.left_over(tmp_path).remedy == "/opt/ros/bin/fastdds shm clean"
        monkeypatch.setattr(shared_memory.shutil, "which", lambda name, path=None: None)
        assert "rm /dev/shm/fastrtps_*" in shared_memory.left_over(tmp_path).remedy
        (tmp_path / killed).unlink()
        assert shared_memory.left_over(tmp_path).state == "ok"
    assert set(shared_memory.left_over_segments(tmp_path)) == {alive, small}
    assert shared_memory.left_over(tmp_path / "none").state == "ok"


def test_a_port_that_a_killed_process_left_half_made_is_named_with_its_domain(tmp_path: Path) -> None:
    made = time.time() - 60
    for name, content in (("fastrtps_port7667", b""), ("fastrtps_port7411", b"laid out"), ("sem.x", b"")):
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (made, made))
    (tmp_path / "fastrtps_port7911").write_bytes(b"")  # its maker is at it right now
    assert shared_memory.unfinished_ports(tmp_path) == {"fastrtps_port7667": 1}
    row = shared_memory.unfinished(tmp_path)
    assert (row.state, row.remedy) == ("fail", f"rm {tmp_path / 'fastrtps_port7667'}")
    assert "domain 1 " in row.found
    (tmp_path / "fastrtps_port7667").unlink()
    assert shared_memory.unfinished(tmp_path).state == "ok"


def test_without_ros_there_is_one_warning_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_checks, "probe_ros", lambda environment=None: NO_ROS)
    (row,) = ros_checks.ros_checks()
    assert row.state == "warn"
    assert "make setup" in row.remedy


@pytest.mark.parametrize(
    ("presence", "name"),
    [
        (
            RosPresence(rclpy="/x/rclpy/__init__.py", rmw="", interfaces="", error="no librmw"),
            "middleware (RMW)",
        ),
        (
            RosPresence(rclpy="/x/rclpy/__init__.py", rmw="rmw_x", interfaces="", error="no converseg"),
            "interfaces",
        ),
    ],
)
def test_half_a_ros_fails(presence: RosPresence, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_checks, "probe_ros", lambda environment=None: presence)
    assert _row(ros_checks.ros_checks(), name).state == "fail"


@pytest.mark.parametrize(
    ("value", "state"),
    [("", "ok"), ("7", "ok"), ("150", "warn"), ("300", "fail"), ("seven", "fail"), ("-1", "fail")],
)
def test_domain(value: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_checks, "probe_ros", lambda environment=None: FASTDDS)
    monkeypatch.setenv("ROS_DOMAIN_ID", value)
    assert _row(ros_checks.ros_checks(), "ROS domain").state == state


@pytest.mark.parametrize(
    ("value", "state"),
    [("", "ok"), ("LOCALHOST", "ok"), ("SUBNET", "ok"), ("OFF", "warn"), ("local", "warn")],
)
def test_discovery_range(value: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_checks, "probe_ros", lambda environment=None: FASTDDS)
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", value)
    assert _row(ros_checks.ros_checks(), "discovery range").state == state
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "1")
    assert _row(ros_checks.ros_checks(), "discovery range").state == "warn"


def test_the_case_of_the_lost_raw_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ros_checks, "probe_ros", lambda environment=None: FASTDDS)

    def row() -> Check:
        return _row(ros_checks.ros_checks(), "raw images over DDS")

    for variable in (PROFILE_VARIABLE, "FASTDDS_DEFAULT_PROFILES_FILE"):
        monkeypatch.delenv(variable, raising=False)
    assert row().state == "warn"
    assert PROFILE_VARIABLE in row().remedy

    profile = tmp_path / "profile.xml"
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(profile))
    assert "Jazzy's Fast DDS reads" in row().found
    monkeypatch.setenv(PROFILE_VARIABLE, str(profile))
    assert row().state == "fail", "the file is missing"
    profile.write_text("<dds>")
    assert row().state == "fail", "the file is no XML"
    profile.write_text(PROFILE.format(segment=67108864, message=65500))
    assert row().state == "warn"
    assert "maxMessageSize 65500" in row().found
    profile.write_text(PROFILE.format(segment=67108864, message=16777216))
    assert row().state == "ok"


def test_child_environment_is_clean_and_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BOOTSTRAP_GUARD, "1")
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "1")
    env = child_environment(domain_id=42, changes={"EXTRA": "yes"})
    assert BOOTSTRAP_GUARD not in env
    assert "ROS_LOCALHOST_ONLY" not in env
    assert (env["ROS_DOMAIN_ID"], env["ROS_AUTOMATIC_DISCOVERY_RANGE"], env["EXTRA"]) == (
        "42",
        "LOCALHOST",
        "yes",
    )
    assert (
        "ROS_AUTOMATIC_DISCOVERY_RANGE" not in child_environment()
        or "ROS_AUTOMATIC_DISCOVERY_RANGE" in os.environ
    )


def test_a_domain_with_a_participant_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ordered:
        def shuffle(self, items: list[int]) -> None:
            items.sort()

    monkeypatch.setattr("converseg_core.cli.ros_environment.random.SystemRandom", Ordered)
    first = free_domain_id()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("0.0.0.0", 7400 + 250 * first + 10 + 2))
        assert free_domain_id() != first


def test_a_crash_of_the_probe_is_a_finding_not_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "converseg"
    package.mkdir()
    (package / "__init__.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    presence = probe_ros(child_environment(changes={"PYTHONPATH": str(tmp_path)}))
    assert not presence.is_complete
    assert presence.error.startswith("python ended with -11")


def test_raw_images_are_measured_over_real_dds(cli: RunCli) -> None:
    """The figures are what they are on this machine; the rows must hold them, and come from real frames."""
    if not probe_ros().is_complete:
        pytest.skip("rclpy or the interfaces are not installed in this Python")
    done = cli("doctor", "--probe-dds", "--json")
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    measured = rows["raw images, as set now"]["found"]
    num_received, _, num_sent = measured.partition(" frames")[0].partition(" of ")
    assert 0 <= int(num_received) <= int(num_sent), measured
    assert int(num_sent) >= 30
    assert "0.92 MB" in measured
