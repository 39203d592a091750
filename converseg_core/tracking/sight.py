"""Whether what lies at a pose is the target, and what of it is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.affine import Affine, apply, compose, identity
from converseg_core.tracking.affine import apart as maps_apart
from converseg_core.tracking.frames import SmallFrame
from converseg_core.tracking.ground import Ground, ground_round
from converseg_core.tracking.instruments import Instruments
from converseg_core.tracking.outline import by_colours
from converseg_core.tracking.reading import planes
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.state import TargetState
from converseg_core.tracking.template import Likeness, Template

_LEFT_GROUND_PX, _MOVED_PX, _PARALLAX, _IN_PLACE_ABOVE, _FAR_PX = 2.0, 6.0, 0.8, 0.9, 20.0
_FEW_PX, _LEAST_SHARE = 600, 0.5
_AT_REST_PX, _EXACT, _EXACT_SHARE = 1.0, 0.25, 3.0
"""A target that did not move against the ground is where it was: of it a pixel is in sight that looks just
as it did, and a few of them do."""

_RESTS_ABOVE, _RESTS_MORE = 0.3, 0.1
"""A motion that leaves fewer pixels just as they were than rest does is that of something else."""

_SLIVER_SEEN, _SLIVER_PX, _SLIVER_DRIFT, _EXACT_SEEN = 0.03, 10, 0.5, 0.005
"""Of a target that rests where it was answered, with the ground round it in sight, a sliver is enough: pixels
together that look as they did, or some that look just so. A cover that leaves no ground may have them too."""

_SHOWN_PER_SEEN, _SHOWN_BASE, _REACH = 3.0, 0.02, np.ones((5, 5), dtype=np.uint8)
"""Where colours say that much more is in sight, of a cover, only what is next to those pixels is."""

_ALL_SEEN = 0.97
"""What rests and is all in sight, colours show as well as the network does."""

_FOUND_PX, _FOUND_SURE, _FOUND_DRIFT = 8, 0.7, 0.9
"""Where the network finds so many pixels, and is so sure of them, a target is not lost."""

_DRIFT_BASE, _DRIFT_PER_SEEN = 0.25, 0.2
"""Residual at which a mask is a guess, as measured: the less is in sight, the better it must fit."""


@dataclass(frozen=True, eq=False)
class _View:
    """What of the target is in sight: the hidden pixels, the share of the core in sight, how it fits."""

    hidden: NDArray[np.bool_]
    seen: float
    drift: float


def _view(template: Template, now: Likeness, *, limit: float, num_core: int) -> _View:
    """By the pixels that differ by less than ``limit`` of the threshold."""
    same = now.off < limit
    differs = cv2.medianBlur((template.core & ~same).astype(np.uint8), 3) > 0
    hidden = template.spread_to_rim(np.asarray(differs)) | ~now.inside
    seen = np.count_nonzero(template.core & ~hidden) / num_core
    same &= template.core
    residual = float(now.off[same].mean()) if same.any() else 1.0
    drift = residual / (_DRIFT_BASE + _DRIFT_PER_SEEN * seen)
    return _View(hidden, float(seen), float(min(1.0, drift)))


@dataclass(frozen=True, eq=False)
class _Outlined:
    """Soft masks (h, w) of what is in sight and of all of it; whether the ground beside it is in sight."""

    shown: NDArray[np.float32]
    whole: NDArray[np.float32]
    on_ground: bool

    def beside(self, pixels: NDArray[np.bool_]) -> _Outlined:
        """In sight is only what lies next to some pixels."""
        near = cv2.dilate(pixels.astype(np.uint8), _REACH) > 0
        return replace(self, shown=np.where(near, self.shown, 0.0).astype(np.float32))


def _outlined(
    state: TargetState,
    after: SmallFrame,
    pose: Affine,
    now: Likeness,
    view: _View,
    bent: NDArray[np.float32],
    instruments: Instruments,
    *,
    lost: bool = False,
) -> _Outlined:
    """Both masks at a pose; the state's ground must be that of the frame. ``lost``: colours say it is."""
    to_frame, behind = state.background_to(after), None
    if to_frame is not None:
        behind = state.background.behind(now.soft, pose, to_frame)
        behind = behind if behind.is_there(state.soft_mask) else None
    said = by_colours(state.template, now, view.hidden, bent, state.soft_mask, behind)
    if state.following and view.seen >= _ALL_SEEN and not state.moved and not lost:
        return _Outlined(said.shown, np.maximum(said.shown, said.unseen), behind is not None)
    known = planes(
        state.template,
        now,
        view.hidden,
        said,
        behind,
        state.shown,
        seen=view.seen,
        drift=view.drift,
        following=state.following,
        moved=state.moved,
    )
    shown = instruments.read(known, after, pose)
    return _Outlined(shown, np.maximum(shown, said.unseen), behind is not None)


def _exactly(template: Template, now: Likeness) -> float:
    """Share of the core that looks just as it did."""
    return float(
        np.count_nonzero((now.off < _EXACT) & template.core) / max(1, int(np.count_nonzero(template.core)))
    )


def _agree(template: Template, shown: NDArray[np.float32], exact: _View) -> bool:
    """Whether colours and exact pixels say about the same of how much is in sight."""
    share = np.count_nonzero(shown > 0.5) / max(1, int(np.count_nonzero(template.mask)))
    return bool(0 < share <= _SHOWN_BASE + _SHOWN_PER_SEEN * exact.seen)


def _sliver(
    state: TargetState,
    after: SmallFrame,
    pose: Affine,
    now: Likeness,
    exact: _View,
    instruments: Instruments,
) -> tuple[_View, _Outlined] | None:
    """What is in sight of a target that rests at a pose and is all but hidden; None: nothing to go by."""
    template = state.template
    num_core = max(1, int(np.count_nonzero(template.core)))
    few, share = _SLIVER_PX / num_core, _exactly(template, now)
    together = exact.seen >= max(_SLIVER_SEEN, few) and exact.drift < _SLIVER_DRIFT
    if not together and share < max(_EXACT_SEEN, few):
        return None
    exact = replace(exact, seen=max(share, exact.seen))
    outlined = _outlined(state, after, pose, now, exact, template.soft_mask, instruments)
    if not outlined.on_ground or not (outlined.shown > 0.5).any():
        return None
    if not _agree(template, outlined.shown, exact):
        outlined = outlined.beside((now.off < _EXACT) & template.core)
    return exact, outlined


def _found_again(
    state: TargetState,
    after: SmallFrame,
    places: Sequence[tuple[Affine, Likeness]],
    instruments: Instruments,
) -> tuple[_View, _Outlined, Affine, Likeness] | None:
    """Of a target that colours say is lost, what the network finds all the same, where it finds most."""
    found, most = None, 0
    num_core = max(1, int(np.count_nonzero(state.template.core)))
    for pose, now in places:
        view = _view(state.template, now, limit=1.0, num_core=num_core)
        bent = state.template.soft_mask
        outlined = _outlined(state, after, pose, now, view, bent, instruments, lost=True)
        there = outlined.shown > 0.5
        num = int(np.count_nonzero(there))
        if (
            instruments.read.finds_again
            and num > max(most, _FOUND_PX)
            and outlined.shown[there].mean() > _FOUND_SURE
        ):
            hidden = state.template.mask & ~there | ~now.inside
            seen = np.count_nonzero(state.template.core & ~hidden) / num_core
            view = _View(hidden, float(seen), min(view.drift, _FOUND_DRIFT))
            found, most = (view, outlined, pose, now), num
    return found


def apart(template: Template, a: Affine, b: Affine) -> float:
    """How far two poses put the corners of the patch apart, pixels."""
    return maps_apart(a, b, template.soft_mask.shape)


def judged(
    state: TargetState,
    after: SmallFrame,
    pose: Affine,
    now: Likeness,
    ground: Ground,
    rest_pose: Affine,
    cover: Affine | None,
    passed_s: float,
    settings: TrackerSettings,
    instruments: Instruments,
) -> TargetState:
    """Whether this is the target, and what of it is in sight."""
    template = state.template
    num_core = max(1, int(np.count_nonzero(template.core)))
    # A tenth of a large target is much to go by; of a small one it is noise.
    few = float(np.clip(_FEW_PX / num_core, _LEAST_SHARE, 1.0))
    view = _view(template, now, limit=1.0, num_core=num_core)
    outlined: _Outlined | None = None
    if state.following and apart(template, pose, rest_pose) >= _AT_REST_PX:
        resting = template.compare(after.rgb, rest_pose)
        rests_exactly = _exactly(template, resting)
        if rests_exactly > _RESTS_ABOVE and rests_exactly > _exactly(template, now) + _RESTS_MORE:
            pose, now, view = rest_pose, resting, _view(template, resting, limit=1.0, num_core=num_core)
    if state.following:
        # Where more looks like the target round it than on it, it is the ground that looks so.
        following = view.seen >= few * settings.lost_below and now.spilt <= view.seen and view.drift < 1
    else:
        enough = few * settings.found_above
        far = apart(template, pose, rest_pose) > _FAR_PX
        fits_below = settings.found_drift_below * (0.5 if far else 1.0)
        following = view.seen - now.spilt >= enough and view.drift < fits_below
    if not following or view.seen < settings.calm_above:
        at_rest = pose is rest_pose or apart(template, pose, rest_pose) < _AT_REST_PX
        if at_rest or not following:
            resting = now if at_rest else template.compare(after.rgb, rest_pose)
            exact = _view(template, resting, limit=_EXACT, num_core=num_core)
            enough = few * (_EXACT_SHARE * settings.lost_below if state.following else settings.found_above)
            if exact.seen >= enough and (state.following or state.in_place):
                following, view = True, exact
                if not at_rest:
                    pose, now = rest_pose, resting
            if not following and state.in_place and not state.moved:
                sliver = _sliver(replace(state, ground=ground), after, rest_pose, resting, exact, instruments)
                if sliver is not None:
                    (view, outlined), following, pose, now = sliver, True, rest_pose, resting
            if not following:
                places = [(rest_pose, resting)] if at_rest else [(rest_pose, resting), (pose, now)]
                found = _found_again(replace(state, ground=ground), after, places, instruments)
                if found is not None:
                    (view, outlined, pose, now), following = found, True
    hidden, seen, drift = view.hidden, view.seen, view.drift
    inside = np.count_nonzero(template.core & now.inside) / num_core
    new = replace(
        state,
        hidden=hidden,
        seen=seen,
        inside=inside,
        drift=drift,
        following=following,
        ground=ground,
        stamp_ns=after.stamp_ns,
    )
    if not following:
        rest_inside = now.inside if pose is rest_pose else template.compare(after.rgb, rest_pose).inside
        cover_pose = state.cover_pose if not state.following else state.pose
        inside = np.count_nonzero(template.core & rest_inside) / num_core
        on_same_ground = ground.grey is state.ground.grey
        return replace(
            new,
            pose=rest_pose,
            inside=inside,
            in_place=bool(state.in_place and on_same_ground and inside > _IN_PLACE_ABOVE),
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
        if ground.worn and seen >= settings.calm_above:
            ground = ground_round(after.grey, grey_pose, template.mask, settings, since=ground.now)
        else:
            ground = ground.resting_at(grey_pose)
    if not state.following and left_ground:
        ground = replace(ground, since=None)  # found elsewhere: the way on the ground was not the right one
    new = replace(new, ground=ground)
    if outlined is None:
        here = replace(new, following=state.following)
        outlined = _outlined(here, after, pose, now, view, instruments.bend(template, now), instruments)
        if seen < settings.calm_above and not state.moved and apart(template, pose, rest_pose) < _AT_REST_PX:
            # A cover of the target's colours: then only what looks just as it did is in sight.
            exact = _view(template, now, limit=_EXACT, num_core=num_core)
            if not _agree(template, outlined.shown, exact):
                outlined = outlined.beside((now.off < _EXACT) & template.core)
    moved, to_frame = state.moved, new.background_to(after)
    if to_frame is not None and seen >= settings.calm_above:
        home = compose(to_frame, state.answered_pose)
        # What stands before the ground that tells the camera's motion moves otherwise than that ground.
        parallax = _PARALLAX * maps_apart(to_frame, identity(), after.rgb.shape)
        moved = apart(template, pose, home) > _MOVED_PX + parallax
    return replace(
        new,
        pose=pose,
        soft_mask=outlined.whole,
        shown=outlined.shown,
        speed=speed,
        moved=moved,
        in_place=True,
        cover_pose=None,
        seen_ns=after.stamp_ns,
    )
