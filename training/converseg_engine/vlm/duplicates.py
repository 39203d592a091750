"""Near duplicates by perceptual hash: found, removed, and kept from straddling two splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""Frequencies in each direction; 256 bits in all, so that pictures of one table are told apart."""
_SAMPLE = 64
DUPLICATE_BITS = 20
"""Pictures that differ in at most so many bits are one picture: saved again, scaled, a little brighter."""
SIMILAR_BITS = 48
"""Pictures that differ in at most so many bits share a split: a burst, a video, a step to the side."""
_BLOCK = 2048


def fingerprint(image: NDArray[np.uint8]) -> str:
    """Perceptual hash of an (H, W, 3) RGB image: signs of its low frequencies against their median."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SAMPLE, _SAMPLE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:SIDE, :SIDE].ravel()
    bits = low > np.median(low[1:])
    bits[0] = False  # the mean brightness says nothing
    return np.packbits(bits).tobytes().hex()


@dataclass(frozen=True)
class Likeness:
    """What is like what.

    Attributes:
        duplicate_of: number of a picture that is removed, to the number of the earlier one that stays.
        cluster: for each picture the lowest number among those it is alike.
    """

    duplicate_of: Mapping[int, int]
    cluster: Sequence[int]


def find_alike(
    fingerprints: Sequence[str],
    *,
    duplicate_bits: int = DUPLICATE_BITS,
    similar_bits: int = SIMILAR_BITS,
) -> Likeness:
    """Compare every picture with every earlier one.

    The earlier one stays, so that photos that are added later never remove one that is there. A hundred
    thousand pictures take about a minute and little memory.
    """
    num = len(fingerprints)
    words = np.frombuffer(bytes.fromhex("".join(fingerprints)), np.uint64).reshape(num, SIDE * SIDE // 64)
    root = list(range(num))
    duplicate_of: dict[int, int] = {}
    for first in range(0, num, _BLOCK):
        block = words[first : first + _BLOCK]
        for other in range(0, first + 1, _BLOCK):
            distances = _distances(block, words[other : other + _BLOCK])
            for i, j in np.argwhere(distances <= max(duplicate_bits, similar_bits)):
                late, early = first + int(i), other + int(j)
                if early >= late:
                    continue
                if distances[i, j] <= duplicate_bits and early not in duplicate_of:
                    duplicate_of[late] = min(early, duplicate_of.get(late, early))
                if distances[i, j] <= similar_bits:
                    a, b = _root(root, late), _root(root, early)
                    root[max(a, b)] = min(a, b)
    return Likeness(duplicate_of, [_root(root, k) for k in range(num)])


def _distances(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint16]:
    total = np.zeros((len(a), len(b)), np.uint16)
    for word in range(a.shape[1]):
        total += np.bitwise_count(a[:, word, None] ^ b[None, :, word])
    return total


def _root(root: list[int], k: int) -> int:
    while root[k] != k:
        root[k] = root[root[k]]
        k = root[k]
    return k


def split_of(key: str, shares: Mapping[str, float], seed: int = 0) -> str:
    """The split of a picture or of a group of them, from its name alone.

    Raises:
        ValueError: the shares do not add up to 1.
    """
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
        raise ValueError(f"shares: {dict(shares)} must be 0 or more and add up to 1")
    digest = hashlib.sha256(f"{seed}/{key}".encode()).digest()
    value = int.from_bytes(digest[:8], "big") / 2**64
    for split, share in shares.items():
        value -= share
        if value < 0:
            return split
    return list(shares)[-1]
