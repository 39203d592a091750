"""What the mask stage needs from a model, whatever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ImageHWC = NDArray[np.uint8]
MaskHW = NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """A box in pixels of the image, and how sure its detector is."""

    left: float
    top: float
    right: float
    bottom: float
    score: float = 1.0


@dataclass(frozen=True)
class Wanted:
    """A region to find.

    Attributes:
        phrase: short words, such as "red mug".
        hint: where the generator says it is, pixels; may be off by a lot.
    """

    phrase: str
    hint: Box


@dataclass(frozen=True, eq=False)
class Found:
    """A mask for a wanted region: (H, W) bool of the image's size, and its score in [0, 1]."""

    mask: MaskHW
    score: float


class RegionFinder(Protocol):
    """Finds regions by words. Not thread-safe."""

    @property
    def id(self) -> str:
        """Name, weights and settings: everything that decides the masks."""

    def find(self, image: ImageHWC, wanted: Sequence[Wanted]) -> list[Found | None]:
        """One mask for each wanted region, or None where nothing fits its words."""


class MaskPool(Protocol):
    """Proposes masks of everything in an image, without words. Not thread-safe."""

    @property
    def id(self) -> str:
        """Name, weights and settings."""

    def pool(self, image: ImageHWC) -> list[MaskHW]:
        """Masks of the image's size; they may overlap."""


class BoxDetector(Protocol):
    """Finds boxes by words."""

    @property
    def id(self) -> str:
        """Name, weights and settings."""

    def detect(self, image: ImageHWC, phrases: Sequence[str]) -> list[list[Box]]:
        """Boxes for each phrase, best first; an empty list where nothing fits."""


class BoxSegmenter(Protocol):
    """Makes a mask of what is in a box."""

    @property
    def id(self) -> str:
        """Name, weights and settings."""

    def segment(self, image: ImageHWC, boxes: Sequence[Box]) -> list[MaskHW]:
        """One mask for each box, of the image's size."""


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area_a = (a.right - a.left) * (a.bottom - a.top)
    area_b = (b.right - b.left) * (b.bottom - b.top)
    return both / (area_a + area_b - both)
