"""Signals end a process within two seconds, whatever its threads do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.ros.harness import ROOT

PROGRAM = """
import ctypes, sys, time
from converseg_ros.process import lifeline

def body(stop):
    print("begun", flush=True)
    {work}

sys.exit(lifeline.run(body))
"""


def started(work: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(work=work)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "work",
    [
        "stop.wait(); return 7",
        "time.sleep(60)",
        "ctypes.CDLL(None).sleep(60)",  # native code that releases the interpreter lock
        "while True: pass",
    ],
)
def test_a_signal_ends_it(work: str, number: int) -> None:
    process = started(work)
    start_s = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""
    assert time.monotonic() - start_s < 2.0


def test_a_second_signal_changes_nothing() -> None:
    process = started("time.sleep(60)")
    for _ in range(5):
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("work", "code", "text"),
    [
        ("return 7", 7, ""),
        ("raise lifeline.UsageError('model: no such thing')", 2, "error: model: no such thing\n"),
        ("raise RuntimeError('broken')", 1, "RuntimeError: broken"),
    ],
)
def test_the_bodys_end_is_the_exit_code(work: str, code: int, text: str) -> None:
    _, errors = (process := started(work)).communicate(timeout=20)
    assert process.returncode == code
    assert text in errors
