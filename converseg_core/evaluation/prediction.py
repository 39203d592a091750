"""One answer as it is stored: everything that a metric may need, and nothing to be looked up elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from converseg_core.answer import Status
from converseg_core.evaluation.rle import Rle


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """How a frame of a bag was seen: its camera, and how far away the answered mask is.

    Attributes:
        frame_id: of the frame's header.
        fx: focal length, pixels; ``fy``, and the principal point ``cx``, ``cy``. None where no CameraInfo of
            a calibrated camera belongs to the frame.
        depth_median_m: median of the valid distances under the mask along the optical axis; None where
            there is no depth, no mask pixel, or no valid distance.
        depth_invalid_share: share of the mask's pixels without a valid distance; None where there is no
            depth or no mask pixel.
        depth_offset_ns: stamp of the depth minus stamp of the frame; None where there is no depth.
    """

    frame_id: str
    fx: float | None = None
    fy: float | None = None
    cx: float | None = None
    cy: float | None = None
    depth_median_m: float | None = None
    depth_invalid_share: float | None = None
    depth_offset_ns: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """A question about an image, its answer, and the truth where it is known.

    Attributes:
        id: unique in its file.
        image: where the image is: a path relative to the data set, or ``topic@stamp`` in a bag.
        image_sha256: of the image file, or of the recorded message.
        height: of the image, pixels.
        width: of the image, pixels.
        prompt: the question.
        concept: concept family; empty where nobody named one.
        truth: the true mask; None where it is not known.
        status: how the question ended.
        status_text: reason, for every status but OK.
        answer: the mask; None for every status that is not an answer.
        confidence: NaN where not known.
        no_target_score: NaN where not known.
        timings_s: seconds by stage.
        model_id: name and weights hash of the model that answered.
        time_ns: recording time of the frame of a bag.
        stamp_ns: header stamp of the frame of a bag.
        truth_offset_ns: stamp of the truth minus stamp of the frame, in a bag.
        view: camera and depth of the frame of a bag.
    """

    id: str
    image: str
    image_sha256: str
    height: int
    width: int
    prompt: str
    concept: str
    truth: Rle | None
    status: Status
    status_text: str
    answer: Rle | None
    confidence: float
    no_target_score: float
    timings_s: Mapping[str, float] = field(default_factory=dict)
    model_id: str
    time_ns: int | None = None
    stamp_ns: int | None = None
    truth_offset_ns: int | None = None
    view: View | None = None

    def __post_init__(self) -> None:
        for name, mask in (("truth", self.truth), ("answer", self.answer)):
            if mask is not None and mask.size_hw != (self.height, self.width):
                raise ValueError(f"{name}: size {mask.size_hw} is not the image's {self.height, self.width}")
        if self.status.is_answer != (self.answer is not None):
            has = "needs a" if self.status.is_answer else "is no answer and has no"
            raise ValueError(f"answer: {self.status.name} {has} mask")

    @property
    def no_target(self) -> bool:
        """True where the truth is known and empty."""
        return self.truth is not None and self.truth.area_px == 0

    @property
    def latency_s(self) -> float:
        """Time that the answer took, all stages together."""
        return sum(self.timings_s.values())


def question_hash(predictions: Iterable[Prediction]) -> str:
    """Hash of the questions, images and truths alone: equal for two models run on the same data.

    The order of the rows does not matter.
    """
    digests = sorted(_digest(prediction) for prediction in predictions)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def _digest(row: Prediction) -> bytes:
    truth = b"-" if row.truth is None else row.truth.counts
    parts = [row.id, row.image_sha256, f"{row.height}x{row.width}", row.prompt, row.concept]
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    framed = [f"{len(part)}:{part}".encode("utf-8", "surrogatepass") for part in parts]
    return hashlib.sha256(b"".join([*framed, truth])).digest()
