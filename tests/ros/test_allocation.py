"""Blocks of a frame's size come back without page faults once the process keeps them."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
from converseg_ros.allocation import keep_large_blocks

if sys.argv[1] == "kept":
    assert keep_large_blocks()

def frame():
    parts = [bytearray(6_220_800) for _ in range(3)]
    for part in parts:
        part[::4096] = bytes(len(part[::4096]))

for _ in range(3):
    frame()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    frame()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


def num_faults_per_frame(choice: str) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    command = [sys.executable, "-c", _PROGRAM, choice]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_kept_blocks_cost_no_page_faults() -> None:
    assert num_faults_per_frame("kept") < 50
    assert num_faults_per_frame("not kept") > 1000
