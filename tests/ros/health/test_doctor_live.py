"""``converseg doctor --live`` beside a real segmenter: a camera in trouble, one in order, no node."""

from __future__ import annotations

from pathlib import Path

import pytest
from sensor_msgs.msg import Image

from converseg_ros.health.live_rows import Row, rows_of
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
    from converseg_ros.health.live_probe import main

    assert main([seconds]) == 2


VALUES = {
    "topic": "/image",
    "type": IMAGE,
    "reliability": "reliable",
    "durability": "volatile",
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
