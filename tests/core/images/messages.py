"""Image messages for these tests: packed byte by byte, independently of the code under test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass
class Image:
    height: int
    width: int
    encoding: str
    is_bigendian: Any
    step: int
    data: Any


@dataclass
class CompressedImage:
    format: str
    data: Any


def packed(
    rows: list[bytes], *, height: int, width: int, encoding: str, pad: int = 0, is_bigendian: int = 0
) -> Image:
    """A message of these rows, each followed by ``pad`` bytes that must never be looked at."""
    step = len(rows[0]) + pad
    return Image(height, width, encoding, is_bigendian, step, b"".join(row + b"\xa5" * pad for row in rows))


def image_of(array: NDArray[Any], encoding: str, *, pad: int = 0, is_bigendian: int = 0) -> Image:
    """A message of an (H, W) or (H, W, C) array, in the byte order asked for."""
    wire = array.astype(array.dtype.newbyteorder(">" if is_bigendian else "<"))
    rows = [row.tobytes() for row in wire]
    return packed(
        rows,
        height=array.shape[0],
        width=array.shape[1],
        encoding=encoding,
        pad=pad,
        is_bigendian=is_bigendian,
    )
