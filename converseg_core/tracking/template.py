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
from converseg_core.tracking.affine import Affine, Points, apply, compose, shift
from converseg_core.tracking.colours import colour_distance
from converseg_core.tracking.looks import Looks, looks_of
from converseg_core.tracking.points import corners
from converseg_core.tracking.settings import TrackerSettings

FloatHW = NDArray[np.float32]
FloatHWC = NDArray[np.float32]
ColoursNC = NDArray[np.float32]
MaskHW = NDArray[np.bool_]

_SQUARE = np.ones((3, 3), dtype=np.uint8)
_RING = np.ones((9, 9), dtype=np.uint8)
_SHADOW, _LIGHTER, _FULL_COLOUR = 0.55, 0.5, 0.5
"""A vivid colour may lose so much of its light and still be itself, and gain half of what undoes that, as
when a shadow goes; a grey may not, it has nothing else."""

_CONTRAST_SHARE, _MIN_THRESHOLD, _MAX_THRESHOLD, _NOISE_FACTOR = 0.4, 7.0, 18.0, 1.5
_MISFIT_WEIGHT = 0.3


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
    """

    score: float
    seen: float
    spilt: float
    differs: MaskHW
    patch: ImageHWC
    inside: MaskHW
    residual: float


@dataclass(frozen=True, eq=False)
class Template:
    """The target's own picture.

    Attributes:
        patch: (h, w, 3) uint8.
        soft_mask: (h, w) float32 in [0, 1], how much of each pixel is the target's.
        threshold: colour difference from which on a pixel is something else.
        points: (N, 2) corners on the target and its outline.
    """

    patch: ImageHWC
    soft_mask: FloatHW
    threshold: float
    points: Points
    _nearest: NDArray[np.intp]
    _core_at: NDArray[np.intp]
    _low_nc: ColoursNC
    _high_nc: ColoursNC
    _target_nc: ColoursNC
    _min_light_n: NDArray[np.float32]
    _ring_at: NDArray[np.intp]
    _ring_target_nc: ColoursNC
    _ring_around_nc: ColoursNC
    _target_u8: ImageHWC

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
    def pixels(self) -> FloatHWC:
        """(h, w, 2) x and y of every pixel."""
        h, w = self.soft_mask.shape
        x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
        return np.dstack([x, y])

    @cached_property
    def looks(self) -> Looks:
        """Its colours and those round it."""
        return looks_of(self.patch, self.soft_mask, self._target_u8)

    @property
    def centre(self) -> NDArray[np.float64]:
        """(1, 2) middle of the patch."""
        h, w = self.soft_mask.shape
        return np.array([[(w - 1) / 2, (h - 1) / 2]])

    def spread_to_rim(self, of_core: MaskHW) -> MaskHW:
        """(h, w) what holds for a pixel of the core holds for the rim and surroundings nearest to it."""
        return np.asarray(of_core.reshape(-1)[self._nearest])

    def compare(self, rgb: ImageHWC, pose: Affine) -> Likeness:
        """Straighten a frame (its reduced picture) by a pose, and compare."""
        patch = straightened(rgb, pose, self.soft_mask.shape)
        inside = self._inside(rgb, pose)
        soft = cv2.blur(patch, (3, 3)).reshape(-1, 3)
        now_nc = soft[self._core_at].astype(np.float32)
        light = np.einsum("nc,nc->n", now_nc, self._target_nc) / self._light_n
        light_n1 = np.clip(light, self._min_light_n, self._max_light_n)[:, None]
        # Within the range of its neighbours a pixel is the same: poses are exact to a pixel at best.
        over_nc = np.maximum(now_nc - light_n1 * self._high_nc, 0.0)
        over_nc -= np.maximum(light_n1 * self._low_nc - now_nc, 0.0)
        difference = np.minimum(colour_distance(over_nc), self.threshold)
        in_frame = inside.reshape(-1)[self._core_at]
        same = (difference < self.threshold) & in_frame
        num_core = len(self._core_at)
        seen = np.count_nonzero(same) / num_core
        misfit = float(difference[in_frame].sum()) / (num_core * self.threshold)
        residual = float(difference[same].mean()) / self.threshold if seen > 0 else 1.0
        # Target's colour where its surroundings were: the outline does not end where the pose says.
        ring_nc = soft[self._ring_at].astype(np.float32)
        like_target = colour_distance(ring_nc - self._ring_target_nc) < self.threshold
        like_target &= colour_distance(ring_nc - self._ring_around_nc) > self.threshold
        like_target &= inside.reshape(-1)[self._ring_at]
        spilt = np.count_nonzero(like_target) / num_core
        score = seen - _MISFIT_WEIGHT * misfit - spilt
        differs = np.zeros(self.soft_mask.size, dtype=np.bool_)
        differs[self._core_at] = ~same
        return Likeness(
            score, seen, spilt, differs.reshape(self.soft_mask.shape), patch, inside, min(1.0, residual)
        )

    @cached_property
    def _light_n(self) -> NDArray[np.float32]:
        return np.asarray((self._target_nc**2).sum(axis=1) + 1.0, dtype=np.float32)

    @cached_property
    def _max_light_n(self) -> NDArray[np.float32]:
        return np.asarray(1.0 + _LIGHTER * (1.0 / self._min_light_n - 1.0), dtype=np.float32)

    def _inside(self, rgb: ImageHWC, pose: Affine) -> MaskHW:
        h, w = self.soft_mask.shape
        height, width = rgb.shape[:2]
        limits = np.array([width - 0.5, height - 0.5])
        ends = apply(pose, np.array([[0, 0], [w - 1, 0], [0, h - 1], [w - 1, h - 1]]))
        if (ends > -0.5).all() and (ends < limits).all():
            return np.ones((h, w), dtype=np.bool_)
        at = apply(pose, self.pixels)
        return np.asarray((at > -0.5).all(axis=2) & (at < limits).all(axis=2))

    def search(self, rgb: ImageHWC, pose: Affine, visible: MaskHW, *, reach_px: int) -> Affine:
        """The pose, shifted by whole patch pixels to where the visible core fits best."""
        h, w = self.soft_mask.shape
        wide = compose(pose, shift(-reach_px, -reach_px))
        area = straightened(rgb, wide, (h + 2 * reach_px, w + 2 * reach_px))
        weight = np.repeat(visible.astype(np.uint8)[..., None], 3, axis=2)
        costs = cv2.matchTemplate(cv2.blur(area, (3, 3)), self._target_u8, cv2.TM_SQDIFF, mask=weight)
        _, _, best, _ = cv2.minMaxLoc(costs)
        return compose(pose, shift(best[0] - reach_px, best[1] - reach_px))


def straightened(rgb: ImageHWC, pose: Affine, size_hw: tuple[int, ...]) -> ImageHWC:
    """(h, w, 3) what the frame shows where the pose puts the patch."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(rgb, pose, (size_hw[1], size_hw[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, dtype=np.uint8)


def make_template(patch: ImageHWC, soft_mask: FloatHW, settings: TrackerSettings) -> Template:
    """Prepare a patch (h, w, 3) and its soft mask (h, w) for comparing."""
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
    ring = (cv2.dilate(whole, _RING) - cv2.dilate(whole, _SQUARE)) > 0
    contrast = colour_distance(around - target)
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
        _nearest=nearest,
        _core_at=of_core,
        _low_nc=_colours(cv2.erode(target_u8, _SQUARE), of_core),
        _high_nc=_colours(cv2.dilate(target_u8, _SQUARE), of_core),
        _target_nc=_colours(target, of_core),
        _min_light_n=(1.0 - _SHADOW * vivid).astype(np.float32).reshape(-1)[of_core],
        _ring_at=ring_at,
        _ring_target_nc=_colours(target, ring_at),
        _ring_around_nc=_colours(around, ring_at),
        _target_u8=np.asarray(target_u8, dtype=np.uint8),
    )


def _colours(picture: NDArray[Any], at: NDArray[np.intp]) -> ColoursNC:
    return np.asarray(picture.reshape(-1, 3)[at], dtype=np.float32)


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
