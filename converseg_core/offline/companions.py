"""Frames with the CameraInfo and the depth that belong to them, in one pass over the bag.

The companions of a frame may be recorded after it. So a frame waits until those of its very stamp are
there, or until half a second more of the recording has been read. What waits is bounded, and so is memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from converseg_core.bags import BagError
from converseg_core.offline.cameras import CAMERA_INFO, COMPRESSED, RAW, Camera
from converseg_core.offline.source import Message, stamp_ns

WAIT_NS = 500_000_000
"""How much later than its frame a companion may have been recorded."""
KEEP_NS = 500_000_000
"""How much earlier than its frame a companion may have been recorded."""
MAX_WAITING = 256
"""Messages that wait at most, whatever the recording times say."""


@dataclass(frozen=True)
class Companion:
    """A message that belongs to a frame.

    Attributes:
        message: its content.
        offset_ns: its stamp minus the frame's; None for a CameraInfo that merely stood at that time.
    """

    message: Any
    offset_ns: int | None


@dataclass(frozen=True)
class Framed:
    """One message, and, where it is a camera's frame, what belongs to it."""

    message: Message
    camera_info: Companion | None = None
    depth: Companion | None = None


@dataclass
class Matches:
    """How the companions of one topic were found.

    Attributes:
        num_exact: frames whose companion has their very stamp.
        num_near: frames whose companion has another stamp, within the tolerance.
        num_standing: frames with the last CameraInfo before them, whatever its stamp.
        num_without: frames without one.
    """

    num_exact: int = 0
    num_near: int = 0
    num_standing: int = 0
    num_without: int = 0

    def count(self, companion: Companion | None) -> None:
        """Note what one frame got."""
        if companion is None:
            self.num_without += 1
        elif companion.offset_ns is None:
            self.num_standing += 1
        elif companion.offset_ns == 0:
            self.num_exact += 1
        else:
            self.num_near += 1


@dataclass
class _Track:
    """The companions of one topic that may still be asked for, by stamp, and the last of all."""

    by_stamp: dict[int, Message] = field(default_factory=dict)
    last: Message | None = None

    def put(self, message: Message) -> None:
        self.by_stamp[stamp_ns(message.message)] = message

    def forget_before(self, time_ns: int) -> None:
        for stamp in [stamp for stamp, found in self.by_stamp.items() if found.time_ns < time_ns]:
            self.last = self.by_stamp.pop(stamp)

    def at(self, stamp: int, tolerance_ns: int) -> Companion | None:
        if stamp in self.by_stamp:
            return Companion(self.by_stamp[stamp].message, 0)
        near = [other for other in self.by_stamp if abs(other - stamp) <= tolerance_ns]
        if not near:
            return None
        best = min(near, key=lambda other: (abs(other - stamp), other))
        return Companion(self.by_stamp[best].message, best - stamp)

    def standing(self, time_ns: int) -> Companion | None:
        """The last one recorded by that time; where none was, the first after it."""
        before = [found for found in self.by_stamp.values() if found.time_ns <= time_ns]
        if before:
            return Companion(max(before, key=lambda found: found.time_ns).message, None)
        found = self.last or next(iter(self.by_stamp.values()), None)
        return None if found is None else Companion(found.message, None)


class Pairer:
    """Pairs the frames of some cameras with their companions."""

    def __init__(self, cameras: Sequence[Camera], *, tolerance_ns: int) -> None:
        self._cameras = {camera.image: camera for camera in cameras}
        self._tracks = {topic: _Track() for camera in cameras for topic in camera.companions}
        self._kinds = {
            topic: (CAMERA_INFO,) if topic == camera.camera_info else (RAW, COMPRESSED)
            for camera in cameras
            for topic in camera.companions
        }
        self._tolerance_ns = tolerance_ns

    def pair(self, messages: Iterator[Message]) -> Iterator[Framed]:
        """All messages but the companions themselves, in the order in which they come.

        Raises:
            BagError: as ``messages``; what had been read before is handed out first.
        """
        waiting: deque[Message] = deque()
        fault: BagError | None = None
        while True:
            try:
                message = next(messages, None)
            except BagError as error:
                fault, message = error, None
            if message is None:
                break
            # A frame that has waited long enough goes out as it is; only then is anything forgotten.
            while waiting and self._has_waited(waiting, message.time_ns):
                yield self._framed(waiting.popleft())
            if message.topic in self._tracks:
                oldest_ns = waiting[0].time_ns if waiting else message.time_ns
                self._tracks[message.topic].forget_before(oldest_ns - KEEP_NS)
                if message.type_name in self._kinds[message.topic]:
                    self._tracks[message.topic].put(message)
            else:
                waiting.append(message)
            while waiting and self._is_complete(waiting[0]):
                yield self._framed(waiting.popleft())
        while waiting:
            yield self._framed(waiting.popleft())
        if fault is not None:
            raise fault

    def _has_waited(self, waiting: deque[Message], now_ns: int) -> bool:
        return now_ns - waiting[0].time_ns > WAIT_NS or len(waiting) > MAX_WAITING

    def _is_complete(self, message: Message) -> bool:
        camera = self._cameras.get(message.topic)
        if camera is None or not camera.companions or not _is_picture(message):
            return True
        stamp = stamp_ns(message.message)
        return all(stamp in self._tracks[topic].by_stamp for topic in camera.companions)

    def _framed(self, message: Message) -> Framed:
        camera = self._cameras.get(message.topic)
        if camera is None or not _is_picture(message):
            return Framed(message)
        stamp = stamp_ns(message.message)
        info, depth = None, None
        if camera.camera_info is not None:
            track = self._tracks[camera.camera_info]
            info = track.at(stamp, self._tolerance_ns) or track.standing(message.time_ns)
        if camera.depth is not None:
            depth = self._tracks[camera.depth].at(stamp, self._tolerance_ns)
        return Framed(message, info, depth)


def _is_picture(message: Message) -> bool:
    return message.type_name in (RAW, COMPRESSED)
