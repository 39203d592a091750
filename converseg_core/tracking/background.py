"""What is behind the target, as the answers showed it: what looks so again is not the target.

Every answer says of all the picture but its mask what is not the target. That is kept from answer to answer
in one picture, which goes with the ground. Where a target moved away from what was behind it, or its outline
reaches over something of the same colours, the pixels that look as they did when they were not the target's
still are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, compose, invert
from converseg_core.tracking.colours import (
    Bins,
    FloatCHW,
    FloatHW,
    bins_of,
    dot,
    histogram,
    in_colour_space,
    square,
)
from converseg_core.tracking.straightening import inside_frame

MaskHW = NDArray[np.bool_]

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_MARGIN = np.ones((7, 7), dtype=np.uint8)
_UNCHANGED, _THERE_ABOVE, _DARKEST = 5.0, 0.3, 0.35

RARE = 2e-3
"""Share of a thing's pixels below which a colour is none of its own."""


@dataclass(frozen=True, eq=False)
class Behind:
    """The part of the background that a straightened frame should show where nothing is before it.

    Attributes:
        picture: (3, h, w) in colour space.
        known: (h, w) bool.
        shows: (h, w) bool, where the frame looks like it.
        shaded: (h, w) bool, where it looks like it in a shadow.
    """

    picture: FloatCHW
    known: MaskHW
    shows: MaskHW
    shaded: MaskHW

    def is_there(self, soft_mask: FloatHW) -> bool:
        """Whether enough of what is beside the target (its soft mask, (h, w)) looks as it should."""
        beside = self.known & (cv2.dilate((soft_mask > 0.5).astype(np.uint8), _MARGIN) == 0)
        return bool(np.count_nonzero(self.shows & beside) >= _THERE_ABOVE * np.count_nonzero(beside))

    def in_front(self, bins: NDArray[np.intp], where: MaskHW) -> Bins:
        """Histogram of what is before the background at some places."""
        return histogram(bins, (where & self.known & ~self.shows).astype(np.float32))

    def like_what_is_in_front(self, patch: ImageHWC, where: MaskHW) -> MaskHW:
        """(h, w) whose colours are among those of what is before the background at some places."""
        bins = bins_of(patch)
        things = self.in_front(bins, where)
        return np.asarray(things.take(bins) > RARE * max(float(things.sum()), 1.0))


@dataclass(frozen=True, eq=False)
class Background:
    """Everything but the target.

    Attributes:
        rgb: (h, w, 3) uint8, in pixels of the reduced picture of the answered frame.
        known: (h, w) uint8, 255 where some answer left the pixel out of the target.
    """

    rgb: ImageHWC
    known: NDArray[np.uint8]

    @cached_property
    def _picture(self) -> NDArray[np.uint8]:
        return np.dstack([self.rgb, self.known])

    def behind(self, soft: FloatCHW, pose: Affine, to_frame: Affine) -> Behind:
        """What should be seen in a straightened frame, and where it is.

        Args:
            soft: (3, h, w) the frame, straightened, smoothed and in colour space.
            pose: patch to frame.
            to_frame: background to frame, both in pixels of the reduced picture.
        """
        h, w = soft.shape[1:]
        from_patch = compose(invert(to_frame), pose)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        picture = cv2.warpAffine(
            self._picture, from_patch, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        known = (picture[..., 3] > 250) & inside_frame(self.rgb, from_patch, (h, w))
        there = cv2.cvtColor(picture, cv2.COLOR_RGBA2RGB)
        expected = cv2.blur(there, (3, 3))
        low = in_colour_space(cv2.erode(expected, _SQUARE))
        high = in_colour_space(cv2.dilate(expected, _SQUARE))
        over = soft - np.clip(soft, np.minimum(low, high), np.maximum(low, high))
        shows = known & (square(over) < _UNCHANGED**2)
        middle = 0.5 * (low + high)
        light = dot(soft, middle) / (square(middle) + 1.0)
        shaded = known & (light > _DARKEST) & (light < 1.0)
        shaded &= square(soft - light * middle) < _UNCHANGED**2
        return Behind(in_colour_space(there), np.asarray(known), np.asarray(shows), np.asarray(shaded))


def background_after_answer(
    rgb: ImageHWC, mask: NDArray[np.uint8], before: Background | None, to_frame: Affine | None
) -> Background:
    """What an answered frame shows beside the target, and what was known of the rest.

    Args:
        rgb: (h, w, 3) uint8, the answered frame's reduced picture.
        mask: (h, w) uint8, above 0 where the answer has the target.
        before: what was known.
        to_frame: from ``before`` to this frame; None where that is not known.
    """
    on_target = cv2.dilate(mask, _MARGIN) > 0
    known = np.where(on_target, 0, 255).astype(np.uint8)
    if before is None or to_frame is None or before.rgb.shape != rgb.shape:
        return Background(rgb, known)
    size = (rgb.shape[1], rgb.shape[0])
    old = cv2.warpAffine(before.rgb, to_frame, size)
    old_known = cv2.warpAffine(before.known, to_frame, size)
    return Background(
        np.asarray(np.where(on_target[..., None], old, rgb), dtype=np.uint8),
        np.where(on_target, np.where(old_known > 250, 255, 0), 255).astype(np.uint8),
    )
