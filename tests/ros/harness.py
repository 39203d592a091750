"""Real node processes on a DDS domain of their own, and a client that waits for events."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from converseg.msg import Segmentation
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header, String

from converseg_core.images import from_rgb
from converseg_ros.transport.messages import byte_array, image_message
from tests.ros.domains import free_domain

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


class Client:
    """A camera, a person and a listener in this process, over the same real middleware."""

    def __init__(self, domain: int) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("client", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.answers: list[Segmentation] = []
        reliable = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        self.images = self.node.create_publisher(Image, "image", reliable)
        self.compressed = self.node.create_publisher(CompressedImage, "image/compressed", reliable)
        self.infos = self.node.create_publisher(CameraInfo, "camera_info", reliable)
        self.instructions = self.node.create_publisher(String, "instruction", reliable)
        self.node.create_subscription(Segmentation, "segmenter/segmentation", self.answers.append, reliable)

    def listen(self, kind: Any, topic: str) -> list[Any]:
        """Collect what comes on a topic."""
        received: list[Any] = []
        qos = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
        self.node.create_subscription(kind, topic, received.append, qos)
        return received

    def wait_for(self, condition: Callable[[], Any], timeout_s: float = 20.0, what: str = "") -> None:
        """Handle messages until a condition holds."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain {what}"
            self._executor.spin_once(timeout_sec=0.05)

    def wait_for_segmenter(self, *, is_active: bool = True) -> None:
        """Until all topics are matched, both ways."""
        cameras = [self.images, self.compressed, self.infos] if is_active else []
        publishers = [self.instructions, *cameras]
        self.wait_for(
            lambda: (
                all(publisher.get_subscription_count() for publisher in publishers)
                and self.node.count_publishers("segmenter/segmentation")
            ),
            START_S,
            "for the segmenter",
        )

    def header(self, *, seconds_ago: float = 0.0, frame_id: str = "camera_optical") -> Header:
        now_ns = self.node.get_clock().now().nanoseconds - round(seconds_ago * 1e9)
        header = Header(frame_id=frame_id)
        header.stamp.sec, header.stamp.nanosec = divmod(now_ns, 1_000_000_000)
        return header

    def show(self, rgb: NDArray[np.uint8], header: Header | None = None, **changes: Any) -> Image:
        """Publish a raw picture; ``changes`` overwrite message fields (that is how it gets damaged)."""
        message = image_message(from_rgb(rgb), header or self.header())
        for name, value in changes.items():
            setattr(message, name, byte_array(value) if name == "data" else value)
        self.images.publish(message)
        return message

    def show_compressed(self, data: bytes, image_format: str = "jpeg") -> CompressedImage:
        message = CompressedImage(header=self.header(), format=image_format, data=byte_array(data))
        self.compressed.publish(message)
        return message

    def ask(self, text: str, timeout_s: float = 20.0) -> Segmentation:
        """Publish an instruction and wait for the one answer to it."""
        num_before = len(self.answers)
        self.instructions.publish(String(data=text))
        self.wait_for(lambda: len(self.answers) > num_before, timeout_s, f"for the answer to {text[:40]!r}")
        return self.answers[num_before]

    def ask_on(self, header: Header, text: str, timeout_s: float = 20.0) -> Segmentation:
        """Ask until the answer is on the frame with this header: topics do not arrive in order."""
        deadline_s = time.monotonic() + timeout_s
        while (answer := self.ask(text, timeout_s)).header != header:
            assert time.monotonic() < deadline_s, f"the frame never arrived; last: {answer.status_text}"
        return answer

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


def ros_parameters(**values: object) -> list[str]:
    """``--ros-args -p name:=value ...``."""
    arguments = ["--ros-args"]
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ["-p", f"{name}:={text}"]
    return arguments


@contextmanager
def segmenter(
    tmp_path: Path,
    *,
    domain: int | None = None,
    module: str = "converseg_ros.segmenter_node",
    **parameters: object,
) -> Iterator[tuple[NodeProcess, Client]]:
    """A segmenter process and a client on a domain of their own.

    The module ``tests.stand_in.segmenter_node`` also reads stand-in bundles.
    """
    chosen = free_domain() if domain is None else domain
    arguments = ros_parameters(**{"model": MODEL, "reliability": "reliable", **parameters})
    process = NodeProcess(module, arguments, domain=chosen, tmp_path=tmp_path)
    client = Client(chosen)
    try:
        yield process, client
    finally:
        client.close()
        process.kill()
