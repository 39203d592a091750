"""What a runtime has to offer: encode an image once, decode any prompts on it. No torch here.

Legend of shape suffixes: n prompts, p prefix tokens, k mask candidates, h height, w width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from converseg_core.net.config import Grid
from converseg_core.net.preprocessing.prompt import Tokens


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageInputs:
    """One image, prepared for both of its encoders.

    Attributes:
        pixels_13hw: normalised canvas for the SAM, float32.
        patches: (patches, values) for the vision tower, float32.
        grid: its image tokens.
        prefix: template and placeholder tokens.
        is_image_p: which of them are placeholders.
        positions_3p: their rotary positions.
        next_position: the position of the token that follows.
    """

    pixels_13hw: NDArray[np.float32]
    patches: NDArray[np.float32]
    grid: Grid
    prefix: Tokens
    is_image_p: NDArray[np.bool_]
    positions_3p: NDArray[np.int64]
    next_position: int


class EncodedImage(Protocol):
    """A runtime's memory of an image; opaque but for its size."""

    @property
    def num_bytes(self) -> int:
        """Memory held."""

    @property
    def timings_s(self) -> Mapping[str, float]:
        """Seconds by stage that encoding took."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Decoded:
    """What the network says of each prompt; logits of confidence are None without a trained head."""

    logits_nkhw: NDArray[np.float32]
    iou_nk: NDArray[np.float32]
    presence_n: NDArray[np.float32] | None
    quality_n: NDArray[np.float32] | None
    timings_s: Mapping[str, float] = field(default_factory=dict)


class Backend(Protocol):
    """A runtime."""

    @property
    def name(self) -> str:
        """For people, e.g. ``torch 2.13.0 bfloat16``."""

    @property
    def device(self) -> str:
        """``cpu`` or ``cuda``."""

    def fit_grid(self, height: int, width: int, grid: Grid) -> Grid:
        """The grid that this runtime can run which is nearest to the wanted one."""

    def encode(self, inputs: ImageInputs) -> EncodedImage:
        """The image pass: SAM encoder, vision tower, language prefix."""

    def decode(self, encoded: EncodedImage, suffixes: Sequence[Tokens]) -> Decoded:
        """The prompts' pass, batched; every prompt's result is its own."""

    def decode_boxes(self, encoded: EncodedImage, boxes_n4: NDArray[np.float32]) -> Decoded:
        """Boxes in canvas pixels instead of words.

        Raises:
            NotImplementedError: a runtime without that part.
        """


def pad_suffixes(
    suffixes: Sequence[Tokens],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Suffixes of different lengths -> ids (n, t), is_word (n, t), index of each end token (n)."""
    longest = max(len(suffix.ids) for suffix in suffixes)
    ids = np.zeros((len(suffixes), longest), np.int64)
    is_word = np.zeros((len(suffixes), longest), np.bool_)
    for row, suffix in enumerate(suffixes):
        ids[row, : len(suffix.ids)] = suffix.ids
        is_word[row, : len(suffix.ids)] = suffix.is_word
    return ids, is_word, np.array([suffix.end_index for suffix in suffixes], np.int64)
