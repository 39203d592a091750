"""How well pixels of a straightened frame agree with those of the target's own picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from converseg_core.model import ImageHWC
from converseg_core.tracking.colours import colour_distance

ColoursCN = NDArray[np.float32]

_LIGHTER = 0.5
"""A pixel may gain so much of what undoes the most of its light that it may lose."""

_MISFIT_WEIGHT = 0.3


@dataclass(frozen=True, eq=False)
class ComparedPixels:
    """Pixels of a template: N of its core and M of the ring round it.

    Attributes:
        core_at: (N,) index in the flat patch.
        low_cn, high_cn: (3, N) range of the colours of each and its neighbours.
        target_cn: (3, N) its colour.
        min_light_n: (N,) share of its light that it may lose and still be itself.
        ring_at: (M,) index in the flat patch.
        ring_target_cn: (3, M) the target's colour nearest to it.
        ring_around_cn: (3, M) its own colour.
    """

    core_at: NDArray[np.intp]
    low_cn: ColoursCN
    high_cn: ColoursCN
    target_cn: ColoursCN
    min_light_n: NDArray[np.float32]
    ring_at: NDArray[np.intp]
    ring_target_cn: ColoursCN
    ring_around_cn: ColoursCN

    def every(self, nth: int) -> ComparedPixels:
        """Every ``nth`` of them."""
        core, ring = slice(None, None, nth), slice(nth // 2, None, nth)
        return replace(
            self,
            core_at=self.core_at[core],
            low_cn=np.ascontiguousarray(self.low_cn[:, core]),
            high_cn=np.ascontiguousarray(self.high_cn[:, core]),
            target_cn=np.ascontiguousarray(self.target_cn[:, core]),
            min_light_n=self.min_light_n[core],
            ring_at=self.ring_at[ring],
            ring_target_cn=np.ascontiguousarray(self.ring_target_cn[:, ring]),
            ring_around_cn=np.ascontiguousarray(self.ring_around_cn[:, ring]),
        )

    def within(self, area: tuple[int, int, int, int], *, width_px: int) -> ComparedPixels:
        """The same pixels in a part (left, top, width, height) of the patch, whose width is ``width_px``."""
        left, top, width, _ = area

        def moved(at: NDArray[np.intp]) -> NDArray[np.intp]:
            return (at // width_px - top) * width + (at % width_px - left)

        return replace(self, core_at=moved(self.core_at), ring_at=moved(self.ring_at))

    def agreement(
        self, soft: ImageHWC, inside: NDArray[np.bool_], threshold: float
    ) -> tuple[float, float, float, NDArray[np.float32]]:
        """Compare with a straightened frame.

        Args:
            soft: (h, w, 3) uint8 the frame, smoothed as the template is.
            inside: (h, w) what of it lies inside the frame.
            threshold: colour difference from which on a pixel is something else.

        Returns:
            Score; share of the core that is seen; pixels of the ring that look like the target, as a share of
            the core; (N,) difference of each core pixel as a share of the threshold, 1 at most.
        """
        soft, in_frame = soft.reshape(-1, 3), None if inside.all() else inside.reshape(-1)
        now_cn = _colours_at(soft, self.core_at)
        light_n = np.einsum("cn,cn->n", now_cn, self.target_cn) / self._light_n
        light_n = np.clip(light_n, self.min_light_n, self._max_light_n)
        # Within the range of its neighbours a pixel is the same: poses are exact to a pixel at best.
        over_cn = np.maximum(now_cn - light_n * self.high_cn, 0.0)
        over_cn -= np.maximum(light_n * self.low_cn - now_cn, 0.0)
        off_n = np.minimum(colour_distance(over_cn) * np.float32(1 / threshold), 1.0)
        num_core = len(self.core_at)
        if in_frame is None:
            misfit = float(off_n.sum()) / num_core
        else:
            core_in_frame = in_frame.take(self.core_at)
            misfit = float(off_n[core_in_frame].sum()) / num_core
            off_n[~core_in_frame] = 1.0
        seen = np.count_nonzero(off_n < 1) / num_core
        # Target's colour where its surroundings were: the outline does not end where the pose says.
        ring_cn = _colours_at(soft, self.ring_at)
        like_target = colour_distance(ring_cn - self.ring_target_cn) < threshold
        like_target &= colour_distance(ring_cn - self.ring_around_cn) > threshold
        if in_frame is not None:
            like_target &= in_frame.take(self.ring_at)
        spilt = np.count_nonzero(like_target) / num_core
        return seen - _MISFIT_WEIGHT * misfit - spilt, seen, spilt, np.asarray(off_n, dtype=np.float32)

    @cached_property
    def _light_n(self) -> NDArray[np.float32]:
        return np.asarray((self.target_cn**2).sum(axis=0) + 1.0, dtype=np.float32)

    @cached_property
    def _max_light_n(self) -> NDArray[np.float32]:
        return np.asarray(1.0 + _LIGHTER * (1.0 / self.min_light_n - 1.0), dtype=np.float32)


def _colours_at(flat: NDArray[np.uint8], at: NDArray[np.intp]) -> ColoursCN:
    """(3, N) float32 of some pixels of a flat picture (h * w, 3)."""
    return flat.take(at, axis=0).T.astype(np.float32, order="C")
