"""Whole mcap files through their index: the same messages in the same order as an independent reader."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, Reader, StoragePlugin, Writer

from converseg_core.bags import BagError, RawMessage, bag_topics, read_raw, typestore
from converseg_core.bags.index_mcap import indexed_messages, read_index
from tests.core.bags.bags import START_NS, storage_file, write_bag
from tests.core.bags.test_reader import read_until_error


def write_shuffled(path: Path, *, seed: int, num: int = 400, start_ns: int = START_NS) -> Path:
    """Strings on three topics whose recording times go back and forth, with many equal ones."""
    rng = random.Random(seed)
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    kind = "std_msgs/msg/String"
    with writer:
        topics = [writer.add_connection(f"/t{k}", kind, typestore=typestore()) for k in range(3)]
        for k in range(num):
            # Incompressible, so that the file has many chunks.
            text = typestore().types[kind](data=f"{k} {rng.randbytes(12_000).hex()}")
            time_ns = start_ns + (k // 4) * 10 + rng.randrange(-60, 60)
            writer.write(rng.choice(topics), time_ns, typestore().serialize_cdr(text, kind))
    return path


def through_rosbags(path: Path, topics: list[str] | None = None) -> list[RawMessage]:
    with Reader(path) as reader:
        wanted = [c for c in reader.connections if topics is None or c.topic in topics]
        return [RawMessage(c.topic, c.msgtype, t, bytes(d)) for c, t, d in reader.messages(wanted)]


@pytest.mark.parametrize("topics", [None, ["/t1"], ["/t0", "/t2"]])
def test_overlapping_chunks_come_in_the_order_of_an_independent_reader(
    tmp_path: Path, topics: list[str] | None
) -> None:
    bag = write_shuffled(tmp_path / "bag", seed=1)
    index = read_index([storage_file(bag)])
    assert index is not None
    assert len(index.starts) > 4
    read = list(indexed_messages(index, topics))
    expected = through_rosbags(bag, topics)
    assert [message.time_ns for message in read] == sorted(message.time_ns for message in expected)
    # Messages of one and the same time may stand in either order; all else is equal.
    assert sorted(read, key=key) == sorted(expected, key=key)
    assert list(read_raw(bag, topics)) == read


def key(message: RawMessage) -> tuple[int, bytes]:
    return message.time_ns, message.data


def test_a_split_bag_is_one_stream_by_time(tmp_path: Path) -> None:
    """The second file begins before the first has ended, as with a slow disk."""
    first = write_shuffled(tmp_path / "first", seed=1)
    second = write_shuffled(tmp_path / "second", seed=2, start_ns=START_NS + 900)
    bag = tmp_path / "bag"
    bag.mkdir()
    storage_file(first).rename(bag / "bag_0.mcap")
    storage_file(second).rename(bag / "bag_1.mcap")
    times = [message.time_ns for message in read_raw(bag)]
    assert len(times) == 800
    assert times == sorted(times)


def test_chunks_without_a_wanted_topic_are_not_read(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag")
    index = read_index([storage_file(tmp_path / "bag")])
    assert index is not None
    assert list(indexed_messages(index, ["/nope"])) == []
    assert {topic.name for topic in index.topics} == {"/camera/image", "/words"}


def test_a_damaged_chunk_in_the_middle_is_named_and_what_is_before_it_kept(tmp_path: Path) -> None:
    bag = write_shuffled(tmp_path / "bag", seed=3)
    whole = list(read_raw(bag))
    index = read_index([storage_file(bag)])
    assert index is not None
    chunk = sorted(range(len(index.offsets)), key=lambda k: index.starts[k])[len(index.offsets) // 2]
    data = bytearray(storage_file(bag).read_bytes())
    data[index.offsets[chunk] + 57] ^= 0xFF  # where the compressed frame begins
    storage_file(bag).write_bytes(data)
    read, error = read_until_error(read_raw(bag))
    assert "cut off or damaged" in str(error)
    begin = [message for message in whole if message.time_ns < index.starts[chunk]]
    assert 0 < len(begin) <= len(read) < len(whole)
    assert read[: len(begin)] == begin
    assert read == [message for message in whole if message in read]


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
@pytest.mark.parametrize("mode", [CompressionMode.MESSAGE, CompressionMode.FILE])
def test_bags_that_rosbag2_has_packed_once_more(
    tmp_path: Path, storage: StoragePlugin, mode: CompressionMode
) -> None:
    kind = "std_msgs/msg/String"
    writer = Writer(tmp_path / "bag", version=9, storage_plugin=storage)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        topic = writer.add_connection("/said", kind, typestore=typestore())
        for k in range(20):
            text = typestore().types[kind](data=f"word {k}")
            writer.write(topic, START_NS + k, typestore().serialize_cdr(text, kind))
    assert bag_topics(tmp_path / "bag") == {"/said": kind}
    read = list(read_raw(tmp_path / "bag"))
    assert [message.time_ns - START_NS for message in read] == list(range(20))
    assert b"word 7" in read[7].data


def test_a_packed_bag_that_is_cut_off_says_what_to_do(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", storage="sqlite3", num_frames=3)
    packed = storage_file(tmp_path / "bag")
    packed.rename(packed.with_name(packed.name + ".zstd"))
    with pytest.raises(BagError, match=r"unpack it with `zstd -d bag\.db3\.zstd`"):
        list(read_raw(tmp_path / "bag"))
