"""Depth pictures as they were sent, with every way of being invalid kept apart and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from converseg_core.images.message import ImageError, ImageMessage, check_size, pixels

DepthHW = NDArray[np.float32]
BoolHW = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class DepthCounts:
    """Pixels of a mask by the state of their depth.

    Attributes:
        num_zero: 0, which means "not measured" (REP 118).
        num_nan: NaN, infinite or negative.
        num_out_of_range: measured, but nearer or farther than allowed.
        num_valid: the rest.
    """

    num_zero: int
    num_nan: int
    num_out_of_range: int
    num_valid: int

    @property
    def num_pixels(self) -> int:
        """All of them."""
        return self.num_zero + self.num_nan + self.num_out_of_range + self.num_valid


def raw_depth_m(message: ImageMessage) -> DepthHW:
    """``32FC1`` (metres) or ``16UC1`` (millimetres) as (H, W) float32 metres, nothing replaced.

    0, NaN, infinite and negative values stay as they are, so that they can be counted. A 32FC1 message
    without padding is not copied.

    Raises:
        ImageError: another encoding, or fields that contradict each other.
    """
    check_size(message.height, message.width)
    if message.encoding == "32FC1":
        return cast(DepthHW, pixels(message, 1, np.float32))
    if message.encoding in ("16UC1", "mono16"):
        metres = pixels(message, 1, np.uint16).astype(np.float32)
        metres *= np.float32(0.001)
        return metres
    raise ImageError(f"encoding: {message.encoding!r} holds no distances; send 16UC1 (mm) or 32FC1 (m)")


def valid_depth(depth_m: DepthHW, *, min_depth_m: float, max_depth_m: float) -> BoolHW:
    """(H, W) True where a distance was measured and lies in the range."""
    with np.errstate(invalid="ignore"):
        return (depth_m >= max(min_depth_m, 1e-6)) & (depth_m <= max_depth_m)


def count_depth(depth_m: DepthHW, mask: BoolHW, *, min_depth_m: float, max_depth_m: float) -> DepthCounts:
    """Count the pixels of ``mask`` by the state of their depth; both (H, W)."""
    under = depth_m[mask]
    with np.errstate(invalid="ignore"):
        is_zero = under == 0
        is_number = np.isfinite(under) & (under > 0)
        is_inside = is_number & (under >= min_depth_m) & (under <= max_depth_m)
    num_zero, num_number = int(np.count_nonzero(is_zero)), int(np.count_nonzero(is_number))
    num_valid = int(np.count_nonzero(is_inside))
    return DepthCounts(
        num_zero=num_zero,
        num_nan=under.size - num_zero - num_number,
        num_out_of_range=num_number - num_valid,
        num_valid=num_valid,
    )
