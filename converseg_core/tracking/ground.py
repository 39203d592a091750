"""The camera's own motion, from what is not the target, without drift while the target is hidden.

Points are followed from a keyframe, not from frame to frame: as long as the keyframe stands, errors do
not add up. It stands while the target is badly seen, and moves on while it is seen well.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, Points, apply, compose, invert
from converseg_core.tracking.points import corners, follow, shared_motion
from converseg_core.tracking.settings import TrackerSettings

_MIN_POINTS = 6
_TOLERANCE_PX = 1.5
_MARGIN = np.ones((9, 9), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Ground:
    """A keyframe, and where its points are by now.

    Attributes:
        grey: (g, k) uint8, the keyframe.
        pose: the target's pose in it, patch to grey pixels.
        points: (N, 2) corners outside the target, in the keyframe.
        by_now: (N, 2) where they are in the last frame.
    """

    grey: NDArray[np.uint8]
    pose: Affine
    points: Points
    by_now: Points

    def moved_to(self, grey: NDArray[np.uint8]) -> tuple[Ground, Affine] | None:
        """Follow to a new frame: the ground, and the pose of a target that rests on it; None: cannot."""
        found, good = follow(self.grey, grey, self.points, guess=self.by_now)
        if np.count_nonzero(good) < _MIN_POINTS:
            return None
        motion = shared_motion(self.points[good], found[good], tolerance_px=_TOLERANCE_PX)
        if motion is None or np.count_nonzero(motion[1]) < _MIN_POINTS:
            return None
        by_now = apply(motion[0], self.points)
        by_now[good] = found[good]
        return Ground(self.grey, self.pose, self.points, by_now), compose(motion[0], self.pose)


def ground_round(
    grey: NDArray[np.uint8], pose: Affine, mask: NDArray[np.bool_], settings: TrackerSettings
) -> Ground:
    """A keyframe whose points leave out the target (its mask in patch pixels, its pose in grey pixels)."""
    size = (grey.shape[1], grey.shape[0])
    on_target = cv2.warpAffine(mask.astype(np.uint8), pose, size, flags=cv2.INTER_NEAREST)
    free = 1 - cv2.dilate(np.asarray(on_target), _MARGIN)
    # Corners at half the size: five times cheaper, and those that last.
    half = np.ascontiguousarray(grey[::2, ::2])
    points = 2 * corners(
        half, num=settings.num_ground_points, spacing_px=5, mask=np.ascontiguousarray(free[::2, ::2])
    )
    return Ground(grey, pose, points, points)


def relative(pose: Affine, before: Affine) -> Affine:
    """What moved a thing from one pose to another, in picture pixels."""
    return compose(pose, invert(before))
