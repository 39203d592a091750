"""A stranger on the segmenter's domain: publishes with any type and QoS, and reads ``/diagnostics``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from converseg_ros.health.live_rows import Row
from tests.ros.client import REPLY_S
from tests.ros.harness import child_environment
from tests.ros.known import wait_until_known


def qos(reliability: str = "reliable", durability: str = "volatile", depth: int = 5) -> QoSProfile:
    return QoSProfile(
        depth=depth,
        reliability=ReliabilityPolicy[reliability.upper()],
        durability=DurabilityPolicy[durability.upper()],
    )


def picture(side: int = 16, width: int | None = None) -> Image:
    wide = width or side
    message = Image(height=side, width=wide, step=3 * wide, encoding="rgb8")
    message.data = array("B", bytes(3 * side * wide))
    return message


class Stranger:
    """A node in this process with a context of its own."""

    def __init__(self, domain: int, name: str = "stranger") -> None:
        self.domain = domain
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node(name, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.latest: dict[str, DiagnosticStatus] = {}
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, qos(depth=50))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self.latest = {status.name: status for status in message.status}

    def status(self, name: str = "segmenter: segmentation") -> DiagnosticStatus:
        return self.latest.get(name, DiagnosticStatus())

    def values(self, name: str = "segmenter: segmentation") -> dict[str, str]:
        return {pair.key: pair.value for pair in self.status(name).values}

    def finding(self, code: str, topic: str) -> str:
        """The text of a present finding; empty where there is none."""
        values, key = self.values(), f"{code} {topic}"
        if f"finding: {key}" not in values:
            return ""
        return f"{topic}: {values[f'finding: {key}']}. {values[f'fix: {key}']}"

    def spin(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
        self.stream(condition, None, timeout_s=timeout_s)

    def stream(
        self,
        condition: Callable[[], Any],
        send: Callable[[], None] | None,
        *,
        hz: float = 30.0,
        timeout_s: float = 20.0,
    ) -> None:
        """Call ``send`` at a rate, and handle messages, until a condition holds."""
        deadline_s = time.monotonic() + timeout_s
        next_s = time.monotonic()
        while not condition():
            assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain; last: {self.latest}"
            if send is not None and time.monotonic() >= next_s:
                send()
                next_s = max(next_s + 1 / hz, time.monotonic() - 0.1)
            wait_s = 0.05 if send is None else max(0.0, min(0.05, next_s - time.monotonic()))
            self._executor.spin_once(timeout_sec=wait_s)

    def stamp(self, message: Image, *, late_s: float = 0.0, at_s: float | None = None) -> Image:
        """Set the stamp: so many seconds before now, or exactly."""
        now_ns = self.node.get_clock().now().nanoseconds - round(late_s * 1e9)
        chosen_ns = now_ns if at_s is None else round(at_s * 1e9)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(chosen_ns, 1_000_000_000)
        return message

    def call(self, kind: Any, name: str, request: Any) -> Any:
        service = self.node.create_client(kind, name)
        self.spin(service.service_is_ready, REPLY_S)
        wait_until_known(self.node, name.partition("/")[0], lambda known: self.spin(known, REPLY_S))
        future = service.call_async(request)
        self.spin(future.done, REPLY_S)
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


def rows_of_process(
    command: list[str],
    domain: int,
    tmp_path: Path,
    stranger: Stranger | None = None,
    send: Callable[[], None] | None = None,
) -> tuple[dict[str, Row], int]:
    """Rows of a doctor by name and the exit code of a process; the stranger goes on publishing meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=tmp_path,
        env=child_environment(domain, tmp_path / "ros_logs"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        if stranger is not None:
            stranger.stream(lambda: process.poll() is not None, send, hz=20, timeout_s=100)
        out, error = process.communicate(timeout=100)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, 1), error
    rows = [Row(**json.loads(line)) for line in out.splitlines()]
    assert all(bool(row.remedy) == (row.state != "ok") for row in rows)
    return {row.name: row for row in rows}, process.returncode
