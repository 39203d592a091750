"""Processes that are killed, fail, or lose their parent."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converseg_core.worker_processes import WorkerDiedError, run_in_processes


def square(number: int) -> int:
    return number * number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_at_one(folder: str, number: int) -> int:
    if number == 1:
        raise ValueError("number: 1 is not liked")
    time.sleep(60)
    Path(folder, "outlived").touch()
    return number


def leave_word_and_wait(folder: str, number: int) -> int:
    Path(folder, str(number)).write_text(str(os.getpid()))
    time.sleep(60)
    return number


def test_every_number_is_worked_on_once() -> None:
    assert sorted(run_in_processes(square, range(20), num_workers=2)) == [k * k for k in range(20)]


def test_a_killed_worker_is_an_error_that_names_it_and_not_its_neighbours() -> None:
    with pytest.raises(WorkerDiedError, match="was killed") as caught:
        run_in_processes(die_at_three, range(6), num_workers=2)
    assert len(caught.value.process_ids) == 1
    assert not multiprocessing.active_children()


def test_the_first_failure_ends_the_others(tmp_path: Path) -> None:
    start_s = time.monotonic()
    with pytest.raises(ValueError, match="number: 1"):
        run_in_processes(functools.partial(fail_at_one, str(tmp_path)), range(2), num_workers=2)
    assert time.monotonic() - start_s < 50
    assert not multiprocessing.active_children()
    assert not (tmp_path / "outlived").exists()


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    words = (
        "import functools; from converseg_core.worker_processes import run_in_processes;"
        "from tests.core.test_worker_processes import leave_word_and_wait;"
        f"task = functools.partial(leave_word_and_wait, {str(tmp_path)!r});"
        "run_in_processes(task, range(2), num_workers=2)"
    )
    parent = subprocess.Popen([sys.executable, "-c", words])
    limit_s = time.monotonic() + 30
    while not all((tmp_path / name).is_file() and (tmp_path / name).read_text() for name in "01"):
        assert time.monotonic() < limit_s, "the workers never began"
        time.sleep(0.02)
    numbers = [int((tmp_path / name).read_text()) for name in "01"]
    parent.kill()
    parent.wait()
    while any(Path(f"/proc/{number}").exists() for number in numbers):
        assert time.monotonic() < limit_s, "a worker lives on"
        time.sleep(0.02)
