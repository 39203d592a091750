"""Read sqlite bag files that are shorter than their own header says.

SQLite refuses such a file as a whole; told to go on, it reads what is missing as zeros, which would
turn the last pictures black without a word. So it is shown the promised length here, and each read
beyond the real end fails: exactly the first row with a missing byte raises.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import apsw

from converseg_core.bags.errors import DamageError
from converseg_core.bags.records import OnTopic, RawMessage, TopicInfo

_MAGIC = b"SQLite format 3\x00"


class _CutFile(apsw.VFSFile):
    """A file that claims its promised length, and fails on every read beyond its real one."""

    def __init__(self, path: Path, promised_bytes: int, name: object, flags: list[int]) -> None:
        super().__init__("", name, flags)  # type: ignore[arg-type]
        self._real_bytes = path.stat().st_size
        self._promised_bytes = promised_bytes

    def xFileSize(self) -> int:  # noqa: N802 - sqlite's name
        return self._promised_bytes

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - sqlite's name
        if offset + amount > self._real_bytes:
            raise apsw.IOError(
                f"byte {offset + amount} of {self._promised_bytes} is beyond the end of the file"
            )
        return super().xRead(amount, offset)


class _CutVfs(apsw.VFS):
    """Opens one file as :class:`_CutFile`."""

    def __init__(self, path: Path, promised_bytes: int) -> None:
        self.name = f"converseg-{uuid.uuid4().hex}"
        super().__init__(self.name, "")
        self._path = path
        self._promised_bytes = promised_bytes

    def xOpen(self, name: object, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - sqlite's name
        return _CutFile(self._path, self._promised_bytes, name, flags)


def scan_sqlite(path: Path, on_topic: OnTopic) -> Iterator[RawMessage]:
    """Yield the messages of an sqlite bag in the order in which they were recorded.

    Raises:
        DamageError: at the first row that can't be read whole; everything before was yielded.
    """
    vfs = _CutVfs(path, _promised_bytes(path))
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    try:
        connection = apsw.Connection(f"{path.resolve().as_uri()}?immutable=1", flags=flags, vfs=vfs.name)
        try:
            topics: dict[int, TopicInfo] = {}
            for topic_id, name, type_name in connection.execute("SELECT id, name, type FROM topics"):
                topics[topic_id] = TopicInfo(str(name), str(type_name))
                on_topic(topics[topic_id])
            # By row, not by time: the index over time stamps lies anywhere in the file.
            rows = connection.execute("SELECT topic_id, timestamp, data FROM messages NOT INDEXED")
            for topic_id, time_ns, data in rows:
                topic = topics.get(topic_id)
                if topic is not None and isinstance(data, bytes) and isinstance(time_ns, int):
                    yield RawMessage(topic.name, topic.type_name, time_ns, data)
        finally:
            connection.close()
    except apsw.Error as error:
        raise DamageError(f"sqlite can't read on ({error})") from error
    finally:
        vfs.unregister()


def _promised_bytes(path: Path) -> int:
    """Length of the file by its own header."""
    with path.open("rb") as file:
        head = file.read(100)
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise DamageError("the file does not begin as an sqlite file does")
    page_bytes = int.from_bytes(head[16:18], "big")
    num_pages = int.from_bytes(head[28:32], "big")
    # 1 stands for 65536, the one page size that does not fit into the field.
    return max(path.stat().st_size, num_pages * (65536 if page_bytes == 1 else page_bytes))
