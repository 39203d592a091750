"""What comes back for a question, and what a frame must be to be answered on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer
from converseg_ros.camera.frame_mailbox import Frame
from converseg_ros.questions.instruction_queue import Question

WITHDRAWN = "withdrawn by the caller"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a frame must be to be answered on.

    Attributes:
        max_frame_age_s: oldest frame that is still answered on.
        wait_for_frame_s: how long after its arrival a question waits for such a frame.
        max_image_side: longest side that is given to the model, pixels.
    """

    max_frame_age_s: float = 1.0
    wait_for_frame_s: float = 2.0
    max_image_side: int = 8192


@dataclass(frozen=True, kw_only=True, eq=False)
class Reply:
    """An answer with its question and its frame.

    Attributes:
        frame: None where no frame was used.
        frame_age_s: age of the frame when the model started on it; NaN without a frame.
        rgb: (H, W, 3) picture that was looked at, where it could be decoded.
        propagated: the mask was carried to this frame from an earlier answer.
        answered: the frame on which the model answered, where that is another.
    """

    question: Question
    answer: Answer
    frame: Frame | None = None
    frame_age_s: float = float("nan")
    rgb: NDArray[np.uint8] | None = None
    propagated: bool = False
    answered: Frame | None = None
