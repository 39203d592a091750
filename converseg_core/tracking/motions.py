"""How things near the target moved between two frames: the target itself, and what may cover it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, apply, compose, corners_of, shift, size_change
from converseg_core.tracking.points import corners, follow, middle_shift, shared_motion
from converseg_core.tracking.settings import TrackerSettings

_NEAR = np.ones((21, 21), dtype=np.uint8)
_OUTLINE = np.ones((3, 3), dtype=np.uint8)
_TOLERANCE_PX = 1.5
_OFF_GROUND_PX = 0.7
_MIN_POINTS = 4


@dataclass(frozen=True, eq=False)
class NearMotions:
    """Motions from one frame to the next, in grey pixels; None where too few points tell.

    Attributes:
        shifted: the median shift of the target's visible points.
        turned: the similarity that most of them share.
        cover: the similarity of what moves near the target otherwise than the ground: a hand, say.
    """

    shifted: Affine | None
    turned: Affine | None
    cover: Affine | None


def near_motions(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    *,
    pose: Affine,
    mask: NDArray[np.bool_],
    visible: NDArray[np.bool_],
    ground_motion: Affine,
    settings: TrackerSettings,
) -> NearMotions:
    """Follow corners on and round the target from one frame to the next.

    Args:
        before, after: (g, k) uint8.
        pose: the target's in ``before``, patch to grey pixels.
        mask: (h, w) the target in its patch.
        visible: (h, w) what of it is in sight.
        ground_motion: of a resting target, ``before`` to ``after``.
        settings: how many points.
    """
    x, y, w, h = _area_round(mask, pose, before.shape)
    if min(w, h) < 4:
        return NearMotions(None, None, None)
    in_area = compose(shift(-x, -y), pose)
    near = cv2.dilate(cv2.warpAffine(mask.astype(np.uint8), in_area, (w, h), flags=cv2.INTER_NEAREST), _NEAR)
    area = np.ascontiguousarray(before[y : y + h, x : x + w])
    start = corners(area, num=settings.num_near_points, spacing_px=3, mask=np.asarray(near, dtype=np.uint8))
    at = np.rint(start).astype(int)
    start += np.array([x, y], dtype=np.float32)
    end, good = follow(before, after, start)
    if np.count_nonzero(good) < 2:
        return NearMotions(None, None, None)
    in_sight = cv2.warpAffine(visible.astype(np.uint8), in_area, (w, h), flags=cv2.INTER_NEAREST)
    on_target = good & (cv2.dilate(in_sight, _OUTLINE)[at[:, 1], at[:, 0]] > 0)
    shifted = turned = cover = None
    if on_target.any():
        shifted = shift(*middle_shift(start[on_target], end[on_target]))
    if np.count_nonzero(on_target) >= _MIN_POINTS:
        found = shared_motion(start[on_target], end[on_target], tolerance_px=_TOLERANCE_PX)
        turned = None if found is None else found[0]
    off = good & (np.linalg.norm(apply(ground_motion, start) - end, axis=1) > _OFF_GROUND_PX)
    if np.count_nonzero(off) >= _MIN_POINTS:
        found = shared_motion(start[off], end[off], tolerance_px=_TOLERANCE_PX)
        if found is not None and 0.8 < size_change(found[0]) < 1.25:
            cover = found[0]
    return NearMotions(shifted, turned, cover)


def _area_round(mask: NDArray[np.bool_], pose: Affine, size_hw: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, width and height of the part of a picture that holds all that is near the target."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    x, y = corners_of(compose(pose, shift(left, top)), (height, width))
    reach = _NEAR.shape[0] // 2 + 1
    low_x, low_y = max(0, math.floor(min(x)) - reach), max(0, math.floor(min(y)) - reach)
    high_x, high_y = math.ceil(max(x)) + reach + 1, math.ceil(max(y)) + reach + 1
    return low_x, low_y, min(size_hw[1], high_x) - low_x, min(size_hw[0], high_y) - low_y
