"""A target, frame by frame: ``step`` is a function, so following again gives the same result again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from converseg_core.tracking.affine import Affine, compose, invert, shift
from converseg_core.tracking.alignment import aligned
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.ground import Ground, ground_round, relative
from converseg_core.tracking.instruments import Instruments
from converseg_core.tracking.motions import NearMotions, near_motions
from converseg_core.tracking.searching import searched, searched_wide
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.sight import apart, judged
from converseg_core.tracking.state import TargetState
from converseg_core.tracking.template import Template

_BASE_PENALTY, _PENALTY_PER_HIDDEN = 0.03, 0.1
_MIN_SEARCH_PX = 12
_PLAIN_SEEN, _PLAIN_SCORE = 0.6, 0.5
_SAME_PX, _SATURATED = 0.2, 0.995
"""Poses closer together than that are looked at once; where all is seen no search finds more."""


def step(
    state: TargetState,
    before: SmallFrame,
    after: SmallFrame,
    settings: TrackerSettings,
    instruments: Instruments,
) -> TargetState:
    """Follow from one frame to the next; both of one size, ``before`` being the state's own."""
    template, after = state.template, after.for_warping()
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
    if not state.following:
        home = replace(state, ground=ground).home_in(after)
        tried += [] if home is None else [(home, 1.0)]
    pose, (score, seen) = _best(template, after, tried, settings)
    visible = template.core & ~state.hidden if state.following else template.core
    if seen < _SATURATED and np.count_nonzero(visible) >= _MIN_SEARCH_PX:
        reach_px = settings.search_px if state.following else settings.lost_search_px
        starts = [pose] if state.following else [pose, searched_wide(template, after.rgb, rest_pose)]
        for start, least in zip(
            starts, (settings.found_elsewhere_above, settings.found_far_above), strict=False
        ):
            shifted = searched(template, after.rgb, start, visible, reach_px=reach_px)
            if shifted is pose:
                continue
            then_score, then_seen = template.glance(after.rgb, shifted)
            sure = state.following or then_seen >= least
            if sure and then_score > score + _penalty(seen, settings):
                pose, score, seen = shifted, then_score, then_seen
    now = template.compare(after.rgb, pose)
    pose, now = aligned(template, after.rgb, pose, now, penalty=_penalty(now.seen, settings))
    new = judged(state, after, pose, now, ground, rest_pose, cover, passed_s, settings, instruments)
    return _in_plain_view(new, after, passed_s, settings, instruments) or new


def _in_plain_view(
    state: TargetState,
    after: SmallFrame,
    passed_s: float,
    settings: TrackerSettings,
    instruments: Instruments,
) -> TargetState | None:
    """The target by its picture of before it was covered, where it lies there as it did; else None."""
    to_frame = state.background_to(after)
    if state.whole is None or state.moved or to_frame is None:
        return None
    template, pose = state.whole.template, compose(to_frame, state.whole.pose)
    score, seen = template.glance(after.rgb, pose)
    if seen < _PLAIN_SEEN or score < _PLAIN_SCORE:
        return None
    pose, now = aligned(template, after.rgb, pose, template.compare(after.rgb, pose), penalty=0.0)
    resting = replace(
        state,
        template=template,
        pose=pose,
        soft_mask=template.soft_mask,
        shown=template.soft_mask,
        hidden=np.zeros_like(template.core),
        following=True,
        ground=state.ground.resting_at(compose(after.to_grey, pose)),
        answered_pose=state.whole.pose,
        whole=None,
    )
    new = judged(resting, after, pose, now, resting.ground, pose, None, passed_s, settings, instruments)
    return new if new.following else None


def _rest(state: TargetState, after: SmallFrame, settings: TrackerSettings) -> tuple[Ground, Affine]:
    """The ground in the new frame, and where the target is if it rests on it."""
    moved = state.ground.moved_to(after.grey)
    if moved is not None:
        ground, pose = moved
        if ground.left_behind:
            ground = ground_round(after.grey, pose, state.template.mask, settings, since=ground.now)
        return ground, compose(invert(after.to_grey), pose)
    pose = compose(after.to_grey, state.pose)
    return ground_round(after.grey, pose, state.template.mask, settings, since=None), state.pose


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
) -> tuple[Affine, tuple[float, float]]:
    """The pose that explains most, and its score and share seen."""
    looks: list[tuple[Affine, tuple[float, float], float]] = []
    for pose, factor in tried:
        if all(apart(template, pose, other) >= _SAME_PX for other, _, _ in looks):
            looks.append((pose, template.glance(after.rgb, pose), factor))
    penalty = _penalty(looks[0][1][1], settings)
    pose, now, _ = max(looks, key=lambda look: look[1][0] - look[2] * penalty)
    return pose, now


def _penalty(seen: float, settings: TrackerSettings) -> float:
    """By how much another pose must be better: what covers the target must not drag it along."""
    if seen >= settings.calm_above:
        return 0.0
    return _BASE_PENALTY + _PENALTY_PER_HIDDEN * (settings.calm_above - seen)
