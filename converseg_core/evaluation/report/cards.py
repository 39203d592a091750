"""The answers worth a look: the worst, and some at random so that the worst do not stand for all."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.measure import RIGHT_IOU, Evaluation
from converseg_core.evaluation.prediction import Prediction, question_hash
from converseg_core.evaluation.rle import Rle
from converseg_core.model import ImageHWC

NUM_WORST = 50
NUM_RANDOM = 20
_MAX_SIDE_PX = 360
_TRUTH_RGB = (77, 148, 255)
_ANSWER_RGB = (0, 214, 143)

PictureSource = Callable[[Sequence[Prediction]], Iterator[tuple[str, ImageHWC]]]
"""Finds the pictures of answers again: (``image`` of the prediction, RGB), one at a time, in any order;
leaves out what is gone."""


@dataclass(frozen=True)
class Card:
    """One answer as the page shows it.

    Attributes:
        kind: ``worst`` or ``random``.
        row: the answer with its question.
        iou: with the truth; None where that is not known.
        verdict: what went right or wrong, in words; empty where the truth is not known.
        width: of the small pictures, pixels.
        height: of the small pictures, pixels.
        image_url: data URL of the picture; empty where it is gone.
        truth_url: data URL of the true mask, transparent outside; empty where there is no pixel.
        answer_url: data URL of the answer's mask, likewise.
    """

    kind: str
    row: Prediction
    iou: float | None
    verdict: str
    width: int
    height: int
    image_url: str
    truth_url: str
    answer_url: str


def make_cards(
    evaluation: Evaluation,
    pictures: PictureSource,
    *,
    num_worst: int = NUM_WORST,
    num_random: int = NUM_RANDOM,
) -> list[Card]:
    """The worst answers (of equally bad ones the surest first), then random ones among the others.

    Answers whose truth is not known are never among the worst, but may be drawn.
    """
    ious = {result.sample.id: result.iou for result in evaluation.results}
    ordered = sorted(
        (result.sample for result in evaluation.results), key=lambda row: _badness(row, ious[row.id])
    )
    worst, others = ordered[:num_worst], [*ordered[num_worst:], *evaluation.unmeasured]
    # Seeded by the data: the same file gives the same page.
    drawn = random.Random(question_hash([*ordered, *evaluation.unmeasured])).sample(
        others, min(num_random, len(others))
    )
    urls = {
        name: _jpeg_url(image, *_small_size(*image.shape[:2])) for name, image in pictures([*worst, *drawn])
    }
    return [_card("worst", row, ious[row.id], urls) for row in worst] + [
        _card("random", row, ious.get(row.id), urls) for row in drawn
    ]


def _badness(row: Prediction, iou: float) -> tuple[float, float, str]:
    sure = 0.0 if np.isnan(row.confidence) else row.confidence
    return iou, -sure, row.id


def verdict(row: Prediction, iou: float | None) -> str:
    """What went right or wrong, in words; empty where the truth is not known."""
    if row.truth is None or iou is None:
        return ""
    if not row.status.is_answer:
        return "no answer"
    is_there, is_found = row.truth.area_px > 0, row.answer is not None and row.answer.area_px > 0
    if is_there and is_found:
        return "right" if iou >= RIGHT_IOU else "wrong mask"
    if is_there:
        return "missed"
    return "false alarm" if is_found else "rightly nothing"


def _small_size(height: int, width: int) -> tuple[int, int]:
    """Width and height of the small picture."""
    scale = min(1.0, _MAX_SIDE_PX / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _card(kind: str, row: Prediction, iou: float | None, urls: Mapping[str, str]) -> Card:
    width, height = _small_size(row.height, row.width)
    return Card(
        kind=kind,
        row=row,
        iou=iou,
        verdict=verdict(row, iou),
        width=width,
        height=height,
        image_url=urls.get(row.image, ""),
        truth_url=_mask_url(row.truth, width, height, _TRUTH_RGB),
        answer_url=_mask_url(row.answer, width, height, _ANSWER_RGB),
    )


def _jpeg_url(image: ImageHWC, width: int, height: int) -> str:
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
    return _url("image/jpeg", encoded)


def _mask_url(mask: Rle | None, width: int, height: int, rgb: tuple[int, int, int]) -> str:
    """The mask as a translucent colour with an opaque rim."""
    if mask is None or mask.area_px == 0:
        return ""
    full = mask.decode().view(np.uint8)
    small = cv2.resize(full * np.uint8(255), (width, height), interpolation=cv2.INTER_AREA)
    # A target of a few pixels must not vanish in the small picture.
    inside = (small > 0 if small.max() < 128 else small >= 128).astype(np.uint8)
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    rim = inside & (cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=2)[1:-1, 1:-1] == 0)
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[:, :, :3] = rgb[::-1]
    rgba[:, :, 3] = np.where(rim > 0, 255, inside * np.uint8(96))
    _, encoded = cv2.imencode(".png", rgba, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return _url("image/png", encoded)


def _url(kind: str, encoded: NDArray[np.uint8]) -> str:
    return f"data:{kind};base64,{base64.b64encode(encoded.tobytes()).decode()}"
