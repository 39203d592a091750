"""Blocks of a frame's size come back without page faults once the process keeps them."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource, sys
from converseg_ros.process.allocation import keep_large_blocks

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


def run(program: str, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environment.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def num_faults_per_frame(choice: str) -> float:
    return float(run(_PROGRAM, choice))


_HOLES = """
import gc, sys, time
from converseg_core.live.process_meter import resident_bytes
from converseg_ros.process import allocation
import os

allocation.keep_large_blocks()
allocation.CHECK_PERIOD_S = 0.0
keeper = allocation.Housekeeper()
keeper.settle()
keeper.tidy()

def mb():
    return resident_bytes(os.getpid()) / 1e6

class Node:
    pass

start_mb, small = mb(), []
for size in range(1_000_000, 9_000_000, 100_000):  # a hole after each: small blocks stay between them
    node = Node()
    node.me, node.picture = node, bytearray(size)
    small.append(bytes(20_000))
del node
grown_mb = mb() - start_mb
keeper.tidy()
print(grown_mb, mb() - start_mb)
"""


_THREADS = """
import threading
from converseg_ros.process.allocation import keep_large_blocks

assert keep_large_blocks()
addresses = [id(bytearray(2_000_000))]

def work():
    addresses.extend(id(part) for part in [bytes(3_000_000) for _ in range(3)])

for _ in range(4):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
with open("/proc/self/maps") as maps:
    heap = next(line for line in maps if "[heap]" in line).split()[0]
low, high = (int(end, 16) for end in heap.split("-"))
print(sum(low <= address < high for address in addresses), len(addresses))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_threads_share_one_heap() -> None:
    num_in_heap, num = map(int, run(_THREADS).split())
    assert num == 13
    assert num_in_heap >= 12  # of the bytearray, its head may lie elsewhere


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_circles_and_holes_are_given_back() -> None:
    grown_mb, left_mb = map(float, run(_HOLES).split())
    assert grown_mb > 200
    assert left_mb < 20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_kept_blocks_cost_no_page_faults() -> None:
    assert num_faults_per_frame("kept") < 50
    assert num_faults_per_frame("not kept") > 1000
