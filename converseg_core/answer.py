"""The answer to one question about one image: the type that every part of the project exchanges."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

MaskHW = NDArray[np.bool_]


class Status(enum.IntEnum):
    """How a question ended. Values equal the STATUS_* constants of ``converseg/Segmentation``.

    0 is reserved for "never filled in", so that a default-constructed message is not an answer.
    """

    OK = 1
    NO_TARGET = 2
    LOST = 3
    REJECTED = 4
    STALE_FRAME = 5
    TIMEOUT = 6
    CANCELLED = 7
    ERROR = 8

    @property
    def is_answer(self) -> bool:
        """True where the model looked and decided: OK or NO_TARGET."""
        return self in (Status.OK, Status.NO_TARGET)


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer, bound to its question and its model.

    Attributes:
        prompt: the question, exactly as asked.
        status: how the question ended; read it first.
        mask: (H, W) bool at the image's own size; all False for NO_TARGET; None for every status
            that is not an answer, so that a failure can never be mistaken for an empty mask.
        confidence: calibrated probability in [0, 1] that this answer is right (IoU >= 0.5 with the
            truth, or truly nothing there); NaN where the model has no calibrated estimate.
        no_target_score: probability in [0, 1] that nothing in the image fits; NaN where unknown.
        status_text: reason and remedy for every status but OK.
        timings_s: seconds by stage, in order.
        model_id: name and weights hash of the model that answered.
    """

    prompt: str
    status: Status
    mask: MaskHW | None
    confidence: float
    no_target_score: float
    model_id: str
    status_text: str = ""
    timings_s: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status.is_answer:
            if self.mask is None or self.mask.ndim != 2 or self.mask.dtype != np.bool_:
                raise ValueError(f"mask: a {self.status.name} answer needs an (H, W) bool mask")
            if self.status is Status.NO_TARGET and self.mask.any():
                raise ValueError("mask: a NO_TARGET answer has no pixel set")
            self.mask.flags.writeable = False
        elif self.mask is not None:
            raise ValueError(f"mask: {self.status.name} is not an answer and carries no mask")
        if self.status is not Status.OK and not self.status_text:
            raise ValueError(f"status_text: {self.status.name} needs a reason")
        for name in ("confidence", "no_target_score"):
            value = getattr(self, name)
            if not (math.isnan(value) or 0.0 <= value <= 1.0):
                raise ValueError(f"{name}: {value} is outside [0, 1]")
        object.__setattr__(self, "timings_s", MappingProxyType(dict(self.timings_s)))

    @property
    def area_px(self) -> int:
        """Number of mask pixels; 0 where there is no mask."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))

    @property
    def box_xywh(self) -> tuple[int, int, int, int] | None:
        """Tight box (x, y, width, height) in pixels, or None where no pixel is set."""
        if self.mask is None:
            return None
        rows = np.flatnonzero(self.mask.any(axis=1))
        if rows.size == 0:
            return None
        cols = np.flatnonzero(self.mask.any(axis=0))
        x, y = int(cols[0]), int(rows[0])
        return x, y, int(cols[-1]) - x + 1, int(rows[-1]) - y + 1


def why_no_target(no_target_score: float) -> str:
    """What to tell with NO_TARGET: what is likelier there than not may still be too unsure to be marked.

    Args:
        no_target_score: probability in [0, 1] that nothing in the image fits; NaN where unknown.
    """
    if no_target_score < 0.5:
        chance = 100 * (1 - no_target_score)
        return f"something may fit these words ({chance:.0f} %), but not surely enough to mark it"
    return "nothing in the image fits these words"


def failed(prompt: str, status: Status, reason: str, *, model_id: str = "") -> Answer:
    """An Answer that says why there is none (any status but OK and NO_TARGET)."""
    nan = float("nan")
    return Answer(
        prompt=prompt,
        status=status,
        mask=None,
        confidence=nan,
        no_target_score=nan,
        model_id=model_id,
        status_text=reason,
    )
