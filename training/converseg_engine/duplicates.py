"""Pictures that are nearly the same, by a perceptual hash."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 4
"""Two pictures whose hashes differ in no more of their 64 bits are called nearly the same."""

_SIDE, _KEPT, _CHUNK = 32, 8, 1024


def perceptual_hash(rgb: NDArray[np.uint8]) -> int:
    """64 bits from the signs of a picture's low frequencies about their median.

    The picture is shrunk to 32x32 grey, its discrete cosine transform taken, and the 8x8 lowest frequencies
    kept without the mean: "pHash" in Zauner, Implementation and benchmarking of perceptual image hash
    functions, 2010.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))[:_KEPT, :_KEPT].ravel()
    bits = low > np.median(low[1:])
    bits[0] = False
    return int(np.packbits(bits).view(">u8")[0])


def near_pairs(hashes: NDArray[np.uint64], *, max_bits: int = NEAR_BITS) -> NDArray[np.int64]:
    """(N, 2) pairs i < j of hashes that differ in at most ``max_bits`` bits.

    All pairs are compared: 20,000 pictures take some seconds.
    """
    found = []
    for start in range(0, len(hashes), _CHUNK):
        rows = hashes[start : start + _CHUNK, None]
        bits = np.bitwise_count(rows ^ hashes[None, start:])
        i, j = np.nonzero(bits <= max_bits)
        later = j > i
        found.append(np.stack([i[later] + start, j[later] + start], axis=1))
    return np.concatenate(found) if found else np.empty((0, 2), np.int64)
