"""A stereo depth camera with its faults, from exact depth.

The order follows what happens in such a camera; the figures are those of small active stereo cameras.

1. Lateral noise: the edge of a block of pixels wanders, so depth is read a fraction of a pixel away, and
   between two surfaces from both: flying pixels. Gaussian, ``lateral_px`` (Nguyen, Izadi and Lovell,
   "Modeling Kinect sensor noise for improved 3D reconstruction and tracking", 3DIMPVT 2012, find 0.8 px;
   reading between pixels is the way of Handa et al., ICRA 2014).
2. Matching noise: disparity has a Gaussian error of ``disparity_px``, alike for pixels within a matching
   block of ``block_px``. Depth noise then grows with the square of the distance: z^2 / (f b) times it.
3. Steps: disparities are told apart to one over ``disparity_steps`` pixels.
4. Holes: nothing out of range, in the second eye's shadow, at grazing angles beyond ``max_tilt_deg``, and
   in a random share ``dropout`` of small patches.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_engine.sim.stereo import StereoSensor

DepthHW = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class DepthCamera:
    """Baseline and errors of a depth camera; see the module's text.

    At 0.8 m and a focal length of 600 px its depth noise is 1.7 mm.
    """

    baseline_m: float = 0.05
    lateral_px: float = 0.5
    disparity_px: float = 0.08
    block_px: float = 1.5
    disparity_steps: int = 32
    max_range_m: float = 6.0
    max_tilt_deg: float = 82.0
    dropout: float = 0.01

    def depth_noise_m(self, depth_m: float, focal_px: float) -> float:
        """Standard deviation of the matching noise at a distance, metres."""
        return self.disparity_px * depth_m**2 / (focal_px * self.baseline_m)

    def measure(self, rng: np.random.Generator, depth_m: DepthHW, focal_px: float) -> DepthHW:
        """Depth as this camera gives it: (H, W) float32 metres, 0 where there is no measurement.

        Args:
            rng: draws the noise; the same state gives the same picture.
            depth_m: exact (H, W) depth along the optical axis, metres; 0 where nothing was hit.
            focal_px: focal length, pixels.
        """
        seen = self._seen(depth_m, focal_px)
        height, width = depth_m.shape
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        shift = rng.normal(0, self.lateral_px, size=(2, height, width)).astype(np.float32)
        exact = np.where(depth_m > 0, depth_m, np.float32(self.max_range_m))
        moved = cv2.remap(
            exact, columns + shift[0], rows + shift[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        disparity = focal_px * self.baseline_m / np.maximum(moved, 1e-3)
        disparity = disparity + self.disparity_px * self._smooth_noise(rng, (height, width))
        disparity = np.round(disparity * self.disparity_steps) / self.disparity_steps
        measured = focal_px * self.baseline_m / np.maximum(disparity, 1e-6)
        holes = self._smooth_noise(rng, (height, width)) > _upper_quantile(self.dropout)
        good = seen & ~holes & (disparity > 0) & (measured < self.max_range_m)
        return np.where(good, measured, 0.0).astype(np.float32)

    def _seen(self, depth_m: DepthHW, focal_px: float) -> NDArray[np.bool_]:
        eyes = StereoSensor(baseline_m=self.baseline_m, max_range_m=self.max_range_m)
        seen = eyes.measure(depth_m, focal_px) > 0
        # Tilt of a surface: how fast depth changes over the width of a pixel. At edges it says nothing.
        along, down = np.gradient(depth_m.astype(np.float64), axis=(1, 0))
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.hypot(along, down) / (depth_m / focal_px)
        limit = np.tan(np.radians(self.max_tilt_deg))
        is_edge = slope > 6 * limit
        return seen & ((slope <= limit) | is_edge)

    def _smooth_noise(self, rng: np.random.Generator, shape_hw: tuple[int, int]) -> NDArray[np.float64]:
        """Gaussian noise of spread 1 that is alike within a matching block."""
        noise = cv2.GaussianBlur(rng.standard_normal(shape_hw), (0, 0), self.block_px)
        unit: NDArray[np.float64] = noise * (2 * np.sqrt(np.pi) * self.block_px)
        return unit


def _upper_quantile(share: float) -> float:
    """The value that a share of a standard normal distribution exceeds (Abramowitz and Stegun, 26.2.23)."""
    if share <= 0:
        return float("inf")
    t = float(np.sqrt(-2 * np.log(share)))
    above = 2.515517 + 0.802853 * t + 0.010328 * t * t
    below = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t**3
    return t - above / below
