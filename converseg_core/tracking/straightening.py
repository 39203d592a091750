"""A frame seen from the target's own picture: straightened by a pose, so that pixels can be compared."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, corners_of

MaskHW = NDArray[np.bool_]


def inside_frame(rgb: ImageHWC, pose: Affine, size_hw: tuple[int, ...]) -> MaskHW:
    """(h, w) what of the patch lies in the frame."""
    h, w = size_hw
    right, bottom = rgb.shape[1] - 0.5, rgb.shape[0] - 0.5
    x, y = corners_of(pose, size_hw)
    if min(x) > -0.5 and max(x) < right and min(y) > -0.5 and max(y) < bottom:
        return np.ones((h, w), dtype=np.bool_)
    columns, rows = np.arange(w), np.arange(h)[:, None]
    at_x = pose[0, 0] * columns + (pose[0, 1] * rows + pose[0, 2])
    at_y = pose[1, 0] * columns + (pose[1, 1] * rows + pose[1, 2])
    return np.asarray((at_x > -0.5) & (at_x < right) & (at_y > -0.5) & (at_y < bottom))


def smoothed(picture: ImageHWC) -> ImageHWC:
    """(h, w, 3) as pictures are compared: a pixel's noise is not its colour."""
    return np.asarray(cv2.blur(picture, (3, 3)), dtype=np.uint8)


def straightened(rgb: ImageHWC, pose: Affine, size_hw: tuple[int, ...]) -> ImageHWC:
    """(h, w, 3) what the frame shows where the pose puts the patch."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(rgb, pose, (size_hw[1], size_hw[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if out.shape[2] > 3:
        out = cv2.cvtColor(out, cv2.COLOR_RGBA2RGB)
    return np.asarray(out, dtype=np.uint8)
