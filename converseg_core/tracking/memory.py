"""What a new answer and the belief about the target add up to.

The model sees what is in sight. The tracker may know more: that a hand covers half of the target, or all
of it. So a new answer replaces the mask, but what the tracker holds to be covered is kept with it, and
shows again when the hand goes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.answer import MaskHW
from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, compose, invert, size_change
from converseg_core.tracking.background import Background, background_after_answer
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.state import TargetState, Whole, resting_in
from converseg_core.tracking.straightening import inside_frame, straightened
from converseg_core.tracking.template import make_template

_MARGIN_PX, _MARGIN_SHARE = 4.0, 0.3
_LIES_WITHIN, _SLIVER, _WORTH_KEEPING, _MOSTLY = 0.8, 0.15, 0.1, 0.5
_BELIEVED_HIDDEN = 0.3


def state_after_answer(
    frame: SmallFrame, mask: MaskHW, belief: TargetState | None, settings: TrackerSettings
) -> TargetState | None:
    """The target as of an answered frame; None where there is nothing to follow.

    Args:
        frame: the answered frame.
        mask: (H, W) bool, the answer, of the camera's own size; may be empty.
        belief: what was believed about this frame before the answer, if anything.
        settings: sizes.
    """
    if not mask.any():
        if belief is None or (belief.following and belief.seen >= _BELIEVED_HIDDEN):
            return None
        return belief
    # Of a thing that is moved and turned, what was hidden in another view is no guide.
    covered = None if belief is None or belief.moved else _covered(frame, mask, belief)
    if covered is None and belief is not None and (not belief.following or belief.seen < _BELIEVED_HIDDEN):
        # Or it was not moved after all, and lies covered where it was answered.
        resting = _at_home(frame, belief)
        covered = None if resting is None else _covered(frame, mask, resting)
        belief = belief if covered is None else resting
    whole, picture = mask, frame.rgb
    if covered is not None and belief is not None:
        whole = mask | covered
        picture = _with_remembered(frame, covered, belief)
    pose, size_hw = _patch_round(frame, whole, settings)
    full_pose = compose(frame.to_full, pose)
    patch = _straightened_area(picture, pose, size_hw)
    soft_mask = soft_in(whole, full_pose, size_hw)
    if not (soft_mask > 0.5).any():
        soft_mask = _largest_at_one(soft_mask)
    template = make_template(patch, soft_mask, settings, inside=inside_frame(frame.rgb, pose, size_hw))
    hidden = np.zeros(size_hw, dtype=np.bool_)
    if covered is not None:
        hidden = soft_in(covered, full_pose, size_hw) > 0.5
    state = resting_in(frame, template, hidden, pose, _background(frame, whole, belief), settings)
    if belief is None or belief.moved:
        return state
    known = _as_whole(frame, belief)
    part = np.count_nonzero(template.mask) * size_change(pose) / max(1.0, _area_of(known))
    return replace(state, whole=known) if covered is not None or part < _SLIVER else state


def _background(frame: SmallFrame, mask: MaskHW, belief: TargetState | None) -> Background:
    """What this answer leaves out, and what was known of what is behind the whole target."""
    height, width = frame.rgb.shape[:2]
    small = cv2.resize(mask.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA)
    before, to_frame = None, None
    if belief is not None:
        before, to_frame = belief.background, belief.background_to(frame)
    return background_after_answer(frame.rgb, np.asarray(small, dtype=np.uint8), before, to_frame)


def _covered(frame: SmallFrame, mask: MaskHW, belief: TargetState) -> MaskHW | None:
    """(H, W) what the belief holds to be hidden, if answer and belief are about the same thing."""
    size_hw = frame.size_hw
    whole = belief.whole_in(frame.to_full, size_hw)
    hidden = belief.hidden_in(frame.to_full, size_hw)
    # A patch pixel may cover several of the camera's, and a mask's edge is good to one of them.
    reach = 3 * max(1.0, size_hw[0] / frame.rgb.shape[0])
    area = int(np.count_nonzero(mask))
    # Of a sliver in sight, or after a while out of sight, little can be told but that it is about there.
    vague = area < _SLIVER * np.count_nonzero(whole) or not belief.following
    if np.count_nonzero(mask & _grown(whole, 3 * reach if vague else reach)) < _LIES_WITHIN * area:
        return None
    missing = whole & ~mask & belief.coverable_in(frame)
    covered = (hidden & missing) | _mostly_hidden(missing, hidden, reach)
    return covered if np.count_nonzero(covered) >= _WORTH_KEEPING * area else None


def _at_home(frame: SmallFrame, belief: TargetState) -> TargetState | None:
    """The belief that it rests where it was answered, and that of it is hidden what looks otherwise."""
    whole = _as_whole(frame, belief)
    if whole is None:
        return None
    template = whole.template
    now = template.compare(frame.rgb, whole.pose)
    hidden = template.spread_to_rim(now.differs) | ~now.inside
    return replace(
        belief,
        template=template,
        pose=whole.pose,
        soft_mask=template.soft_mask,
        hidden=hidden,
        following=False,
        moved=False,
    )


def _as_whole(frame: SmallFrame, belief: TargetState) -> Whole | None:
    """How the target looks in plain view, if it rests; under a hand it is darker, and seen in part."""
    to_frame = belief.background_to(frame)
    if to_frame is None:
        return None
    known = belief.whole or Whole(belief.template, belief.answered_pose)
    return replace(known, pose=compose(to_frame, known.pose))


def _area_of(whole: Whole | None) -> float:
    """Pixels of the reduced picture."""
    return 0.0 if whole is None else float(np.count_nonzero(whole.template.mask) * size_change(whole.pose))


def _mostly_hidden(missing: MaskHW, hidden: MaskHW, reach_px: float) -> MaskHW:
    """Patches that an answer leaves out of the believed target because they are hidden, as a whole.

    The hand may have the target's colour in places, which were then believed to be in sight. Thin rims are
    errors of the outline; a patch that was believed to be in sight is not the target after all.
    """
    side = 2 * round(reach_px) + 1
    patches = cv2.morphologyEx(
        missing.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), dtype=np.uint8)
    )
    num, labels = cv2.connectedComponents(patches)
    areas = np.bincount(labels.reshape(-1), minlength=num)
    areas_hidden = np.bincount(labels[hidden], minlength=num)
    mostly_hidden = areas_hidden >= _MOSTLY * areas
    mostly_hidden[0] = False
    return np.asarray(mostly_hidden[labels])


def _grown(mask: MaskHW, by_px: float) -> MaskHW:
    side = 2 * round(by_px) + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), dtype=np.uint8)) > 0)


def _with_remembered(frame: SmallFrame, covered: MaskHW, belief: TargetState) -> ImageHWC:
    """The frame with the covered part of the target painted in as it was last seen."""
    height, width = frame.rgb.shape[:2]
    remembered = cv2.warpAffine(
        belief.template.patch, belief.pose, (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    small = cv2.resize(covered.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.where(small[..., None] > 0, remembered, frame.rgb), dtype=np.uint8)


def _patch_round(
    frame: SmallFrame, mask: MaskHW, settings: TrackerSettings
) -> tuple[Affine, tuple[int, int]]:
    """Pose and size of a patch that holds the mask with a margin."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    to_small = invert(frame.to_full)
    low = to_small @ np.array([columns[0], rows[0], 1.0])
    high = to_small @ np.array([columns[-1], rows[-1], 1.0])
    side = float((high - low).max()) + 1.0
    margin = _MARGIN_PX + _MARGIN_SHARE * side
    low, high = low - margin, high + margin
    step = max(1.0, float((high - low).max()) / (settings.template_side_px - 1))
    width, height = (int(np.ceil(length / step)) + 1 for length in high - low)
    return np.array([[step, 0.0, low[0]], [0.0, step, low[1]]]), (height, width)


def _straightened_area(picture: ImageHWC, pose: Affine, size_hw: tuple[int, int]) -> ImageHWC:
    """As ``straightening.straightened``, but averaging where the patch is coarser than the picture."""
    return straightened(np.asarray(_averaged(picture, pose), dtype=np.uint8), pose, size_hw)


def soft_in(mask: MaskHW, full_pose: Affine, size_hw: tuple[int, int]) -> NDArray[np.float32]:
    """The mask in patch pixels, each the share of it that is set."""
    soft = _averaged(mask.astype(np.float32), full_pose)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(soft, full_pose, (size_hw[1], size_hw[0]), flags=flags)
    return np.asarray(out, dtype=np.float32)


def _averaged(picture: NDArray[Any], pose: Affine) -> NDArray[Any]:
    side = 2 * int(pose[0, 0] / 2) + 1  # odd, or the picture would move by half a pixel
    return np.asarray(cv2.blur(picture, (side, side))) if pose[0, 0] > 1.5 else picture


def _largest_at_one(soft: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mask finer than the patch's pixels still has its fullest ones."""
    most = float(soft.max())
    if most <= 0:
        soft = np.zeros_like(soft)
        soft[soft.shape[0] // 2, soft.shape[1] // 2] = 1.0
        return soft
    return np.asarray((soft >= 0.8 * most), dtype=np.float32)
