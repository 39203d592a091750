"""The command of the systemd unit, with its own environment file, as a process: it runs and ends in order."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.packaging.test_deploy import ENVIRONMENT_PATH, unit
from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, ROOT, START_S, child_environment


def test_the_unit_starts_a_node_that_listens_to_the_camera(tmp_path: Path) -> None:
    settings = dict(unit())
    given = dict(
        line.split("=", 1)
        for line in ENVIRONMENT_PATH.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    parameters = tmp_path / "segmenter.yaml"
    shutil.copy(ROOT / "config" / "segmenter.yaml", parameters)
    command = [word for word in shlex.split(settings["ExecStart"]) if word != "$CONVERSEG_ROS_ARGS"]
    command = [sys.executable if word == "/opt/converseg/.venv/bin/python" else word for word in command]
    command = [str(parameters) if word == "/etc/converseg/segmenter.yaml" else word for word in command]
    command += [*shlex.split(given.pop("CONVERSEG_ROS_ARGS")), "-p", f"model:={MODEL}"]
    assert "/etc" not in " ".join(command)
    profile = given["FASTRTPS_DEFAULT_PROFILES_FILE"].replace("/opt/converseg", str(ROOT))
    environment = child_environment(free_domain(), tmp_path / "ros_logs")
    environment["FASTRTPS_DEFAULT_PROFILES_FILE"] = profile
    log_path = tmp_path / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline_s = time.monotonic() + START_S
        while "active: ask on" not in log_path.read_text(encoding="utf-8", errors="replace"):
            assert process.poll() is None, log_path.read_text(encoding="utf-8", errors="replace")
            assert time.monotonic() < deadline_s, log_path.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.05)
        process.terminate()
        assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
