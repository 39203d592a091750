"""Masks out of the truth, spoiled as often as wanted: stands for a detector where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from converseg_engine.vlm.masks.protocol import Box, Found, ImageHWC, MaskHW, Wanted, overlap
from converseg_engine.vlm.scripted.chance import happens
from converseg_engine.vlm.scripted.truth import TrueObject, TruePicture, TruthBook


@dataclass(frozen=True, kw_only=True)
class OracleRates:
    """Shares of masks, each in [0, 1].

    Attributes:
        miss: wanted regions that are not found.
        half: masks that lack their lower half.
        seed: of what is drawn.
    """

    miss: float = 0.0
    half: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.miss <= 1 and 0 <= self.half <= 1):
            raise ValueError("miss, half: shares from 0 to 1")


class Oracle:
    """A finder and a pool that know the truth.

    Args:
        book: the truth.
        rates: how often masks are spoiled. The pool's masks are never.
    """

    def __init__(self, book: TruthBook, rates: OracleRates | None = None) -> None:
        self._book, self._rates = book, rates or OracleRates()

    @property
    def id(self) -> str:
        """Name and rates."""
        rates = self._rates
        return f"oracle(miss={rates.miss:g},half={rates.half:g},seed={rates.seed})"

    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        """The true mask of what lies at each hint; see :class:`RegionFinder`."""
        truth = self._truth(image)
        return [self._one(truth, image, want) for want in wanted]

    def pool(self, image: ImageHWC) -> list[MaskHW]:
        """The true masks of everything."""
        return [one.mask.decode() for one in self._truth(image).objects]

    def _truth(self, image: ImageHWC) -> TruePicture:
        truth = self._book.of_pixels(image)
        if truth is None:
            raise ValueError("image: not one of those whose truth is known; give the folder of its shards")
        return truth

    def _one(self, truth: TruePicture, image: ImageHWC, want: Wanted) -> Found | None:
        target = max(truth.objects, key=lambda one: overlap(_box(one, image), want.hint), default=None)
        if target is None or overlap(_box(target, image), want.hint) == 0:
            return None
        name = f"{truth.id}/{target.number}"
        if happens(self._rates.miss, self._rates.seed, "miss", name):
            return None
        mask = target.mask.decode()
        if happens(self._rates.half, self._rates.seed, "half", name):
            mask = _upper_half(mask)
        return Found(mask, 0.9)


def _box(one: TrueObject, image: ImageHWC) -> Box:
    x, y, width, height = one.mask.box_xywh
    return Box(x, y, x + width, y + height)


def _upper_half(mask: MaskHW) -> MaskHW:
    """The mask down to the row that halves its area, smoothed so that it looks like a segmenter's."""
    rows = np.cumsum(mask.sum(axis=1))
    cut = int(np.searchsorted(rows, rows[-1] / 2)) + 1
    half = mask.copy()
    half[cut:] = False
    smooth = cv2.morphologyEx(half.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return smooth if smooth.any() else half
