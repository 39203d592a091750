"""What a bag holds for a model: its cameras, its instructions, its truth; any bag, one stream."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from converseg_core.bags import BagError, bag_topics, read_messages
from converseg_core.bags.rosbag1 import read_ros1_messages, ros1_topics
from converseg_core.offline.cameras import COMPRESSED, RAW, Camera, find_cameras

STRING, SEGMENTATION = "std_msgs/msg/String", "converseg/msg/Segmentation"
_NOT_PICTURES = ("depth", "mask", "overlay", "truth", "disparity", "infra")


class Message(Protocol):
    """One decoded message of either kind of bag."""

    @property
    def topic(self) -> str:
        """Topic name."""

    @property
    def type_name(self) -> str:
        """Full type name in ROS 2's spelling."""

    @property
    def time_ns(self) -> int:
        """Recording time."""

    @property
    def message(self) -> Any:
        """The fields."""


@dataclass(frozen=True)
class Topics:
    """Which topics of a bag are used.

    Attributes:
        cameras: in the order given or by name.
        instruction: words that are spoken; None for none.
        truth: true masks; None for none.
        types: topic -> message type, of all topics.
    """

    cameras: tuple[Camera, ...]
    instruction: str | None
    truth: str | None
    types: Mapping[str, str]

    @property
    def images(self) -> tuple[str, ...]:
        """The cameras' topics."""
        return tuple(camera.image for camera in self.cameras)

    @property
    def used(self) -> list[str]:
        """All of them but the truth, which is read on its own."""
        companions = [topic for camera in self.cameras for topic in camera.companions]
        return [*self.images, *companions, *([self.instruction] if self.instruction else [])]


def stream(path: Path, topics: Collection[str] | None = None) -> Iterator[Message]:
    """Decoded messages of a ROS 2 or ROS 1 bag by recording time.

    Raises:
        BagError: as :func:`converseg_core.bags.read_messages`.
    """
    return read_ros1_messages(path, topics) if path.suffix == ".bag" else read_messages(path, topics)


def choose_topics(
    path: Path,
    *,
    images: Sequence[str] = (),
    instruction: str | None = None,
    truth: str | None = None,
    with_instructions: bool = True,
    camera_infos: Sequence[str] = (),
    depths: Sequence[str] = (),
    with_depth: bool = True,
) -> Topics:
    """Find the topics to use; names that are given must exist.

    Without names: every picture topic that is not depth, mask or overlay (raw before its compressed
    twin); a String topic named ``instruction``; a Segmentation topic with ``truth`` in its name; what goes
    with each camera as :func:`~converseg_core.offline.cameras.find_cameras` says.

    Raises:
        BagError: a named topic is missing or of another type, or there is no camera.
    """
    types = ros1_topics(path) if path.suffix == ".bag" else bag_topics(path)
    known = ", ".join(f"{name} ({kind})" for name, kind in sorted(types.items())) or "none"
    for name in [*images, *filter(None, [instruction, truth])]:
        if name not in types:
            raise BagError(path, f"holds no topic {name}; its topics are: {known}")
    pictures = tuple(images) or tuple(_cameras(types))
    if not pictures:
        raise BagError(path, f"holds no camera topic; its topics are: {known}")
    cameras = find_cameras(
        path, pictures, types, camera_infos=camera_infos, depths=depths, with_depth=with_depth
    )
    if instruction is None and with_instructions:
        instruction = next(
            (n for n, k in sorted(types.items()) if k == STRING and n.rsplit("/", 1)[-1] == "instruction"),
            None,
        )
    if truth is None:
        truth = next((n for n, k in sorted(types.items()) if k == SEGMENTATION and "truth" in n), None)
    return Topics(cameras=cameras, instruction=instruction, truth=truth, types=types)


def _cameras(types: Mapping[str, str]) -> list[str]:
    pictures = [name for name, kind in sorted(types.items()) if kind in (RAW, COMPRESSED)]
    plain = [name for name in pictures if not any(word in name.lower() for word in _NOT_PICTURES)]
    return [name for name in plain if name.removesuffix("/compressed") not in set(plain) - {name}]


class FirstTypes:
    """Holds a topic to the type of its first usable message: recordings are joined, drivers are swapped."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self.first: dict[str, str] = {}

    def fits(self, message: Message) -> bool:
        """False for a message that is no picture (or no words), or of another type than those before it."""
        is_words = message.topic == self._topics.instruction
        if message.type_name not in ((STRING,) if is_words else (RAW, COMPRESSED)):
            return False
        return self.first.setdefault(message.topic, message.type_name) == message.type_name


def identity(path: Path) -> dict[str, Any]:
    """What tells this recording from another: name, size, and a hash of the first and last megabyte.

    A bag may be larger than it would be reasonable to read twice just to name it.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    size_bytes = 0
    for file in files:
        if file.is_file():
            length = file.stat().st_size
            size_bytes += length
            with file.open("rb") as opened:
                digest.update(f"{file.name}:{length};".encode("utf-8", "surrogatepass"))
                digest.update(opened.read(1 << 20))
                opened.seek(max(0, length - (1 << 20)))
                digest.update(opened.read(1 << 20))
    return {"name": path.name, "size_bytes": size_bytes, "ends_sha256": digest.hexdigest()[:16]}


def stamp_ns(message: Any) -> int:
    """Header stamp, nanoseconds."""
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)
