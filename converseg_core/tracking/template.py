"""The target as the model last saw it, and how much of a straightened frame looks like it.

Everything happens in the target's own picture ("patch"): its box with a margin, at most
``template_side_px`` on a side. A pose maps its pixels into the frame, so every frame can be straightened
into it and compared pixel by pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.affine import Affine, Points, compose, shift
from converseg_core.tracking.agreement import ColoursCN, ComparedPixels
from converseg_core.tracking.colours import FloatCHW, FloatHW, colour_distance, in_colour_space
from converseg_core.tracking.looks import Looks, looks_of
from converseg_core.tracking.points import corners
from converseg_core.tracking.settings import TrackerSettings
from converseg_core.tracking.straightening import inside_frame, smoothed, straightened

MaskHW = NDArray[np.bool_]

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_RING = np.ones((9, 9), dtype=np.uint8)
_SHADOW, _FULL_COLOUR = 0.55, 0.5
"""A vivid colour may lose so much of its light and still be itself, and gain half of what undoes that, as
when a shadow goes; a grey may not, it has nothing else."""

_CONTRAST_SHARE, _MIN_THRESHOLD, _MAX_THRESHOLD, _NOISE_FACTOR = 0.4, 7.0, 18.0, 1.5
_GLANCE_PX = 500


@dataclass(frozen=True, eq=False)
class Likeness:
    """How well a straightened frame agrees with the template.

    Attributes:
        score: agreement, at most 1; comparable between poses of one template in one frame.
        seen: share of the target's core that looks as it should.
        spilt: pixels round the target that look like it, and did not, as a share of the core.
        differs: (h, w) bool, core pixels that do not, or lie outside the frame.
        patch: (h, w, 3) uint8 the straightened frame.
        inside: (h, w) bool, what of the patch lies inside the frame.
        residual: mean difference of what is seen, as a share of the threshold; 1 where nothing is.
        off: (h, w) float32, difference of each core pixel as a share of the threshold; 1 elsewhere.
    """

    score: float
    seen: float
    spilt: float
    differs: MaskHW
    patch: ImageHWC
    inside: MaskHW
    residual: float
    off: FloatHW

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        """(h, w) uint8."""
        return np.asarray(cv2.cvtColor(self.patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    @cached_property
    def soft(self) -> FloatCHW:
        """(3, h, w) the frame in colour space, smoothed."""
        return in_colour_space(smoothed(self.patch))


@dataclass(frozen=True, eq=False)
class Template:
    """The target's own picture.

    Attributes:
        patch: (h, w, 3) uint8.
        soft_mask: (h, w) float32 in [0, 1], how much of each pixel is the target's.
        threshold: colour difference from which on a pixel is something else.
        points: (N, 2) corners on the target and its outline.
        target_u8: (h, w, 3) the target's colours, carried on past its outline.
        inside: (h, w) what of the patch was in the picture that it was cut out of.
    """

    patch: ImageHWC
    soft_mask: FloatHW
    threshold: float
    points: Points
    target_u8: ImageHWC
    inside: MaskHW
    _nearest: NDArray[np.intp]
    _all: ComparedPixels

    @cached_property
    def mask(self) -> MaskHW:
        """(h, w) bool, the target with what of it is hidden."""
        return np.asarray(self.soft_mask > 0.5)

    @cached_property
    def core(self) -> MaskHW:
        """(h, w) bool, the target without its rim, whose pixels are mixed with what is behind."""
        return _core(self.mask)

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        """(h, w) uint8."""
        return np.asarray(cv2.cvtColor(self.patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    @cached_property
    def pixels(self) -> FloatCHW:
        """(2, h, w) x and y of every pixel."""
        h, w = self.soft_mask.shape
        return np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)))

    @cached_property
    def for_warping(self) -> ImageHWC:
        """(h, w, 4) the patch, as ``SmallFrame.for_warping``."""
        return np.asarray(cv2.cvtColor(self.patch, cv2.COLOR_RGB2RGBA), dtype=np.uint8)

    @cached_property
    def looks(self) -> Looks:
        """Its colours and those round it."""
        return looks_of(self.patch, self.soft_mask, self.target_u8, self.inside)

    @property
    def centre(self) -> NDArray[np.float64]:
        """(1, 2) middle of the patch."""
        h, w = self.soft_mask.shape
        return np.array([[(w - 1) / 2, (h - 1) / 2]])

    def spread_to_rim(self, of_core: MaskHW) -> MaskHW:
        """(h, w) what holds for a pixel of the core holds for the rim and surroundings nearest to it."""
        return np.asarray(of_core.take(self._nearest))

    def compare(self, rgb: ImageHWC, pose: Affine) -> Likeness:
        """Straighten a frame (its reduced picture) by a pose, and compare."""
        patch = straightened(rgb, pose, self.soft_mask.shape)
        inside = self._inside(rgb, pose)
        score, seen, spilt, off_n = self._all.agreement(smoothed(patch), inside, self.threshold)
        same = off_n < 1
        residual = float(off_n[same].mean()) if same.any() else 1.0
        off = np.ones(self.soft_mask.shape, dtype=np.float32)
        off.reshape(-1)[self._all.core_at] = off_n
        return Likeness(score, seen, spilt, self.core & (off >= 1), patch, inside, min(1.0, residual), off)

    def glance(self, rgb: ImageHWC, pose: Affine) -> tuple[float, float]:
        """Score and share seen, as ``compare`` would give them, from some of the pixels."""
        (left, top, width, height), some = self._glanced
        pose = compose(pose, shift(left, top))
        patch = straightened(rgb, pose, (height, width))
        inside = inside_frame(rgb, pose, (height, width))
        score, seen, _, _ = some.agreement(smoothed(patch), inside, self.threshold)
        return score, seen

    @cached_property
    def _glanced(self) -> tuple[tuple[int, int, int, int], ComparedPixels]:
        """Some of the pixels, and the part of the patch (left, top, width, height) that holds them."""
        some = self._all.every(max(1, len(self._all.core_at) // _GLANCE_PX))
        h, w = self.soft_mask.shape
        rows, columns = np.unravel_index(np.concatenate([some.core_at, some.ring_at]), (h, w))
        left, top = max(0, int(columns.min()) - 1), max(0, int(rows.min()) - 1)
        width, height = min(w, int(columns.max()) + 2) - left, min(h, int(rows.max()) + 2) - top
        return (left, top, width, height), some.within((left, top, width, height), width_px=w)

    def _inside(self, rgb: ImageHWC, pose: Affine) -> MaskHW:
        return inside_frame(rgb, pose, self.soft_mask.shape)


def make_template(
    patch: ImageHWC, soft_mask: FloatHW, settings: TrackerSettings, *, inside: MaskHW | None = None
) -> Template:
    """Prepare a patch (h, w, 3) and its soft mask (h, w) for comparing; ``inside``: what was in the frame."""
    if inside is None:
        inside = np.ones(soft_mask.shape, dtype=np.bool_)
    mask = soft_mask > 0.5
    core = _core(mask)
    _, labels = cv2.distanceTransformWithLabels(
        1 - core.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_core = np.flatnonzero(core)
    pixel_of_label = np.zeros(int(labels.max()) + 1, dtype=np.intp)
    pixel_of_label[labels.reshape(-1)[of_core]] = of_core
    nearest = pixel_of_label[labels]
    # The target's colours, carried on past its outline, so that what lay behind it never counts as target.
    target_u8 = cv2.blur(patch.reshape(-1, 3)[nearest], (3, 3))
    target = target_u8.astype(np.float32)
    around = cv2.blur(patch, (3, 3)).astype(np.float32)
    whole = mask.astype(np.uint8)
    ring = ((cv2.dilate(whole, _RING) - cv2.dilate(whole, _SQUARE)) > 0) & inside
    contrast = colour_distance((around - target).reshape(-1, 3).T).reshape(mask.shape)
    threshold = _threshold(patch, core, contrast[ring])
    ring_at = np.flatnonzero(ring & (contrast > 1.5 * threshold))
    most = target.max(axis=2)
    vivid = np.minimum(1.0, (most - target.min(axis=2)) / (most + 8.0) / _FULL_COLOUR)
    grey = np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    on_target = np.asarray(cv2.dilate(whole, _SQUARE), dtype=np.uint8)
    return Template(
        patch=patch,
        soft_mask=soft_mask,
        threshold=threshold,
        points=corners(grey, num=settings.num_template_points, spacing_px=3, mask=on_target),
        target_u8=np.asarray(target_u8, dtype=np.uint8),
        inside=inside,
        _nearest=nearest,
        _all=ComparedPixels(
            core_at=of_core,
            low_cn=_colours(cv2.erode(target_u8, _SQUARE), of_core),
            high_cn=_colours(cv2.dilate(target_u8, _SQUARE), of_core),
            target_cn=_colours(target, of_core),
            min_light_n=(1.0 - _SHADOW * vivid).astype(np.float32).reshape(-1)[of_core],
            ring_at=ring_at,
            ring_target_cn=_colours(target, ring_at),
            ring_around_cn=_colours(around, ring_at),
        ),
    )


def _colours(picture: NDArray[Any], at: NDArray[np.intp]) -> ColoursCN:
    return picture.reshape(-1, 3)[at].T.astype(np.float32, order="C")


def _threshold(patch: ImageHWC, core: MaskHW, contrast_of_ring: NDArray[np.float32]) -> float:
    """Under half the way from the target to its surroundings, and above the camera's noise."""
    if contrast_of_ring.size == 0:
        return _MAX_THRESHOLD
    grey = np.asarray(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    fine = np.abs(grey.astype(np.float32) - cv2.medianBlur(grey, 3))[core]
    noise = 1.48 * float(np.median(fine)) if fine.size else 0.0
    least = max(_MIN_THRESHOLD, _NOISE_FACTOR * noise)
    return float(
        np.clip(_CONTRAST_SHARE * float(np.median(contrast_of_ring)), least, max(least, _MAX_THRESHOLD))
    )


def _core(mask: MaskHW) -> MaskHW:
    inner = cv2.erode(mask.astype(np.uint8), _SQUARE) > 0
    return inner if np.count_nonzero(inner) >= 0.3 * np.count_nonzero(mask) else mask
