"""What of a straightened frame is the target, by its own colours: the outline is moved to where they end.

A pose carries the answered outline as if the thing were flat and whole. A thing that is turned, or comes out
from behind another, shows more; a hand hides some of it. Two witnesses say for each pixel whether it looks
more like the target or more like what is round it: the colours near it, and those of the whole target and of
all that is round it. Beyond the outline, and where the answered frame's pixel is not found again, both must
agree; elsewhere one is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.tracking.background import Behind
from converseg_core.tracking.colours import (
    FloatCHW,
    FloatHW,
    bins_of,
    blurred,
    dot,
    histogram,
    in_colour_space,
    log_ratio,
    square,
)
from converseg_core.tracking.looks import Looks, near_mean, signed_distance
from converseg_core.tracking.template import Likeness, MaskHW, Template

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_REACH_PX = 3.0
"""How far the outline may move from one frame to the next."""

_PER_PX, _MOST = 1.0, 1.5
"""What the place of a pixel says: evidence for each pixel of distance from the outline, up to a limit."""

LIMIT, _NOTHING_BELOW, _SMOOTHING_PX, _SOFT_RANGE = 3.0, 0.3, 0.8, 3.0
_TRUST, _BEYOND_RIM_PX = 0.85, 2.5
_AGREED, _MOST_GROWN = 0.5, 1.5
_BARE, _TELLS_APART = -2.5, 12.0
_UNCOVERED, _WELL_INSIDE_PX, _SHADED_FROM_PX = 1.5, 1.5, 1.0
_SAME, _UNCHANGED, _STRANGE = 2.0, -2.0, -2.5
_STRANGE_COLOUR, _STRANGE_RATIO, _RARE = 18.0, -1.5, 2e-3
_CONTRAST, _STEEPNESS = 12.0, 1.5
_SHADED, _SHADE, _DARKEST, _SHADE_ERROR, _SHADE_NEAR_PX, _SHADE_SUPPORT = 2.0, 0.85, 0.25, 9.0, 15, 0.05
_AROUND_FROM_PX, _LIKE_TARGET, _GROWN_FROM_PX = 1.5, 1.0, 1.0


@dataclass(frozen=True, eq=False)
class ByColours:
    """What the colours of a straightened frame say of the target.

    Attributes:
        shown: (h, w) soft mask of what is in sight.
        unseen: (h, w) soft mask of the answered outline, bent to the frame, but where what is behind shows.
        picture: (3, h, w) the frame in colour space.
        distance: (h, w) pixels from the outline that was expected; above 0 inside.
        of_near, of_all: (h, w) the two witnesses, in [-LIMIT, LIMIT].
    """

    shown: FloatHW
    unseen: FloatHW
    picture: FloatCHW
    distance: FloatHW
    of_near: FloatHW
    of_all: FloatHW


def by_colours(
    template: Template,
    now: Likeness,
    hidden: MaskHW,
    bent: FloatHW,
    before: FloatHW,
    behind: Behind | None = None,
) -> ByColours:
    """What of the target is in sight in a straightened frame, by its own colours.

    Args:
        template: the target's own picture.
        now: the frame, straightened and compared with it.
        hidden: (h, w) what of the template is not seen.
        bent: (h, w) soft mask of the template, bent to the frame.
        before: (h, w) soft mask of all of the target as of the last frame.
        behind: what is behind it, as far as that is known.
    """
    looks = template.looks
    picture, bins = in_colour_space(now.patch), bins_of(now.patch)
    start = _with_grown(bent, before, looks.distance)
    distance = signed_distance(start)
    within = distance > 0
    # What looks like the target, and like nothing that was round it, must not be learned as its surroundings.
    beside = (distance < -_AROUND_FROM_PX) & now.inside & (looks.ratio.take(bins) < _LIKE_TARGET)
    off = beside.astype(np.float32)
    target = 2 * looks.target
    ratio = log_ratio(target, looks.around + histogram(bins, off))
    of_all = np.clip(ratio.take(bins), -LIMIT, LIMIT)
    other = looks.off if behind is None else np.where(behind.known, behind.picture, looks.off)
    foreign = np.zeros_like(hidden)
    if behind is not None:
        # Of what came before the background only other such things can tell the target.
        foreign = behind.known & ~behind.shows & now.inside
        other_things = behind.in_front(bins, beside)
        apart = np.clip(log_ratio(target, other_things).take(bins), -LIMIT, LIMIT)
        of_all = np.where(foreign, apart, of_all)
    of_near, far_off = _between(picture, (looks.on, looks.carried), (near_mean(picture, off), other))
    sure = hidden | ~within
    both = np.minimum(of_near, of_all)
    # A pixel of the rim is a mixture, and its colour is neither's.
    rim = cv2.dilate((both > _AGREED).astype(np.uint8), _SQUARE) > 0
    evidence = np.where(sure, np.where(rim, of_near, both), np.maximum(of_near, of_all))
    rare = target.take(bins) < _RARE * max(float(target.sum()), 1.0)
    strange = far_off & ((rare & sure) | ((of_all < _STRANGE_RATIO) & within))
    evidence[strange] = np.minimum(evidence[strange], _STRANGE)
    shaded = hidden & within & _in_shadow(looks, picture, now.soft, now.inside)
    evidence[shaded] = np.maximum(evidence[shaded], _SHADED)
    exactly = looks.same_in(now.soft)
    outside = np.maximum(distance, looks.distance)
    still = (exactly & (outside < -0.5)) | (looks.unchanged(now.soft) & (outside < -_BEYOND_RIM_PX))
    evidence[still] = np.minimum(evidence[still], _UNCHANGED)
    bare = np.zeros_like(hidden)
    if behind is not None:
        beyond = hidden | (looks.distance < 0)
        bare = behind.shows & (beyond | (square(looks.carried - behind.picture) > _TELLS_APART**2))
        # Beyond the outline it may lie in a shadow, a hand's.
        bare |= behind.shaded & (outside < -_SHADED_FROM_PX)
        evidence[bare] = np.minimum(evidence[bare], _BARE)
        of_them = other_things.take(bins) > _RARE * max(float(other_things.sum()), 1.0)
        uncovered = foreign & hidden & (distance > _WELL_INSIDE_PX) & ~of_them
        evidence[uncovered] = np.maximum(evidence[uncovered], _UNCOVERED)
    evidence = np.sign(evidence) * np.maximum(np.abs(evidence) - _NOTHING_BELOW, 0.0)
    evidence[template.core & ~hidden & (distance > 1) & ~strange & ~bare] += _SAME
    evidence = cv2.GaussianBlur(evidence.astype(np.float32), (0, 0), _SMOOTHING_PX)
    placed = np.minimum(np.maximum(_PER_PX * distance, -_MOST), np.float32(_MOST) * ~hidden)
    # Where the frame looks as the answered one did, the outline is the answered one.
    same = (exactly & ~hidden & ~bare).astype(np.float32)
    of_answer = LIMIT * np.clip(looks.distance, -1.0, 1.0)
    evidence += placed
    evidence += _TRUST * same * (of_answer - evidence)
    shown = np.clip(0.5 + evidence / _SOFT_RANGE, 0.0, 1.0).astype(np.float32)
    shown[(distance < -_REACH_PX) | ~now.inside] = 0.0
    unseen = np.where(bare, 0.0, bent).astype(np.float32)
    return ByColours(shown, unseen, picture, distance, of_near, of_all.astype(np.float32))


def _with_grown(bent: FloatHW, before: FloatHW, distance: FloatHW) -> FloatHW:
    """The bent outline with what had come into sight by the last frame, unless it is an error or a flood."""
    grown = ((before > 0.5) & (distance < -_GROWN_FROM_PX)).astype(np.uint8)
    if not 0 < np.count_nonzero(grown) < _MOST_GROWN * np.count_nonzero(distance > 0):
        return bent
    near = cv2.dilate(grown, _SQUARE) > 0
    return np.where(near, np.maximum(before, bent), bent).astype(np.float32)


def _in_shadow(looks: Looks, picture: FloatCHW, soft: FloatCHW, inside: MaskHW) -> MaskHW:
    """(h, w) where the target looks as it should if it lost as much light as the ground beside it did.

    Only what lies round the target can tell: a dark hand is no shadow, since the ground beside it has not
    darkened by the same share.
    """
    light = np.asarray(dot(picture, looks.picture) / (square(looks.picture) + 1.0), dtype=np.float32)
    dark = (square(picture - light * looks.picture) < _SHADE_ERROR**2) & (light > _DARKEST) & (light < _SHADE)
    weight = (dark & inside & (looks.distance < -_AROUND_FROM_PX)).astype(np.float32)
    near = blurred(np.stack([weight, weight * light]), _SHADE_NEAR_PX)
    known = near[0] > _SHADE_SUPPORT
    expected = np.asarray(near[1] / np.maximum(near[0], 1e-6) * looks.carried, dtype=np.float32)
    return np.asarray(known & (square(soft - expected) < _SHADE_ERROR**2))


def _between(
    picture: FloatCHW, on: Sequence[FloatCHW], off: Sequence[FloatCHW]
) -> tuple[FloatHW, NDArray[np.bool_]]:
    """Where each pixel's colour lies between the target's and the other, as evidence; and if far off both.

    A pixel of the rim is a mixture: that of equal parts lies on the outline, whatever the noise of either.
    """
    mine, _ = _nearest(picture, on)
    other, _ = _nearest(picture, off)
    way, beyond = mine - other, picture - other
    contrast = square(way)
    share = dot(beyond, way) / np.maximum(contrast, 1.0)
    off_both = square(beyond - np.clip(share, 0.0, 1.0) * way) > _STRANGE_COLOUR**2
    sure = contrast / (contrast + _CONTRAST**2)
    evidence = LIMIT * np.clip(_STEEPNESS * (2 * share - 1), -1.0, 1.0) * sure
    return np.asarray(evidence, dtype=np.float32), np.asarray(off_both)


def _nearest(picture: FloatCHW, candidates: Sequence[FloatCHW]) -> tuple[FloatCHW, FloatHW]:
    """For each pixel that of the candidates whose colour is nearest, and the squared distance."""
    best = candidates[0]
    least = square(picture - best)
    for other in candidates[1:]:
        distance = square(picture - other)
        best = np.where(distance < least, other, best)
        least = np.minimum(distance, least)
    return best, least
