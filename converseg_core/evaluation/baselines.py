"""Prompt-blind answers: what can be had without reading a single word. A model must beat them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

MaskHW = NDArray[np.bool_]


def blind_answers(truths: Sequence[MaskHW]) -> Mapping[str, MaskHW]:
    """One mask for every question about an image.

    ``nothing``, ``whole image`` and ``centre`` (an ellipse over half of each side) see neither words nor
    image. ``largest answer`` and ``union of answers`` are favoured on purpose: they know the true masks
    of this image's questions and pick one mask from them, the largest or all together.

    Args:
        truths: the true masks of all questions about this image, at least one, of one shape.
    """
    height, width = truths[0].shape
    largest = max(truths, key=lambda mask: int(np.count_nonzero(mask)))
    return {
        "nothing": np.zeros((height, width), np.bool_),
        "whole image": np.ones((height, width), np.bool_),
        "centre": _centre(height, width),
        "largest answer": largest,
        "union of answers": np.logical_or.reduce(list(truths)),
    }


def _centre(height: int, width: int) -> MaskHW:
    rows = (np.arange(height) + 0.5) / height - 0.5
    columns = (np.arange(width) + 0.5) / width - 0.5
    inside: MaskHW = rows[:, None] ** 2 + columns[None, :] ** 2 <= 0.25**2
    return inside
