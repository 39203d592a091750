"""Launch files (with recording stand-ins: launch itself is in no package registry) and configuration."""

from __future__ import annotations

import ast
import importlib.util
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from converseg_ros import transport_profile
from converseg_ros.bag_player import SPECS as PLAYER_SPECS
from converseg_ros.parameters import SPECS, Spec
from converseg_ros.target_parameters import TARGET_SPECS

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "launch": ["LaunchDescription"],
    "launch.actions": ["DeclareLaunchArgument", "EmitEvent", "RegisterEventHandler"],
    "launch.event_handlers": ["OnProcessExit"],
    "launch.events": ["Shutdown"],
    "launch.substitutions": ["LaunchConfiguration", "PathJoinSubstitution"],
    "launch_ros": [],
    "launch_ros.actions": ["Node"],
    "launch_ros.substitutions": ["FindPackageShare"],
}


class Recorded:
    """Remembers how it was made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.arguments, self.options = arguments, options


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


@pytest.mark.parametrize("name", ["segmenter.launch.py", "demo.launch.py"])
def test_every_launch_argument_is_declared_and_used(launch_modules: None, name: str) -> None:
    found = described(name)
    declared = {action.arguments[0] for action in found["DeclareLaunchArgument"]}
    assert configurations(found["Node"]) == declared
    assert all(action.options["description"] for action in found["DeclareLaunchArgument"])


@pytest.mark.parametrize(
    ("name", "executables"),
    [("segmenter.launch.py", {"segmenter"}), ("demo.launch.py", {"segmenter", "bag_player"})],
)
def test_executables_exist(launch_modules: None, name: str, executables: set[str]) -> None:
    nodes = described(name)["Node"]
    assert {node.options["executable"] for node in nodes} == executables
    for node in nodes:
        assert node.options["package"] == "converseg"
        assert node.options["name"] == node.options["executable"]
        assert (ROOT / "converseg_ros" / f"{node.options['executable']}_node.py").is_file()


def test_launched_parameters_are_declared_by_the_nodes(launch_modules: None) -> None:
    known = {
        "segmenter": {spec.name for spec in (*SPECS, *TARGET_SPECS)},
        "bag_player": {spec.name for spec in PLAYER_SPECS},
    }
    for name in ("segmenter.launch.py", "demo.launch.py"):
        for node in described(name)["Node"]:
            for entry in node.options["parameters"]:
                if isinstance(entry, dict):
                    assert set(entry) <= known[node.options["executable"]]


def test_remapped_names_are_the_nodes_own(launch_modules: None) -> None:
    (node,) = described("segmenter.launch.py")["Node"]
    source = "".join(
        (ROOT / "converseg_ros" / name).read_text(encoding="utf-8")
        for name in ("camera.py", "depth_input.py", "parameters.py")
    )
    topics = {
        constant.value for constant in ast.walk(ast.parse(source)) if isinstance(constant, ast.Constant)
    }
    assert {pair[0] for pair in node.options["remappings"]} <= topics


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


def test_the_profile_of_an_installed_ros_package_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "share" / "converseg" / "config" / "fastdds_large_images.xml"
    installed.parent.mkdir(parents=True)
    installed.write_text("<dds/>")
    monkeypatch.setattr(transport_profile, "__file__", str(tmp_path / "lib" / "converseg_ros" / "x.py"))
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert transport_profile.find_profile() == installed
