"""Read mcap files from their first byte on, without the index at their end.

A recorder that dies leaves a file without index, which ``rosbags`` refuses as a whole. Everything
before the cut is intact, so it is read in file order here, and the cut is reported after the last
message.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from zlib import crc32

import lz4.frame  # type: ignore[import-untyped]

from converseg_core.bags.errors import DamageError
from converseg_core.bags.records import OnTopic, RawMessage, TopicInfo

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MCAP_MAGIC = b"\x89MCAP0\r\n"
MAX_RECORD_BYTES = 1 << 30
"""A larger record or chunk is taken for damage: the length field of garbage would exhaust memory."""

_OP_FOOTER, _OP_SCHEMA, _OP_CHANNEL, _OP_MESSAGE, _OP_CHUNK, _OP_DATA_END = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0F


class _Decompressor(Protocol):
    def decompress(self, data: Bytes, max_length: int = -1) -> bytes: ...


Bytes = bytes | memoryview
"""Content of a record; a view where copying it would cost."""


class Fields:
    """Little-endian fields of one mcap record."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._pos = 0

    def unpack(self, layout: str) -> tuple[int, ...]:
        """The next numbers, as the struct module names them."""
        values = struct.unpack_from("<" + layout, self._data, self._pos)
        self._pos += struct.calcsize("<" + layout)
        return values

    def text(self) -> str:
        """The next string."""
        (length,) = self.unpack("I")
        return bytes(self.take(length)).decode("utf-8", errors="replace")

    def take(self, length: int) -> Bytes:
        """The next bytes.

        Raises:
            DamageError: there are fewer.
        """
        chunk = self._data[self._pos : self._pos + length]
        self._pos += len(chunk)
        if len(chunk) != length:
            raise DamageError(f"a field of {length} bytes ends after {len(chunk)}")
        return chunk

    def rest(self) -> Bytes:
        """All that follows."""
        return self._data[self._pos :]


class McapScan:
    """State of one pass over an mcap file: the schemas and channels seen so far."""

    def __init__(self, on_topic: OnTopic, channels: Mapping[int, TopicInfo] | None = None) -> None:
        self.channels = dict(channels or {})
        self._on_topic = on_topic
        self._schemas: dict[int, tuple[str, str]] = {}

    def record(self, opcode: int, body: Bytes) -> RawMessage | None:
        """Take in one record that is not a chunk."""
        fields = Fields(body)
        if opcode == _OP_SCHEMA:
            (schema_id,) = fields.unpack("H")
            name, encoding, text = fields.text(), fields.text(), fields.text()
            self._schemas[schema_id] = (name, text if encoding == "ros2msg" else "")
        elif opcode == _OP_CHANNEL:
            channel_id, schema_id = fields.unpack("HH")
            topic, encoding = fields.text(), fields.text()
            if encoding == "cdr":
                name, text = self._schemas.get(schema_id, ("", ""))
                self.channels[channel_id] = TopicInfo(topic, name, text)
                self._on_topic(self.channels[channel_id])
        elif opcode == _OP_MESSAGE:
            channel_id, _, log_time, _ = fields.unpack("HIQQ")
            channel = self.channels.get(channel_id)
            if channel is not None:
                return RawMessage(channel.name, channel.type_name, log_time, bytes(fields.rest()))
        return None

    def chunk(self, body: Bytes, *, is_whole: bool) -> tuple[list[RawMessage], str]:
        """Messages of one chunk by time, and what was wrong with it (empty: nothing).

        A chunk cut off in its middle still gives the messages before the cut.
        """
        fields = Fields(body)
        _, _, size, crc = fields.unpack("QQQI")
        compression = fields.text()
        (compressed_size,) = fields.unpack("Q")
        if size > MAX_RECORD_BYTES:
            return [], f"a chunk claims {size} bytes"
        try:
            data = _decompress(fields.rest()[:compressed_size], compression, size)
        except (RuntimeError, EOFError, zstd.ZstdError) as error:
            return [], f"a {compression} chunk can't be decompressed ({error})"
        fault = ""
        if is_whole and (len(data) != size or (crc and crc32(data) != crc)):
            fault = "a chunk's checksum or size is wrong"
        messages: list[RawMessage] = []
        position = 0
        data = memoryview(data)
        while position + 9 <= len(data):
            opcode, length = struct.unpack_from("<BQ", data, position)
            body_end = position + 9 + length
            if body_end > len(data):
                break
            message = self.record(opcode, data[position + 9 : body_end])
            if message is not None:
                messages.append(message)
            position = body_end
        return sorted(messages, key=lambda message: message.time_ns), fault


def _decompress(data: Bytes, compression: str, size: int) -> Bytes:
    if compression == "":
        return data[:size]
    if compression not in ("zstd", "lz4"):
        raise DamageError(f"chunk compression {compression!r} is unknown")
    decompressor = zstd.ZstdDecompressor() if compression == "zstd" else lz4.frame.LZ4FrameDecompressor()
    return cast(_Decompressor, decompressor).decompress(data, max_length=size)


def scan_mcap(path: Path, on_topic: OnTopic) -> Iterator[RawMessage]:
    """Yield the messages of an mcap file in file order, each chunk by time.

    Raises:
        DamageError: at the first byte that can't be read on; everything before was yielded.
    """
    with path.open("rb") as file:
        if file.read(len(MCAP_MAGIC)) != MCAP_MAGIC:
            raise DamageError("the file does not begin as an mcap file does")
        scan = McapScan(on_topic)
        while True:
            offset = file.tell()
            opcode, body, is_whole = _next_record(file, offset)
            if opcode in (_OP_DATA_END, _OP_FOOTER):
                return
            try:
                if opcode == _OP_CHUNK:
                    messages, fault = scan.chunk(body, is_whole=is_whole)
                    yield from messages
                    if fault:
                        raise DamageError(f"{fault} (at byte {offset})")
                elif is_whole:
                    message = scan.record(opcode, body)
                    if message is not None:
                        yield message
            except struct.error as error:
                raise DamageError(f"the record at byte {offset} is damaged ({error})") from error
            if not is_whole:
                raise DamageError(f"the file ends in the middle of the record at byte {offset}")


def _next_record(file: BinaryIO, offset: int) -> tuple[int, bytes, bool]:
    """Opcode, body, and whether the body is complete."""
    head = file.read(9)
    if len(head) < 9:
        raise DamageError(f"the file ends at byte {offset + len(head)} without an index")
    opcode, length = struct.unpack("<BQ", head)
    if length > MAX_RECORD_BYTES:
        raise DamageError(f"the record at byte {offset} claims {length} bytes")
    body = file.read(length)
    return opcode, body, len(body) == length
