"""Which Fast DDS profile a publisher of large images ends up with."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from converseg_ros.transport import profile as transport_profile
from converseg_ros.transport.profile import (
    BUFFERS_VARIABLE,
    PROFILE_VARIABLES,
    find_profile,
    free_sent_buffers,
    use_large_image_profile,
    use_large_image_profile_if_it_fits,
)
from tests.ros.domains import free_domain
from tests.ros.harness import child_environment

NEW, READ_BY_JAZZY = PROFILE_VARIABLES
HELD_BYTES = """
import ctypes, sys
from converseg_ros.transport import profile as transport_profile
transport_profile.use_large_image_profile()
if sys.argv[1] == "free":
    assert transport_profile.free_sent_buffers()
import rclpy
from array import array
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image

class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
                 "fordblks", "keepcost")]

mallinfo2 = ctypes.CDLL(None).mallinfo2
mallinfo2.restype = Mallinfo2
rclpy.init()
node = rclpy.create_node("writer")
# Kept for late listeners: the history is full of messages at any time.
qos = QoSProfile(depth=20, durability=DurabilityPolicy.TRANSIENT_LOCAL)
publisher = node.create_publisher(Image, "image", qos)
for size in (2_000_000, 10):
    message = Image(data=array("B", bytes(size)))
    for _ in range(25):
        publisher.publish(message)
used = mallinfo2()
print(used.uordblks + used.hblkhd)
rclpy.shutdown()
"""


@pytest.fixture(autouse=True)
def _no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*PROFILE_VARIABLES, BUFFERS_VARIABLE):
        # Set first, so that what the function sets is taken back after the test.
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


def test_ours_is_set_where_the_user_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = use_large_image_profile()
    assert profile == find_profile()
    assert profile is not None
    assert {os.environ[variable] for variable in PROFILE_VARIABLES} == {str(profile)}


@pytest.mark.parametrize("variable", PROFILE_VARIABLES)
def test_the_users_own_stays_and_is_really_read(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/mine.xml")
    assert use_large_image_profile() is None
    assert os.environ[READ_BY_JAZZY] == "/mine.xml"


def test_two_of_the_users_own_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NEW, "/new.xml")
    monkeypatch.setenv(READ_BY_JAZZY, "/jazzy.xml")
    assert use_large_image_profile() is None
    assert os.environ[NEW] == "/new.xml"
    assert os.environ[READ_BY_JAZZY] == "/jazzy.xml"


def test_a_node_takes_it_only_where_shared_memory_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert use_large_image_profile_if_it_fits(tmp_path / "none") is None
    monkeypatch.setattr(transport_profile, "MIN_SHARED_MEMORY_BYTES", 1 << 62)
    assert use_large_image_profile_if_it_fits(tmp_path) is None
    assert READ_BY_JAZZY not in os.environ
    monkeypatch.setattr(transport_profile, "MIN_SHARED_MEMORY_BYTES", 1)
    assert use_large_image_profile_if_it_fits(tmp_path) == find_profile()
    assert os.environ[READ_BY_JAZZY] == str(find_profile())


def test_buffers_are_freed_under_our_profile_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not free_sent_buffers()
    monkeypatch.setenv(READ_BY_JAZZY, "/mine.xml")
    assert not free_sent_buffers()
    assert BUFFERS_VARIABLE not in os.environ
    ours = find_profile()
    assert ours is not None
    copied = tmp_path / "copied_to_opt.xml"
    copied.write_bytes(ours.read_bytes())
    monkeypatch.setenv(READ_BY_JAZZY, str(copied))
    assert free_sent_buffers()
    assert os.environ[BUFFERS_VARIABLE] == "1"


def test_the_users_choice_of_buffers_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BUFFERS_VARIABLE, "0")
    use_large_image_profile()
    assert not free_sent_buffers()
    assert os.environ[BUFFERS_VARIABLE] == "0"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="tells memory by glibc's mallinfo2")
def test_a_history_of_small_messages_does_not_hold_the_memory_of_large_ones(tmp_path: Path) -> None:
    held = {}
    for choice in ("free", "keep"):
        environment = child_environment(free_domain(), tmp_path)
        for variable in (*PROFILE_VARIABLES, BUFFERS_VARIABLE):
            environment.pop(variable, None)
        done = subprocess.run(
            [sys.executable, "-c", HELD_BYTES, choice],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert "XMLPARSER" not in done.stdout + done.stderr
        held[choice] = int(done.stdout)
    assert held["keep"] - held["free"] > 15 * 2_000_000
