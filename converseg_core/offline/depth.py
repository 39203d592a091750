"""How far away an answered mask is, from the camera's aligned depth picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from converseg_core.answer import MaskHW
from converseg_core.images import ImageError, to_depth_m
from converseg_core.images.compressed import decode
from converseg_core.images.convert import DepthHW

_PNG_MAGIC = b"\x89PNG"
_CONFIG = struct.Struct("<iff")
"""What compressed_depth_image_transport puts before the PNG: kind, and two parameters of 32FC1."""


@dataclass(frozen=True)
class MaskDepth:
    """Distances under a mask that is not empty.

    Attributes:
        median_m: median of the valid distances along the optical axis, metres; None where none is valid.
        invalid_share: share of the mask's pixels without a valid distance.
    """

    median_m: float | None
    invalid_share: float


@dataclass  # not frozen: message protocols have settable fields
class _Png:
    """The picture inside a compressedDepth message."""

    data: bytes
    format: str = "png"


def read_depth_m(message: Any, size_hw: tuple[int, int]) -> DepthHW:
    """Depth of an Image (16UC1, 32FC1) or CompressedImage (compressedDepth, 16-bit PNG), NaN where invalid.

    Args:
        message: the recorded message.
        size_hw: size of the picture that it is aligned to.

    Raises:
        ImageError: it holds no distances, is damaged, or has another size than the picture.
    """
    is_compressed = not hasattr(message, "encoding")
    if is_compressed and "compressedDepth" in message.format:
        depth = _compressed_depth_m(message)
    else:
        depth = to_depth_m(message)
    if depth.shape != size_hw:
        raise ImageError(
            f"depth is {depth.shape[1]}x{depth.shape[0]}, its picture {size_hw[1]}x{size_hw[0]}; "
            "give the depth topic that is aligned to the picture"
        )
    return depth


def mask_depth(mask: MaskHW, depth_m: DepthHW) -> MaskDepth | None:
    """Distances under a mask, both (H, W); None for an empty mask."""
    under = depth_m[mask]
    if under.size == 0:
        return None
    valid = under[~np.isnan(under)]
    return MaskDepth(
        median_m=float(np.median(valid)) if valid.size else None,
        invalid_share=1.0 - valid.size / under.size,
    )


def _compressed_depth_m(message: Any) -> DepthHW:
    data = bytes(memoryview(message.data))
    encoding = str(message.format).partition(";")[0].strip()
    if len(data) < _CONFIG.size or data[_CONFIG.size : _CONFIG.size + 4] != _PNG_MAGIC:
        raise ImageError(
            "format: compressedDepth without a PNG inside (rvl?); set the publisher's "
            "compressedDepth format to png, or record depth raw"
        )
    array = decode(_Png(data[_CONFIG.size :])).array
    if array.ndim != 2 or array.dtype != np.uint16:
        raise ImageError("data: compressedDepth needs a 16-bit grey PNG; this is a picture")
    is_valid = array != 0
    if encoding == "32FC1":
        # The transport stores a / z + b as whole numbers: fine steps nearby, coarse ones far away.
        _, scale, offset = _CONFIG.unpack_from(data)
        with np.errstate(divide="ignore", invalid="ignore"):
            metres = np.float32(scale) / (array.astype(np.float32) - np.float32(offset))
        is_valid &= np.isfinite(metres) & (metres > 0)
    elif encoding in ("16UC1", "mono16"):
        metres = array.astype(np.float32) * np.float32(0.001)
    else:
        raise ImageError(f"format: {encoding!r} holds no distances; send 16UC1 (mm) or 32FC1 (m)")
    return np.where(is_valid, metres, np.float32(np.nan))
