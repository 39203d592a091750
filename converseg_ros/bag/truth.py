"""The true masks and the timed instructions of a bag. Nothing here knows rclpy."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Status
from converseg_core.bags import BagError, bag_topics, read_messages
from converseg_core.images import to_mono

INSTRUCTION_TOPIC = "/instruction"
TRUTH_TOPIC = "/truth/segmentation"
STAMP_TOLERANCE_NS = 100_000
"""Frames are far further apart; at a rate other than 1 a stamp's way back costs some nanoseconds."""


@dataclass(frozen=True, kw_only=True)
class TimedInstruction:
    """Words, and the bag time at which they were said, nanoseconds."""

    text: str
    time_ns: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """The true answer to one prompt on one frame; the mask is kept at one bit a pixel."""

    concept: str
    status: Status
    packed: NDArray[np.uint8]
    size_hw: tuple[int, int]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W) bool."""
        height, width = self.size_hw
        bits = np.unpackbits(self.packed, count=height * width)
        return bits.reshape(height, width).astype(np.bool_)


class TruthBook:
    """All truths of a bag by prompt and frame stamp."""

    def __init__(self) -> None:
        self._truths: dict[str, dict[int, Truth]] = defaultdict(dict)

    def add(self, prompt: str, stamp_ns: int, truth: Truth) -> None:
        """Store one."""
        self._truths[prompt][stamp_ns] = truth

    def find(self, prompt: str, stamp_ns: int) -> Truth | None:
        """The truth of this prompt on the frame of this bag stamp; None where the bag has none."""
        by_stamp = self._truths.get(prompt)
        if not by_stamp:
            return None
        if stamp_ns in by_stamp:
            return by_stamp[stamp_ns]
        nearest = min(by_stamp, key=lambda known: abs(known - stamp_ns))
        return by_stamp[nearest] if abs(nearest - stamp_ns) <= STAMP_TOLERANCE_NS else None


def read_instructions(path: Path) -> list[TimedInstruction]:
    """The bag's instructions, oldest first.

    Raises:
        BagError: the bag can't be read, or holds none.
    """
    return [
        TimedInstruction(text=message.message.data, time_ns=message.time_ns)
        for message in read_messages(path, [INSTRUCTION_TOPIC])
    ]


def read_truth(path: Path) -> TruthBook:
    """The bag's true masks; an empty book where it holds none.

    Raises:
        BagError: the bag can't be read.
    """
    book = TruthBook()
    if TRUTH_TOPIC not in bag_topics(path):
        return book
    for entry in read_messages(path, [TRUTH_TOPIC]):
        message = entry.message
        try:
            status = Status(message.status)
        except ValueError as error:
            raise BagError(path, f"a truth message has status {message.status}; write it again") from error
        mask = to_mono(message.mask) > 127
        stamp_ns = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
        truth = Truth(
            concept=message.concept,
            status=status,
            packed=np.packbits(mask),
            size_hw=(mask.shape[0], mask.shape[1]),
        )
        book.add(message.prompt, stamp_ns, truth)
    return book
