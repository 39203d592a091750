"""``sensor_msgs/Image`` and ``CompressedImage`` -> RGB, grey or depth arrays.

Scalings, where an encoding does not say one itself:

- 16-bit to 8-bit: the full range, 65535 -> 255, rounded. Nothing is stretched to the picture's own
  extremes, so equal values look equal in every frame.
- YUV: BT.601, limited range (Y 16..235, below counts as black), as USB cameras send.
- ``8UC3`` and ``8UC4`` are taken for BGR and BGRA (OpenCV's order), ``8UC1`` for mono8.
- Depth: ``16UC1`` and ``mono16`` are millimetres, ``32FC1`` metres (REP 118).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.images import compressed
from converseg_core.images.colour import RgbHWC, bayer_to_rgb, nv12_to_rgb, yuv422_to_rgb
from converseg_core.images.message import (
    CompressedImageMessage,
    ImageError,
    ImageMessage,
    check_size,
    pixels,
    plane_rows,
)

DepthHW = NDArray[np.float32]
MonoHW = NDArray[np.uint8]
AnyImage = ImageMessage | CompressedImageMessage


def to_rgb(message: AnyImage) -> RgbHWC:
    """The picture as a C-contiguous (H, W, 3) uint8 RGB array.

    Zero-copy and read-only for unpadded ``rgb8``: the array then shares the message's memory.

    Raises:
        ImageError: a field contradicts another, the encoding is unknown or holds no picture, or
            compressed data are damaged.
    """
    if _is_compressed(message):
        return _decoded_to_rgb(cast(CompressedImageMessage, message))
    image = _checked(message)
    return _rgb_converter(image.encoding)(image)


def to_mono(message: AnyImage) -> MonoHW:
    """The picture as a C-contiguous (H, W) uint8 array of brightness (BT.601 luma of colours).

    Raises:
        ImageError: as :func:`to_rgb`.
    """
    if _is_compressed(message):
        array = compressed.decode(cast(CompressedImageMessage, message)).array
        if array.ndim == 2 and not compressed.source_encoding(message.format).startswith("bayer_"):  # type: ignore[union-attr]
            return to_8bit(array)
    else:
        image = _checked(message)
        if image.encoding in ("mono8", "8UC1"):
            return cast(MonoHW, pixels(image, 1, np.uint8))
        if image.encoding in ("mono16", "16UC1"):
            return to_8bit(pixels(image, 1, np.uint16))
    return cast(MonoHW, cv2.cvtColor(to_rgb(message), cv2.COLOR_RGB2GRAY))


def to_depth_m(message: AnyImage) -> DepthHW:
    """Distances along the optical axis, (H, W) float32 metres, NaN where there is none.

    0, negative, infinite and NaN distances are invalid (REP 118) and become NaN.

    Raises:
        ImageError: the encoding holds no distances (only 16UC1, mono16 and 32FC1 do; 16-bit grey
            PNG of compressed ones), or as :func:`to_rgb`.
    """
    if _is_compressed(message):
        array = compressed.decode(cast(CompressedImageMessage, message)).array
        if array.ndim != 2 or array.dtype != np.uint16:
            raise ImageError("format: depth needs a 16-bit grey PNG (millimetres); this is a picture")
        return _millimetres_to_m(array)
    image = _checked(message)
    if image.encoding in ("16UC1", "mono16"):
        return _millimetres_to_m(pixels(image, 1, np.uint16))
    if image.encoding == "32FC1":
        depth = pixels(image, 1, np.float32)
        with np.errstate(invalid="ignore"):
            return np.where((depth > 0) & (depth < np.inf), depth, np.float32(np.nan))
    raise ImageError(f"encoding: {image.encoding!r} holds no distances; send 16UC1 (mm) or 32FC1 (m)")


def image_size_hw(message: AnyImage) -> tuple[int, int]:
    """Height and width in pixels, without decoding.

    Raises:
        ImageError: no sane size can be read.
    """
    if _is_compressed(message):
        return compressed.header_of(cast(CompressedImageMessage, message)).size_hw
    image = _checked(message)
    return image.height, image.width


def check_fields(message: AnyImage) -> None:
    """Check that a message can be what it says, at the cost of microseconds: nothing is decoded.

    Raises:
        ImageError: as :func:`to_rgb`, except for faults that only decoding finds.
    """
    if _is_compressed(message):
        compressed.header_of(cast(CompressedImageMessage, message))
        return
    image = _checked(message)
    if image.encoding == "nv12":
        plane_rows(image, 2 * ((image.width + 1) // 2), image.height + (image.height + 1) // 2)
        return
    _rgb_converter(image.encoding)
    plane_rows(image, image.width * _BYTES_PER_PIXEL.get(image.encoding, 1), image.height)


def to_8bit(array: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 unchanged; uint16 over its full range, 65535 -> 255, rounded to nearest."""
    if array.dtype == np.uint8:
        return cast(NDArray[np.uint8], array)
    # 65535 / 255 = 257 exactly, so this is round(value * 255 / 65535).
    return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _is_compressed(message: AnyImage) -> bool:
    return not hasattr(message, "encoding")


def _checked(message: AnyImage) -> ImageMessage:
    image = cast(ImageMessage, message)
    check_size(image.height, image.width)
    return image


def _millimetres_to_m(array: NDArray[np.uint16]) -> DepthHW:
    depth = array.astype(np.float32)
    depth *= np.float32(0.001)
    depth[array == 0] = np.nan
    return depth


def _shuffled(channels: int, code: int) -> Callable[[ImageMessage], RgbHWC]:
    return lambda image: cast(RgbHWC, cv2.cvtColor(pixels(image, channels, np.uint8), code))


def _grey_to_rgb(grey: NDArray[np.uint8]) -> RgbHWC:
    return cast(RgbHWC, cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))


def _nv12(image: ImageMessage) -> RgbHWC:
    """Y rows, then half as many rows of interleaved UV, all of the same ``step``."""
    num_chroma_rows = (image.height + 1) // 2
    row_bytes = 2 * ((image.width + 1) // 2)
    rows = plane_rows(image, row_bytes, image.height + num_chroma_rows)
    return nv12_to_rgb(rows[: image.height, : image.width], rows[image.height :])


_RGB_CONVERTERS: dict[str, Callable[[ImageMessage], RgbHWC]] = {
    "rgb8": lambda image: cast(RgbHWC, pixels(image, 3, np.uint8)),
    "bgr8": _shuffled(3, cv2.COLOR_BGR2RGB),
    "8UC3": _shuffled(3, cv2.COLOR_BGR2RGB),
    "rgba8": _shuffled(4, cv2.COLOR_RGBA2RGB),
    "bgra8": _shuffled(4, cv2.COLOR_BGRA2RGB),
    "8UC4": _shuffled(4, cv2.COLOR_BGRA2RGB),
    "mono8": lambda image: _grey_to_rgb(pixels(image, 1, np.uint8)),
    "8UC1": lambda image: _grey_to_rgb(pixels(image, 1, np.uint8)),
    "mono16": lambda image: _grey_to_rgb(to_8bit(pixels(image, 1, np.uint16))),
    "16UC1": lambda image: _grey_to_rgb(to_8bit(pixels(image, 1, np.uint16))),
    "yuv422": lambda image: yuv422_to_rgb(pixels(image, 2, np.uint8), "uyvy"),
    "uyvy": lambda image: yuv422_to_rgb(pixels(image, 2, np.uint8), "uyvy"),
    "yuv422_yuy2": lambda image: yuv422_to_rgb(pixels(image, 2, np.uint8), "yuyv"),
    "yuyv": lambda image: yuv422_to_rgb(pixels(image, 2, np.uint8), "yuyv"),
    "nv12": _nv12,
    "bayer_rggb8": lambda image: bayer_to_rgb(pixels(image, 1, np.uint8), "rggb"),
    "bayer_bggr8": lambda image: bayer_to_rgb(pixels(image, 1, np.uint8), "bggr"),
    "bayer_gbrg8": lambda image: bayer_to_rgb(pixels(image, 1, np.uint8), "gbrg"),
    "bayer_grbg8": lambda image: bayer_to_rgb(pixels(image, 1, np.uint8), "grbg"),
}

# All others take one byte.
_BYTES_PER_PIXEL = {
    **dict.fromkeys(("rgb8", "bgr8", "8UC3"), 3),
    **dict.fromkeys(("rgba8", "bgra8", "8UC4"), 4),
    **dict.fromkeys(("mono16", "16UC1", "yuv422", "uyvy", "yuv422_yuy2", "yuyv"), 2),
}

PICTURE_ENCODINGS = tuple(_RGB_CONVERTERS)
"""Every ``encoding`` that :func:`to_rgb` takes."""


def _rgb_converter(encoding: str) -> Callable[[ImageMessage], RgbHWC]:
    converter = _RGB_CONVERTERS.get(encoding)
    if converter is not None:
        return converter
    if encoding == "32FC1":
        raise ImageError("encoding: 32FC1 holds distances, not a picture; remap `image` to a colour topic")
    shown = encoding if len(encoding) <= 40 else encoding[:40] + "..."
    raise ImageError(f"encoding: {shown!r} is unknown; send one of {', '.join(PICTURE_ENCODINGS)}")


def _decoded_to_rgb(message: CompressedImageMessage) -> RgbHWC:
    decoded = compressed.decode(message)
    array = to_8bit(decoded.array)
    source = compressed.source_encoding(message.format)
    if array.ndim == 2:
        # compressed_image_transport packs a Bayer mosaic as it stands, as if it were grey.
        pattern = source.removeprefix("bayer_").removesuffix("8")
        is_mosaic = source.startswith("bayer_") and f"bayer_{pattern}8" in _RGB_CONVERTERS
        return bayer_to_rgb(array, pattern) if is_mosaic else _grey_to_rgb(array)
    if compressed.is_swapped(message.format):
        return np.ascontiguousarray(array[:, :, ::-1])
    return array
