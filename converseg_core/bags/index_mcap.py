"""Read whole mcap files through their index, by recording time, with little memory.

The index of a long recording has a hundred thousand entries, so it is held as arrays of numbers. Only
chunks whose times overlap are in memory together.
"""

from __future__ import annotations

import heapq
import struct
from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from converseg_core.bags.errors import DamageError
from converseg_core.bags.records import RawMessage, TopicInfo
from converseg_core.bags.scan_mcap import MAX_RECORD_BYTES, MCAP_MAGIC, Fields, McapScan

_OP_FOOTER, _OP_SCHEMA, _OP_CHANNEL, _OP_CHUNK = 0x02, 0x03, 0x04, 0x06
_OP_CHUNK_INDEX, _OP_STATISTICS = 0x08, 0x0B
_RECORD_HEAD = struct.Struct("<BQ")
_FOOTER_BYTES = _RECORD_HEAD.size + 20 + len(MCAP_MAGIC)


@dataclass
class McapIndex:
    """The index of the files of a bag.

    Attributes:
        files: the files.
        channels: of each file, channel id -> topic.
        file_numbers: file of each chunk; parallel to it ``starts`` (first recording time), ``offsets`` and
            ``lengths`` (of the chunk record, bytes), and ``kinds`` (which set of topics it holds).
        topic_sets: sets of topic names, empty for unknown; a chunk's ``kinds`` entry counts in here.
    """

    files: Sequence[Path]
    channels: list[dict[int, TopicInfo]] = field(default_factory=list)
    file_numbers: array[int] = field(default_factory=lambda: array("I"))
    starts: array[int] = field(default_factory=lambda: array("Q"))
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("Q"))
    kinds: array[int] = field(default_factory=lambda: array("I"))
    topic_sets: dict[frozenset[str], int] = field(default_factory=dict)

    @property
    def topics(self) -> list[TopicInfo]:
        """Every topic of every file."""
        return [topic for channels in self.channels for topic in channels.values()]


def read_index(files: Sequence[Path]) -> McapIndex | None:
    """The index of the files; None where one of them is damaged, or not indexed by chunks."""
    index = McapIndex(files)
    try:
        for number, path in enumerate(files):
            with path.open("rb") as file:
                summary = _summary(file, path.stat().st_size)
            if summary is None or not _take_in(index, number, summary):
                return None
    except (struct.error, DamageError):
        return None
    return index


def indexed_messages(index: McapIndex, topics: Collection[str] | None) -> Iterator[RawMessage]:
    """Yield the messages of the wanted topics by recording time, then by place.

    Raises:
        DamageError: at the first chunk that can't be read; all that was read before it was yielded.
    """
    heap: list[tuple[int, int, int, int, RawMessage]] = []
    with ExitStack() as stack:
        opened = [stack.enter_context(path.open("rb")) for path in index.files]
        scans = [McapScan(lambda topic: None, channels) for channels in index.channels]
        for chunk in _chunks_by_time(index, topics).tolist():
            while heap and heap[0][0] < index.starts[chunk]:
                yield heapq.heappop(heap)[-1]
            number, offset = index.file_numbers[chunk], index.offsets[chunk]
            try:
                messages = _read_chunk(opened[number], offset, index.lengths[chunk], scans[number])
            except (DamageError, OSError, struct.error) as error:
                while heap:
                    yield heapq.heappop(heap)[-1]
                place = f"{index.files[number].name}, byte {offset}"
                raise DamageError(f"{error} ({place})") from error
            for position, message in enumerate(messages):
                if topics is None or message.topic in topics:
                    heapq.heappush(heap, (message.time_ns, number, offset, position, message))
        while heap:
            yield heapq.heappop(heap)[-1]


def _summary(file: BinaryIO, size: int) -> memoryview | None:
    """The records between data and footer; None where there are none."""
    if size < len(MCAP_MAGIC) + _FOOTER_BYTES or file.read(len(MCAP_MAGIC)) != MCAP_MAGIC:
        return None
    file.seek(size - _FOOTER_BYTES)
    footer = file.read(_FOOTER_BYTES)
    opcode, length = _RECORD_HEAD.unpack_from(footer)
    start, offsets_start = struct.unpack_from("<QQ", footer, _RECORD_HEAD.size)
    if not footer.endswith(MCAP_MAGIC) or (opcode, length) != (_OP_FOOTER, 20):
        return None
    end = offsets_start or size - _FOOTER_BYTES
    if not len(MCAP_MAGIC) < start < end <= size - _FOOTER_BYTES:
        return None
    file.seek(start)
    return memoryview(file.read(end - start))


def _take_in(index: McapIndex, number: int, summary: memoryview) -> bool:
    """Add one file; False where its messages lie outside of chunks, or its topics are not repeated."""
    known: list[TopicInfo] = []
    scan = McapScan(known.append, {})
    indexes: list[Fields] = []
    num_messages: int | None = None
    position = 0
    while position < len(summary):
        opcode, length = _RECORD_HEAD.unpack_from(summary, position)
        begin, position = position + _RECORD_HEAD.size, position + _RECORD_HEAD.size + length
        if position > len(summary):
            raise DamageError("a record of the index is longer than the index")
        body = summary[begin:position]
        if opcode in (_OP_SCHEMA, _OP_CHANNEL):
            scan.record(opcode, body)
        elif opcode == _OP_CHUNK_INDEX:
            indexes.append(Fields(body))
        elif opcode == _OP_STATISTICS:
            (num_messages,) = struct.unpack_from("<Q", body)
    if num_messages != 0 and (num_messages is None or not indexes or not known):
        return False
    index.channels.append(scan.channels)
    for fields in indexes:
        start_ns, _, offset, length, num_map_bytes = fields.unpack("QQQQI")
        ids = [channel for channel, _ in struct.iter_unpack("<HQ", fields.take(num_map_bytes))]
        names = frozenset(scan.channels[channel].name for channel in ids if channel in scan.channels)
        if not _RECORD_HEAD.size < length <= MAX_RECORD_BYTES:
            raise DamageError(f"the index speaks of a chunk of {length} bytes")
        index.file_numbers.append(number)
        index.starts.append(start_ns)
        index.offsets.append(offset)
        index.lengths.append(length)
        index.kinds.append(index.topic_sets.setdefault(names, len(index.topic_sets)))
    return True


def _chunks_by_time(index: McapIndex, topics: Collection[str] | None) -> NDArray[np.intp]:
    """Numbers of the chunks that hold wanted topics, by first recording time."""
    if not index.starts:
        return np.zeros(0, np.intp)
    # Stable: chunks of one time stay in the order in which they were written.
    order = np.argsort(np.frombuffer(index.starts, np.uint64), kind="stable")
    if topics is None:
        return order
    wanted = np.array([not names or not names.isdisjoint(topics) for names in index.topic_sets], np.bool_)
    return order[wanted[np.frombuffer(index.kinds, np.uint32)[order]]]


def _read_chunk(file: BinaryIO, offset: int, length: int, scan: McapScan) -> list[RawMessage]:
    file.seek(offset)
    record = file.read(length)
    if len(record) != length or record[0] != _OP_CHUNK:
        raise DamageError("the index points at something that is no chunk")
    messages, fault = scan.chunk(memoryview(record)[_RECORD_HEAD.size :], is_whole=True)
    if fault:
        raise DamageError(fault)
    return messages
