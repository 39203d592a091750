"""JPEG and PNG in ``sensor_msgs/CompressedImage``: checked for completeness, then decoded.

Decoders fill what is missing of a cut-off picture with grey and call it a success. So the file's
structure is walked first: a JPEG must reach its end marker, each PNG chunk must have its checksum.
A JPEG holds no checksum: flipped bits inside its data can't be seen by anyone.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any, Literal, cast
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.images.message import CompressedImageMessage, ImageError, byte_view, check_size

MAX_PIXELS = 1 << 27
"""Most pixels that are decompressed (134 million): a few kilobytes may claim far more."""

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
# In entropy-coded data a 0xFF is followed by 0x00 (stuffing) or a restart marker; all else is a marker.
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_IS_MARKER = np.ones(256, np.bool_)
_IS_MARKER[[0x00, *range(0xD0, 0xD8), 0xFF]] = False
"""By the byte after 0xFF."""
_SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_READ_RGB: int = getattr(cv2, "IMREAD_COLOR_RGB", 0)  # from OpenCV 4.11 on
_STANDALONE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class Header:
    """What the head of a compressed file says."""

    kind: Literal["jpeg", "png"]
    size_hw: tuple[int, int]
    is_color_jpeg: bool = False


@dataclass(frozen=True)
class Decoded:
    """A decompressed picture: (H, W) grey or (H, W, 3) RGB, uint8 or uint16."""

    kind: Literal["jpeg", "png"]
    array: NDArray[Any]


def source_encoding(message_format: str) -> str:
    """Encoding before compression, from image_transport's ``format`` (``rgb8; jpeg compressed bgr8``)."""
    head, separator, _ = message_format.partition(";")
    return head.strip() if separator else ""


def is_swapped(message_format: str) -> bool:
    """True where image_transport's ``format`` says that red and blue changed places in the file.

    ``...compressed bgr8`` is a file as every viewer expects it; ``...compressed rgb8`` was handed to an
    encoder that took it for BGR.
    """
    return "compressed rgb" in message_format.partition(";")[2]


def header_of(message: CompressedImageMessage) -> Header:
    """Kind and size of a compressed image, checked, without decoding it.

    Raises:
        ImageError: not a JPEG or PNG, cut off, damaged, or too large.
    """
    if "compressedDepth" in message.format:
        raise ImageError(
            "format: compressedDepth is not read here; send the depth image raw or as 16-bit PNG"
        )
    data = bytes(byte_view(message.data))
    if data.startswith(_JPEG_MAGIC):
        size_hw, num_components = _walk_jpeg(data)
        header = Header("jpeg", size_hw, is_color_jpeg=num_components == 3)
    elif data.startswith(_PNG_MAGIC):
        header = Header("png", _walk_png(data))
    else:
        shown = message.format[:60]
        raise ImageError(
            f"data: {len(data)} bytes that begin neither as JPEG nor as PNG (format says {shown!r}); "
            "set the publisher's image_transport format to jpeg or png"
        )
    height, width = header.size_hw
    check_size(height, width)
    if height * width > MAX_PIXELS:
        raise ImageError(f"data: {width}x{height} is above {MAX_PIXELS} pixels; scale it down before sending")
    return header


def decode(message: CompressedImageMessage) -> Decoded:
    """Decompress to grey or RGB at the file's own depth; alpha is dropped, EXIF rotation ignored.

    The camera's pixel grid is kept as it is: a rotated picture would not fit its CameraInfo.

    Raises:
        ImageError: as :func:`header_of`, or the decoder gave up.
    """
    header = header_of(message)
    encoded = np.frombuffer(byte_view(message.data), np.uint8)
    # ANYDEPTH keeps 16 bits, ANYCOLOR keeps grey; IMREAD_UNCHANGED would apply neither palette nor flags.
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR | cv2.IMREAD_IGNORE_ORIENTATION
    # The JPEG decoder gives either order; changing it afterwards costs half as much again. Grey would be
    # spread over three channels.
    is_rgb = header.is_color_jpeg and _READ_RGB != 0
    if is_rgb:
        flags |= _READ_RGB
    try:
        array = cast("NDArray[Any] | None", cv2.imdecode(encoded, flags))
    except cv2.error as error:
        raise ImageError(f"data: the {header.kind} decoder failed ({error.err}); send it again") from error
    if array is None or array.shape[:2] != header.size_hw or array.dtype not in (np.uint8, np.uint16):
        raise ImageError(
            f"data: the {header.kind} is damaged and does not decode; check the link and encoder"
        )
    if array.ndim == 3 and not is_rgb:
        array = cv2.cvtColor(array, cv2.COLOR_BGR2RGB)
    return Decoded(header.kind, np.ascontiguousarray(array))


def encode_jpeg(rgb_hwc: NDArray[np.uint8], quality: int = 90) -> bytes:
    """(H, W, 3) RGB or (H, W) grey uint8 -> JPEG bytes; quality in 1..100.

    Raises:
        ImageError: the array can't be stored as JPEG.
    """
    return _encode(".jpg", rgb_hwc, [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(array: NDArray[Any], compression: int = 1) -> bytes:
    """(H, W) grey or (H, W, 3) RGB, uint8 or uint16 -> PNG bytes; compression 0 (fast) to 9 (small).

    Raises:
        ImageError: the array can't be stored as PNG.
    """
    return _encode(".png", array, [cv2.IMWRITE_PNG_COMPRESSION, compression])


def _encode(suffix: str, array: NDArray[Any], options: list[int]) -> bytes:
    try:
        picture = cv2.cvtColor(array, cv2.COLOR_RGB2BGR) if array.ndim == 3 else array
        is_done, encoded = cv2.imencode(suffix, picture, options)
    except cv2.error as error:
        raise ImageError(
            f"array: {array.dtype} {array.shape} can't be stored as {suffix}: {error.err}"
        ) from error
    if not is_done:
        raise ImageError(f"array: {array.dtype} {array.shape} can't be stored as {suffix}")
    return encoded.tobytes()


def _next_marker(data: bytes, position: int) -> int | None:
    """Where the entropy-coded data from ``position`` on ends; None where it does not."""
    rest = np.frombuffer(data, np.uint8)[position:]
    starts = np.flatnonzero(rest[:-1] == 0xFF)
    found = starts[_IS_MARKER[rest[starts + 1]]]
    return position + int(found[0]) if found.size else None


def _walk_jpeg(data: bytes) -> tuple[tuple[int, int], int]:
    """Follow the markers from start to end-of-image; returns (height, width), number of components."""
    cut_off = ImageError(f"data: the JPEG is cut off after {len(data)} bytes; send the whole file")
    size_hw: tuple[int, int] | None = None
    num_components = 0
    has_scan = False
    position = 2
    while True:
        marker_at = _NEXT_MARKER.match(data, position)
        if marker_at is None:
            raise cut_off if position >= len(data) - 1 else ImageError("data: the JPEG's markers are damaged")
        marker, position = data[marker_at.end() - 1], marker_at.end()
        if marker == 0xD9:
            break
        if marker in _STANDALONE_MARKERS:
            continue
        if position + 2 > len(data):
            raise cut_off
        (length,) = struct.unpack_from(">H", data, position)
        if position + length > len(data):
            raise cut_off
        if marker in _SOF_MARKERS:
            if length < 8 or size_hw is not None:
                raise ImageError("data: the JPEG's frame header is damaged")
            height, width, num_components = struct.unpack_from(">HHB", data, position + 3)
            size_hw = height, width
        position += length
        if marker == 0xDA:
            has_scan = True
            next_marker = _next_marker(data, position)
            if next_marker is None:
                raise cut_off
            position = next_marker
    if size_hw is None or not has_scan:
        raise ImageError("data: the JPEG ends before its picture; send the whole file")
    return size_hw, num_components


def _walk_png(data: bytes) -> tuple[int, int]:
    """Follow the chunks from IHDR to IEND, each with its checksum; returns (height, width)."""
    cut_off = ImageError(f"data: the PNG is cut off after {len(data)} bytes; send the whole file")
    size_hw: tuple[int, int] | None = None
    position = len(_PNG_MAGIC)
    while True:
        if position + 12 > len(data):
            raise cut_off
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise cut_off
        if crc32(memoryview(data)[position + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise ImageError(f"data: the checksum of the PNG's {name!r} chunk is wrong; check the link")
        if size_hw is None:
            if name != b"IHDR" or length != 13:
                raise ImageError("data: the PNG does not begin with its header")
            width, height = struct.unpack_from(">II", data, position + 8)
            size_hw = (height, width)
        if name == b"IEND":
            return size_hw
        position = end
