"""Depth as a small stereo camera would give it, from exact depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class StereoSensor:
    """A second eye to the right of the camera.

    Attributes:
        baseline_m: distance between the eyes.
        disparity_steps: disparities are told apart to one over this many pixels.
        max_range_m: beyond it there is no measurement.
    """

    baseline_m: float = 0.05
    disparity_steps: int = 16
    max_range_m: float = 6.0

    def measure(self, depth_m: NDArray[np.float32], focal_px: float) -> NDArray[np.uint16]:
        """Exact (H, W) depth along the optical axis, metres, to millimetres; 0 where not measured.

        Not measured: out of range, and what the second eye does not see, because it lies beyond the
        rim of its picture or behind something nearer. The rest has the steps of its disparity.
        """
        valid = (depth_m > 0) & (depth_m < self.max_range_m)
        exact = np.where(valid, focal_px * self.baseline_m / np.where(valid, depth_m, 1.0), 0.0)
        disparity = np.round(exact * self.disparity_steps) / self.disparity_steps
        height, width = depth_m.shape
        rows, columns = np.mgrid[0:height, 0:width]
        landing = np.round(columns - disparity).astype(np.int64)
        in_picture = valid & (landing >= 0)
        # The nearest surface wins each pixel of the second eye; whoever lies well behind it is hidden.
        nearest = np.zeros((height, width))
        np.maximum.at(nearest, (rows[in_picture], landing[in_picture]), disparity[in_picture])
        seen = in_picture & (nearest[rows, np.maximum(landing, 0)] - disparity < 1.0) & (disparity > 0)
        millimetres = np.where(seen, 1000 * focal_px * self.baseline_m / np.where(seen, disparity, 1.0), 0.0)
        return np.round(millimetres).astype(np.uint16)
