"""Mask metrics, as the ConverSeg benchmark defines them (arXiv 2602.13195)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def intersection_union(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> tuple[int, int]:
    """Pixels in both masks and pixels in either; both (H, W) bool.

    Raises:
        ValueError: the masks differ in shape or are not bool.
    """
    if a.shape != b.shape or a.dtype != np.bool_ or b.dtype != np.bool_:
        raise ValueError(
            f"masks must be bool and of one shape, not {a.dtype}{a.shape} and {b.dtype}{b.shape}"
        )
    return int(np.count_nonzero(a & b)), int(np.count_nonzero(a | b))


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union; two empty masks agree (1.0), one empty mask does not (0.0)."""
    intersection, union = intersection_union(a, b)
    return 1.0 if union == 0 else intersection / union
