"""Which pixels are surely the target, which are surely not, from a mask and a depth picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from converseg_core.geometry.depth_image import BoolHW, DepthHW, valid_depth
from converseg_core.geometry.edges import dilated, eroded, flying_pixels, grown, joined, step_m


@dataclass(frozen=True, kw_only=True)
class CleaningSettings:
    """How masks and depth are cleaned.

    Attributes:
        min_depth_m, max_depth_m: distances outside count as invalid.
        erode_px: how far a mask's rim may be wrong, pixels. It is taken off, then taken back where the
            depth goes on without a jump.
        ring_px: how far outside the mask a pixel of the same surface is not taken for an obstacle.
        min_core_share: the erosion gets weaker until so much of a thin mask is left.
    """

    min_depth_m: float = 0.1
    max_depth_m: float = 5.0
    erode_px: int = 2
    ring_px: int = 5
    min_core_share: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.min_depth_m < self.max_depth_m:
            raise ValueError(
                f"min_depth_m, max_depth_m: {self.min_depth_m} and {self.max_depth_m}; give 0 <= min < max"
            )
        if self.erode_px < 0 or self.ring_px < 0:
            raise ValueError("erode_px, ring_px: must not be negative")


@dataclass(frozen=True, kw_only=True, eq=False)
class Cleaned:
    """What is left of a mask; all arrays are (H, W).

    Attributes:
        core: the eroded mask where depth is valid and belongs to a surface.
        rim: pixels of the mask beyond the core that go on without a jump in depth.
        is_valid: where depth was measured in range.
        is_flying: valid depth that belongs to no surface.
        limit_m: largest difference of neighbours on one surface, metres.
        num_edge: valid pixels of the mask in neither core nor rim.
    """

    core: BoolHW
    rim: BoolHW
    is_valid: BoolHW
    is_flying: BoolHW
    limit_m: DepthHW
    num_edge: int


def clean(mask: BoolHW, depth_m: DepthHW, *, focal_px: float, settings: CleaningSettings) -> Cleaned:
    """Erode the mask, drop flying pixels, and take back what lies on the same surface."""
    is_valid = valid_depth(depth_m, min_depth_m=settings.min_depth_m, max_depth_m=settings.max_depth_m)
    limit_m = step_m(depth_m, focal_px=focal_px)
    is_flying = flying_pixels(depth_m, is_valid, limit_m)
    good = mask & is_valid & ~is_flying
    num_good = int(np.count_nonzero(good))
    core = good
    for num_px in range(settings.erode_px, 0, -1):
        core = eroded(mask, num_px) & good
        if np.count_nonzero(core) >= settings.min_core_share * num_good:
            break
    else:
        core = good
    whole = joined(core, good, depth_m, limit_m)
    num_valid = int(np.count_nonzero(mask & is_valid))
    return Cleaned(
        core=core,
        rim=whole & ~core,
        is_valid=is_valid,
        is_flying=is_flying,
        limit_m=limit_m,
        num_edge=num_valid - int(np.count_nonzero(whole)),
    )


def scene_pixels(mask: BoolHW, target: BoolHW, cleaned: Cleaned, depth_m: DepthHW, *, ring_px: int) -> BoolHW:
    """(H, W) pixels of the scene without the target: what a collision map should hold.

    Left out are the mask, flying pixels, and what goes on from the target within ``ring_px`` beyond its
    mask: a mask that is a little too small must not leave a wall round the target. On a surface that the
    target stands on this leaves a gap of a few pixels round its foot, where the mask is already.
    """
    allowed = cleaned.is_valid & ~cleaned.is_flying
    ring = dilated(mask, ring_px) & ~mask & allowed
    own = grown(target, ring | target, depth_m, cleaned.limit_m, num_px=ring_px)
    scene: BoolHW = allowed & ~mask & ~own
    return scene
