"""Arrays -> the field values of a ``sensor_msgs/Image``.

The ``data`` of the result is a view of the array's own memory where the encoding is the array's own
layout. A ROS message takes it fastest as ``array('B')`` filled with ``frombytes``.
"""

from __future__ import annotations

import sys
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.images.message import ImageError, ImageFields, check_size

RgbEncoding = Literal["rgb8", "bgr8", "rgba8", "bgra8", "mono8"]

_FROM_RGB_CODES: dict[str, int | None] = {
    "rgb8": None,
    "bgr8": cv2.COLOR_RGB2BGR,
    "rgba8": cv2.COLOR_RGB2RGBA,
    "bgra8": cv2.COLOR_RGB2BGRA,
    "mono8": cv2.COLOR_RGB2GRAY,
}


def from_rgb(rgb_hwc: NDArray[np.uint8], encoding: RgbEncoding = "rgb8") -> ImageFields:
    """(H, W, 3) uint8 RGB -> fields of an Image; alpha is 255.

    Raises:
        ImageError: wrong shape or type, or an encoding that is not offered here.
    """
    if rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3 or rgb_hwc.dtype != np.uint8:
        raise ImageError(f"rgb_hwc: {rgb_hwc.dtype} {rgb_hwc.shape}; give (H, W, 3) uint8")
    if encoding not in _FROM_RGB_CODES:
        raise ImageError(f"encoding: {encoding!r}; give one of {', '.join(_FROM_RGB_CODES)}")
    check_size(*rgb_hwc.shape[:2])
    code = _FROM_RGB_CODES[encoding]
    array = rgb_hwc if code is None else cast(NDArray[np.uint8], cv2.cvtColor(rgb_hwc, code))
    return _fields(array, encoding)


def from_mono(grey_hw: NDArray[Any]) -> ImageFields:
    """(H, W) uint8 or uint16 -> fields of a mono8 or mono16 Image.

    Raises:
        ImageError: wrong shape or type.
    """
    encodings = {np.dtype(np.uint8): "mono8", np.dtype(np.uint16): "mono16"}
    if grey_hw.ndim != 2 or grey_hw.dtype not in encodings:
        raise ImageError(f"grey_hw: {grey_hw.dtype} {grey_hw.shape}; give (H, W) uint8 or uint16")
    return _fields(grey_hw, encodings[grey_hw.dtype])


def from_mask(mask_hw: NDArray[np.bool_]) -> ImageFields:
    """(H, W) bool -> fields of a mono8 Image, 0 or 255.

    Raises:
        ImageError: wrong shape or type.
    """
    if mask_hw.ndim != 2 or mask_hw.dtype != np.bool_:
        raise ImageError(f"mask_hw: {mask_hw.dtype} {mask_hw.shape}; give (H, W) bool")
    return _fields(mask_hw.view(np.uint8) * np.uint8(255), "mono8")


def from_depth_m(depth_hw: NDArray[np.float32], encoding: Literal["32FC1", "16UC1"] = "32FC1") -> ImageFields:
    """(H, W) float32 metres -> fields of a depth Image; what is not a distance becomes NaN or 0.

    ``16UC1`` rounds to whole millimetres; beyond 65.535 m there is no value, so it becomes 0 (invalid).

    Raises:
        ImageError: wrong shape or type, or an encoding that is not offered here.
    """
    if depth_hw.ndim != 2 or depth_hw.dtype != np.float32:
        raise ImageError(f"depth_hw: {depth_hw.dtype} {depth_hw.shape}; give (H, W) float32 metres")
    with np.errstate(invalid="ignore"):
        is_distance = (depth_hw > 0) & (depth_hw < np.inf)
        if encoding == "32FC1":
            return _fields(np.where(is_distance, depth_hw, np.float32(np.nan)), encoding)
        if encoding == "16UC1":
            millimetres = np.rint(np.where(is_distance, depth_hw, 0).astype(np.float64) * 1000.0)
            return _fields(np.where(millimetres <= 65535, millimetres, 0).astype(np.uint16), encoding)
    raise ImageError(f"encoding: {encoding!r}; give 32FC1 or 16UC1")


def _fields(array: NDArray[Any], encoding: str) -> ImageFields:
    check_size(*array.shape[:2])
    contiguous = np.ascontiguousarray(array)
    return ImageFields(
        height=array.shape[0],
        width=array.shape[1],
        encoding=encoding,
        is_bigendian=int(sys.byteorder == "big"),
        step=contiguous.nbytes // array.shape[0],
        data=contiguous.reshape(-1).view(np.uint8).data,
    )
