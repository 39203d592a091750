"""The camera's own motion, from what is not the target, without drift while the target is hidden.

Points are followed from a keyframe, not from frame to frame: as long as the keyframe stands, errors do
not add up. It stands while the target is badly seen, and moves on while it is seen well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, Points, apply, compose, identity, invert
from converseg_core.tracking.points import ROUGH, corners, follow, shared_motion
from converseg_core.tracking.settings import TrackerSettings

_MIN_POINTS, _WORN_BELOW, _LEFT_BELOW = 6, 0.4, 0.85
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
        num_found: how many of them were found there.
        motion: from the keyframe to the last frame, grey pixels.
        since: from the answered frame to the keyframe; None where the way was lost.
    """

    grey: NDArray[np.uint8]
    pose: Affine
    points: Points
    by_now: Points
    num_found: int
    motion: Affine
    since: Affine | None

    @property
    def now(self) -> Affine | None:
        """From the answered frame to the last frame, grey pixels; None where the way was lost."""
        return None if self.since is None else compose(self.motion, self.since)

    @property
    def left_behind(self) -> bool:
        """Whether the camera turned so far that some of the keyframe's points are out of the picture."""
        limits = np.array([self.grey.shape[1] - 0.5, self.grey.shape[0] - 0.5])
        inside = ((self.by_now > -0.5) & (self.by_now < limits)).all(axis=1)
        return bool(np.count_nonzero(inside) < _LEFT_BELOW * len(self.points))

    @property
    def worn(self) -> bool:
        """Whether few of the keyframe's points are still found: covered, or looking otherwise by now."""
        return self.num_found < _WORN_BELOW * len(self.points)

    def resting_at(self, pose: Affine) -> Ground:
        """The same ground with the target resting at another pose in the last frame."""
        return replace(self, pose=compose(invert(self.motion), pose))

    def moved_to(self, grey: NDArray[np.uint8]) -> tuple[Ground, Affine] | None:
        """Follow to a new frame: the ground, and the pose of a target that rests on it; None: cannot."""
        found, good = follow(self.grey, grey, self.points, guess=self.by_now, precision=ROUGH)
        if np.count_nonzero(good) < _MIN_POINTS:
            return None
        motion = shared_motion(self.points[good], found[good], tolerance_px=_TOLERANCE_PX)
        if motion is None or np.count_nonzero(motion[1]) < _MIN_POINTS:
            return None
        by_now = apply(motion[0], self.points)
        by_now[good] = found[good]
        num_found = int(np.count_nonzero(motion[1]))
        moved = replace(self, by_now=by_now, motion=motion[0], num_found=num_found)
        return moved, compose(motion[0], self.pose)


def ground_round(
    grey: NDArray[np.uint8],
    pose: Affine,
    mask: NDArray[np.bool_],
    settings: TrackerSettings,
    *,
    since: Affine | None,
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
    return Ground(grey, pose, points, points, len(points), identity(), since)


def relative(pose: Affine, before: Affine) -> Affine:
    """What moved a thing from one pose to another, in picture pixels."""
    return compose(pose, invert(before))
