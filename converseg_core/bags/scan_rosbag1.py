"""Read ROS 1 bags from their first byte on, without the index at their end.

A recorder that dies leaves ``index_pos`` at 0 and no index. Every chunk before the cut is whole, and each
carries the connections of its messages, so all of it can be read in file order.
"""

from __future__ import annotations

import bz2
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import lz4.frame  # type: ignore[import-untyped]
from rosbags.typesys.msg import normalize_msgtype

from converseg_core.bags.errors import DamageError
from converseg_core.bags.records import OnTopic, RawMessage, TopicInfo

MAGIC = b"#ROSBAG V2.0\n"
MAX_RECORD_BYTES = 1 << 30
"""A larger header, record or chunk is taken for damage: the length field of garbage would exhaust memory."""

_OP_MESSAGE, _OP_CHUNK, _OP_CONNECTION = 0x02, 0x05, 0x07


@dataclass(frozen=True, slots=True)
class _Record:
    """One record: its header fields, what it carries, and whether all of that is there."""

    fields: dict[str, bytes]
    data: bytes
    is_whole: bool

    @property
    def opcode(self) -> int:
        return self.number("op", "<B")

    def number(self, name: str, layout: str) -> int:
        value = self.fields.get(name, b"")
        if len(value) != struct.calcsize(layout):
            raise DamageError(f"a record's field {name!r} is missing or damaged")
        return int(struct.unpack(layout, value)[0])

    def text(self, name: str) -> str:
        return self.fields.get(name, b"").decode("utf-8", errors="replace")


class _Rosbag1Scan:
    """State of one pass over a file: the connections seen so far."""

    def __init__(self, on_topic: OnTopic) -> None:
        self._on_topic = on_topic
        self._topics: dict[int, TopicInfo] = {}

    def record(self, record: _Record) -> RawMessage | None:
        """Take in one record that is not a chunk."""
        if record.opcode == _OP_CONNECTION:
            self._connection(record)
        elif record.opcode == _OP_MESSAGE:
            topic = self._topics.get(record.number("conn", "<I"))
            seconds, nanoseconds = divmod(record.number("time", "<Q"), 1 << 32)[::-1]
            if topic is not None:
                time_ns = seconds * 10**9 + nanoseconds
                return RawMessage(topic.name, topic.type_name, time_ns, record.data)
        return None

    def chunk(self, record: _Record) -> tuple[list[RawMessage], str]:
        """Messages of one chunk by time, and what was wrong with it (empty: nothing).

        A chunk cut off in its middle still gives the messages before the cut.
        """
        compression = record.text("compression")
        if record.number("size", "<I") > MAX_RECORD_BYTES:
            return [], "a chunk claims more than a gigabyte"
        data, fault = _decompress(record.data, compression)
        messages: list[RawMessage] = []
        position = 0
        while position < len(data):
            inner, position = _inner_record(data, position)
            if not inner.is_whole:
                fault = fault or (record.is_whole and "a chunk ends in the middle of a record") or ""
                break
            message = self.record(inner)
            if message is not None:
                messages.append(message)
        return sorted(messages, key=lambda message: message.time_ns), fault

    def _connection(self, record: _Record) -> None:
        number = record.number("conn", "<I")
        if number in self._topics:
            return
        described = _fields(record.data)
        type_name = described.get("type", b"").decode("utf-8", errors="replace")
        if not re.fullmatch(r"\w+/(msg/)?\w+", type_name):
            raise DamageError(f"a topic's message type is damaged ({type_name[:40]!r})")
        name = re.sub("/+", "/", record.text("topic"))
        definition = described.get("message_definition", b"").decode("utf-8", errors="replace")
        self._topics[number] = TopicInfo(name, normalize_msgtype(type_name), definition)
        self._on_topic(self._topics[number])


def scan_rosbag1(path: Path, on_topic: OnTopic) -> Iterator[RawMessage]:
    """Yield the messages of a ROS 1 bag in file order, each chunk by time; content in ROS 1's serialization.

    Raises:
        DamageError: at the first byte that can't be read on; everything before was yielded. Also at the end
            of a file that has no index.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise DamageError("the file does not begin as a ROS 1 bag (version 2.0) does")
        scan = _Rosbag1Scan(on_topic)
        is_indexed = False
        while True:
            offset = file.tell()
            record = _next_record(file, offset)
            if record is None:
                if not is_indexed:
                    raise DamageError(f"the file ends at byte {offset} without an index")
                return
            if "index_pos" in record.fields:
                is_indexed = 0 < record.number("index_pos", "<Q") < path.stat().st_size
            elif record.opcode == _OP_CHUNK:
                messages, fault = scan.chunk(record)
                yield from messages
                if fault:
                    raise DamageError(f"{fault} (at byte {offset})")
            elif record.is_whole:
                message = scan.record(record)
                if message is not None:
                    yield message
            if not record.is_whole:
                raise DamageError(f"the file ends in the middle of the record at byte {offset}")


def _next_record(file: BinaryIO, offset: int) -> _Record | None:
    """The record that begins here; None at the end of the file."""
    head = _sized(file, offset)
    if head is None:
        return None
    if not head[1]:
        raise DamageError(f"the file ends in the middle of the record at byte {offset}")
    body = _sized(file, offset)
    data, is_whole = (b"", False) if body is None else body
    return _Record(_fields(head[0]), data, is_whole)


def _sized(file: BinaryIO, offset: int) -> tuple[bytes, bool] | None:
    """Bytes behind their own length, and whether all of them are there; None at the end of the file."""
    size = file.read(4)
    if not size:
        return None
    if len(size) < 4:
        return b"", False
    (length,) = struct.unpack("<I", size)
    if length > MAX_RECORD_BYTES:
        raise DamageError(f"the record at byte {offset} claims {length} bytes")
    data = file.read(length)
    return data, len(data) == length


def _inner_record(data: bytes, position: int) -> tuple[_Record, int]:
    """The record of a chunk that begins here, and where the next one does."""
    parts: list[bytes] = []
    for _ in range(2):
        if position + 4 > len(data):
            return _Record({}, b"", is_whole=False), len(data)
        (length,) = struct.unpack_from("<I", data, position)
        parts.append(data[position + 4 : position + 4 + length])
        position += 4 + length
        if position > len(data):
            return _Record({}, b"", is_whole=False), len(data)
    return _Record(_fields(parts[0]), parts[1], is_whole=True), position


def _fields(data: bytes) -> dict[str, bytes]:
    """``name=value`` fields, each behind its length."""
    fields: dict[str, bytes] = {}
    position = 0
    while position + 4 <= len(data):
        (length,) = struct.unpack_from("<I", data, position)
        name, separator, value = data[position + 4 : position + 4 + length].partition(b"=")
        position += 4 + length
        if not separator or position > len(data):
            raise DamageError("the header of a record is damaged")
        fields[name.decode("utf-8", errors="replace")] = value
    return fields


def _decompress(data: bytes, compression: str) -> tuple[bytes, str]:
    """What can be decompressed, a gigabyte at most, and what was wrong with it (empty: nothing)."""
    if compression == "none":
        return data, ""
    if compression not in ("bz2", "lz4"):
        return b"", f"chunk compression {compression!r} is unknown"
    decompressor = bz2.BZ2Decompressor() if compression == "bz2" else lz4.frame.LZ4FrameDecompressor()
    try:
        return decompressor.decompress(data, max_length=MAX_RECORD_BYTES), ""
    except (OSError, EOFError, RuntimeError, ValueError) as error:
        return b"", f"a {compression} chunk can't be decompressed ({error})"
