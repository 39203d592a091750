"""A camera's calibration: from a pixel to the direction in which it looks, as ``CameraInfo`` says it.

Optical frame (REP 103): x right, y down, z forward. Pixel centres lie at whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.images.message import MAX_SIDE

RaysHW2 = NDArray[np.float32]
"""(H, W, 2): x / z and y / z of each pixel's direction; NaN where the lens model has no answer."""

PLUMB_BOB, RATIONAL, EQUIDISTANT = "plumb_bob", "rational_polynomial", "equidistant"
_NUM_COEFFICIENTS = {PLUMB_BOB: (4, 5), RATIONAL: (8, 12, 14), EQUIDISTANT: (4,)}
_ALIASES = {"": PLUMB_BOB, "fisheye": EQUIDISTANT, "kannala_brandt": EQUIDISTANT}
_MAX_ERROR_PX = 0.05
_CRITERIA = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 40, 1e-10)


class CalibrationError(ValueError):
    """A ``CameraInfo`` can't be used; the text names the field and the fix."""


@dataclass(frozen=True, kw_only=True)
class CameraModel:
    """Intrinsics of the pictures as they arrive: ROI and binning are already in them.

    Attributes:
        fx, fy, cx, cy: pinhole part, pixels.
        model: ``plumb_bob``, ``rational_polynomial`` or ``equidistant``.
        distortion: its coefficients in OpenCV's order; empty for none.
        width, height: size of the pictures, pixels.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    model: str = PLUMB_BOB
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.fx, self.fy, self.cx, self.cy, *self.distortion))):
            raise CalibrationError("k, d: hold NaN or infinite numbers; calibrate the camera again")
        if self.fx <= 0 or self.fy <= 0:
            raise CalibrationError("k: focal lengths must be above 0; is the camera calibrated?")
        if not (0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE):
            raise CalibrationError(
                f"width, height: {self.width}x{self.height} is no picture; sides must lie in [1, {MAX_SIDE}]"
            )
        if self.model not in _NUM_COEFFICIENTS:
            raise CalibrationError(
                f"distortion_model: {self.model!r} is unknown; use one of {', '.join(_NUM_COEFFICIENTS)}"
            )
        if self.distortion and len(self.distortion) not in _NUM_COEFFICIENTS[self.model]:
            wanted = " or ".join(map(str, _NUM_COEFFICIENTS[self.model]))
            raise CalibrationError(f"d: {self.model} has {wanted} coefficients, not {len(self.distortion)}")

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width, pixels."""
        return self.height, self.width

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) matrix K."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def rays(self) -> RaysHW2:
        """Direction of every pixel. A distorted 640x480 picture takes about a tenth of a second."""
        columns = np.arange(self.width, dtype=np.float64)
        rows = np.arange(self.height, dtype=np.float64)
        if not self.distortion:
            rays = np.empty((self.height, self.width, 2), np.float32)
            rays[..., 0] = (columns - self.cx) / self.fx
            rays[..., 1] = ((rows - self.cy) / self.fy)[:, None]
            return rays
        pixels = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 1, 2)
        directions = self._undistorted(pixels).reshape(-1, 2)
        with np.errstate(invalid="ignore", over="ignore"):
            landed, in_front = self.project(np.column_stack([directions, np.ones(len(directions))]))
            # Where the lens model folds back, the solver ends on a direction that another pixel has.
            error = np.abs(landed - pixels[:, 0]).max(axis=1)
            directions[~(in_front & (error < _MAX_ERROR_PX))] = np.nan
        return directions.reshape(self.height, self.width, 2).astype(np.float32)

    def project(self, points: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """(N, 3) points in the optical frame, metres, to (N, 2) pixels; False where not in front."""
        xyz = np.asarray(points, np.float64).reshape(-1, 3)
        in_front = np.isfinite(xyz).all(axis=1) & (xyz[:, 2] > 1e-9)
        safe = np.where(in_front[:, None], xyz, np.array([0.0, 0.0, 1.0]))
        flat = safe[:, :2] / safe[:, 2:]
        if not len(flat):
            return np.empty((0, 2)), in_front
        if not self.distortion:
            landed: Any = flat * (self.fx, self.fy) + (self.cx, self.cy)
        elif self.model == EQUIDISTANT:
            coefficients = np.asarray(self.distortion)
            landed = cv2.fisheye.distortPoints(flat.reshape(-1, 1, 2), self.matrix, coefficients)
        else:
            spread = np.column_stack([flat, np.ones(len(flat))])
            zeros = np.zeros(3)
            landed, _ = cv2.projectPoints(spread, zeros, zeros, self.matrix, np.asarray(self.distortion))
        return np.asarray(landed, np.float64).reshape(-1, 2), in_front

    def _undistorted(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        coefficients = np.asarray(self.distortion)
        if self.model == EQUIDISTANT:
            # Beyond a right angle there is no x / z; OpenCV marks these with huge numbers.
            directions = cv2.fisheye.undistortPoints(pixels, self.matrix, coefficients)
        else:
            directions = cv2.undistortPoints(pixels, self.matrix, coefficients, criteria=_CRITERIA)
        return np.asarray(directions, np.float64)


def camera_model(info: Any, *, is_rectified: bool = False) -> CameraModel:
    """The model of a ``sensor_msgs/CameraInfo`` (rclpy or rosbags; ROS 1 field names too).

    K and P are those of the full sensor. As in image_geometry, the ROI moves the principal point, then
    binning divides all by its factor; 0 binning means 1, an empty ROI means the whole sensor.

    Args:
        info: the message.
        is_rectified: the pictures are rectified: P counts and there is no distortion.

    Raises:
        CalibrationError: a field is wrong or the camera is not calibrated.
    """
    matrix = _numbers(info, "p" if is_rectified else "k", 12 if is_rectified else 9)
    fx, cx = matrix[0], matrix[2]
    fy, cy = (matrix[5], matrix[6]) if is_rectified else (matrix[4], matrix[5])
    if fx == 0.0:
        field = "p" if is_rectified else "k"
        raise CalibrationError(f"{field}: all zero, so the camera is not calibrated; calibrate it")
    name = str(info.distortion_model)
    coefficients = () if is_rectified else tuple(_numbers(info, "d"))
    roi = info.roi
    has_roi = bool(roi.width) and bool(roi.height)
    left, top = (int(roi.x_offset), int(roi.y_offset)) if has_roi else (0, 0)
    width = int(roi.width if has_roi else info.width)
    height = int(roi.height if has_roi else info.height)
    by_x, by_y = max(1, int(info.binning_x)), max(1, int(info.binning_y))
    return CameraModel(
        fx=fx / by_x,
        fy=fy / by_y,
        cx=(cx - left) / by_x,
        cy=(cy - top) / by_y,
        width=width // by_x,
        height=height // by_y,
        model=_ALIASES.get(name, name),
        distortion=coefficients if any(coefficients) else (),
    )


def _numbers(info: Any, field: str, length: int | None = None) -> list[float]:
    """A field's numbers; ROS 1 writes its name large."""
    values = getattr(info, field, None)
    if values is None:
        values = getattr(info, field.upper())
    numbers = [float(value) for value in values]
    if length is not None and len(numbers) != length:
        raise CalibrationError(f"{field}: must have {length} numbers, not {len(numbers)}")
    return numbers
