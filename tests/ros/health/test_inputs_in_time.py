"""What a camera's start looks like: publishers are seen before their names are, and before they send."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from converseg_ros.health import inputs
from converseg_ros.health.finding import Finding


class Scripted:
    """A node with a graph as a test writes it."""

    def __init__(self) -> None:
        self.publishers: list[Any] = []

    def resolve_topic_name(self, name: str) -> str:
        return f"/{name}"

    def create_subscription(self, *_: Any, **__: Any) -> object:
        return object()

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        return self.publishers

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        return []

    subscriptions = ()

    def get_fully_qualified_name(self) -> str:
        return "/segmenter"


def publisher(name: str, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE) -> Any:
    return SimpleNamespace(
        node_namespace="/",
        node_name=name,
        topic_type="sensor_msgs/msg/Image",
        qos_profile=SimpleNamespace(reliability=reliability, durability=DurabilityPolicy.VOLATILE),
    )


class Watched:
    """The inputs of a camera, with the clock in the test's hands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr(inputs, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.node = Scripted()
        node: Any = self.node
        self.inputs = inputs.Inputs(node)
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        self.inputs.subscribe(Image, "image", lambda _: None, qos, is_frame=True)

    def look(self, after_s: float) -> list[Finding]:
        self.now_s += after_s
        return self.inputs.findings(max_age_s=1.0, check_stamps=False)


def test_a_publisher_is_told_of_by_its_name_where_that_comes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    lossy = ReliabilityPolicy.BEST_EFFORT
    watched.node.publishers = [publisher("_NODE_NAME_UNKNOWN_", lossy)]
    assert watched.look(10.0) == []
    ((_, values),) = watched.inputs.values()
    assert values["publishers"] == "1"  # it counts, and it is not said that nobody publishes
    watched.node.publishers = [publisher("cam", lossy)]
    (found,) = watched.look(1.0)
    assert found.seen.startswith("/cam offers reliability best_effort")


def test_a_publisher_that_is_no_node_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    watched.node.publishers = [publisher("_NODE_NAME_UNKNOWN_", ReliabilityPolicy.BEST_EFFORT)]
    assert watched.look(10.0) == []
    (found,) = watched.look(inputs.SETTLE_S)
    assert found.seen.startswith("a publisher that is no ROS node offers")


def test_a_camera_that_has_just_come_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    (found,) = watched.look(100.0)
    assert found.code == "no publisher"
    watched.node.publishers = [publisher("cam")]
    assert watched.look(1.0) == []
    (found,) = watched.look(inputs.SETTLE_S)
    assert found.seen == "/cam publishes there, but nothing has arrived in 2 s"
    watched.node.publishers = []
    assert [found.code for found in watched.look(1.0)] == ["no publisher"]
    watched.node.publishers = [publisher("cam")]
    assert watched.look(1.0) == []  # started again
