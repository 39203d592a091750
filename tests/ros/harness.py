"""Real node processes on a DDS domain of their own."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = os.environ.get("CONVERSEG_TEST_MODEL", "sim-tiny")
_log_numbers = itertools.count()
START_S = 80.0
"""Longest start of a node on a busy machine, seconds."""


def child_environment(domain: int, log_path: Path) -> dict[str, str]:
    """Environment of a node process."""
    environment = dict(os.environ)
    # Set by the ROS wheels for this process only; inherited, it stops them from finding their libraries.
    environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    environment.update(
        ROS_DOMAIN_ID=str(domain),
        ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST",
        ROS_LOG_DIR=str(log_path),
        OMP_NUM_THREADS="1",
        PYTHONPATH=os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    )
    return environment


def shared_memory_of(pid: int) -> list[Path]:
    """Fast DDS' segments of a living process, and their locks: killed, it leaves 70 MB in them."""
    found: list[Path] = []
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):  # closed meanwhile
            lock_path = link.readlink()
            if re.fullmatch("fastrtps_[0-9a-z]{16}_el", lock_path.name):
                found += [lock_path, lock_path.with_name(lock_path.name.removesuffix("_el"))]
    return found


class NodeProcess:
    """A node as its own process and process group."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        domain: int,
        tmp_path: Path,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; ``changes`` are of its environment."""
        self.left_over: list[Path] = []
        self.log_path = tmp_path / f"{module.rpartition('.')[2]}-{next(_log_numbers)}.log"
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=tmp_path,
                env=child_environment(domain, tmp_path / "ros_logs") | dict(changes or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_for_log(self, text: str, timeout_s: float = START_S) -> None:
        deadline_s = time.monotonic() + timeout_s
        while text not in self.log:
            assert self.is_alive, f"ended before {text!r}:\n{self.log}"
            assert time.monotonic() < deadline_s, f"{text!r} did not appear:\n{self.log}"
            time.sleep(0.02)

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(timeout_s)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; returns the exit code and the seconds until the end. No orphan may stay."""
        if number == signal.SIGKILL:
            self.left_over += shared_memory_of(self.pid)
        start_s = time.monotonic()
        self._process.send_signal(number)
        code = self._process.wait(20)
        spent_s = time.monotonic() - start_s
        assert not self._group_lives(), f"orphan processes:\n{self.log}"
        return code, spent_s

    def kill(self) -> None:
        """Clean up at the end of a test, without the wait that an orderly end takes."""
        self.left_over += shared_memory_of(self.pid)
        if self._group_lives():
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        for path in self.left_over:
            path.unlink(missing_ok=True)

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


def ros_parameters(**values: object) -> list[str]:
    """``--ros-args -p name:=value ...``."""
    arguments = ["--ros-args"]
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ["-p", f"{name}:={text}"]
    return arguments
