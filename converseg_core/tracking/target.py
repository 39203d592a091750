"""A followed target, frame by frame: where it is, what of it is in sight, or that it is lost.

``TargetState`` is frozen and ``step`` is a function: a state of the past can be gone back to, and
following from it gives the same result again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, apply, compose, invert, shift
from converseg_core.tracking.alignment import OutlineWarp, aligned
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.ground import Ground, ground_round, relative
from converseg_core.tracking.motions import NearMotions, near_motions
from converseg_core.tracking.outline import shown_and_whole
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.template import Likeness, Template

_BASE_PENALTY, _PENALTY_PER_HIDDEN = 0.03, 0.1
_MIN_SEARCH_PX = 12
_LEFT_GROUND_PX = 2.0
_FEW_PX, _LEAST_SHARE = 600, 0.5

_DRIFT_BASE, _DRIFT_PER_SEEN = 0.25, 0.2
"""Residual at which a mask is a guess, as measured: the less is in sight, the better it must fit."""


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
        cover_pose: where the target is if what covers it took it along; only while it is lost.
        stamp_ns: of the frame.
        seen_ns: stamp when it was last in sight.
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
    cover_pose: Affine | None
    stamp_ns: int
    seen_ns: int

    def mask_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) what of it is in sight, in a picture into which ``to_picture`` maps reduced pixels."""
        return self._in_picture(self.shown, to_picture, size_hw)

    def whole_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) all of it, what is hidden included."""
        return self._in_picture(self.soft_mask, to_picture, size_hw)

    def hidden_in(self, to_picture: Affine, size_hw: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) what of it is hidden."""
        return self._in_picture(self.soft_mask * self.hidden, to_picture, size_hw)

    def _in_picture(
        self, soft: NDArray[np.float32], to_picture: Affine, size_hw: tuple[int, int]
    ) -> NDArray[np.bool_]:
        pose = compose(to_picture, self.pose)
        h, w = soft.shape
        box = apply(pose, np.array([[0, 0], [w, 0], [0, h], [w, h]]))
        low = np.clip(np.floor(box.min(axis=0)) - 1, 0, (size_hw[1], size_hw[0])).astype(int)
        high = np.clip(np.ceil(box.max(axis=0)) + 2, 0, (size_hw[1], size_hw[0])).astype(int)
        mask = np.zeros(size_hw, dtype=np.bool_)
        width, height = int(high[0] - low[0]), int(high[1] - low[1])
        if width > 0 and height > 0:  # only the part of the picture that the patch can reach
            placed = compose(shift(-float(low[0]), -float(low[1])), pose)
            mask[low[1] : high[1], low[0] : high[0]] = cv2.warpAffine(soft, placed, (width, height)) > 0.5
        return mask


def step(
    state: TargetState, before: SmallFrame, after: SmallFrame, settings: TrackerSettings, bend: OutlineWarp
) -> TargetState:
    """Follow from one frame to the next; both of one size, ``before`` being the state's own."""
    template = state.template
    from_grey = invert(after.to_grey)
    ground, rest_pose = _rest(state, after, settings)
    pose_grey = compose(after.to_grey, state.pose)
    near = near_motions(
        before.grey,
        after.grey,
        pose=pose_grey,
        mask=template.mask,
        visible=template.mask & ~state.hidden,
        ground_motion=relative(compose(after.to_grey, rest_pose), pose_grey),
        settings=settings,
    )
    passed_s = (after.stamp_ns - before.stamp_ns) * 1e-9
    cover = None if near.cover is None else compose(from_grey, compose(near.cover, after.to_grey))
    tried = _candidates(state, near, rest_pose, from_grey, after.to_grey, cover, passed_s)
    pose, now = _best(template, after, tried, settings)
    visible = template.core & ~state.hidden if state.following else template.core
    if np.count_nonzero(visible) >= _MIN_SEARCH_PX:
        reach_px = settings.search_px if state.following else settings.lost_search_px
        shifted = template.search(after.rgb, pose, visible, reach_px=reach_px)
        then = template.compare(after.rgb, shifted)
        sure = state.following or then.seen >= settings.found_elsewhere_above
        if sure and then.score > now.score + _penalty(now, settings):
            pose, now = shifted, then
    pose, now = aligned(template, after.rgb, pose, now, penalty=_penalty(now, settings))
    return _judged(state, after, pose, now, ground, rest_pose, cover, passed_s, settings, bend)


def _rest(state: TargetState, after: SmallFrame, settings: TrackerSettings) -> tuple[Ground, Affine]:
    """The ground in the new frame, and where the target is if it rests on it."""
    moved = state.ground.moved_to(after.grey)
    if moved is not None:
        return moved[0], compose(invert(after.to_grey), moved[1])
    ground = ground_round(after.grey, compose(after.to_grey, state.pose), state.template.mask, settings)
    return ground, state.pose


def _candidates(
    state: TargetState,
    near: NearMotions,
    rest_pose: Affine,
    from_grey: Affine,
    to_grey: Affine,
    cover: Affine | None,
    passed_s: float,
) -> list[tuple[Affine, float]]:
    """Poses worth a look, the resting one first; each with how many penalties it must make good."""
    tried: list[tuple[Affine, float]] = [(rest_pose, 0.0)]
    if not state.following:
        if state.cover_pose is not None and cover is not None:
            tried.append((compose(cover, state.cover_pose), 1.0))
        return tried
    for motion, factor in ((near.shifted, 1.0), (near.turned, 2.0)):
        if motion is not None:
            in_picture = compose(from_grey, compose(motion, to_grey))
            tried.append((compose(in_picture, state.pose), factor))
    if cover is not None:
        tried.append((compose(cover, state.pose), 1.0))
    way = state.speed * passed_s
    tried.append((compose(shift(float(way[0]), float(way[1])), state.pose), 1.0))
    return tried


def _best(
    template: Template, after: SmallFrame, tried: list[tuple[Affine, float]], settings: TrackerSettings
) -> tuple[Affine, Likeness]:
    looks = [(pose, template.compare(after.rgb, pose), factor) for pose, factor in tried]
    penalty = _penalty(looks[0][1], settings)
    pose, now, _ = max(looks, key=lambda look: look[1].score - look[2] * penalty)
    return pose, now


def _penalty(now: Likeness, settings: TrackerSettings) -> float:
    """By how much another pose must be better: what covers the target must not drag it along."""
    if now.seen >= settings.calm_above:
        return 0.0
    return _BASE_PENALTY + _PENALTY_PER_HIDDEN * (settings.calm_above - now.seen)


def _judged(
    state: TargetState,
    after: SmallFrame,
    pose: Affine,
    now: Likeness,
    ground: Ground,
    rest_pose: Affine,
    cover: Affine | None,
    passed_s: float,
    settings: TrackerSettings,
    bend: OutlineWarp,
) -> TargetState:
    """Whether this is the target, and what of it is in sight."""
    template = state.template
    num_core = max(1, int(np.count_nonzero(template.core)))
    differs = cv2.medianBlur(now.differs.astype(np.uint8), 3) > 0
    hidden = template.spread_to_rim(np.asarray(differs)) | ~now.inside
    seen = np.count_nonzero(template.core & ~hidden) / num_core
    inside = np.count_nonzero(template.core & now.inside) / num_core
    drift = now.residual / (_DRIFT_BASE + _DRIFT_PER_SEEN * seen)
    # A tenth of a large target is much to go by; of a small one it is noise.
    few = float(np.clip(_FEW_PX / num_core, _LEAST_SHARE, 1.0))
    if state.following:
        # Where more looks like the target round it than on it, it is the ground that looks so.
        following = bool(seen >= few * settings.lost_below and now.spilt <= seen and drift < 1)
    else:
        following = bool(
            seen - now.spilt >= few * settings.found_above and drift < settings.found_drift_below
        )
    new = replace(
        state,
        hidden=hidden,
        seen=seen,
        inside=inside,
        drift=float(min(1.0, drift)),
        following=following,
        ground=ground,
        stamp_ns=after.stamp_ns,
    )
    if not following:
        rest_inside = now.inside if pose is rest_pose else template.compare(after.rgb, rest_pose).inside
        cover_pose = state.cover_pose if not state.following else state.pose
        return replace(
            new,
            pose=rest_pose,
            inside=np.count_nonzero(template.core & rest_inside) / num_core,
            soft_mask=template.soft_mask,
            shown=np.zeros_like(template.soft_mask),
            speed=np.zeros(2),
            cover_pose=None if cover_pose is None or cover is None else compose(cover, cover_pose),
        )
    centre = apply(pose, template.centre)
    speed = np.zeros(2)
    if state.following and passed_s > 0:
        speed = np.asarray((centre - apply(state.pose, template.centre))[0] / passed_s, dtype=np.float64)
    grey_pose = compose(after.to_grey, pose)
    left_ground = np.linalg.norm(centre - apply(rest_pose, template.centre)) > _LEFT_GROUND_PX
    if seen >= settings.calm_above or left_ground:
        ground = ground_round(after.grey, grey_pose, template.mask, settings)
    shown, whole = shown_and_whole(template, now, hidden, bend(template, now), state.soft_mask)
    return replace(
        new,
        pose=pose,
        soft_mask=whole,
        shown=shown,
        speed=speed,
        ground=ground,
        cover_pose=None,
        seen_ns=after.stamp_ns,
    )


def resting_in(
    frame: SmallFrame, template: Template, hidden: NDArray[np.bool_], pose: Affine, settings: TrackerSettings
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
        ground=ground_round(frame.grey, compose(frame.to_grey, pose), template.mask, settings),
        cover_pose=None,
        stamp_ns=frame.stamp_ns,
        seen_ns=frame.stamp_ns,
    )


__all__ = ["TargetState", "resting_in", "step"]
