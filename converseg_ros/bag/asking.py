"""Which instruction is due, which answer belongs to it, and what is reported. Nothing here knows rclpy."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from converseg_core.answer import Status
from converseg_ros.bag.truth import TimedInstruction


@dataclass(kw_only=True)
class Asked:
    """One instruction on its way. Times are steady clock, seconds; None: not yet."""

    index: int
    instruction: TimedInstruction
    asked_s: float | None = None
    answered_s: float | None = None

    @property
    def latency_s(self) -> float | None:
        """Seconds from the instruction to its answer."""
        if self.asked_s is None or self.answered_s is None:
            return None
        return self.answered_s - self.asked_s


@dataclass
class AskingPlan:
    """The instructions of a run, in order of time; answers are matched by words and order."""

    instructions: Sequence[TimedInstruction]
    timeout_s: float
    entries: list[Asked] = field(init=False)

    def __post_init__(self) -> None:
        if not self.timeout_s > 0:
            raise ValueError(f"timeout_s: {self.timeout_s}; give a number above 0")
        ordered = sorted(self.instructions, key=lambda instruction: instruction.time_ns)
        self.entries = [Asked(index=index, instruction=each) for index, each in enumerate(ordered, start=1)]

    def due(self, bag_ns: int) -> list[Asked]:
        """Instructions whose time has come at bag time ``bag_ns`` and that were not asked yet."""
        return [each for each in self.entries if each.asked_s is None and each.instruction.time_ns <= bag_ns]

    def match(self, prompt: str, now_s: float) -> Asked | None:
        """The oldest open instruction with these words, now answered; None for other people's answers."""
        for each in self.entries:
            if each.asked_s is not None and each.answered_s is None and each.instruction.text == prompt:
                each.answered_s = now_s
                return each
        return None

    def expired(self, now_s: float) -> list[Asked]:
        """Instructions that have waited longer than the time-out."""
        return [
            each
            for each in self.entries
            if each.asked_s is not None and each.answered_s is None and now_s - each.asked_s > self.timeout_s
        ]

    @property
    def open(self) -> list[Asked]:
        """Instructions without an answer, asked or not."""
        return [each for each in self.entries if each.answered_s is None]


def report_line(
    entry: Asked,
    *,
    concept: str,
    status: Status | None,
    status_text: str,
    confidence: float = math.nan,
    no_target_score: float = math.nan,
    iou: float | None = None,
    truth_status: Status | None = None,
    frame_stamp_ns: int | None = None,
    frame_age_s: float = math.nan,
    stages_s: Mapping[str, float] | None = None,
    model_id: str = "",
    request_id: str = "",
    mask_file: str | None = None,
) -> dict[str, Any]:
    """One line of ``answers.jsonl``; ``status`` None: no answer came. Unknown numbers are null.

    ``frame_stamp_ns`` is in bag time. ``iou`` is against the truth of the same frame and words.
    """
    return {
        "index": entry.index,
        "prompt": entry.instruction.text,
        "concept": concept,
        "status": "NO_ANSWER" if status is None else status.name,
        "status_text": status_text,
        "confidence": _number(confidence),
        "no_target_score": _number(no_target_score),
        "truth_status": None if truth_status is None else truth_status.name,
        "iou": iou,
        "latency_s": entry.latency_s,
        "said_ns": entry.instruction.time_ns,
        "frame_stamp_ns": frame_stamp_ns,
        "frame_age_s": _number(frame_age_s),
        "stages_s": dict(stages_s or {}),
        "model_id": model_id,
        "request_id": request_id,
        "mask": mask_file,
    }


def json_line(line: Mapping[str, Any]) -> str:
    """Strict JSON on one line."""
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def mask_name(entry: Asked) -> str:
    """File name of a mask: its number and the first words."""
    words = re.sub(r"[^a-z0-9]+", "-", entry.instruction.text.lower()).strip("-")[:40]
    return f"{entry.index:02d}-{words or 'mask'}.png"


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
