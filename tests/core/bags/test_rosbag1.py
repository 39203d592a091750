"""ROS 1 bags, whole and really cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag1 import Writer
from rosbags.typesys import Stores, get_typestore

from converseg_core.bags import BagError
from converseg_core.bags.rosbag1 import Ros1Message, read_ros1_messages, ros1_topics

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100_000_000
NUM = 60
KINDS = ["none", "bz2", "lz4"]


def write(path: Path, compression: str) -> Path:
    """Noisy pictures and words, in chunks of about sixteen messages."""
    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    rng = np.random.default_rng(3)
    writer = Writer(path)
    if compression != "none":
        writer.set_compression(Writer.CompressionFormat[compression.upper()])
    writer.chunk_threshold = 8 * 4096
    with writer:
        images = writer.add_connection("/camera/image", "sensor_msgs/msg/Image", typestore=store)
        said = writer.add_connection("/said", "std_msgs/msg/String", typestore=store)
        for index in range(NUM):
            time_ns = START_NS + index * PERIOD_NS
            stamp = types["builtin_interfaces/msg/Time"](sec=time_ns // 10**9, nanosec=time_ns % 10**9)
            header = types["std_msgs/msg/Header"](seq=index, stamp=stamp, frame_id="camera")
            data = rng.integers(0, 256, 4096, dtype=np.uint8)
            image = types["sensor_msgs/msg/Image"](
                header=header, height=64, width=64, encoding="mono8", is_bigendian=0, step=64, data=data
            )
            writer.write(images, time_ns, store.serialize_ros1(image, images.msgtype))
            word = types["std_msgs/msg/String"](data=f"word {index}")
            writer.write(said, time_ns, store.serialize_ros1(word, said.msgtype))
    return path


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("ros1")
    return {kind: write(folder / f"{kind}.bag", kind) for kind in KINDS}


def read_until_error(path: Path) -> tuple[list[Ros1Message], BagError | None]:
    read: list[Ros1Message] = []
    messages: Iterator[Ros1Message] = read_ros1_messages(path)
    try:
        for message in messages:
            read.append(message)
    except BagError as error:
        return read, error
    return read, None


def raw(messages: list[Ros1Message]) -> list[tuple[str, int, bytes]]:
    return [(message.topic, message.time_ns, message.raw) for message in messages]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.97])
def test_a_cut_off_bag_yields_what_it_has_then_says_so(
    originals: dict[str, Path], kind: str, share: float, tmp_path: Path
) -> None:
    whole, error = read_until_error(originals[kind])
    assert error is None
    assert len(whole) == 2 * NUM
    data = originals[kind].read_bytes()
    cut = tmp_path / "cut.bag"
    cut.write_bytes(data[: int(len(data) * share)])
    read, error = read_until_error(cut)
    assert 0.4 * share * len(whole) < len(read) <= len(whole)
    assert raw(read) == raw(whole)[: len(read)]
    assert error is not None
    assert error.num_messages == len(read)
    assert error.last_time_ns == read[-1].time_ns
    assert "cut off or damaged" in str(error)
    assert ros1_topics(cut) == ros1_topics(originals[kind])


def test_a_recorder_that_died_before_its_index(originals: dict[str, Path], tmp_path: Path) -> None:
    """All chunks are whole; the header says that there is no index yet."""
    data = originals["none"].read_bytes()
    end = int.from_bytes(data[data.index(b"index_pos=") + 10 :][:8], "little")
    cut = tmp_path / "active.bag"
    cut.write_bytes(data[:end].replace(b"index_pos=" + end.to_bytes(8, "little"), b"index_pos=" + bytes(8)))
    read, error = read_until_error(cut)
    assert raw(read) == raw(read_until_error(originals["none"])[0])
    assert "without an index" in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_cut_anywhere_or_flipped_never_raises_anything_else(
    originals: dict[str, Path], kind: str, tmp_path: Path
) -> None:
    data = originals[kind].read_bytes()
    broken = tmp_path / "broken.bag"
    for length in [*range(0, 5000, 1250), *range(5000, len(data) - 1, len(data) // 9)]:
        broken.write_bytes(data[:length])
        assert read_until_error(broken)[1] is not None
    for position in range(20, len(data), len(data) // 12):
        broken.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        read, _ = read_until_error(broken)
        assert len(read) <= 2 * NUM


def test_what_is_no_bag(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="does not exist"):
        ros1_topics(tmp_path / "gone.bag")
    (tmp_path / "empty.bag").touch()
    with pytest.raises(BagError, match="is empty"):
        ros1_topics(tmp_path / "empty.bag")
    (tmp_path / "text.bag").write_text("no bag, but longer than its first line")
    with pytest.raises(BagError, match="does not begin as a ROS 1 bag"):
        ros1_topics(tmp_path / "text.bag")
