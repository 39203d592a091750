"""Whole bags, and bags that are really cut off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from converseg_core.bags import BagError, BagMessage, RawMessage, bag_topics, read_messages, read_raw
from tests.core.bags.bags import PERIOD_NS, START_NS, storage_file, write_bag

NUM_FRAMES = 40
KINDS = ["mcap-zstd", "mcap-plain", "sqlite3"]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bags")
    for kind in KINDS:
        write_bag(folder / kind, storage=kind.partition("-")[0], is_compressed=kind.endswith("zstd"))
    return {kind: folder / kind for kind in KINDS}


@pytest.fixture(params=KINDS)
def bag(request: pytest.FixtureRequest, originals: dict[str, Path], tmp_path: Path) -> Path:
    """A private copy of one bag."""
    shutil.copytree(originals[request.param], tmp_path / "bag")
    return tmp_path / "bag"


def read_until_error(messages: Iterator[RawMessage]) -> tuple[list[RawMessage], BagError | None]:
    read: list[RawMessage] = []
    try:
        for message in messages:
            read.append(message)
    except BagError as error:
        return read, error
    return read, None


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def test_a_whole_bag(bag: Path) -> None:
    messages = list(read_messages(bag))
    assert len(messages) == 2 * NUM_FRAMES
    words = [message for message in messages if message.topic == "/words"]
    assert [word.message.data for word in words] == [f"word {index}" for index in range(NUM_FRAMES)]
    assert [word.time_ns for word in words] == [START_NS + index * PERIOD_NS for index in range(NUM_FRAMES)]
    assert bag_topics(bag) == {"/camera/image": "sensor_msgs/msg/Image", "/words": "std_msgs/msg/String"}


def test_topic_filter_and_single_file(bag: Path) -> None:
    messages = list(read_raw(storage_file(bag), ["/words"]))
    assert {message.topic for message in messages} == {"/words"}
    assert len(messages) == NUM_FRAMES


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_off_bag_yields_what_it_has_then_says_so(
    bag: Path, originals: dict[str, Path], share: float
) -> None:
    whole = list(read_raw(bag))
    cut(storage_file(bag), share)
    (bag / "metadata.yaml").unlink()  # a recorder that dies has not written it either
    read, error = read_until_error(read_raw(bag))
    assert 0.5 * share * len(whole) < len(read) < len(whole)
    assert read == whole[: len(read)]
    assert error is not None
    assert error.num_messages == len(read)
    assert error.last_time_ns == read[-1].time_ns
    assert f"{len(read)} messages could be read" in str(error)
    assert len(bag_topics(bag)) == 2


@pytest.mark.parametrize("kind", ["mcap-zstd", "mcap-plain"])
@pytest.mark.parametrize("has_metadata", [True, False])
def test_a_bag_that_lost_only_its_index(
    originals: dict[str, Path], kind: str, has_metadata: bool, tmp_path: Path
) -> None:
    bag = shutil.copytree(originals[kind], tmp_path / "bag")
    whole = list(read_raw(bag))
    if not has_metadata:
        (bag / "metadata.yaml").unlink()
    storage_file(bag).write_bytes(storage_file(bag).read_bytes()[:-20])
    read, _ = read_until_error(read_raw(bag))
    assert read == whole


def test_a_missing_metadata_file_does_no_harm(bag: Path) -> None:
    whole = list(read_raw(bag))
    (bag / "metadata.yaml").unlink()
    assert list(read_raw(bag)) == whole


def test_flipped_bytes_never_raise_anything_else(bag: Path) -> None:
    file = storage_file(bag)
    data = file.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 40)):
        file.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        read, _ = read_until_error(read_raw(bag))
        assert len(read) <= 2 * NUM_FRAMES


def test_cut_anywhere_never_raises_anything_else(bag: Path) -> None:
    file = storage_file(bag)
    data = file.read_bytes()
    (bag / "metadata.yaml").unlink()
    for length in [*range(0, 200, 7), *range(200, len(data) - 1, len(data) // 40)]:
        file.write_bytes(data[:length])
        read, error = read_until_error(read_raw(bag))
        assert len(read) == 2 * NUM_FRAMES or error is not None


def test_missing_and_empty(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="does not exist"):
        list(read_raw(tmp_path / "nowhere"))
    with pytest.raises(BagError, match=r"no .mcap and no .db3"):
        list(read_raw(tmp_path))
    (tmp_path / "a.mcap").touch()
    with pytest.raises(BagError, match="is empty"):
        list(read_raw(tmp_path))
    (tmp_path / "b.txt").write_text("no bag")
    with pytest.raises(BagError, match="suffix"):
        list(read_raw(tmp_path / "b.txt"))
    (tmp_path / "c.mcap").write_text("no bag either, but longer than its magic")
    with pytest.raises(BagError, match="does not begin as an mcap"):
        list(read_raw(tmp_path / "c.mcap"))
    (tmp_path / "d.db3").write_text("no database")
    with pytest.raises(BagError, match="sqlite"):
        list(read_raw(tmp_path / "d.db3"))


def test_a_bag_without_messages(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", num_frames=0)
    with pytest.raises(BagError, match="no message"):
        list(read_raw(tmp_path / "bag"))


def test_an_unknown_topic_names_the_known_ones(bag: Path) -> None:
    with pytest.raises(BagError, match=r"no message on /nope; its topics are: /camera/image, /words"):
        list(read_raw(bag, ["/nope"]))


def test_bytes_that_are_not_the_message_are_named(bag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from converseg_core.bags import reader

    def damaged(*arguments: object, **options: object) -> Iterator[RawMessage]:
        yield RawMessage("/words", "std_msgs/msg/String", 1, b"\x00\x01\x00\x00\xff\xff\x00\x00abc")

    monkeypatch.setattr(reader, "_stream", damaged)
    with pytest.raises(BagError, match="message 1 on /words does not decode as std_msgs/msg/String"):
        list(read_messages(bag))


def test_raw_and_decoded_agree(bag: Path) -> None:
    decoded: list[BagMessage] = list(read_messages(bag, ["/camera/image"]))
    assert [message.raw for message in decoded] == [
        message.data for message in read_raw(bag, ["/camera/image"])
    ]
    assert decoded[3].message.header.stamp.nanosec == 300_000_000
