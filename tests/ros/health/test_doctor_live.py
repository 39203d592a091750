"""``converseg doctor --live`` beside a real segmenter: a camera in trouble, one in order, no node."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Image

from converseg_ros.health import live_probe
from converseg_ros.health.live_rows import Row, publishers_told, rows_of
from converseg_ros.health.publishers import IMAGE, Publisher
from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, NodeProcess, ros_parameters
from tests.ros.health.graph import Stranger, picture, qos, rows_of_process


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_doctor_sees_trouble_and_its_end(tmp_path: Path) -> None:
    domain = free_domain()
    arguments = [*ros_parameters(model=MODEL, reliability="reliable"), "-r", "__ns:=/robot"]
    process = NodeProcess("converseg_ros.segmenter_node", arguments, domain=domain, tmp_path=tmp_path)
    stranger = Stranger(domain, "driver")
    look = ["converseg_ros.health.live_probe", "2"]
    try:
        process.wait_for_log("active: ask on")
        camera = stranger.node.create_publisher(Image, "/robot/image", qos("best_effort"))
        doctor = ["converseg_core.cli.main", "doctor", "--live", "--seconds", "2", "--json"]
        rows, code = rows_of_process(doctor, domain, tmp_path)
        assert code == 1
        assert rows["/robot/segmenter"].state == "fail"
        told = rows["/robot/segmenter qos mismatch /robot/image"]
        assert told.state == "fail"
        assert "/driver offers reliability best_effort" in told.found
        assert "Set reliability:=best_effort" in told.remedy
        assert "numpy" in rows  # the rows about the machine are still there

        stranger.node.destroy_publisher(camera)
        camera = stranger.node.create_publisher(Image, "/robot/image", qos())
        frame = picture()
        rows, code = rows_of_process(
            look, domain, tmp_path, stranger, lambda: camera.publish(stranger.stamp(frame))
        )
        assert code == 0
        assert set(rows) == {"/robot/segmenter", "/robot/image"}
        assert rows["/robot/segmenter"].state == "ok", rows
        assert "answering; model sim-tiny@" in rows["/robot/segmenter"].found
        rate = rows["/robot/image"]
        assert rate.state == "ok", rate
        assert "from /driver (reliable)" in rate.found
        there_hz, here_hz = (float(part.split()[0]) for part in rate.found.split(", ")[:2])
        assert 5 < there_hz < 25
        assert 5 < here_hz < 25

        assert process.stop()[0] == 0
        rows, _ = rows_of_process(look, domain, tmp_path)
        assert rows["segmenter"].state == "fail"
        assert f"ROS domain {domain}" in rows["segmenter"].found
    finally:
        stranger.close()
        process.kill()


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "soon", "nan"])
def test_wrong_durations_are_wrong_use(seconds: str, tmp_path: Path) -> None:
    assert live_probe.main([seconds]) == 2


VALUES = {
    "topic": "/image",
    "type": IMAGE,
    "reliability": "reliable",
    "durability": "volatile",
    "publishers": "1",
    "rate Hz": "3.00",
    "lost in transport, last 10 s": "0",
}


def rows(
    *,
    level: int = 0,
    message: str = "answering",
    here_hz: float = 3.1,
    offered: str = "reliable",
    num_named: int = 1,
    num_lost: int = 0,
) -> dict[str, Row]:
    publisher = Publisher(node="/cam", type_name=IMAGE, reliability=offered, durability="volatile")
    statuses = [
        ("segmenter: segmentation", level, message, {"model_id": "m@1", "memory MB": "300"}),
        ("segmenter: image", level, "3 Hz", VALUES | {"lost in transport, last 10 s": str(num_lost)}),
    ]
    found = rows_of(
        "/segmenter",
        statuses,
        num_named=num_named,
        offers={"/image": [publisher]},
        rates_hz={"/image": here_hz},
    )
    return {row.name: row for row in found}


def test_a_node_that_gets_less_than_it_could_is_a_warning() -> None:
    assert rows()["/image"].state == "ok"
    row = rows(here_hz=30.0)["/image"]
    assert row.state == "warn"
    assert "3.0 Hz at the node, 30.0 Hz here, from /cam (reliable)" in row.found
    assert rows(here_hz=30.0, num_lost=40)["/image"].state == "ok"  # then the losses are a row of their own


def test_what_the_node_does_not_say_the_graph_does() -> None:
    assert rows(offered="best_effort")["/segmenter qos mismatch /image"].state == "fail"


def test_a_node_that_is_not_active_and_one_without_a_sign_of_life() -> None:
    row = rows(level=2, message="can't answer: it is not active; activate it")["/segmenter"]
    assert row.state == "fail"
    assert "ros2 lifecycle set /segmenter" in row.remedy
    (row,) = rows_of("/segmenter", [], num_named=1, offers={}, rates_hz={})
    assert row.state == "fail"
    assert "/diagnostics" in row.found


def test_two_nodes_of_one_name_are_told() -> None:
    found = rows_of("/segmenter", [], num_named=2, offers={}, rates_hz={})
    assert (found[0].state, found[0].found) == ("warn", "2 segmenters bear this name")


def with_publishers(num_told: int, *seen: Publisher, **findings: str) -> dict[str, Row]:
    told = {f"finding: {code.replace('_', ' ')} /image": text for code, text in findings.items()}
    statuses = [
        ("segmenter: segmentation", 0, "answering", told),
        ("segmenter: image", 0, "3 Hz", VALUES | {"publishers": str(num_told)}),
    ]
    rates_hz = {"/image": 3.0} if seen else {}
    found = rows_of("/segmenter", statuses, num_named=1, offers={"/image": seen}, rates_hz=rates_hz)
    return {row.name: row for row in found}


def test_publishers_that_only_the_node_sees_are_told_and_where_nobody_publishes_there_is_no_row() -> None:
    camera = Publisher(node="/cam", type_name=IMAGE, reliability="reliable", durability="volatile")
    row = with_publishers(1)["/image"]
    assert row.state == "warn"
    assert row.found.startswith("3.0 Hz at the node, 0.0 Hz here, from nobody that is seen here")
    assert row.found.endswith("publishers: 1 seen by the node, 0 seen here")
    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" in row.remedy
    assert with_publishers(2, camera)["/image"].found.endswith("2 seen by the node, 1 seen here")
    assert with_publishers(1, camera)["/image"].state == "ok"
    assert with_publishers(0, camera)["/image"].state == "ok"  # the node may have yet to see it
    assert "/image" not in with_publishers(0)


def test_a_publisher_that_the_node_refused_counts_too() -> None:
    assert "/image" in with_publishers(0, qos_mismatch="a publisher was refused: ...")
    statuses = [("a", 0, "", {"topic": "/image", "publishers": "2", "finding: no publisher /image": "..."})]
    assert publishers_told(statuses) == {"/image": 2}
    assert publishers_told([("a", 0, "", {"topic": "/depth"})]) == {"/depth": 0}


class Scripted:
    """A node and its executor; who publishes on /image is seen only after a while, by name still later."""

    def __init__(self, *, seen_after_s: float, named_after_s: float) -> None:
        self.context = SimpleNamespace(get_domain_id=lambda: 1)
        self._start_s, self._seen_after_s, self._named_after_s = time.monotonic(), seen_after_s, named_after_s
        self._on_diagnostics: Any = None
        self.listened: list[ReliabilityPolicy] = []

    def create_subscription(self, kind: Any, topic: str, callback: Any, qos: Any, **_: Any) -> None:
        if kind is DiagnosticArray:
            self._on_diagnostics = callback
        else:
            self.listened.append(qos.reliability)

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        return [("/segmenter/segmentation", ["converseg/msg/Segmentation"])]

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        qos = SimpleNamespace(reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
        fields = {"node_namespace": "/", "node_name": "segmenter", "topic_type": IMAGE, "qos_profile": qos}
        spent_s = time.monotonic() - self._start_s
        if topic == "/image" and spent_s < self._seen_after_s:
            return []
        if topic == "/image":
            fields["node_name"] = "cam" if spent_s > self._named_after_s else "_NODE_NAME_UNKNOWN_"
        return [SimpleNamespace(**fields)]

    def spin_once(self, timeout_sec: float) -> None:
        time.sleep(timeout_sec)
        values = [KeyValue(key=key, value=value) for key, value in VALUES.items()]
        status = DiagnosticStatus(name="segmenter: image", hardware_id="/segmenter", values=values)
        self._on_diagnostics(DiagnosticArray(status=[status]))


@pytest.mark.parametrize(
    ("seen_after_s", "state", "who"),
    [(0.4, "ok", "from /cam (reliable)"), (1e6, "warn", "from nobody that is seen here")],
)
def test_the_doctor_waits_for_publishers_that_the_node_tells_of(
    monkeypatch: pytest.MonkeyPatch, seen_after_s: float, state: str, who: str
) -> None:
    monkeypatch.setattr(live_probe, "SETTLE_S", 0.01)
    monkeypatch.setattr(live_probe, "DISCOVERY_S", 20.0 if seen_after_s < 1 else 0.3)
    node: Any = Scripted(seen_after_s=seen_after_s, named_after_s=seen_after_s + 0.2)
    (row,) = [row for row in live_probe.LiveProbe(node, node).look(0.1) if row.name == "/image"]
    assert row.state == state
    assert who in row.found
    # Listened to as it is offered, which one knows only once one sees it.
    assert node.listened == [ReliabilityPolicy.RELIABLE if state == "ok" else ReliabilityPolicy.BEST_EFFORT]
