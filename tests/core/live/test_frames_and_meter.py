"""What is sent, and what the process that gets it uses."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from converseg_core.bags import BagError, read_raw, typestore
from converseg_core.live.frames import bag_files, load_frames, stamped
from converseg_core.live.process_meter import ProcessGoneError, ProcessMeter, resident_bytes
from tests.core.cli.bag_maker import PERIOD_NS, make_bag

TOPIC = "/camera/image/compressed"


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bag(tmp_path_factory.mktemp("bags") / "small")


def test_frames_are_the_bags_own_bytes(bag: Path) -> None:
    frames = load_frames(bag, TOPIC, max_frames=5)
    recorded = [message.data for message in read_raw(bag, [TOPIC])]
    assert list(frames.data) == recorded[:5]
    assert frames.type_name == "sensor_msgs/msg/CompressedImage"
    assert frames.recorded_hz == pytest.approx(1e9 / PERIOD_NS)
    assert frames.sha256 != load_frames(bag, TOPIC, max_frames=4).sha256


def test_only_the_stamp_is_moved(bag: Path) -> None:
    (data, *_) = load_frames(bag, TOPIC, max_frames=1).data
    name = "sensor_msgs/msg/CompressedImage"
    before, after = (
        typestore().deserialize_cdr(each, name) for each in (data, stamped(data, 1_700_000_001_000_000_002))
    )
    assert (after.header.stamp.sec, after.header.stamp.nanosec) == (1_700_000_001, 2)
    assert after.header.frame_id == before.header.frame_id
    assert bytes(after.data) == bytes(before.data)


def test_files_carry_their_whole_hash(bag: Path) -> None:
    files = bag_files(bag)
    assert [file.name for file in files] == sorted(path.name for path in bag.iterdir())
    for file in files:
        assert file.sha256 == hashlib.sha256((bag / file.name).read_bytes()).hexdigest()


def test_a_bag_without_frames_is_refused(bag: Path) -> None:
    with pytest.raises(BagError, match="/nothing"):
        load_frames(bag, "/nothing", max_frames=5)


def test_a_busy_process_is_told_from_an_idle_one() -> None:
    code = "import sys\nkept = bytearray(80_000_000)\nprint(1, flush=True)\n"
    shares = []
    for rest in ("while True: pass", "sys.stdin.read()"):
        with subprocess.Popen(
            [sys.executable, "-c", code + rest], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            with ProcessMeter(child.pid) as meter:
                time.sleep(0.5)
            child.kill()
        assert max(meter.usage.memory_bytes) > 80_000_000
        assert meter.usage.wall_s >= 0.5
        shares.append(meter.usage.cpu_s / meter.usage.wall_s)
    # Even on a busy machine an endless loop gets some time, and a waiting process none.
    assert shares[0] > 0.05 > shares[1]


def test_a_process_that_has_ended_is_said_to_be_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(ProcessGoneError, match=str(child.pid)):
        resident_bytes(child.pid)
