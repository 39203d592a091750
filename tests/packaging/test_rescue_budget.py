"""A test that passes when tried again is told with its failure; a third such test fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.repository import ROOT_PATH
from tests.rescue_budget import FILE_VARIABLE

CONFTEST = """
from tests.rescue_budget import RescueBudget, try_once_more

def pytest_configure(config):
    RescueBudget.install(config)

def pytest_collection_modifyitems(items, config):
    try_once_more(items, config)
"""
TESTS = """
import pathlib

def test_good():
    pass
"""
FLAKY = """
def test_flaky_{number}():
    mark = pathlib.Path(__file__).with_name("tried-{number}")
    was_tried = mark.exists()
    mark.touch()
    assert was_tried, "the first time of {number}"
"""
WRONG = """
def test_wrong_{number}():
    assert False, "wrong each time"
"""
BOTH_WAYS = pytest.mark.parametrize("processes", ["0", "2"])


def run(
    folder: Path, *arguments: str, num_flaky: int = 0, num_wrong: int = 0, shared: Path | None = None
) -> tuple[int, str]:
    """Run pytest on such tests; returns its exit code and what it said."""
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    flaky = [FLAKY.format(number=number) for number in range(num_flaky)]
    wrong = [WRONG.format(number=number) for number in range(num_wrong)]
    (folder / "test_it.py").write_text("".join([TESTS, *flaky, *wrong]))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:launch_testing\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    if shared is not None:
        environment[FILE_VARIABLE] = str(shared)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(folder / "pytest.ini"), str(folder), *arguments],
        cwd=ROOT_PATH,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.returncode, done.stdout + done.stderr


@BOTH_WAYS
def test_one_is_rescued_and_told_with_its_failure(tmp_path: Path, processes: str) -> None:
    code, said = run(tmp_path / "tests", "-n", processes, num_flaky=1)
    assert code == 0, said
    assert "2 passed, 1 rerun" in said
    assert "AssertionError: the first time of 0" in said
    assert "1 of at most 2 tests passed only when tried again" in said


@BOTH_WAYS
def test_the_third_fails_the_run(tmp_path: Path, processes: str) -> None:
    code, said = run(tmp_path / "tests", "-n", processes, num_flaky=3)
    assert code == 1, said
    assert "4 passed, 3 rerun" in said
    assert all(f"AssertionError: the first time of {number}" in said for number in range(3))
    assert "FAILED: 3 of at most 2 tests passed only when tried again" in said


def test_two_parts_of_a_run_share_what_may_be_rescued(tmp_path: Path) -> None:
    shared = tmp_path / "rescued"
    assert run(tmp_path / "first", num_flaky=2, shared=shared)[0] == 0
    code, said = run(tmp_path / "second", num_flaky=1, shared=shared)
    assert code == 1, said
    assert "FAILED: 3 of at most 2" in said
    assert run(tmp_path / "third", shared=shared)[0] == 0  # itself it rescued none


def test_one_that_fails_each_time_fails_and_is_not_called_rescued(tmp_path: Path) -> None:
    code, said = run(tmp_path / "tests", "-n", "1", num_flaky=1, num_wrong=1)
    assert code == 1, said
    assert "1 failed, 2 passed, 2 rerun" in said
    assert "1 of at most 2 tests passed only when tried again" in said


def test_without_the_plugin_nothing_is_tried_again(tmp_path: Path) -> None:
    code, said = run(tmp_path / "tests", "-n", "1", "-p", "no:rerunfailures", num_flaky=1)
    assert code == 1, said
    assert "1 failed, 1 passed" in said
    assert "rerun" not in said.rpartition("short test summary")[2]
    assert "tried again" not in said
