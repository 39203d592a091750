"""Layouts and the security policy name what the real nodes publish, subscribe and serve.

RViz, Foxglove and SROS2 are in no package registry: the files are held against the graph of running nodes,
not opened.
"""

from __future__ import annotations

import importlib.util
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from converseg.msg import Segmentation, Target3D

from tests.ros.harness import MODEL, ROOT, ros_parameters
from tests.ros.node_graph import Graph, node_graph

POLICY_PATH = ROOT / "deploy" / "sros2" / "converseg.policy.xml"
RVIZ_PATH = ROOT / "config" / "rviz" / "segmenter.rviz"
FOXGLOVE_PATH = ROOT / "config" / "foxglove" / "segmenter.json"
# What displays take, by display.
SHOWN = {
    "rviz_default_plugins/Image": {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"},
    "rviz_default_plugins/PointCloud2": {"sensor_msgs/msg/PointCloud2"},
}


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("segmenter")
    arguments = ros_parameters(model=MODEL)
    heard = {"segmenter/target": Target3D}
    return node_graph("converseg_ros.segmenter_node", "segmenter", "/depth", arguments, folder, heard=heard)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    pytest.importorskip("faster_whisper")
    folder = tmp_path_factory.mktemp("speech")
    return node_graph("converseg_ros.speech_node", "speech", "/audio", ros_parameters(), folder)


def allowed(enclave: str) -> dict[tuple[str, str], set[str]]:
    """The names that an enclave allows, by kind and direction."""
    found: dict[tuple[str, str], set[str]] = {}
    profiles = ElementTree.parse(POLICY_PATH).findall(f".//enclave[@path='{enclave}']/profiles/profile")
    assert profiles
    for group in (each for profile in profiles for each in profile):
        ((direction, rule),) = group.attrib.items()
        assert rule == "ALLOW"
        found.setdefault((group.tag, direction), set()).update(str(each.text) for each in group)
    return found


def check_policy(enclave: str, graph: Graph, *where_installed: str) -> None:
    """The enclave allows what the node does, and nothing else but time and topics of optional packages."""
    rules = allowed(enclave)
    assert rules.pop(("topics", "publish")) == set(graph.published)
    assert rules.pop(("topics", "subscribe")) - {"/clock", *where_installed} == set(graph.subscribed)
    assert rules.pop(("services", "reply")) == set(graph.services)
    assert rules.pop(("actions", "execute"), set()) == set(graph.actions)
    assert rules == {}


def test_the_policy_fits_the_segmenter(segmenter: Graph) -> None:
    hri_msgs_is_there = importlib.util.find_spec("hri_msgs") is not None
    assert ("/live_speech" in segmenter.subscribed) == hri_msgs_is_there
    check_policy("/converseg/segmenter", segmenter, *([] if hri_msgs_is_there else ["/live_speech"]))


def test_the_policy_fits_the_speech_node(speech: Graph) -> None:
    check_policy("/converseg/speech", speech)


def test_the_client_of_the_policy_asks_for_what_the_segmenter_serves(segmenter: Graph) -> None:
    rules = allowed("/converseg/client")
    own = {name for name in rules[("services", "reply")] if name.startswith("/client/")}
    assert own == rules[("services", "reply")]
    assert rules[("services", "request")] <= set(segmenter.services)
    assert rules[("actions", "call")] == set(segmenter.actions)
    assert rules[("topics", "subscribe")] - {"/clock"} <= set(segmenter.published)
    assert rules[("topics", "publish")] - {"/rosout", "/parameter_events"} <= set(segmenter.subscribed)


def test_the_policy_has_the_form_of_sros2() -> None:
    root = ElementTree.parse(POLICY_PATH).getroot()
    assert (root.tag, root.attrib) == ("policy", {"version": "0.2.0"})
    for profile in root.iter("profile"):
        assert set(profile.attrib) == {"ns", "node"}
        for group in profile:
            assert {each.tag for each in group} == {group.tag.removesuffix("s")}
            names = [str(each.text) for each in group]
            assert len(set(names)) == len(names)
            assert all(name.startswith("/") for name in names)


def test_rviz_shows_topics_of_the_segmenter(segmenter: Graph) -> None:
    layout = yaml.safe_load(RVIZ_PATH.read_text(encoding="utf-8"))["Visualization Manager"]
    known = segmenter.published | segmenter.subscribed
    shown = {}
    for display in layout["Displays"]:
        if "Topic" in display:
            topic = display["Topic"]["Value"]
            assert known[topic] in SHOWN[display["Class"]], topic
            shown[topic] = display["Topic"]["Reliability Policy"]
    assert {"/segmenter/overlay/compressed", "/segmenter/target_points"} <= set(shown)
    # Cameras send best effort; a reliable listener would hear nothing of them.
    assert {topic for topic, policy in shown.items() if policy == "Best Effort"} == {"/image"}


def panels(layout: Any) -> Iterator[str]:
    """Names of the panels in Foxglove's tree of splits."""
    if isinstance(layout, str):
        yield layout
    else:
        assert set(layout) == {"direction", "first", "second", "splitPercentage"}
        assert layout["direction"] in ("row", "column")
        yield from panels(layout["first"])
        yield from panels(layout["second"])


def test_foxglove_shows_topics_of_the_segmenter(segmenter: Graph) -> None:
    layout = json.loads(FOXGLOVE_PATH.read_text(encoding="utf-8"))
    configured = layout["configById"]
    placed = list(panels(layout["layout"]))
    assert sorted(placed) == sorted(configured)
    published = segmenter.published
    pictures = {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"}
    for name, panel in configured.items():
        kind = name.partition("!")[0]
        if kind == "Image":
            assert published[panel["imageMode"]["imageTopic"]] in pictures
            calibration = panel["imageMode"].get("calibrationTopic")
            assert calibration is None or published[calibration] == "sensor_msgs/msg/CameraInfo"
        elif kind == "3D":
            assert {published[topic] for topic in panel["topics"]} == {"sensor_msgs/msg/PointCloud2"}
        elif kind == "Publish":
            assert segmenter.subscribed[panel["topicName"]] == panel["datatype"]
            assert list(json.loads(panel["value"])) == ["data"]
        elif kind == "RawMessages":
            assert panel["topicPath"] in published
        elif kind == "DiagnosticSummary":
            assert published[panel["topicToRender"]] == "diagnostic_msgs/msg/DiagnosticArray"
        else:
            assert kind == "Plot"
            for path in panel["paths"]:
                topic, _, fields = path["value"].partition(".")
                assert published[topic] == "converseg/msg/Segmentation"
                assert fields in Segmentation.get_fields_and_field_types()


def test_both_layouts_know_the_frame_of_the_sample() -> None:
    text = (ROOT / "launch" / "view.launch.py").read_text(encoding="utf-8")
    layout = json.loads(FOXGLOVE_PATH.read_text(encoding="utf-8"))
    assert f'"{layout["configById"]["3D!target"]["followTf"]}"' in text
    fixed = yaml.safe_load(RVIZ_PATH.read_text(encoding="utf-8"))
    assert f'"{fixed["Visualization Manager"]["Global Options"]["Fixed Frame"]}"' in text


def test_they_are_installed_with_the_package() -> None:
    installed = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "install(DIRECTORY launch config DESTINATION share/${PROJECT_NAME}" in installed
    for path in (RVIZ_PATH, FOXGLOVE_PATH):
        assert path.relative_to(ROOT).parts[0] == "config"
