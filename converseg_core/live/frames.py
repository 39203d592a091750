"""The input of a live measurement: frames of a bag in memory, their stamps to be moved, and their hash."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from converseg_core.bags import BagError, read_raw

_STAMP_AT = 4
"""A CDR message begins with 4 bytes of encapsulation; the Header's stamp follows at once."""


@dataclass(frozen=True, kw_only=True)
class BagFile:
    """One file of the input.

    Attributes:
        sha256: of the whole file.
    """

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """Encoded frame messages.

    Attributes:
        data: CDR bytes of each message.
        type_name: ``sensor_msgs/msg/Image`` or ``CompressedImage``.
        recorded_hz: mean rate in the bag; NaN for a single frame.
        sha256: of all messages in their order: exactly what is sent but for the stamps.
    """

    data: tuple[bytes, ...]
    type_name: str
    recorded_hz: float
    sha256: str


def load_frames(path: Path, topic: str, *, max_frames: int) -> Frames:
    """The first frames of a bag.

    Raises:
        BagError: the bag can't be read so far, or holds no frame there.
    """
    data: list[bytes] = []
    times_ns: list[int] = []
    type_name = ""
    for message in read_raw(path, [topic]):
        if type_name and message.type_name != type_name:
            raise BagError(path, f"{topic} changes its type from {type_name} to {message.type_name}")
        if len(message.data) < _STAMP_AT + 8:
            raise BagError(path, f"message {len(data) + 1} on {topic} is too short for a header")
        type_name = message.type_name
        data.append(message.data)
        times_ns.append(message.time_ns)
        if len(data) == max_frames:
            break
    if not data:
        raise BagError(path, f"holds no frame on {topic}")
    span_s = (max(times_ns) - min(times_ns)) / 1e9
    digest = hashlib.sha256()
    for entry in data:
        digest.update(len(entry).to_bytes(8, "little"))
        digest.update(entry)
    return Frames(
        data=tuple(data),
        type_name=type_name,
        recorded_hz=(len(data) - 1) / span_s if span_s > 0 else float("nan"),
        sha256=digest.hexdigest(),
    )


def stamped(data: bytes, stamp_ns: int) -> bytes:
    """A CDR message with a leading Header, with this stamp."""
    patched = bytearray(data)
    layout = "<iI" if data[1] & 1 else ">iI"
    struct.pack_into(layout, patched, _STAMP_AT, stamp_ns // 1_000_000_000, stamp_ns % 1_000_000_000)
    return bytes(patched)


def bag_files(path: Path) -> list[BagFile]:
    """The files of a bag with their hashes, by name."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    found = []
    for file in files:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append(BagFile(name=file.name, size_bytes=file.stat().st_size, sha256=sha256))
    return found
