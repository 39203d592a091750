"""What an image message must look like, and views of its bytes after every check.

Shape legend: H, W pixels; C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_SIDE = 16384
"""Longest accepted image side, pixels: beyond it stands a damaged header, or an attack."""

Buffer = Any
"""Bytes, ``array('B')`` (rclpy) or a uint8 numpy array (rosbags)."""


class ImageError(ValueError):
    """An image message can't be what it says; the text names the field and the fix."""


class ImageMessage(Protocol):
    """The fields of ``sensor_msgs/Image`` that matter here; rclpy and rosbags messages both fit."""

    height: int
    width: int
    encoding: str
    is_bigendian: int | bool
    step: int
    data: Buffer


class CompressedImageMessage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage`` that matter here."""

    format: str
    data: Buffer


@dataclass(frozen=True, kw_only=True)
class ImageFields:
    """Field values for a ``sensor_msgs/Image``; is itself an :class:`ImageMessage`.

    Attributes:
        step: bytes of one row, padding included.
        data: step * height bytes; shares memory with the array it was made of where possible.
    """

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Buffer


def byte_view(data: Buffer, field: str = "data") -> memoryview:
    """A flat view of the bytes of a message field, without a copy.

    Raises:
        ImageError: the field is not a contiguous buffer of bytes.
    """
    try:
        view = memoryview(data)
        return view if view.format == "B" and view.ndim == 1 else view.cast("B")
    except (TypeError, ValueError) as error:
        raise ImageError(
            f"{field}: not a contiguous buffer of bytes ({error}); fill it with bytes"
        ) from error


def check_size(height: int, width: int) -> None:
    """Refuse sizes that no camera sends.

    Raises:
        ImageError: a side is 0, negative, or above :data:`MAX_SIDE`.
    """
    for field, side in (("height", height), ("width", width)):
        if side < 1:
            raise ImageError(f"{field}: {side}; an image has at least one pixel, check the camera driver")
        if side > MAX_SIDE:
            raise ImageError(f"{field}: {side} is above {MAX_SIDE}; scale the image down before sending it")


def plane_rows(image: ImageMessage, row_bytes: int, num_rows: int) -> NDArray[np.uint8]:
    """(num_rows, row_bytes) uint8 read-only view of the message's rows, padding cut off.

    Args:
        image: the message.
        row_bytes: bytes of a row that carry pixels.
        num_rows: rows in the data; more than ``height`` for planar encodings.

    Raises:
        ImageError: ``step`` or the length of ``data`` contradicts the size and encoding.
    """
    step = int(image.step)
    if step < row_bytes:
        raise ImageError(
            f"step: {step} bytes, but a row of {image.width} pixels {image.encoding} takes {row_bytes}; "
            "set step to the length of a row in bytes"
        )
    data = byte_view(image.data)
    if len(data) != step * num_rows:
        raise ImageError(
            f"data: {len(data)} bytes, but {num_rows} rows of step {step} are {step * num_rows} "
            f"({image.width}x{image.height} {image.encoding}); send whole rows and nothing more"
        )
    rows_2d = np.frombuffer(data, np.uint8).reshape(num_rows, step)[:, :row_bytes]
    rows_2d.flags.writeable = False
    return rows_2d


def pixels(image: ImageMessage, channels: int, dtype: type[np.generic]) -> NDArray[Any]:
    """(H, W) or (H, W, C) read-only array of the pixels in the machine's byte order.

    Zero-copy where rows are not padded and the byte order is the machine's own; C-contiguous always.

    Raises:
        ImageError: as :func:`plane_rows`.
    """
    wire = np.dtype(dtype).newbyteorder(">" if image.is_bigendian else "<")
    rows_2d = plane_rows(image, image.width * channels * wire.itemsize, image.height)
    shape = (image.height, image.width) if channels == 1 else (image.height, image.width, channels)
    array = np.ascontiguousarray(rows_2d).view(wire).reshape(shape)
    if not wire.isnative:
        array = array.astype(wire.newbyteorder("="))
    array.flags.writeable = False
    return array
