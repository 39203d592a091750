"""ROS 1 bags (``.bag``), decoded with the definitions that they carry."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rosbags.rosbag1 import Reader, ReaderError
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore

from converseg_core.bags.errors import BagError


@dataclass(frozen=True, slots=True)
class Ros1Message:
    """One recorded message: topic, type (in ROS 2's spelling), time, content, bytes as recorded."""

    topic: str
    type_name: str
    time_ns: int
    message: Any
    raw: bytes


def ros1_topics(path: Path) -> dict[str, str]:
    """Topic name -> message type.

    Raises:
        BagError: the bag cannot be opened.
    """
    with _open(path) as reader:
        return {connection.topic: connection.msgtype for connection in reader.connections}


def read_ros1_messages(path: Path, topics: Collection[str] | None = None) -> Iterator[Ros1Message]:
    """Yield the messages by recording time.

    Raises:
        BagError: the bag cannot be opened, is damaged, or holds no such message. One that was cut off has
            no index: ``rosbag reindex`` makes one.
    """
    num_read, last_ns = 0, None
    with _open(path) as reader:
        store = get_typestore(Stores.ROS1_NOETIC)
        wanted = [c for c in reader.connections if topics is None or c.topic in topics]
        for connection in wanted:
            try:
                store.register(get_types_from_msg(connection.msgdef.data, connection.msgtype))
            except TypesysError as error:
                raise BagError(
                    path, f"the definition of {connection.msgtype} is damaged ({error})"
                ) from error
        if wanted:
            try:
                for connection, time_ns, data in reader.messages(wanted):
                    message = store.deserialize_ros1(data, connection.msgtype)
                    num_read, last_ns = num_read + 1, time_ns
                    yield Ros1Message(connection.topic, connection.msgtype, time_ns, message, bytes(data))
            except (ReaderError, SerdeError, TypesysError, OSError, ValueError, KeyError) as error:
                raise BagError(
                    path,
                    f"damaged after {num_read} messages ({type(error).__name__}: {error}); go on with those",
                    num_messages=num_read,
                    last_time_ns=last_ns,
                ) from error
        known = ", ".join(sorted({c.topic for c in reader.connections})) or "none"
    if num_read == 0:
        names = "no message" if topics is None else f"no message on {', '.join(sorted(topics))}"
        raise BagError(path, f"holds {names}; its topics are: {known}")


def _open(path: Path) -> Reader:
    if not path.exists():
        raise BagError(path, "does not exist; give a bag folder or file")
    if path.stat().st_size == 0:
        raise BagError(path, "is empty (0 bytes); record it again")
    try:
        reader = Reader(path)
        reader.open()
        reader.close()
        return Reader(path)
    except Exception as error:  # damaged bytes raise whatever the parser meets first
        raise BagError(
            path, f"cannot be opened as a ROS 1 bag ({error}); if it was cut off, run `rosbag reindex` on it"
        ) from error
