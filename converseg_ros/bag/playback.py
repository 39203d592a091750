"""Bag time and live time: when to send a recorded message, and how its header stamp is moved.

Nothing here knows rclpy.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

from rosbags.typesys.store import Typestore

_HEADER_TYPE = "std_msgs/msg/Header"
_STAMP_AT = 4
"""A CDR message begins with 4 bytes of encapsulation; a leading Header's stamp follows at once."""


@dataclass(frozen=True, kw_only=True)
class ClockMap:
    """Straight line between bag time and live time.

    Attributes:
        bag_ns: a moment in bag time, nanoseconds.
        live_ns: the same moment in the ROS time of the player.
        rate: bag seconds for each live second.
        num_loops: how often the bag had been played to its end before.
    """

    bag_ns: int
    live_ns: int
    rate: float = 1.0
    num_loops: int = 0

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate: {self.rate}; give a number above 0")

    def to_live(self, bag_ns: int) -> int:
        """Live nanoseconds of a bag time; exact at rate 1."""
        span_ns = bag_ns - self.bag_ns
        return self.live_ns + (span_ns if self.rate == 1.0 else round(span_ns / self.rate))

    def to_bag(self, live_ns: int) -> int:
        """Bag nanoseconds of a live time; exact at rate 1, else within ``rate`` nanoseconds."""
        span_ns = live_ns - self.live_ns
        return self.bag_ns + (span_ns if self.rate == 1.0 else round(span_ns * self.rate))

    def to_json(self) -> str:
        """Text as published on ``~/clock_map``."""
        return json.dumps(
            {"bag_ns": self.bag_ns, "live_ns": self.live_ns, "rate": self.rate, "num_loops": self.num_loops}
        )

    @classmethod
    def from_json(cls, text: str) -> ClockMap:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: the text is something else.
        """
        try:
            fields = json.loads(text)
            return cls(
                bag_ns=int(fields["bag_ns"]),
                live_ns=int(fields["live_ns"]),
                rate=float(fields["rate"]),
                num_loops=int(fields["num_loops"]),
            )
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"clock_map: not the text of a bag player's ~/clock_map ({error})") from error


def begins_with_header(type_name: str, store: Typestore) -> bool:
    """True where the first field of a message type is a Header."""
    definition = store.fielddefs.get(type_name)
    if definition is None or not definition[1]:
        return False
    return _HEADER_TYPE in str(definition[1][0][1])


def restamped(data: bytes, clock_map: ClockMap) -> bytes:
    """A CDR message with a leading Header, its stamp moved from bag time to live time.

    A zero stamp means "no time" and stays.

    Raises:
        ValueError: too short for a header.
    """
    if len(data) < _STAMP_AT + 8:
        raise ValueError(f"data: {len(data)} bytes can't hold a header; the message is damaged")
    layout = "<iI" if data[1] & 1 else ">iI"
    seconds, nanoseconds = struct.unpack_from(layout, data, _STAMP_AT)
    if seconds == 0 and nanoseconds == 0:
        return data
    live_ns = clock_map.to_live(seconds * 1_000_000_000 + nanoseconds)
    patched = bytearray(data)
    struct.pack_into(layout, patched, _STAMP_AT, live_ns // 1_000_000_000, live_ns % 1_000_000_000)
    return bytes(patched)


def parse_topic_map(entries: list[str]) -> dict[str, str]:
    """``["/camera/image:=image", ...]`` -> bag topic to published name, in order.

    Raises:
        ValueError: an entry has another form, or a name is given twice.
    """
    names: dict[str, str] = {}
    for entry in entries:
        recorded, separator, published = entry.partition(":=")
        if not separator or not recorded.strip() or not published.strip():
            raise ValueError(f"topic_map: {entry!r}; write BAG_TOPIC:=PUBLISHED_TOPIC")
        if recorded.strip() in names or published.strip() in names.values():
            raise ValueError(f"topic_map: {entry!r} names a topic twice")
        names[recorded.strip()] = published.strip()
    return names
