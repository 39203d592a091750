"""What is read from a bag, before any decoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One recorded message as it stands in the bag.

    Attributes:
        topic: topic name as recorded.
        type_name: full message type, e.g. ``sensor_msgs/msg/Image``.
        time_ns: recording time, nanoseconds since the epoch of the recorder's clock.
        data: the message as CDR bytes, encapsulation header included.
    """

    topic: str
    type_name: str
    time_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic of a bag: its message type, and that type's definition where the bag holds one."""

    name: str
    type_name: str
    definition: str = ""


OnTopic = Callable[[TopicInfo], None]
"""Told about each topic of a bag before its first message."""
