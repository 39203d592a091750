"""Looks at running segmenters from outside: ``python -m converseg_ros.health.live_probe [SECONDS]``.

Prints one JSON line for each thing looked at: name, state (ok, warn, fail), found, remedy;
``converseg doctor --live`` shows them. Uses the domain and discovery range of its environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from converseg.msg import Segmentation
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from converseg_ros.health import graph
from converseg_ros.health.live_rows import Row, Status, none_found, publishers_told, rows_of
from converseg_ros.health.publishers import Publisher

DISCOVERY_S = 8.0
"""Each wait ends here: who announced itself long ago does so again every three seconds only."""
SETTLE_S = 1.5
"""The rest of the graph is waited for so long after the first segmenter."""
DEFAULT_S = 5.0
MAX_S = 600.0
KINDS = {graph.type_name(kind): kind for kind in (Image, CompressedImage, CameraInfo)}


class LiveProbe:
    """Finds segmenters, their diagnostics, who publishes on their topics, and at which rate."""

    def __init__(self, node: Node, executor: SingleThreadedExecutor) -> None:
        self._node, self._executor = node, executor
        self._latest: dict[str, dict[str, DiagnosticStatus]] = {}
        self._num_heard: dict[str, int] = {}
        self._started_s: dict[str, float] = {}
        node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 100)

    def look(self, seconds: float) -> list[Row]:
        """Rows about every segmenter; listens to their cameras for so many seconds."""
        self._wait(self._segmenters)
        self._spin(SETTLE_S)
        if not self._segmenters():
            return [none_found(self._node.context.get_domain_id())]
        # Their topics are known from their diagnostics, which come once a second.
        self._wait(lambda: set(self._segmenters()) <= set(self._latest))
        # This process has just started, the nodes have not: who publishes they know, and it does not yet.
        self._wait(self._sees_what_they_see)
        segmenters = self._segmenters()
        for name in segmenters:
            for values in self._topics(name):
                self._listen(values["topic"], values["type"])
        self._spin(seconds)
        self._wait(self._sees_what_they_see)
        rows: list[Row] = []
        for name, num_named in segmenters.items():
            offers = {values["topic"]: self._offers(values["topic"]) for values in self._topics(name)}
            rates_hz = {topic: self._rate_hz(topic) for topic in offers}
            rows += rows_of(name, self._statuses(name), num_named=num_named, offers=offers, rates_hz=rates_hz)
        return rows

    def _sees_what_they_see(self) -> bool:
        """Whether all publishers that the segmenters know of are known here too, with their nodes' names."""
        for name in self._segmenters():
            for topic, num_told in publishers_told(self._statuses(name)).items():
                offers = self._offers(topic)
                if len(offers) < num_told or any(each.node == graph.NO_NODE for each in offers):
                    return False
        return True

    def _segmenters(self) -> dict[str, int]:
        """Full names of all nodes that publish answers, and how many bear each name."""
        wanted = graph.type_name(Segmentation)
        found: dict[str, list[str]] = {}
        for topic, kinds in self._node.get_topic_names_and_types():
            if wanted in kinds:
                for each in self._node.get_publishers_info_by_topic(topic):
                    found.setdefault(graph.full_name(each.node_namespace, each.node_name), []).append(topic)
        # A node with several cameras publishes on several topics, but on each of them once.
        return {name: max(topics.count(topic) for topic in topics) for name, topics in sorted(found.items())}

    def _topics(self, name: str) -> list[dict[str, str]]:
        statuses = self._latest.get(name, {}).values()
        found = [{pair.key: pair.value for pair in status.values} for status in statuses]
        return [values for values in found if values.get("type") in KINDS]

    def _listen(self, topic: str, kind: str) -> None:
        if topic in self._num_heard:
            return
        offers = self._offers(topic)
        is_reliable = bool(offers) and all(each.reliability == "reliable" for each in offers)
        qos = QoSProfile(
            depth=5, reliability=ReliabilityPolicy.RELIABLE if is_reliable else ReliabilityPolicy.BEST_EFFORT
        )
        self._num_heard[topic] = 0

        def count(_: Any) -> None:
            self._num_heard[topic] += 1

        self._node.create_subscription(KINDS[kind], topic, count, qos, raw=True)
        self._started_s[topic] = time.monotonic()

    def _rate_hz(self, topic: str) -> float:
        if topic not in self._num_heard:  # the segmenter told of it a moment ago
            return 0.0
        return self._num_heard[topic] / (time.monotonic() - self._started_s[topic])

    def _offers(self, topic: str) -> list[Publisher]:
        return graph.publishers_of(self._node, topic)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._latest.setdefault(status.hardware_id, {})[status.name] = status

    def _statuses(self, name: str) -> list[Status]:
        return [
            (status.name, ord(status.level), status.message, {pair.key: pair.value for pair in status.values})
            for status in self._latest.get(name, {}).values()
        ]

    def _wait(self, condition: Callable[[], Any]) -> None:
        """Handle messages until a condition holds, or for as long as discovery may take."""
        deadline_s = time.monotonic() + DISCOVERY_S
        while not condition() and time.monotonic() < deadline_s:
            self._spin(0.1)

    def _spin(self, seconds: float) -> None:
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left_s)


def main(argv: Sequence[str] | None = None) -> int:
    """Look and print; 0 where it could, 2 after wrong use."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        seconds = float(arguments[0]) if arguments else DEFAULT_S
    except ValueError:
        seconds = -1.0
    if len(arguments) > 1 or not 0 < seconds <= MAX_S:
        sys.stderr.write(
            f"usage: python -m converseg_ros.health.live_probe [SECONDS, above 0 to {MAX_S:g}]\n"
        )
        return 2
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)  # a signal just ends the process
    node = Node(f"converseg_doctor_{os.getpid()}")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        for row in LiveProbe(node, executor).look(seconds):
            print(json.dumps(row._asdict()))
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
