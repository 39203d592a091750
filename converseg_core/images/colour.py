"""Sub-sampled colour to RGB: YUV 4:2:2, NV12 and Bayer mosaics, odd sizes included."""

from __future__ import annotations

from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

RgbHWC = NDArray[np.uint8]

_YUV422_CODES = {"uyvy": cv2.COLOR_YUV2RGB_UYVY, "yuyv": cv2.COLOR_YUV2RGB_YUY2}

# OpenCV's plain names (BayerBG...) name the second row's pair; these aliases name the first, as ROS does.
_BAYER_CODES = {
    "rggb": cv2.COLOR_BayerRGGB2RGB,
    "bggr": cv2.COLOR_BayerBGGR2RGB,
    "gbrg": cv2.COLOR_BayerGBRG2RGB,
    "grbg": cv2.COLOR_BayerGRBG2RGB,
}


def yuv422_to_rgb(packed_hw2: NDArray[np.uint8], order: Literal["uyvy", "yuyv"]) -> RgbHWC:
    """(H, W, 2) packed 4:2:2 bytes -> (H, W, 3) RGB; BT.601, limited range (Y 16..235).

    Two pixels share one U and one V. In an odd row the last pixel has a U and no V; it takes the V
    of the pair before it, or none (128) in a row of one pixel.
    """
    height, width, _ = packed_hw2.shape
    if width % 2:
        last_n2 = packed_hw2[:, -1]
        luma, chroma = (1, 0) if order == "uyvy" else (0, 1)
        extra_n2 = np.empty_like(last_n2)
        extra_n2[:, luma] = last_n2[:, luma]
        extra_n2[:, chroma] = packed_hw2[:, -2, chroma] if width > 1 else 128
        packed_hw2 = np.concatenate([packed_hw2, extra_n2[:, None]], axis=1)
    rgb = cv2.cvtColor(np.ascontiguousarray(packed_hw2), _YUV422_CODES[order])
    return cast(RgbHWC, np.ascontiguousarray(rgb[:height, :width]))


def nv12_to_rgb(luma_hw: NDArray[np.uint8], chroma_rows: NDArray[np.uint8]) -> RgbHWC:
    """(H, W) Y and (ceil(H/2), 2*ceil(W/2)) interleaved UV -> (H, W, 3) RGB; BT.601, limited range."""
    height, width = luma_hw.shape
    if height % 2 or width % 2:
        luma_hw = np.pad(luma_hw, ((0, height % 2), (0, width % 2)), mode="edge")
    chroma_hw2 = np.ascontiguousarray(chroma_rows).reshape(chroma_rows.shape[0], -1, 2)
    rgb = cv2.cvtColorTwoPlane(np.ascontiguousarray(luma_hw), chroma_hw2, cv2.COLOR_YUV2RGB_NV12)
    return cast(RgbHWC, np.ascontiguousarray(rgb[:height, :width]))


def bayer_to_rgb(mosaic_hw: NDArray[np.uint8], pattern: str) -> RgbHWC:
    """Mosaic to RGB by bilinear interpolation, mirrored at the border.

    Args:
        mosaic_hw: (H, W) samples.
        pattern: colours of the top-left 2x2 pixels by row: rggb, bggr, gbrg or grbg.

    Returns:
        (H, W, 3) RGB.
    """
    # Mirroring by two pixels keeps the pattern's phase; without it OpenCV copies its outermost
    # computed pixels outwards, and returns black where a side is shorter than three.
    padded = cv2.copyMakeBorder(mosaic_hw, 2, 2, 2, 2, cv2.BORDER_REFLECT_101)
    rgb = cv2.cvtColor(padded, _BAYER_CODES[pattern])
    return cast(RgbHWC, np.ascontiguousarray(rgb[2:-2, 2:-2]))
