"""The answers worth a look: the worst, and some at random so that the worst do not stand for all."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.measure import Result
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
        result: the measured answer.
        width: of the small pictures, pixels.
        height: of the small pictures, pixels.
        image_url: data URL of the picture; empty where it is gone.
        truth_url: data URL of the true mask, transparent outside; empty where there is no pixel.
        answer_url: data URL of the answer's mask, likewise.
    """

    kind: str
    result: Result
    width: int
    height: int
    image_url: str
    truth_url: str
    answer_url: str


def make_cards(
    results: Sequence[Result],
    pictures: PictureSource,
    *,
    num_worst: int = NUM_WORST,
    num_random: int = NUM_RANDOM,
) -> list[Card]:
    """The worst answers (of equally bad ones the surest first), then random ones among the others."""
    ordered = sorted(results, key=_badness)
    worst, others = ordered[:num_worst], ordered[num_worst:]
    # Seeded by the data: the same file gives the same page.
    drawn = random.Random(question_hash(result.sample for result in results)).sample(
        others, min(num_random, len(others))
    )
    urls = {
        name: _jpeg_url(image, *_small_size(*image.shape[:2]))
        for name, image in pictures([result.sample for result in (*worst, *drawn)])
    }
    return [_card("worst", result, urls) for result in worst] + [
        _card("random", result, urls) for result in drawn
    ]


def _badness(result: Result) -> tuple[float, float, str]:
    sure = 0.0 if np.isnan(result.confidence) else result.confidence
    return result.iou, -sure, result.sample.id


def _small_size(height: int, width: int) -> tuple[int, int]:
    """Width and height of the small picture."""
    scale = min(1.0, _MAX_SIDE_PX / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _card(kind: str, result: Result, urls: Mapping[str, str]) -> Card:
    row = result.sample
    width, height = _small_size(row.height, row.width)
    return Card(
        kind=kind,
        result=result,
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
