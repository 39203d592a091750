"""Where a target fits best: a few pixels round its place, or far and wide where it was lost."""

from __future__ import annotations

import cv2
import numpy as np

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, compose, scaling, shift, size_change
from converseg_core.tracking.colours import square
from converseg_core.tracking.straightening import smoothed, straightened
from converseg_core.tracking.template import MaskHW, Template

_MIDDLE = np.float32(128)
"""Counted from the middle, colours are small enough numbers for single precision."""

_COARSE, _WIDE = 4, 25
"""A lost target is looked for so many coarse pixels round its place, each of so many of the patch's."""


def searched(template: Template, rgb: ImageHWC, pose: Affine, visible: MaskHW, *, reach_px: int) -> Affine:
    """The pose, shifted by whole patch pixels to where the visible core fits best; itself, if it is there."""
    h, w = template.soft_mask.shape
    wide = compose(pose, shift(-reach_px, -reach_px))
    area = straightened(rgb, wide, (h + 2 * reach_px, w + 2 * reach_px))
    best = _best(smoothed(area), template.target_u8, visible)
    if best == (reach_px, reach_px):
        return pose
    return compose(pose, shift(best[0] - reach_px, best[1] - reach_px))


def searched_wide(template: Template, rgb: ImageHWC, pose: Affine) -> Affine:
    """The pose, shifted to where the target fits best far and wide, to some pixels."""
    h, w = template.soft_mask.shape
    size = max(1, w // _COARSE), max(1, h // _COARSE)
    small = cv2.resize(template.target_u8, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(template.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    coarse = compose(compose(pose, scaling(_COARSE, _COARSE)), shift(-_WIDE, -_WIDE))
    side = 2 * round(0.5 * _COARSE * float(np.sqrt(abs(size_change(pose))))) + 1
    soft = np.asarray(cv2.blur(rgb, (side, side)), dtype=np.uint8)
    area = straightened(soft, coarse, (size[1] + 2 * _WIDE, size[0] + 2 * _WIDE))
    best = _best(area, np.asarray(small, dtype=np.uint8), share >= min(0.5, float(share.max())))
    return compose(pose, shift(_COARSE * (best[0] - _WIDE), _COARSE * (best[1] - _WIDE)))


def _best(area: ImageHWC, picture: ImageHWC, where: MaskHW) -> tuple[int, int]:
    """X and y at which some pixels of a picture fit best in a larger one: least squares.

    ``cv2.matchTemplate`` with a mask says the same in double precision, and takes three times as long.
    """
    (height, width), (h, w) = area.shape[:2], picture.shape[:2]
    size = _fast_size(height), _fast_size(width)
    there, sought = np.zeros((4, *size), dtype=np.float32), np.zeros((4, *size), dtype=np.float32)
    for k, (large, small) in enumerate(zip(cv2.split(area), cv2.split(picture), strict=True)):
        np.subtract(large, _MIDDLE, out=there[k, :height, :width])
        np.multiply(np.subtract(small, _MIDDLE), where, out=sought[k, :h, :w])
    there[3] = square(there[:3])
    sought[3, :h, :w] = -0.5 * where
    spectrum = np.zeros(size, dtype=np.float32)
    for large, small in zip(there, sought, strict=True):
        spectrum += cv2.mulSpectrums(cv2.dft(large), cv2.dft(small), 0, conjB=True)
    fit = cv2.dft(spectrum, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
    x, y = cv2.minMaxLoc(fit[: height - h + 1, : width - w + 1])[3]
    return int(x), int(y)


def _fast_size(length: int) -> int:
    """Even, and of small factors."""
    return 2 * int(cv2.getOptimalDFTSize((length + 1) // 2))
