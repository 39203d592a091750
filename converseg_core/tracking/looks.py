"""What the target and its surroundings look like, pixel by pixel and as a whole, in the answered frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.colours import Bins, FloatHWC, bins_of, histogram, in_colour_space, log_ratio

FloatHW = NDArray[np.float32]

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_NEAR_PX = 13
_SURE_PX = 1.0
_UNCHANGED, _SAME = 5.0, 5.0


@dataclass(frozen=True, eq=False)
class Looks:
    """Colours are those of ``in_colour_space``; all pictures are in patch pixels.

    Attributes:
        picture: (h, w, 3) the patch.
        distance: (h, w) pixels from the target's outline; above 0 inside.
        carried: (h, w, 3) the target's colours, those of its rim carried on past the outline.
        on: (h, w, 3) mean colour of the target near each pixel.
        off: (h, w, 3) mean colour of what is not the target near each pixel.
        target: histogram of the target.
        around: histogram of the rest of the patch.
        ratio: for each bin, how much commoner it is on the target.
    """

    picture: FloatHWC
    distance: FloatHW
    carried: FloatHWC
    on: FloatHWC
    off: FloatHWC
    target: Bins
    around: Bins
    ratio: Bins
    _inside: NDArray[np.bool_]
    _soft: FloatHWC
    _low: FloatHWC
    _high: FloatHWC

    def unchanged(self, picture: FloatHWC) -> NDArray[np.bool_]:
        """(h, w) where a straightened frame shows what the answered frame showed there."""
        soft = cv2.blur(picture, (3, 3))
        over = np.maximum(soft - self._high, 0.0) + np.maximum(self._low - soft, 0.0)
        return np.asarray((np.einsum("hwc,hwc->hw", over, over) < _UNCHANGED**2) & self._inside)

    def same_in(self, picture: FloatHWC) -> NDArray[np.bool_]:
        """(h, w) where a straightened frame looks exactly as the answered one, its neighbours left aside."""
        off = cv2.blur(picture, (3, 3)) - self._soft
        return np.asarray((np.einsum("hwc,hwc->hw", off, off) < _SAME**2) & self._inside)


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
    soft = cv2.blur(picture, (3, 3))
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
        _soft=np.asarray(soft, dtype=np.float32),
        _low=np.asarray(cv2.erode(soft, _SQUARE), dtype=np.float32),
        _high=np.asarray(cv2.dilate(soft, _SQUARE), dtype=np.float32),
    )


def signed_distance(soft: FloatHW) -> FloatHW:
    """(h, w) pixels from the outline (0.5) of a soft mask; above 0 inside; to parts of a pixel near it."""
    inside = (soft > 0.5).astype(np.uint8)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    distance = within - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    near = np.abs(distance) <= 1.0
    return np.where(near, soft - 0.5, distance - 0.5 * np.sign(distance)).astype(np.float32)


def near_mean(picture: FloatHWC, weight: FloatHW) -> FloatHWC:
    """(h, w, 3) weighted mean colour near each pixel; where there is none, of the whole picture."""
    stacked = np.dstack([weight, weight[..., None] * picture])
    total = stacked.reshape(-1, 4).mean(axis=0)
    near = cv2.blur(stacked, (_NEAR_PX, _NEAR_PX), borderType=cv2.BORDER_REPLICATE)
    near += 0.02 * total / max(float(total[0]), 1e-6)
    return np.asarray(near[..., 1:] / np.maximum(near[..., :1], 1e-6), dtype=np.float32)
