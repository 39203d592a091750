"""Where a target fits best: a few pixels round its place, or far and wide where it was lost."""

from __future__ import annotations

import cv2
import numpy as np

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, compose, scaling, shift, size_change
from converseg_core.tracking.template import MaskHW, Template, smoothed, straightened

_COARSE, _WIDE = 4, 25
"""A lost target is looked for so many coarse pixels round its place, each of so many of the patch's."""


def searched(template: Template, rgb: ImageHWC, pose: Affine, visible: MaskHW, *, reach_px: int) -> Affine:
    """The pose, shifted by whole patch pixels to where the visible core fits best."""
    h, w = template.soft_mask.shape
    wide = compose(pose, shift(-reach_px, -reach_px))
    area = straightened(rgb, wide, (h + 2 * reach_px, w + 2 * reach_px))
    best = _best(smoothed(area), template.target_u8, visible)
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
    """X and y at which some pixels of a picture fit best in a larger one."""
    weight = np.repeat(where.astype(np.uint8)[..., None], 3, axis=2)
    costs = cv2.matchTemplate(area, picture, cv2.TM_SQDIFF, mask=weight)
    x, y = cv2.minMaxLoc(costs)[2]
    return int(x), int(y)
