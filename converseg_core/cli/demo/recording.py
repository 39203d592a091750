"""What the demo shows of a bag: frames, questions, and the truth for the frames that were answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer, Status
from converseg_core.bags import BagError, bag_topics, read_messages
from converseg_core.images import to_mono, to_rgb

IMAGE_TOPIC = "/camera/image/compressed"
INSTRUCTION_TOPIC = "/instruction"
TRUTH_TOPIC = "/truth/segmentation"

ImageHWC = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Recording:
    """The part of a bag that is looked at, in memory.

    Attributes:
        frames: header stamp, nanoseconds -> encoded image message.
        num_questions: number of instructions.
    """

    path: Path
    frames: dict[int, Any]
    num_questions: int

    def frame(self, stamp_ns: int | None) -> ImageHWC | None:
        """The (H, W, 3) RGB frame of this stamp; None where there is none."""
        message = self.frames.get(stamp_ns) if stamp_ns is not None else None
        return None if message is None else to_rgb(message)

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (max(self.frames) - min(self.frames)) / 1e9


def read_recording(path: Path) -> Recording:
    """Read the frames of a bag and count its questions.

    Raises:
        BagError: the bag cannot be read, or lacks frames or questions.
    """
    topics = bag_topics(path)
    for topic in (IMAGE_TOPIC, INSTRUCTION_TOPIC):
        if topic not in topics:
            raise BagError(path, f"holds no {topic}; its topics are: {', '.join(sorted(topics)) or 'none'}")
    frames: dict[int, Any] = {}
    num_questions = 0
    for entry in read_messages(path, [IMAGE_TOPIC, INSTRUCTION_TOPIC]):
        if entry.topic == IMAGE_TOPIC:
            frames[_stamp_ns(entry.message)] = entry.message
        else:
            num_questions += 1
    if not frames or not num_questions:
        raise BagError(path, f"holds {len(frames)} frames and {num_questions} questions; both are needed")
    return Recording(path=path, frames=frames, num_questions=num_questions)


def read_truths(path: Path, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Answer]:
    """The true answers of these (prompt, frame stamp) pairs, as far as the bag holds them.

    Raises:
        BagError: the bag cannot be read.
    """
    found: dict[tuple[str, int], Answer] = {}
    if TRUTH_TOPIC not in bag_topics(path):
        return found
    for entry in read_messages(path, [TRUTH_TOPIC]):
        key = (str(entry.message.prompt), _stamp_ns(entry.message))
        if key in wanted:
            status = Status(entry.message.status)
            found[key] = Answer(
                prompt=key[0],
                status=status,
                mask=to_mono(entry.message.mask) > 127,
                confidence=float("nan"),
                no_target_score=float("nan"),
                model_id="truth",
                status_text="" if status is Status.OK else "nothing in this frame fits",
            )
    return found


def _stamp_ns(message: Any) -> int:
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
