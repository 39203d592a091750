"""Chances that depend on what is asked and on nothing else, so that the same question errs the same way."""

from __future__ import annotations

import hashlib


def draw(seed: int, *words: str) -> float:
    """A number in [0, 1), the same for the same seed and words."""
    digest = hashlib.blake2b("\0".join((str(seed), *words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def happens(rate: float, seed: int, *words: str) -> bool:
    """True with probability ``rate``."""
    return draw(seed, *words) < rate


def pick(num: int, seed: int, *words: str) -> int:
    """One of 0, ..., ``num`` - 1."""
    return int(draw(seed, *words) * num)
