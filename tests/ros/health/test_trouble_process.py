"""A real segmenter process over real DDS: each trouble is provoked, and has to be said on /diagnostics."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String

from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, ROOT, START_S, NodeProcess, child_environment, ros_parameters
from tests.ros.health.graph import Stranger, picture, qos, rows_of_process
from tests.ros.known import wait_until_known

INPUT = "segmenter: image"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NodeProcess, Stranger]]:
    domain = free_domain()
    arguments = ros_parameters(model=MODEL, reliability="reliable")
    process = NodeProcess(
        "converseg_ros.segmenter_node", arguments, domain=domain, tmp_path=tmp_path_factory.mktemp("trouble")
    )
    stranger = Stranger(domain)
    try:
        process.wait_for_log("active: ask on")
        stranger.spin(
            lambda: stranger.latest and not stranger.status().message.startswith("can't answer"), START_S
        )
        yield process, stranger
        assert process.stop()[0] == 0, process.log
    finally:
        stranger.close()
        process.kill()


@pytest.fixture
def stranger(pair: tuple[NodeProcess, Stranger]) -> Iterator[Stranger]:
    """No publisher of one test is left for the next."""
    process, made = pair
    assert process.is_alive
    yield made
    for publisher in list(made.node.publishers):
        if any(word in publisher.topic_name for word in ("image", "camera", "depth")):
            made.node.destroy_publisher(publisher)


def set_parameter(stranger: Stranger, name: str, value: ParameterValue) -> None:
    request = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
    (result,) = stranger.call(SetParameters, "segmenter/set_parameters", request).results
    assert result.successful, result.reason


def use_best_effort(stranger: Stranger) -> None:
    """Counts begin anew with the subscriptions."""
    set_parameter(stranger, "reliability", ParameterValue(type=4, string_value="best_effort"))
    for number in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=number))
        assert stranger.call(ChangeState, "segmenter/change_state", request).success


def test_nobody_publishes_and_a_picture_elsewhere_is_offered(stranger: Stranger) -> None:
    stranger.node.create_publisher(Image, "front/rgb_image", qos())
    stranger.node.create_publisher(Image, "depth", qos())  # has its use already
    both = "/image or /image/compressed"
    stranger.spin(lambda: "image:=/front/rgb_image" in stranger.finding("no publisher", both))
    assert stranger.status().level == DiagnosticStatus.WARN
    assert stranger.status().message.startswith(f"{both}: nobody publishes there")
    assert ":=/depth" not in stranger.status().message


def test_a_wrong_type_and_a_qos_that_does_not_fit(
    pair: tuple[NodeProcess, Stranger], stranger: Stranger
) -> None:
    stranger.node.create_publisher(Image, "image", qos("best_effort"))
    stranger.node.create_publisher(String, "depth", qos())
    stranger.spin(
        lambda: stranger.finding("qos mismatch", "/image") and stranger.finding("wrong type", "/depth")
    )
    text = (
        "/image: /stranger offers reliability best_effort, this node asks for reliable: nothing can arrive. "
        "Set reliability:=best_effort and activate again, or let the publisher offer reliable"
    )
    assert stranger.finding("qos mismatch", "/image") == text
    assert stranger.status().level == DiagnosticStatus.ERROR
    pair[0].wait_for_log(text)
    assert "publishes std_msgs/msg/String there" in stranger.finding("wrong type", "/depth")
    assert stranger.status("segmenter: depth").level == DiagnosticStatus.WARN  # pictures are answered without


def test_a_publisher_that_fits_and_sends_nothing(stranger: Stranger) -> None:
    stranger.node.create_publisher(Image, "image", qos())
    stranger.spin(lambda: stranger.finding("no message", "/image"))
    assert "ros2 topic hz /image" in stranger.finding("no message", "/image")


def test_rates_delay_and_memory_of_a_camera_in_order(stranger: Stranger) -> None:
    camera = stranger.node.create_publisher(Image, "image", qos())
    infos = stranger.node.create_publisher(CameraInfo, "camera_info", qos())
    wait_until_known(stranger.node, "segmenter", stranger.spin)  # else what is sent first may be lost
    frame = picture()

    def send() -> None:
        camera.publish(stranger.stamp(frame))
        infos.publish(CameraInfo(header=frame.header))

    stranger.stream(
        lambda: (
            float(stranger.values(INPUT).get("rate Hz", 0)) > 2.5
            and stranger.status().message == "answering"
            and stranger.values(INPUT)["publishers"] == "1"  # those of other tests are forgotten
        ),
        send,
        hz=5,
    )
    assert stranger.status().level == DiagnosticStatus.OK
    values = stranger.values(INPUT)
    assert values["topic"] == "/image"
    assert (values["type"], values["reliability"]) == ("sensor_msgs/msg/Image", "reliable")
    assert (values["publishers"], values["lost in transport"]) == ("1", "0")
    assert float(values["rate Hz"]) < 8
    assert 0 <= float(values["delay p50 s"]) < 1
    node = stranger.values()
    assert node["findings"] == "0"
    assert node["model_id"].endswith(node["model checksum"])
    assert 20 < float(node["memory MB"]) <= float(node["memory peak MB"]) + 1


def test_the_doctor_sees_the_same_from_outside(stranger: Stranger, tmp_path: Path) -> None:
    stranger.node.create_publisher(Image, "image", qos("best_effort"))
    stranger.spin(lambda: stranger.finding("qos mismatch", "/image"))
    look = ["converseg_ros.health.live_probe", "1"]
    rows, code = rows_of_process(look, stranger.domain, tmp_path, stranger)
    assert code == 0
    assert rows["/segmenter"].state == "fail"
    assert "/stranger offers reliability best_effort" in rows["/segmenter qos mismatch /image"].found
    assert "from /stranger (best_effort)" in rows["/image"].found


@pytest.mark.parametrize(
    ("late_s", "at_s", "code"),
    [
        (0.0, 0.0, "stamp unset"),
        (-5.0, None, "future stamp"),
        (30.0, None, "stale stamp"),
        (2e8, None, "other clock"),
    ],
)
def test_stamps(stranger: Stranger, late_s: float, at_s: float | None, code: str) -> None:
    camera = stranger.node.create_publisher(Image, "image", qos())
    frame = picture()
    stranger.stream(
        lambda: stranger.finding(code, "/image"),
        lambda: camera.publish(stranger.stamp(frame, late_s=late_s, at_s=at_s)),
        hz=10,
    )
    assert stranger.status().level == (
        DiagnosticStatus.ERROR if code == "stale stamp" else DiagnosticStatus.WARN
    )
    assert stranger.status().message == stranger.finding(code, "/image")


def test_simulated_time_without_a_clock(stranger: Stranger) -> None:
    camera = stranger.node.create_publisher(Image, "image", qos())
    frame = picture()
    set_parameter(stranger, "use_sim_time", ParameterValue(type=1, bool_value=True))
    try:
        stranger.stream(
            lambda: "nothing arrives on /clock" in stranger.finding("no clock", "/image"),
            lambda: camera.publish(stranger.stamp(frame)),
            hz=10,
        )
    finally:
        set_parameter(stranger, "use_sim_time", ParameterValue(type=1, bool_value=False))


def test_frames_that_stop(pair: tuple[NodeProcess, Stranger], stranger: Stranger) -> None:
    camera = stranger.node.create_publisher(Image, "image", qos())
    frame = picture()
    stranger.stream(
        lambda: stranger.status().message == "answering",
        lambda: camera.publish(stranger.stamp(frame)),
    )
    stranger.spin(lambda: "/stranger is still there" in stranger.finding("frames stopped", "/image"))
    assert stranger.status().level == DiagnosticStatus.ERROR
    stranger.node.destroy_publisher(camera)
    stranger.spin(lambda: "The publisher is gone" in stranger.finding("frames stopped", "/image"))
    camera = stranger.node.create_publisher(Image, "image", qos())
    stranger.stream(
        lambda: "/image: no longer: frames stopped" in pair[0].log,
        lambda: camera.publish(stranger.stamp(frame)),
    )


def test_large_raw_pictures_are_lost_and_the_profile_is_named(
    pair: tuple[NodeProcess, Stranger], stranger: Stranger
) -> None:
    use_best_effort(stranger)
    camera = stranger.node.create_publisher(Image, "image", qos("best_effort", depth=1))
    frame = picture(480, 640)
    stranger.stream(
        lambda: stranger.finding("lossy transport", "/image") or stranger.finding("no message", "/image"),
        lambda: camera.publish(stranger.stamp(frame)),
    )
    said = stranger.finding("lossy transport", "/image") or stranger.finding("no message", "/image")
    assert "FASTRTPS_DEFAULT_PROFILES_FILE=config/fastdds_large_images.xml" in said
    pair[0].wait_for_log(said)


def test_with_the_shipped_profile_nothing_is_lost(stranger: Stranger, tmp_path: Path) -> None:
    use_best_effort(stranger)
    environment = child_environment(stranger.domain, tmp_path)
    environment["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(ROOT / "config" / "fastdds_large_images.xml")
    command = [sys.executable, "-m", "tests.ros.health.camera_process", "60"]
    with subprocess.Popen(command, env=environment, cwd=tmp_path) as camera:
        try:
            stranger.spin(lambda: int(stranger.values(INPUT).get("received", 0)) > 60, 60.0)
        finally:
            camera.terminate()
    assert stranger.status().message == "answering"
    assert int(stranger.values(INPUT)["lost in transport"]) < 5
    assert stranger.values(INPUT)["bytes"] == str(640 * 480 * 3)
    assert stranger.values(INPUT)["reliability"] == "best_effort"
