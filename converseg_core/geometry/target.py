"""What is known of a target in metres, or why nothing is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from converseg_core.geometry.approach import Approach
from converseg_core.geometry.boxes import OrientedBox
from converseg_core.geometry.cleaning import CleaningSettings
from converseg_core.geometry.depth_image import BoolHW, DepthCounts
from converseg_core.geometry.support import SupportPlane


class TargetStatus(IntEnum):
    """Whether there is a target in metres, and if not, why. The numbers are those of ``Target3D.msg``."""

    OK = 1
    EMPTY_MASK = 2
    TOO_FEW_POINTS = 3
    NO_DEPTH = 4
    NO_CALIBRATION = 5
    SIZE_MISMATCH = 6
    BAD_DEPTH = 7


@dataclass(frozen=True, kw_only=True)
class TargetSettings:
    """What is asked of a target.

    Attributes:
        cleaning: of mask and depth.
        min_points: fewer valid points are TOO_FEW_POINTS.
        max_part_gap_m: parts of a mask farther apart are different things; the largest is the target.
        complete_hidden: guess the unseen side of the box by symmetry.
        up: (x, y, z) against gravity in the optical frame, where it is known.
        max_opening_m: of the gripper, for the suggested approach.
        max_box_points: points that box and plane are fitted to; more are thinned out.
    """

    cleaning: CleaningSettings = field(default_factory=CleaningSettings)
    min_points: int = 50
    max_part_gap_m: float = 0.03
    complete_hidden: bool = True
    up: tuple[float, float, float] | None = None
    max_opening_m: float = 0.085
    max_box_points: int = 3000

    def __post_init__(self) -> None:
        if self.min_points < 10:
            raise ValueError(f"min_points: {self.min_points}; a box needs 10 or more")


@dataclass(frozen=True, kw_only=True, eq=False)
class Target3D:
    """A target in the camera's optical frame, or the reason why there is none.

    Attributes:
        status: OK, or why all of the rest is missing.
        reason: text and remedy where the status is not OK; a remark where it is.
        centroid_m: (3,) robust mean of the visible surface, not of the whole body.
        box: oriented box of the whole body, as far as it can be told from one side.
        support: the plane that it stands on; None where none was found.
        approach: a suggestion from where to come.
        counts: the mask's pixels by the state of their depth.
        num_edge: pixels with valid depth left out as rim or flying pixels.
        num_points: points that are left.
        num_other_parts: other things in the mask, apart from the target.
        pixels: (H, W) the pixels that are left; None without a target.
    """

    status: TargetStatus
    reason: str = ""
    centroid_m: NDArray[np.float64] | None = None
    box: OrientedBox | None = None
    support: SupportPlane | None = None
    approach: Approach | None = None
    counts: DepthCounts | None = None
    num_edge: int = 0
    num_points: int = 0
    num_other_parts: int = 0
    pixels: BoolHW | None = None


def no_target(status: TargetStatus, reason: str, *, counts: DepthCounts | None = None) -> Target3D:
    """The result where there is none."""
    return Target3D(status=status, reason=reason, counts=counts)
