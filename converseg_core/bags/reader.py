"""Stream messages out of a ROS 2 bag (mcap or sqlite3), whole or cut off."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.interfaces import MessageDefinitionFormat
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.serde import SerdeError
from rosbags.typesys import TypesysError, get_types_from_msg
from rosbags.typesys.store import Typestore

from converseg_core.bags.errors import BagError, DamageError
from converseg_core.bags.index_mcap import McapIndex, indexed_messages, read_index
from converseg_core.bags.records import OnTopic, RawMessage, TopicInfo
from converseg_core.bags.scan_mcap import scan_mcap
from converseg_core.bags.scan_sqlite import scan_sqlite
from converseg_core.bags.types import new_typestore

__all__ = ["BagMessage", "RawMessage", "bag_topics", "read_messages", "read_raw"]

# rosbag2 may compress each message or each file as a whole; mcap's own chunks are another matter.
_PACKED = re.compile(r"compression_mode:\s*['\"]?(message|file)\b", re.IGNORECASE)
_PACKED_SUFFIX = ".zstd"
_SUFFIXES = {".mcap": scan_mcap, ".db3": scan_sqlite}


@dataclass(frozen=True, slots=True)
class BagMessage:
    """One recorded message, decoded.

    Attributes:
        topic: topic name as recorded.
        type_name: full message type.
        time_ns: recording time, nanoseconds.
        message: object with the message's fields; arrays are read-only numpy arrays.
        raw: the same message as CDR bytes.
    """

    topic: str
    type_name: str
    time_ns: int
    message: Any
    raw: bytes


def bag_topics(path: Path) -> dict[str, str]:
    """Topic name -> message type of a bag; of a damaged bag, those before the damage.

    Raises:
        BagError: the bag is missing, or nothing in it can be read.
    """
    topics: dict[str, str] = {}
    try:
        for _ in _stream(path, None, lambda topic: topics.update({topic.name: topic.type_name}), peek=True):
            break
    except BagError:
        if not topics:
            raise
    return topics


def read_raw(path: Path, topics: Collection[str] | None = None) -> Iterator[RawMessage]:
    """Yield the messages of a bag by recording time, undecoded, never all in memory at once.

    Args:
        path: bag folder, or a single ``.mcap`` or ``.db3`` file.
        topics: only these; None for all.

    Raises:
        BagError: the bag is missing, empty, or damaged. A damaged bag yields first what can be
            read (in file order); the error says how far that came.
    """
    return _stream(path, topics, lambda topic: None)


def read_messages(path: Path, topics: Collection[str] | None = None) -> Iterator[BagMessage]:
    """Like :func:`read_raw`, decoded. Types that this project does not know come from the bag.

    Raises:
        BagError: as :func:`read_raw`; also where a message does not decode as its type.
    """
    store = new_typestore()
    faults: dict[str, str] = {}
    num_read, last_ns = 0, None
    for raw in _stream(path, topics, lambda topic: _learn(store, topic, faults)):
        try:
            if raw.type_name in faults:
                raise SerdeError(faults[raw.type_name])
            message = store.deserialize_cdr(raw.data, raw.type_name)
        except (SerdeError, TypesysError, KeyError, AssertionError) as error:
            reason = f"message {num_read + 1} on {raw.topic} does not decode as {raw.type_name} ({error})"
            raise BagError(path, reason, num_messages=num_read, last_time_ns=last_ns) from error
        num_read, last_ns = num_read + 1, raw.time_ns
        yield BagMessage(raw.topic, raw.type_name, raw.time_ns, message, raw.data)


def _learn(store: Typestore, topic: TopicInfo, faults: dict[str, str]) -> None:
    """Register the bag's own definition of a type; note where it differs from the one we know."""
    if not topic.definition:
        if topic.type_name not in store.types:
            faults[topic.type_name] = "the bag holds no definition of this type"
        return
    try:
        types = get_types_from_msg(topic.definition, topic.type_name)
        store.register(types)
    except TypesysError as error:
        faults[topic.type_name] = (
            f"the bag's definition of this type differs from the one known here: {error}"
        )


def _stream(
    path: Path, topics: Collection[str] | None, on_topic: OnTopic, *, peek: bool = False
) -> Iterator[RawMessage]:
    """Messages of a bag through its index, or, where that is gone, from its first byte on."""
    files = _bag_files(path)
    num_read, first_ns, last_ns = 0, 0, 0
    seen: set[str] = set()

    def note(topic: TopicInfo) -> None:
        seen.add(topic.name)
        on_topic(topic)

    index = _mcap_index(path, files)
    reader = None if index is not None else _open_indexed(path)
    try:
        if index is not None:
            for topic in index.topics:
                note(topic)
            source = iter(()) if peek else indexed_messages(index, topics)
        else:
            source = _indexed(reader, topics, note, peek) if reader else _recovered(files, note)
        for message in source:
            if topics is None or message.topic in topics:
                first_ns = message.time_ns if num_read == 0 else first_ns
                num_read, last_ns = num_read + 1, message.time_ns
                yield message
    except DamageError as damage:
        how_far = (
            f"{num_read} messages could be read, the last {(last_ns - first_ns) / 1e9:.3f} s after the first"
            if num_read
            else "no message could be read"
        )
        raise BagError(
            path,
            f"cut off or damaged: {damage}; {how_far}. Record it again or go on with what there is.",
            num_messages=num_read,
            last_time_ns=last_ns if num_read else None,
        ) from damage
    finally:
        if reader is not None:
            reader.close()
    if num_read == 0 and not peek:
        wanted = "no message" if topics is None else f"no message on {', '.join(sorted(topics))}"
        raise BagError(path, f"holds {wanted}; its topics are: {', '.join(sorted(seen)) or 'none'}")


def _bag_files(path: Path) -> list[Path]:
    """The storage files of a bag in recording order."""
    if not path.exists():
        raise BagError(path, "does not exist; give a bag folder, a .mcap file or a .db3 file")
    if path.is_dir():
        files = [entry for entry in path.iterdir() if _storage_suffix(entry) in _SUFFIXES]
        # Split bags are numbered name_0, name_1, ..., name_10: by number, not by letter.
        files.sort(
            key=lambda entry: [int(part) if part.isdigit() else 0 for part in re.split(r"(\d+)", entry.stem)]
        )
    else:
        files = [path]
    if not files:
        raise BagError(path, "holds no .mcap and no .db3 file; give the folder that does")
    if _storage_suffix(files[0]) not in _SUFFIXES:
        raise BagError(path, f"suffix {files[0].suffix!r} is not .mcap or .db3; give a ROS 2 bag")
    if all(file.stat().st_size == 0 for file in files):
        raise BagError(path, "is empty (0 bytes); record it again")
    return files


def _storage_suffix(file: Path) -> str:
    """``.mcap`` or ``.db3`` of a storage file, packed as a whole or not."""
    return Path(file.stem).suffix if file.suffix == _PACKED_SUFFIX else file.suffix


def _mcap_index(path: Path, files: list[Path]) -> McapIndex | None:
    """The index of a bag of mcap files; None where it has none, or its messages are packed once more."""
    metadata = path / "metadata.yaml"
    if metadata.is_file() and _PACKED.search(metadata.read_text(encoding="utf-8", errors="replace")):
        return None
    return read_index(files) if all(file.suffix == ".mcap" for file in files) else None


def _open_indexed(path: Path) -> Reader | None:
    """An open reader, or None where the bag has no usable index or metadata."""
    try:
        reader = Reader(path)
        reader.open()
    except Exception:  # noqa: BLE001
        # Damaged bytes raise whatever the parser meets first (TypeError, struct.error, ...); the
        # scan from the first byte then finds out, and says, what can be read.
        return None
    return reader


def _indexed(
    reader: Reader, topics: Collection[str] | None, on_topic: OnTopic, peek: bool
) -> Iterator[RawMessage]:
    for connection in reader.connections:
        is_text = connection.msgdef.format is MessageDefinitionFormat.MSG
        on_topic(TopicInfo(connection.topic, connection.msgtype, connection.msgdef.data if is_text else ""))
    wanted = [c for c in reader.connections if topics is None or c.topic in topics]
    if peek or not wanted:  # the reader takes none for all
        return
    try:
        for connection, time_ns, data in reader.messages(wanted):
            yield RawMessage(connection.topic, connection.msgtype, time_ns, bytes(data))
    except ReaderError as error:
        raise DamageError(str(error)) from error
    except Exception as error:
        raise DamageError(f"{type(error).__name__}: {error}") from error


def _recovered(files: list[Path], on_topic: OnTopic) -> Iterator[RawMessage]:
    for file in files:
        if file.suffix == _PACKED_SUFFIX:
            raise DamageError(
                f"{file.name} is packed as a whole, and it or metadata.yaml is damaged or missing; unpack it "
                f"with `zstd -d {file.name}`, which keeps what it can, and read that"
            )
        scan: Callable[[Path, OnTopic], Iterator[RawMessage]] = _SUFFIXES[file.suffix]
        yield from scan(file, on_topic)
