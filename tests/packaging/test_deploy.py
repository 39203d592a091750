"""What is shipped for deployment. Docker can't run here: Dockerfiles are checked by their structure."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT_PATH, tracked_paths

DOCKER_PATH = ROOT_PATH / "deploy" / "docker"
UNIT_PATH = ROOT_PATH / "deploy" / "systemd" / "converseg-segmenter.service"
ENVIRONMENT_PATH = UNIT_PATH.with_name("segmenter.env")
DOCKERFILES = sorted(DOCKER_PATH.glob("*.Dockerfile"))
INSTRUCTIONS = {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "USER", "ENTRYPOINT", "CMD"}


def instructions(path: Path) -> list[tuple[str, str]]:
    """Pairs of instruction and arguments, continued lines joined, comments left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not re.match(r"\s*#", line)]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [
        (name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.split("\n") if line)
    ]


def is_in_context(name: str) -> bool:
    """Whether .dockerignore, which is a list of exceptions, lets a file into the build."""
    rules = [line for line in (ROOT_PATH / ".dockerignore").read_text(encoding="utf-8").splitlines() if line]
    kept = False
    for rule in (line for line in rules if not line.startswith("#")):
        pattern = rule.removeprefix("!")
        if pattern.startswith("**/"):
            is_meant = pattern[3:] in name.split("/")
        else:
            is_meant = pattern == "*" or name == pattern or name.startswith(pattern + "/")
        if is_meant:
            kept = rule.startswith("!")
    return kept


def test_there_is_one_for_each_kind_of_machine() -> None:
    assert [path.name for path in DOCKERFILES] == ["jetson.Dockerfile", "x86-cuda.Dockerfile"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
class TestDockerfile:
    def test_its_instructions_are_known_and_in_order(self, path: Path) -> None:
        names = [name for name, _ in instructions(path)]
        assert set(names) <= INSTRUCTIONS
        assert names[0] == "FROM"
        assert names.index("USER") < names.index("ENTRYPOINT") < names.index("CMD")
        assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")

    def test_its_base_names_a_version(self, path: Path) -> None:
        (base,) = [rest for name, rest in instructions(path) if name == "FROM"]
        _, _, tag = base.partition(":")
        assert tag
        assert tag != "latest"

    def test_its_shell_lines_parse(self, path: Path) -> None:
        for name, rest in instructions(path):
            if name == "RUN":
                done = subprocess.run(["sh", "-n", "-c", rest], capture_output=True, text=True)
                assert done.returncode == 0, (rest, done.stderr)

    def test_what_it_copies_is_in_the_repository_and_in_the_context(self, path: Path) -> None:
        tracked = [str(name) for name in tracked_paths()]
        copied = {each for name, rest in instructions(path) if name == "COPY" for each in rest.split()[:-1]}
        for source in copied:
            files = [each for each in tracked if each == source or each.startswith(source + "/")]
            assert files, f"{source} is not in the repository"
            assert all(map(is_in_context, files)), source

    def test_it_copies_all_that_the_build_needs(self, path: Path) -> None:
        copied = {each for name, rest in instructions(path) if name == "COPY" for each in rest.split()[:-1]}
        cmake = (ROOT_PATH / "CMakeLists.txt").read_text(encoding="utf-8")
        needed = set(re.findall(r'"(\w+)/\w+\.(?:msg|srv|action)"', cmake))
        needed |= set(re.findall(r"ament_python_install_package\((\w+)\)", cmake))
        needed |= set(re.findall(r"include\((\w+)/", cmake))
        needed |= {"launch", "config", "training", "pyproject.toml", "package.xml", "CMakeLists.txt"}
        assert needed <= copied

    def test_it_starts_a_launch_file_that_exists(self, path: Path) -> None:
        (command,) = [rest for name, rest in instructions(path) if name == "CMD"]
        (file_name,) = re.findall(r'"(\w+\.launch\.py)"', command)
        assert (ROOT_PATH / "launch" / file_name).is_file()

    def test_its_entry_point_hands_on_signals(self, path: Path) -> None:
        (entry,) = [rest for name, rest in instructions(path) if name == "ENTRYPOINT"]
        assert "/opt/converseg/entrypoint.sh" in entry
        script = DOCKER_PATH / "entrypoint.sh"
        assert script.stat().st_mode & 0o111
        assert script.read_text(encoding="utf-8").rstrip().endswith('exec "$@"')
        assert subprocess.run(["bash", "-n", str(script)]).returncode == 0


def test_nothing_but_the_sources_gets_into_an_image() -> None:
    for name in (
        ".venv/bin/python",
        ".git/config",
        "tests/ros/harness.py",
        "converseg_core/__pycache__/x.pyc",
    ):
        assert not is_in_context(name), name


def unit() -> list[tuple[str, str]]:
    """The unit's settings, in order."""
    lines = UNIT_PATH.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#[")
    return [(name, value) for name, _, value in pairs]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    text = UNIT_PATH.read_text(encoding="utf-8").replace("/opt/converseg/.venv/bin/python", "/bin/true")
    path = tmp_path / UNIT_PATH.name
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, timeout=60
    )
    ours = [line for line in done.stderr.splitlines() if UNIT_PATH.stem in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_systemd_would_find_a_wrong_setting(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    path = tmp_path / UNIT_PATH.name
    text = UNIT_PATH.read_text(encoding="utf-8").replace("/opt/converseg/.venv/bin/python", "/bin/true")
    path.write_text(text.replace("RestartSec=2", "RestartSecs=2"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, timeout=60
    )
    assert "RestartSecs" in done.stderr


def test_the_unit_does_not_restart_a_node_that_was_started_wrongly() -> None:
    from converseg_ros.process import lifeline

    settings = dict(unit())
    assert settings["Restart"] == "on-failure"
    assert settings["RestartPreventExitStatus"] == str(lifeline.EXIT_USAGE)


def test_paths_in_unit_and_environment_exist_in_a_checkout() -> None:
    text = UNIT_PATH.read_text(encoding="utf-8") + ENVIRONMENT_PATH.read_text(encoding="utf-8")
    inside = [name for name in re.findall(r"/opt/converseg/([\w./-]+)", text) if not name.startswith(".venv")]
    assert "config/fastdds_large_images.xml" in inside
    assert all((ROOT_PATH / name).is_file() for name in inside), inside
