"""Launch files (with recording stand-ins: launch itself is in no package registry) and configuration."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from converseg_ros.bag.player import SPECS as PLAYER_SPECS
from converseg_ros.segmenter.parameters import SPECS, Spec
from converseg_ros.speech.settings import SPEECH_SPECS
from converseg_ros.targets.parameters import TARGET_SPECS
from converseg_ros.transport import profile as transport_profile

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "launch": ["LaunchContext", "LaunchDescription"],
    "launch.actions": ["DeclareLaunchArgument", "EmitEvent", "OpaqueFunction", "RegisterEventHandler"],
    "launch.conditions": ["UnlessCondition"],
    "launch.event_handlers": ["OnProcessExit"],
    "launch.events": ["Shutdown"],
    "launch.substitutions": ["LaunchConfiguration", "PathJoinSubstitution"],
    "launch_ros": [],
    "launch_ros.actions": ["Node"],
    "launch_ros.parameter_descriptions": ["ParameterValue"],
    "launch_ros.substitutions": ["FindPackageShare"],
}


class Recorded:
    """Remembers how it was made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.arguments, self.options = arguments, options

    def perform(self, context: dict[str, str]) -> str:
        """A LaunchConfiguration's value."""
        return context[self.arguments[0]]


@pytest.fixture
def launch_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    for module_name, names in NAMES.items():
        module = ModuleType(module_name)
        for name in names:
            setattr(module, name, type(name, (Recorded,), {}))
        monkeypatch.setitem(sys.modules, module_name, module)


def described(name: str) -> dict[str, list[Any]]:
    """What a launch file describes, by class name."""
    spec = importlib.util.spec_from_file_location(name.replace(".", "_"), ROOT / "launch" / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (actions,) = module.generate_launch_description().arguments
    found: dict[str, list[Any]] = {}
    for action in actions:
        found.setdefault(type(action).__name__, []).append(action)
    return found


def configurations(value: Any) -> set[str]:
    """Names of all launch arguments used inside a structure."""
    if isinstance(value, Recorded):
        if type(value).__name__ == "LaunchConfiguration":
            return {value.arguments[0]}
        return configurations([*value.arguments, *value.options.values()])
    if isinstance(value, dict):
        return configurations(list(value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(configurations, value)) if value else set()
    return set()


EXECUTABLES = {
    "segmenter.launch.py": {"segmenter"},
    "cameras.launch.py": {"segmenter"},
    "bag.launch.py": {"segmenter", "bag_player"},
    "speech.launch.py": {"speech"},
}
KNOWN = {
    "segmenter": {spec.name: type(spec.default) for spec in (*SPECS, *TARGET_SPECS)},
    "bag_player": {spec.name: type(spec.default) for spec in PLAYER_SPECS},
    "speech": {spec.name: type(spec.default) for spec in SPEECH_SPECS},
}
CAMERAS = {
    "cameras": "left, right",
    "params_file": "/somewhere/segmenter.yaml",
    "model": "sim-tiny",
    "image": "/{camera}/color/image_raw",
    "camera_info": "/{camera}/color/camera_info",
    "depth": "/{camera}/aligned_depth_to_color/image_raw",
    "instruction": "{camera}/instruction",
}


def nodes_of(name: str, found: dict[str, list[Any]]) -> list[Any]:
    """The nodes that a launch file starts; those of several cameras for two."""
    if name != "cameras.launch.py":
        return found["Node"]
    (opaque,) = found["OpaqueFunction"]
    nodes: list[Any] = opaque.options["function"](CAMERAS)
    return nodes


def test_every_launch_file_is_tested() -> None:
    files = {path.name for path in (ROOT / "launch").iterdir() if path.is_file()}
    assert files == {*EXECUTABLES, "view.launch.py"}


def test_rviz_is_opened_with_the_layout_that_is_installed(launch_modules: None) -> None:
    found = described("view.launch.py")
    place, rviz = found["Node"]
    declared = {
        action.arguments[0]: action.options["default_value"] for action in found["DeclareLaunchArgument"]
    }
    assert configurations([place, rviz]) == set(declared)
    assert ROOT.joinpath(*declared["config"].arguments[0][1:]).is_file()
    assert (rviz.options["package"], place.options["package"]) == ("rviz2", "tf2_ros")
    assert configurations(place.options["condition"]) == {"has_tf"}


@pytest.mark.parametrize("name", EXECUTABLES)
def test_every_launch_argument_is_declared_and_used(launch_modules: None, name: str) -> None:
    found = described(name)
    declared = {action.arguments[0] for action in found["DeclareLaunchArgument"]}
    used = set(CAMERAS) if name == "cameras.launch.py" else configurations(found["Node"])
    assert used == declared
    assert all(action.options["description"] for action in found["DeclareLaunchArgument"])


@pytest.mark.parametrize("name", EXECUTABLES)
def test_executables_exist(launch_modules: None, name: str) -> None:
    nodes = nodes_of(name, described(name))
    assert {node.options["executable"] for node in nodes} == EXECUTABLES[name]
    installed = re.search(r"foreach\(_node ([\w ]+)\)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    assert installed is not None
    for node in nodes:
        assert node.options["package"] == "converseg"
        assert node.options["name"] == node.options["executable"]
        assert node.options["executable"] in installed[1].split()
        assert (ROOT / "converseg_ros" / f"{node.options['executable']}_node.py").is_file()


@pytest.mark.parametrize("name", EXECUTABLES)
def test_launched_parameters_are_declared_by_the_nodes(launch_modules: None, name: str) -> None:
    for node in nodes_of(name, described(name)):
        known = KNOWN[node.options["executable"]]
        for entry in node.options["parameters"]:
            for parameter, value in entry.items() if isinstance(entry, dict) else ():
                assert parameter in known
                if type(value).__name__ == "ParameterValue":
                    assert value.options["value_type"] is known[parameter]


@pytest.mark.parametrize("name", EXECUTABLES)
def test_parameter_files_are_installed(launch_modules: None, name: str) -> None:
    for action in described(name)["DeclareLaunchArgument"]:
        if action.arguments[0] == "params_file":
            (parts,) = action.options["default_value"].arguments
            assert ROOT.joinpath(*parts[1:]).is_file()


def string_constants(*names: str) -> set[str]:
    """All texts in these files of the nodes, parts of f-strings included."""
    trees = [ast.parse((ROOT / "converseg_ros" / name).read_text(encoding="utf-8")) for name in names]
    return {str(each.value) for tree in trees for each in ast.walk(tree) if isinstance(each, ast.Constant)}


def test_remapped_names_are_the_nodes_own(launch_modules: None) -> None:
    (node,) = described("segmenter.launch.py")["Node"]
    topics = string_constants("camera/camera.py", "camera/questions.py", "camera/depth_input.py")
    assert {pair[0] for pair in node.options["remappings"]} <= topics
    (speech,) = described("speech.launch.py")["Node"]
    assert {pair[0] for pair in speech.options["remappings"]} <= string_constants(
        "speech/node.py", "speech/sources.py"
    )


def test_each_camera_gets_its_own_topics(launch_modules: None) -> None:
    (node,) = nodes_of("cameras.launch.py", described("cameras.launch.py"))
    assert node.options["parameters"] == [
        "/somewhere/segmenter.yaml",
        {"model": "sim-tiny", "cameras": ["left", "right"]},
    ]
    remapped = dict(node.options["remappings"])
    assert len(remapped) == len(node.options["remappings"]) == 10
    assert remapped["left/image"] == "/left/color/image_raw"
    assert remapped["right/image/compressed"] == "/right/color/image_raw/compressed"
    assert remapped["right/depth"] == "/right/aligned_depth_to_color/image_raw"
    assert remapped["left/instruction"] == "left/instruction"
    own = {name.partition("/")[2] for name in remapped}
    (single,) = described("segmenter.launch.py")["Node"]
    assert own == {pair[0] for pair in single.options["remappings"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"cameras": " , "}, "argument cameras: empty"), ({"image": "/image"}, "a topic in common")],
)
def test_wrong_arguments_for_several_cameras_are_named(
    launch_modules: None, changes: dict[str, str], message: str
) -> None:
    (opaque,) = described("cameras.launch.py")["OpaqueFunction"]
    with pytest.raises(ValueError, match=message):
        opaque.options["function"](CAMERAS | changes)


def test_the_speech_file_holds_every_parameter_at_its_default() -> None:
    loaded = yaml.safe_load((ROOT / "config" / "speech.yaml").read_text(encoding="utf-8"))
    assert loaded["/**/speech"]["ros__parameters"] == {spec.name: spec.default for spec in SPEECH_SPECS}


def test_the_parameter_file_holds_every_parameter_at_its_default() -> None:
    loaded = yaml.safe_load((ROOT / "config" / "segmenter.yaml").read_text(encoding="utf-8"))
    values = loaded["/**/segmenter"]["ros__parameters"]
    specs = (*SPECS, *TARGET_SPECS)
    assert values == {spec.name: spec.default for spec in specs}
    assert {name: type(value) for name, value in values.items()} == {
        spec.name: type(spec.default) for spec in specs
    }


@pytest.mark.parametrize("spec", [*SPECS, *PLAYER_SPECS], ids=lambda spec: spec.name)
def test_every_parameter_is_described_and_its_default_allowed(spec: Spec) -> None:
    descriptor = spec.descriptor()
    assert descriptor.description.startswith(spec.description)
    if spec.choices:
        assert spec.default in spec.choices
        assert all(choice in descriptor.additional_constraints for choice in spec.choices)
    if spec.low is not None and spec.high is not None:
        assert spec.low <= float(spec.default) <= spec.high
        assert descriptor.floating_point_range or descriptor.integer_range


def test_the_interface_reference_names_every_parameter_and_default() -> None:
    text = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    for spec in (*SPECS, *PLAYER_SPECS):
        default = str(spec.default).lower() if isinstance(spec.default, bool) else str(spec.default)
        assert f"| `{spec.name}` | `{default or '(none)'}` |" in text, spec.name


def test_the_transport_profile_holds_large_images() -> None:
    path = transport_profile.find_profile()
    assert path is not None
    space = "{http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles}"
    root = ElementTree.parse(path).getroot()
    sizes = {
        element.tag.removeprefix(space): int(element.text or 0)
        for element in root.iter()
        if "ize" in element.tag
    }
    assert sizes["maxMessageSize"] >= 8192 * 640
    assert sizes["segment_size"] >= 4 * sizes["maxMessageSize"]
    announced = root.find(f".//{space}leaseAnnouncement/{space}sec")
    assert announced is not None
    assert announced.text == "1"  # who stayed is found again within two seconds: decision 0011


def test_the_profile_of_an_installed_ros_package_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "share" / "converseg" / "config" / "fastdds_large_images.xml"
    installed.parent.mkdir(parents=True)
    installed.write_text("<dds/>")
    module = tmp_path / "lib" / "converseg_ros" / "transport" / "x.py"
    monkeypatch.setattr(transport_profile, "__file__", str(module))
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert transport_profile.find_profile() == installed
