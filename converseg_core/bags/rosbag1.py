"""ROS 1 bags (``.bag``), decoded with the definitions that they carry; whole or cut off."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.rosbag1 import Reader
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from converseg_core.bags.errors import BagError, DamageError
from converseg_core.bags.records import OnTopic, RawMessage, TopicInfo
from converseg_core.bags.scan_rosbag1 import scan_rosbag1


@dataclass(frozen=True, slots=True)
class Ros1Message:
    """One recorded message: topic, type (in ROS 2's spelling), time, content, bytes as recorded."""

    topic: str
    type_name: str
    time_ns: int
    message: Any
    raw: bytes


def ros1_topics(path: Path) -> dict[str, str]:
    """Topic name -> message type; of a cut-off bag, those before the cut.

    Raises:
        BagError: the bag is missing, or nothing in it can be read.
    """
    reader = _open_indexed(path)
    if reader is not None:
        found = {connection.topic: connection.msgtype for connection in reader.connections}
        reader.close()
        return found
    topics: dict[str, str] = {}
    try:
        for _ in scan_rosbag1(path, lambda topic: topics.update({topic.name: topic.type_name})):
            pass
    except DamageError as damage:
        if not topics:
            raise BagError(path, f"cannot be read as a ROS 1 bag: {damage}") from damage
    return topics


def read_ros1_messages(path: Path, topics: Collection[str] | None = None) -> Iterator[Ros1Message]:
    """Yield the messages by recording time; those of a bag without its index in file order.

    Raises:
        BagError: the bag is missing, damaged, or holds no such message. A damaged bag yields first what
            can be read; the error says how far that came.
    """
    store = get_typestore(Stores.ROS1_NOETIC)
    faults: dict[str, str] = {}
    known: set[str] = set()
    num_read, first_ns, last_ns = 0, 0, 0

    def learn(topic: TopicInfo) -> None:
        known.add(topic.name)
        if topics is None or topic.name in topics:
            _learn(store, topic, faults)

    reader = _open_indexed(path)
    source = scan_rosbag1(path, learn) if reader is None else _indexed(reader, topics, learn)
    try:
        for raw in source:
            if topics is not None and raw.topic not in topics:
                continue
            message = _decoded(store, raw, faults)
            first_ns = raw.time_ns if num_read == 0 else first_ns
            num_read, last_ns = num_read + 1, raw.time_ns
            yield Ros1Message(raw.topic, raw.type_name, raw.time_ns, message, raw.data)
    except DamageError as damage:
        how_far = (
            f"{num_read} messages could be read, the last {(last_ns - first_ns) / 1e9:.3f} s after the first"
            if num_read
            else "no message could be read"
        )
        raise BagError(
            path,
            f"cut off or damaged: {damage}; {how_far}. Go on with those; `rosbag reindex` may find more.",
            num_messages=num_read,
            last_time_ns=last_ns if num_read else None,
        ) from damage
    finally:
        if reader is not None:
            reader.close()
    if num_read == 0:
        names = "no message" if topics is None else f"no message on {', '.join(sorted(topics))}"
        raise BagError(path, f"holds {names}; its topics are: {', '.join(sorted(known)) or 'none'}")


def _open_indexed(path: Path) -> Reader | None:
    """An open reader; None where the index is gone or damaged."""
    if not path.exists():
        raise BagError(path, "does not exist; give a bag folder or file")
    if path.stat().st_size == 0:
        raise BagError(path, "is empty (0 bytes); record it again")
    try:
        reader = Reader(path)
        reader.open()
    except Exception:  # noqa: BLE001
        # Damaged bytes raise whatever the parser meets first; the scan from the first byte then finds out.
        return None
    return reader


def _indexed(reader: Reader, topics: Collection[str] | None, on_topic: OnTopic) -> Iterator[RawMessage]:
    wanted = []
    for connection in reader.connections:
        on_topic(TopicInfo(connection.topic, connection.msgtype, connection.msgdef.data))
        if topics is None or connection.topic in topics:
            wanted.append(connection)
    if not wanted:  # the reader takes none for all
        return
    try:
        for connection, time_ns, data in reader.messages(wanted):
            yield RawMessage(connection.topic, connection.msgtype, time_ns, data)
    except Exception as error:
        raise DamageError(f"{type(error).__name__}: {error}") from error


def _learn(store: Typestore, topic: TopicInfo, faults: dict[str, str]) -> None:
    try:
        store.register(get_types_from_msg(topic.definition, topic.type_name))
    except TypesysError as error:
        faults[topic.type_name] = f"the bag's definition of {topic.type_name} is damaged ({error})"


def _decoded(store: Typestore, raw: RawMessage, faults: dict[str, str]) -> Any:
    if raw.type_name in faults:
        raise DamageError(faults[raw.type_name])
    try:
        return store.deserialize_ros1(raw.data, raw.type_name)
    except (SerdeError, TypesysError, KeyError, AssertionError, ValueError) as error:
        raise DamageError(
            f"a message on {raw.topic} does not decode as {raw.type_name} ({type(error).__name__}: {error})"
        ) from error
