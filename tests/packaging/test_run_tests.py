"""`make test`: both parts run, a failure in either is one of the whole, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import run_tests

from tests.packaging.repository import ROOT_PATH

TESTS = """
import pathlib, time
import pytest

HERE = pathlib.Path(__file__).parent.parent

def test_quick():
    (HERE / "quick").touch()

@pytest.mark.alone
def test_alone():
    assert not (HERE / "fail").exists()

@pytest.fixture
def left_behind():
    (HERE / "made").touch()
    yield
    (HERE / "made").unlink()

def test_waits(left_behind):
    (HERE / "waiting").touch()
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("two", "one", "code"), [(0, 0, 0), (0, 5, 0), (5, 0, 0), (5, 5, 5), (1, 0, 1), (0, 1, 1), (1, 1, 1)]
)
def test_a_failure_in_either_part_counts(
    two: int, one: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    files: set[Path] = set()

    def run(arguments: list[str], rescued: Path) -> int:
        asked.append(arguments)
        files.add(rescued)
        return (two, one)[len(asked) - 1]

    monkeypatch.setattr(run_tests, "run_pytest", run)
    assert run_tests.main(["tests/ros", "-k", "mask"]) == code
    assert [words[-3:] for words in asked] == [["tests/ros", "-k", "mask"]] * 2  # and no other path
    assert [words[words.index("-m") + 1] for words in asked] == [
        "(not slow) and not alone", "(not slow) and alone"
    ]  # fmt: skip
    assert len(files) == 1  # both parts share the tests that may be tried again
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["Tests two at a time", "Tests one at a time"]
    assert ["FAILED" in line for line in said] == [two == 1, one == 1]


def test_without_a_path_only_the_files_with_such_tests_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.chdir(ROOT_PATH)
    monkeypatch.setattr(run_tests, "run_pytest", lambda words, _: asked.append(words) or 0)
    assert run_tests.main(["-q"]) == 0
    first, second = asked
    assert not any(word.endswith(".py") for word in first)
    files = [word for word in second if word.endswith(".py")]
    assert "tests/ros/test_killed.py" in files
    assert all("pytest.mark.alone" in Path(file).read_text() for file in files)
    assert len(files) < 10


@pytest.mark.parametrize("stopped", [2, 3, 4, 143])
def test_after_a_stop_nothing_more_is_run(stopped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(run_tests, "run_pytest", lambda words, _: asked.append(words) or stopped)
    assert run_tests.main(["-m", "egl"]) == stopped
    (words,) = asked
    assert "(egl) and not alone" in words


def test_the_real_pytest_runs_both_parts_and_is_stopped_by_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow: x\n    alone: x\n")
    (tmp_path / "fail").touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, str(ROOT_PATH / "scripts" / "run_tests.py"), "-p", "no:launch_testing"]

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *arguments], cwd=tmp_path, env=kept, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    with start("-k", "not waits") as process:
        said = process.communicate(timeout=100)[0]
    assert process.returncode == 1, said
    assert (tmp_path / "quick").exists()
    assert "1 passed" in said and "1 failed" in said
    assert said.splitlines()[-2:] == ["Tests two at a time: passed", "Tests one at a time: FAILED"]

    with start("-k", "waits") as process:
        limit_s = time.monotonic() + 100
        while not (tmp_path / "waiting").exists():
            assert time.monotonic() < limit_s
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 2, said
    assert said.splitlines()[-1] == "Tests two at a time: interrupted"
    assert not (tmp_path / "made").exists(), "a fixture was not taken down"
