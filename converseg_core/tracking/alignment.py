"""The last pixel: a pose aligned with the template itself, so that errors of single steps never add up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, compose, shift, size_change
from converseg_core.tracking.points import follow, middle_shift, shared_motion
from converseg_core.tracking.template import Likeness, Template

_ROUNDS = 2
_TOLERANCE_PX = 1.0
_MAX_RETURN_ERROR_PX = 0.5
_MIN_POINTS, _POINTS_TO_TURN, _POINTS_TO_SHEAR = 4, 6, 12
_SEEN_TO_TURN, _SEEN_TO_SHEAR = 0.6, 0.85
_COVERED = np.ones((5, 5), dtype=np.uint8)
_MAX_WARP_PX = 3.0
_MIN_SIDE_FOR_FLOW = 16
_GAIN_WINDOW, _MIN_GAIN = (7, 7), 5.0


def aligned(
    template: Template, rgb: ImageHWC, pose: Affine, now: Likeness, *, penalty: float
) -> tuple[Affine, Likeness]:
    """The pose, improved where corners of the template are found nearby in the straightened frame.

    The less of the target is seen, the fewer liberties: affine, similarity, shift. A change must gain
    more than ``penalty`` in score.
    """
    for _ in range(_ROUNDS):
        change = _change(template, now)
        if change is None:
            break
        moved = compose(pose, change)
        then = template.compare(rgb, moved)
        if then.score <= now.score + penalty:
            break
        pose, now = moved, then
    return pose, now


def _change(template: Template, now: Likeness) -> Affine | None:
    found, good = follow(
        template.grey,
        now.grey,
        template.points,
        window_px=9,
        num_levels=2,
        max_return_error_px=_MAX_RETURN_ERROR_PX,
    )
    covered = cv2.dilate(now.differs.astype(np.uint8), _COVERED) > 0
    at = np.rint(template.points).astype(int)
    good &= ~covered[at[:, 1], at[:, 0]]
    num = int(np.count_nonzero(good))
    if num < _MIN_POINTS:
        return None
    start, end = template.points[good], found[good]
    if now.seen > _SEEN_TO_TURN and num >= _POINTS_TO_TURN:
        affine = num >= _POINTS_TO_SHEAR and now.seen > _SEEN_TO_SHEAR
        shared = shared_motion(start, end, tolerance_px=_TOLERANCE_PX, affine=affine)
        if shared is None:
            return None
        change, agree = shared
    else:
        change = shift(*middle_shift(start, end))
        agree = np.linalg.norm(end - start - change[:, 2], axis=1) < _TOLERANCE_PX
    if np.count_nonzero(agree) < max(_MIN_POINTS, num / 2) or not 0.6 < size_change(change) < 1.6:
        return None
    return change


class OutlineWarp:
    """Bends the mask to a straightened frame, as no affine map can. One thread at a time (OpenCV's flow)."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def __call__(self, template: Template, now: Likeness) -> NDArray[np.float32]:
        """(h, w) soft mask, moved by at most ``_MAX_WARP_PX`` patch pixels, by dense optical flow."""
        if min(template.soft_mask.shape) < _MIN_SIDE_FOR_FLOW:
            return template.soft_mask
        none_yet = np.zeros((*now.grey.shape, 2), dtype=np.float32)
        flow = np.clip(self._flow.calc(now.grey, template.grey, none_yet), -_MAX_WARP_PX, _MAX_WARP_PX)
        # Near what is hidden the flow is that of what hides it.
        hidden = cv2.dilate(now.differs.astype(np.float32), np.ones((7, 7), dtype=np.uint8))
        followed = 1.0 - cv2.blur(hidden, (5, 5))
        from_x, from_y = template.pixels + followed * np.stack(cv2.split(cv2.blur(flow, (5, 5))))
        moved = cv2.remap(template.soft_mask, from_x, from_y, cv2.INTER_LINEAR)
        # Only where the flow explains the frame: on thin things and plain ones it is that of what is beside.
        remapped = cv2.remap(template.for_warping, from_x, from_y, cv2.INTER_LINEAR)
        bent = np.asarray(cv2.cvtColor(remapped, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
        gain = np.subtract(_misfit(template.patch, now.patch), _misfit(bent, now.patch), dtype=np.float32)
        gain = cv2.blur(gain, _GAIN_WINDOW)
        return np.where(gain > _MIN_GAIN, moved, template.soft_mask).astype(np.float32)


def _misfit(a: ImageHWC, b: ImageHWC) -> NDArray[np.uint8]:
    """(h, w) summed difference of the colours, 255 at most."""
    red, green, blue = cv2.split(cv2.absdiff(a, b))
    return np.asarray(cv2.add(cv2.add(red, green), blue), dtype=np.uint8)
