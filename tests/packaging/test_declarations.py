"""What pyproject.toml, package.xml, CMakeLists.txt and requirements/ say about the same things agrees."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pin_requirements import wanted

import converseg_core
from tests.packaging.repository import ROOT_PATH, tracked_paths

PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9A-Za-z.]*)")


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT_PATH / "pyproject.toml").read_text())


def pins(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (ROOT_PATH / "requirements" / name).read_text().splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("-r "):
            found |= pins(line.removeprefix("-r "))
            continue
        pin = PIN.fullmatch(line)
        assert pin, f"{name}: not an exact pin: {line!r}"
        assert pin["name"] not in found, f"{name}: {pin['name']} is pinned twice"
        found[pin["name"]] = pin["version"]
    return found


def test_one_version_everywhere() -> None:
    package = ElementTree.parse(ROOT_PATH / "package.xml")
    assert package.findtext("version") == pyproject()["project"]["version"] == converseg_core.__version__


@pytest.mark.parametrize(("file", "extras"), [("demo.txt", ("ros",)), ("dev.txt", ("ros", "dev"))])
def test_pins_are_what_the_project_asks_for(file: str, extras: tuple[str, ...]) -> None:
    pinned = pins(file)
    for text in wanted(extras):
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{text} is not in {file}: run `make pins`"
        assert requirement.specifier.contains(pinned[name]), f"{name}=={pinned[name]} is outside {text}"


def test_every_extra_is_pinned() -> None:
    extras = set(pyproject()["project"]["optional-dependencies"])
    assert set(wanted(tuple(extras))) == set(wanted(("ros", "dev")))


def test_demo_needs_neither_torch_nor_mujoco() -> None:
    assert not {"torch", "mujoco", "pytest"} & set(pins("demo.txt"))


def test_extras_of_extras_are_followed() -> None:
    assert {"mujoco>=4.0,<5"} < set(wanted(("train",)))
    assert not {"mujoco>=4.0,<5"} & set(wanted(("ros",)))


def test_every_interface_is_compiled() -> None:
    declared = set(re.findall(r'"((?:msg|srv|action)/\w+\.\w+)"', (ROOT_PATH / "CMakeLists.txt").read_text()))
    kinds = ("msg", "srv", "action")
    present = {f"{kind}/{path.name}" for kind in kinds for path in (ROOT_PATH / kind).glob(f"*.{kind}")}
    assert declared == present


def test_package_xml_names_what_cmake_looks_for() -> None:
    package = ElementTree.parse(ROOT_PATH / "package.xml").getroot()
    named = {element.text for element in package if element.tag.endswith("depend")}
    looked_for = set(re.findall(r"find_package\((\w+) REQUIRED", (ROOT_PATH / "CMakeLists.txt").read_text()))
    assert looked_for <= named


def test_no_package_index_is_named() -> None:
    # Which index pip asks is the machine's own setting.
    index = re.compile(rb"--(extra-)?index-url|--find-links|/simple/|--trusted-host")
    here = "tests/packaging/test_declarations.py"
    naming = [str(path) for path in tracked_paths() if index.search((ROOT_PATH / path).read_bytes())]
    assert [name for name in naming if name != here] == []
