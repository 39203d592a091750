"""What every segmentation model offers, whatever runs inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import Answer

ImageHWC = NDArray[np.uint8]

MAX_PROMPT_CHARS = 512
"""Longest prompt that is accepted; longer ones are REJECTED, never cut in silence."""

MAX_IMAGE_SIDE = 16384
"""Longest image side that is accepted, pixels."""


@runtime_checkable
class EncodedFrame(Protocol):
    """One image, encoded once; any number of questions may follow."""

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the image, pixels."""

    def segment(self, prompts: Sequence[str]) -> list[Answer]:
        """Answer each prompt; same order; each result independent of the other prompts."""


@runtime_checkable
class SegmentationModel(Protocol):
    """A loaded model. Not thread-safe: one model belongs to one thread at a time."""

    @property
    def model_id(self) -> str:
        """Name and short weights hash, e.g. ``sim-tiny@1f3a9c2e``."""

    @property
    def info(self) -> Mapping[str, object]:
        """Facts for people and diagnostics: architecture, runtime, device, licence, measured figures."""

    def encode(self, image: ImageHWC) -> EncodedFrame:
        """Encode an (H, W, 3) uint8 RGB image.

        Raises:
            ValueError: the array has another shape or type, or a side outside [1, MAX_IMAGE_SIDE].
        """


def check_image(image: ImageHWC) -> None:
    """Refuse what no model can encode.

    Raises:
        ValueError: not an (H, W, 3) uint8 array, or a side outside [1, MAX_IMAGE_SIDE].
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        described = f"{image.dtype}{image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise ValueError(f"image: must be an (H, W, 3) uint8 RGB array, not {described}")
    if min(image.shape[:2]) < 1 or max(image.shape[:2]) > MAX_IMAGE_SIDE:
        raise ValueError(
            f"image: sides must lie in [1, {MAX_IMAGE_SIDE}], not {image.shape[0]}x{image.shape[1]}"
        )
