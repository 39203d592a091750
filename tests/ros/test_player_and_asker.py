"""Bag player, segmenter and asker as three real processes."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo, CompressedImage
from std_msgs.msg import String

from converseg_core.images import to_rgb
from converseg_ros.bag.playback import ClockMap
from tests.ros.client import Client
from tests.ros.domains import free_domain
from tests.ros.harness import MODEL, START_S, NodeProcess, ros_parameters
from tests.ros.recorded import INSTRUCTIONS, PERIOD_NS, SIZE_HW, START_NS, write_recorded

PLAYER = "converseg_ros.bag_player_node"
ASKER = "converseg_ros.ask_node"


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recorded(tmp_path_factory.mktemp("recorded") / "bag", num_frames=20)


@pytest.fixture
def domain() -> int:
    return free_domain()


@pytest.fixture
def client(domain: int) -> Iterator[Client]:
    made = Client(domain)
    yield made
    made.close()


def stamp_ns(message: CompressedImage | CameraInfo) -> int:
    return int(message.header.stamp.sec) * 1_000_000_000 + int(message.header.stamp.nanosec)


def listen_latched(client: Client, topic: str) -> list[String]:
    from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

    received: list[String] = []
    qos = QoSProfile(
        depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
    )
    client.node.create_subscription(String, topic, received.append, qos)
    return received


HELD = {"wait_for_clock_listener": True, "wait_for_subscriber_s": START_S}


def let_play(client: Client, *topics: str) -> list[String]:
    """Let a player begin that is HELD, once it and all who listen know each other; returns its clock maps.

    It waits for a listener of its clock map: the last that it learns of, where it is the last that is made.
    """

    def is_played(topic: str) -> bool:
        infos = client.node.get_publishers_info_by_topic(f"/{topic}")
        return "bag_player" in {info.node_name for info in infos}  # this client publishes pictures too

    client.wait_for(lambda: all(map(is_played, topics)), START_S, "for the player")
    return listen_latched(client, "bag_player/clock_map")


def test_every_frame_arrives_young_and_maps_back_exactly(
    bag: Path, domain: int, client: Client, tmp_path: Path
) -> None:
    frames, infos = (
        client.listen(CompressedImage, "image/compressed"),
        client.listen(CameraInfo, "camera_info"),
    )
    before_ns = client.node.get_clock().now().nanoseconds
    player = NodeProcess(PLAYER, ros_parameters(bag=bag, **HELD), domain=domain, tmp_path=tmp_path)
    maps = let_play(client, "image/compressed", "camera_info")
    client.wait_for(lambda: len(frames) == 20 and len(infos) == 20 and maps, START_S)
    assert player.wait(10) == 0
    assert "played 20 on /image/compressed, 20 on /camera_info" in player.log
    clock_map = ClockMap.from_json(maps[-1].data)
    assert [clock_map.to_bag(stamp_ns(frame)) for frame in frames] == [
        START_NS + index * PERIOD_NS for index in range(20)
    ]
    assert before_ns < stamp_ns(frames[0])
    assert [stamp_ns(info) for info in infos] == [stamp_ns(frame) for frame in frames]
    assert to_rgb(frames[3]).shape == (*SIZE_HW, 3)
    assert frames[3].header.frame_id == "camera_optical"


def test_recorded_stamps_can_be_kept_and_time_runs_faster(
    bag: Path, domain: int, client: Client, tmp_path: Path
) -> None:
    frames = client.listen(CompressedImage, "eyes/compressed")
    arguments = [
        *ros_parameters(bag=bag, rate=4.0, restamp=False, **HELD),
        *(
            "-p",
            "topic_map:=['/camera/image/compressed:=image/compressed']",
            "-r",
            "image/compressed:=eyes/compressed",
        ),
    ]
    player = NodeProcess(PLAYER, arguments, domain=domain, tmp_path=tmp_path)
    let_play(client, "eyes/compressed")
    client.wait_for(lambda: len(frames) == 20, START_S)
    assert player.wait(10) == 0
    assert [stamp_ns(frame) for frame in frames] == [START_NS + index * PERIOD_NS for index in range(20)]


def test_a_cut_off_bag_plays_to_its_cut_then_says_so(
    bag: Path, domain: int, client: Client, tmp_path: Path
) -> None:
    cut = shutil.copytree(bag, tmp_path / "cut")
    (file,) = cut.glob("*.mcap")
    # As a killed recorder leaves it: no index at the end, no metadata, the last messages half written.
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    (cut / "metadata.yaml").unlink()
    frames = client.listen(CompressedImage, "image/compressed")
    arguments = ros_parameters(bag=cut, rate=4.0, **HELD)
    player = NodeProcess(PLAYER, arguments, domain=domain, tmp_path=tmp_path)
    let_play(client, "image/compressed")
    code = player.wait(START_S)
    assert code == 1, player.log
    assert "cut off or damaged" in player.log
    assert "Traceback" not in player.log
    client.wait_for(lambda: len(frames) > 5)
    assert len(frames) < 20


def test_looping_until_told_to_stop(bag: Path, domain: int, client: Client, tmp_path: Path) -> None:
    maps = listen_latched(client, "bag_player/clock_map")
    client.listen(CompressedImage, "image/compressed")
    arguments = ros_parameters(bag=bag, rate=20.0, loop=True)
    player = NodeProcess(PLAYER, arguments, domain=domain, tmp_path=tmp_path)
    client.wait_for(lambda: any(json.loads(each.data)["num_loops"] >= 2 for each in maps), START_S)
    assert player.stop(signal.SIGINT)[0] == 0


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "parameter bag: empty"),
        ({"bag": "/no/such/bag"}, "parameter bag: bag /no/such/bag: does not exist"),
        ({"topic_map": "['/nothing:=image']"}, "holds none of /nothing; its topics are: /camera/camera_info"),
        ({"topic_map": "['nonsense']"}, "parameter topic_map: 'nonsense'"),
        ({"rate": 0.0}, "parameter rate"),
    ],
)
def test_wrong_use_is_one_line(
    bag: Path, domain: int, tmp_path: Path, parameters: dict[str, object], text: str
) -> None:
    given = {"bag": bag, **parameters} if parameters else {}
    player = NodeProcess(PLAYER, ros_parameters(**given), domain=domain, tmp_path=tmp_path)
    assert player.wait(START_S) == 2, player.log
    assert text in player.log
    assert "Traceback" not in player.log


def test_the_whole_loop(bag: Path, domain: int, client: Client, tmp_path: Path) -> None:
    segmenter = NodeProcess(
        "converseg_ros.segmenter_node", ros_parameters(model=MODEL), domain=domain, tmp_path=tmp_path
    )
    # The bag is two seconds short: it must not begin before the asker listens and the segmenter knows it.
    player = NodeProcess(PLAYER, ros_parameters(bag=bag, **HELD), domain=domain, tmp_path=tmp_path)
    reports: list[DiagnosticArray] = client.listen(DiagnosticArray, "/diagnostics")

    def is_known() -> bool:
        rows = [{pair.key: pair.value for pair in each.values} for array in reports for each in array.status]
        return any(row.get("topic") == "/image/compressed" and row["publishers"] == "2" for row in rows)

    client.wait_for(is_known, START_S, "for the segmenter to know the player beside this client")
    out = tmp_path / "out"
    asker = NodeProcess(ASKER, ["--bag", str(bag), "--out", str(out)], domain=domain, tmp_path=tmp_path)
    try:
        assert asker.wait(START_S) == 0, asker.log + segmenter.log + player.log
        assert segmenter.stop()[0] == 0
    finally:
        for process in (segmenter, asker, player):
            process.kill()
    lines = [json.loads(line) for line in (out / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["prompt"] for line in lines] == [text for text, _ in INSTRUCTIONS]
    for line, truth_status in zip(lines, ("OK", "NO_TARGET"), strict=True):
        assert line["status"] in ("OK", "NO_TARGET")
        assert line["truth_status"] == truth_status
        assert line["concept"] == "entities"
        assert 0 <= line["iou"] <= 1
        assert line["latency_s"] > 0
        assert (line["frame_stamp_ns"] - START_NS) % PERIOD_NS == 0
        assert line["frame_stamp_ns"] >= line["said_ns"] - PERIOD_NS
        assert (out / line["mask"]).is_file()
        assert line["model_id"]


def test_without_a_segmenter_the_asker_says_what_is_missing(bag: Path, domain: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["--bag", str(bag), "--out", str(out), "--timeout-s", "1.5"]
    asker = NodeProcess(ASKER, arguments, domain=domain, tmp_path=tmp_path)
    assert asker.wait(START_S) == 1
    assert "error: 2 of 2 instructions got no answer" in asker.log
    lines = [json.loads(line) for line in (out / "answers.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["status"] for line in lines] == ["NO_ANSWER", "NO_ANSWER"]


def test_the_asker_names_a_bag_that_is_not_there(domain: int, tmp_path: Path) -> None:
    arguments = ["--bag", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]
    asker = NodeProcess(ASKER, arguments, domain=domain, tmp_path=tmp_path)
    assert asker.wait(START_S) == 2
    assert "does not exist" in asker.log
