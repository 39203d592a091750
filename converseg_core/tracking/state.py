"""What is believed about a target in one frame. A state of the past can be gone back to: it is frozen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, apply, compose, identity, invert, shift
from converseg_core.tracking.background import Background
from converseg_core.tracking.colours import in_colour_space
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.ground import Ground, ground_round
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.straightening import smoothed, straightened
from converseg_core.tracking.template import Template

_BESIDE = np.ones((5, 5), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Whole:
    """The target as an earlier answer showed all of it.

    Attributes:
        template: its picture.
        pose: where it rests in the state's answered frame, from patch to pixels of the reduced picture.
    """

    template: Template
    pose: Affine


@dataclass(frozen=True, eq=False)
class TargetState:
    """What is believed about the target in one frame.

    Attributes:
        template: its picture.
        pose: from patch pixels to pixels of the frame's reduced picture.
        soft_mask: (h, w) float32, its mask in the patch, fitted to the frame; hidden parts included.
        shown: (h, w) float32, what of that is in sight.
        hidden: (h, w) bool, what of the patch is covered by something, or outside the frame.
        seen: share of the target's core in sight.
        inside: share of it inside the frame.
        drift: how much what is in sight differs from the template, in [0, 1]; at 1 it is lost.
        following: whether it is followed; else it is lost.
        speed: (2,) pixels of the reduced picture per second.
        ground: for the camera's motion.
        background: what the answers left out of the target.
        answered_pose: where it was in the answered frame.
        moved: whether it has left that place on the ground since.
        in_place: while it is lost, whether its place has been in the picture and the ground known ever since.
        cover_pose: where the target is if what covers it took it along; only while it is lost.
        stamp_ns: of the frame.
        seen_ns: stamp when it was last in sight.
        whole: while some of it was covered in the answered frame, how it looks in plain view.
    """

    template: Template
    pose: Affine
    soft_mask: NDArray[np.float32]
    shown: NDArray[np.float32]
    hidden: NDArray[np.bool_]
    seen: float
    inside: float
    drift: float
    following: bool
    speed: NDArray[np.float64]
    ground: Ground
    background: Background
    answered_pose: Affine
    moved: bool
    in_place: bool
    cover_pose: Affine | None
    stamp_ns: int
    seen_ns: int
    whole: Whole | None = None

    def background_to(self, frame: SmallFrame) -> Affine | None:
        """From the background to the state's own frame, in pixels of the reduced picture."""
        if self.ground.now is None:
            return None
        return compose(invert(frame.to_grey), compose(self.ground.now, frame.to_grey))

    def home_in(self, frame: SmallFrame) -> Affine | None:
        """The pose of the target if it rests where it was answered, in the state's own frame."""
        to_frame = self.background_to(frame)
        return None if to_frame is None else compose(to_frame, self.answered_pose)

    def coverable_in(self, frame: SmallFrame) -> NDArray[np.bool_]:
        """(H, W) where something may hide the target in the state's own frame.

        Not where the frame shows what is behind; nor what has none of the colours of things in front of that.
        """
        to_frame = self.background_to(frame)
        if to_frame is None:
            return np.ones(frame.size_hw, dtype=np.bool_)
        patch = straightened(frame.rgb, self.pose, self.soft_mask.shape)
        behind = self.background.behind(in_colour_space(smoothed(patch)), self.pose, to_frame)
        beside = cv2.dilate((self.soft_mask > 0.5).astype(np.uint8), _BESIDE) == 0
        may_hide = ~behind.shows & behind.like_what_is_in_front(patch, beside)
        return self._in_picture(may_hide.astype(np.float32), frame.to_full, frame.size_hw)

    def mask_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) what of it is in sight, in a picture into which ``to_picture`` maps reduced pixels."""
        return self._in_picture(self.shown, to_picture, size_hw)

    def whole_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) all of it, what is hidden included."""
        return self._in_picture(self.soft_mask, to_picture, size_hw)

    def hidden_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) what of it is hidden."""
        return self._in_picture(self.soft_mask * self.hidden, to_picture, size_hw)

    def shown_in(
        self, to_picture: Affine, size_hw: tuple[int, int]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """As ``mask_in``, and (H, W) float32 how far inside it each pixel lies: 0.5 on the outline."""
        mask, soft = np.zeros(size_hw, dtype=np.bool_), np.zeros(size_hw, dtype=np.float32)
        area, placed = self._placed(self.shown, to_picture, size_hw)
        mask[area], soft[area] = placed > 0.5, placed
        return mask, soft

    def _in_picture(
        self, soft: NDArray[np.float32], to_picture: Affine, size_hw: tuple[int, int]
    ) -> NDArray[np.bool_]:
        mask = np.zeros(size_hw, dtype=np.bool_)
        area, placed = self._placed(soft, to_picture, size_hw)
        mask[area] = placed > 0.5
        return mask

    def _placed(
        self, soft: NDArray[np.float32], to_picture: Affine, size_hw: tuple[int, int]
    ) -> tuple[tuple[slice, slice], NDArray[np.float32]]:
        """Only the part of the picture that the patch can reach: its rows and columns, and what is there."""
        pose = compose(to_picture, self.pose)
        h, w = soft.shape
        box = apply(pose, np.array([[0, 0], [w, 0], [0, h], [w, h]]))
        low = np.clip(np.floor(box.min(axis=0)) - 1, 0, (size_hw[1], size_hw[0])).astype(int)
        high = np.clip(np.ceil(box.max(axis=0)) + 2, 0, (size_hw[1], size_hw[0])).astype(int)
        area = slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))
        width, height = int(high[0] - low[0]), int(high[1] - low[1])
        if width <= 0 or height <= 0:
            return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), dtype=np.float32)
        placed = compose(shift(-float(low[0]), -float(low[1])), pose)
        return area, np.asarray(cv2.warpAffine(soft, placed, (width, height)), dtype=np.float32)


def resting_in(
    frame: SmallFrame,
    template: Template,
    hidden: NDArray[np.bool_],
    pose: Affine,
    background: Background,
    settings: TrackerSettings,
) -> TargetState:
    """A target that was just answered in a frame."""
    num_core = max(1, int(np.count_nonzero(template.core)))
    return TargetState(
        template=template,
        pose=pose,
        soft_mask=template.soft_mask,
        shown=template.soft_mask * ~hidden,
        hidden=hidden,
        seen=np.count_nonzero(template.core & ~hidden) / num_core,
        inside=1.0,
        drift=0.0,
        following=True,
        speed=np.zeros(2),
        ground=ground_round(
            frame.grey, compose(frame.to_grey, pose), template.mask, settings, since=identity()
        ),
        background=background,
        answered_pose=pose,
        moved=False,
        in_place=True,
        cover_pose=None,
        stamp_ns=frame.stamp_ns,
        seen_ns=frame.stamp_ns,
    )
