"""What a segmenter says of itself on ``/diagnostics``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_NAME_END = ": segmentation"


@dataclass(frozen=True, kw_only=True)
class NodeCounts:
    """The node's own counts since it was configured.

    Attributes:
        stamp_ns: ROS time at which they were read.
        num_received: frames that reached the node.
        num_replaced: frames that a newer one replaced before the model took them.
        text: state of the node in words.
    """

    stamp_ns: int
    num_received: int
    num_replaced: int
    text: str


def read_counts(message: Any) -> NodeCounts | None:
    """The counts in a ``DiagnosticArray``; None where it is not a segmenter's.

    Raises:
        ValueError: a segmenter's message lacks a count.
    """
    for status in message.status:
        if not status.name.endswith(_NAME_END):
            continue
        values = {entry.key: entry.value for entry in status.values}
        try:
            return NodeCounts(
                stamp_ns=message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec,
                num_received=int(values["frames received"]),
                num_replaced=int(values["frames dropped"]),
                text=status.message,
            )
        except KeyError as error:
            raise ValueError(f"/diagnostics: the segmenter's message has no value {error}") from error
    return None
