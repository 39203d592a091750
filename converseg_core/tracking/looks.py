"""What the target and its surroundings look like, pixel by pixel and as a whole, in the answered frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.colours import (
    Bins,
    FloatCHW,
    FloatHW,
    bins_of,
    histogram,
    in_colour_space,
    log_ratio,
    square,
)

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_NEAR_PX, _FAR_WEIGHT = 13, 0.02
_SURE_PX = 1.0
_UNCHANGED, _SAME = 5.0, 5.0


@dataclass(frozen=True, eq=False)
class Looks:
    """Colours are those of ``in_colour_space``; all pictures are in patch pixels.

    Attributes:
        picture: (3, h, w) the patch.
        distance: (h, w) pixels from the target's outline; above 0 inside.
        carried: (3, h, w) the target's colours, those of its rim carried on past the outline.
        on: (3, h, w) mean colour of the target near each pixel.
        off: (3, h, w) mean colour of what is not the target near each pixel.
        target: histogram of the target.
        around: histogram of the rest of the patch.
        ratio: for each bin, how much commoner it is on the target.
    """

    picture: FloatCHW
    distance: FloatHW
    carried: FloatCHW
    on: FloatCHW
    off: FloatCHW
    target: Bins
    around: Bins
    ratio: Bins
    _inside: NDArray[np.bool_]
    _soft: FloatCHW
    _low: FloatCHW
    _high: FloatCHW

    def unchanged(self, soft: FloatCHW) -> NDArray[np.bool_]:
        """(h, w) where a straightened frame (blurred) shows what the answered frame showed there."""
        over = np.maximum(soft - self._high, 0.0) + np.maximum(self._low - soft, 0.0)
        return np.asarray((square(over) < _UNCHANGED**2) & self._inside)

    def same_in(self, soft: FloatCHW) -> NDArray[np.bool_]:
        """(h, w) where a straightened frame (blurred) looks exactly as the answered one, pixel by pixel."""
        return np.asarray((square(soft - self._soft) < _SAME**2) & self._inside)


def looks_of(
    patch: NDArray[np.uint8], soft_mask: FloatHW, carried: NDArray[np.uint8], inside: NDArray[np.bool_]
) -> Looks:
    """Of a patch (h, w, 3), its mask (h, w), its colours carried on, and what was in the picture."""
    picture, bins = in_colour_space(patch), bins_of(patch)
    distance = signed_distance(soft_mask)
    inner = (distance > _SURE_PX).astype(np.float32)
    on = inner if inner.any() else soft_mask
    off = ((distance < -_SURE_PX) & inside).astype(np.float32)
    target, around = histogram(bins, on), histogram(bins, off)
    soft = in_colour_space(cv2.blur(patch, (3, 3)))
    return Looks(
        picture=picture,
        distance=distance,
        carried=in_colour_space(carried),
        on=near_mean(picture, on),
        off=near_mean(picture, off),
        target=target,
        around=around,
        ratio=log_ratio(target, around),
        _inside=inside,
        _soft=soft,
        _low=np.stack([cv2.erode(plane, _SQUARE) for plane in soft]),
        _high=np.stack([cv2.dilate(plane, _SQUARE) for plane in soft]),
    )


def signed_distance(soft: FloatHW) -> FloatHW:
    """(h, w) pixels from the outline (0.5) of a soft mask; above 0 inside; to parts of a pixel near it."""
    inside = (soft > 0.5).astype(np.uint8)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    distance = within - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    near = np.abs(distance) <= 1.0
    return np.where(near, soft - 0.5, distance - 0.5 * np.sign(distance)).astype(np.float32)


def near_mean(picture: FloatCHW, weight: FloatHW) -> FloatCHW:
    """(3, h, w) weighted mean colour near each pixel; where there is none, of the whole picture."""
    side, border = (_NEAR_PX, _NEAR_PX), cv2.BORDER_REPLICATE
    mean = cv2.mean(weight)[0]
    least = _FAR_WEIGHT / max(mean, 1e-6)
    share = 1.0 / np.maximum(cv2.blur(weight, side, borderType=border) + least * mean, 1e-6)
    near = weight * picture
    for plane in near:
        here = cv2.blur(plane, side, borderType=border)
        np.multiply(here + least * cv2.mean(plane)[0], share, out=plane)
    return near
