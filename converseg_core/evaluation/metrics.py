"""Mask metrics, as the ConverSeg benchmark defines them (arXiv 2602.13195), and boundary IoU."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.rle import MaskHW, Rle

BOUNDARY_SHARE = 0.02
"""Width of the boundary band as a share of the image's diagonal (Cheng et al., CVPR 2021)."""


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


def boundary_iou(a: Rle, b: Rle, *, width_share: float = BOUNDARY_SHARE) -> float:
    """IoU of the two masks' inner boundary bands (Cheng et al., CVPR 2021).

    A band is what an erosion by ``width_share`` of the image's diagonal (at least one pixel) takes away;
    the picture's edge counts as boundary. Two empty masks agree (1.0).

    Raises:
        ValueError: the masks differ in size.
    """
    if a.size_hw != b.size_hw:
        raise ValueError(f"masks must be of one size, not {a.size_hw} and {b.size_hw}")
    areas = (a.area_px, b.area_px)
    if not all(areas):
        return 1.0 if not any(areas) else 0.0
    width_px = boundary_width_px(a.size_hw, width_share)
    # Outside the box of both there is nothing to erode, and nothing that could be in a band.
    rows, columns = _common_box(a, b)
    inside = np.s_[rows, columns]
    return iou(_band(a.decode()[inside], width_px), _band(b.decode()[inside], width_px))


def boundary_width_px(size_hw: tuple[int, int], width_share: float = BOUNDARY_SHARE) -> int:
    """Width of the boundary band in pixels."""
    return max(1, round(width_share * math.hypot(*size_hw)))


def _common_box(a: Rle, b: Rle) -> tuple[slice, slice]:
    ax, ay, aw, ah = a.box_xywh
    bx, by, bw, bh = b.box_xywh
    return (
        slice(min(ay, by), max(ay + ah, by + bh)),
        slice(min(ax, bx), max(ax + aw, bx + bw)),
    )


def _band(mask: MaskHW, width_px: int) -> MaskHW:
    side = 2 * width_px + 1
    eroded = cv2.erode(
        np.ascontiguousarray(mask).view(np.uint8),
        np.ones((side, side), np.uint8),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    band: MaskHW = mask & (eroded == 0)
    return band
