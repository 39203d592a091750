"""Prompt-blind answers: what can be had without reading a single word. A model must beat them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from converseg_core.evaluation.rle import Rle, encode, union_of

BLIND_NAMES = ("nothing", "whole image", "centre", "largest answer", "union of answers")


def blind_answers(truths: Sequence[Rle]) -> Mapping[str, Rle]:
    """One mask for every question about an image, by the names of :data:`BLIND_NAMES`.

    ``nothing``, ``whole image`` and ``centre`` (an ellipse over half of each side) see neither words nor
    image. ``largest answer`` and ``union of answers`` are favoured on purpose: they know the true masks
    of this image's questions and pick one mask from them, the largest or all together. Of a single
    question that would be the truth itself, so there they answer nothing.

    Args:
        truths: the true masks of all questions about this image, at least one, of one size.
    """
    nothing, whole, centre = _fixed(truths[0].size_hw)
    if len(truths) == 1:
        return dict(zip(BLIND_NAMES, (nothing, whole, centre, nothing, nothing), strict=True))
    # Among equally large ones the bytes decide: the order of the rows must not matter.
    largest = max(truths, key=lambda mask: (mask.area_px, mask.counts))
    return dict(zip(BLIND_NAMES, (nothing, whole, centre, largest, union_of(truths)), strict=True))


@lru_cache(maxsize=64)
def _fixed(size_hw: tuple[int, int]) -> tuple[Rle, Rle, Rle]:
    height, width = size_hw
    rows = (np.arange(height) + 0.5) / height - 0.5
    columns = (np.arange(width) + 0.5) / width - 0.5
    centre = rows[:, None] ** 2 + columns[None, :] ** 2 <= 0.25**2
    return encode(np.zeros(size_hw, np.bool_)), encode(np.ones(size_hw, np.bool_)), encode(centre)
