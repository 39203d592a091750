"""Stretches of stuff: which classes of the cells count for what was asked."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.lexicon import NAMES, THING_NAMES

_GROUPS = (
    ("wall", "brick wall", "stone wall", "tile wall", "wood wall"),
    ("ceiling", "wall"),
    ("floor", "wood floor", "rug"),
    ("water", "sea", "river"),
    ("road", "pavement", "dirt", "gravel", "sand", "railroad", "platform"),
    ("grass", "dirt", "tree", "flower", "playingfield"),
    ("window", "blind window", "curtain"),
    ("building", "house", "roof", "bridge", "tent"),
    ("blanket", "towel", "pillow", "rug", "curtain", "banner"),
    ("cabinet", "shelf", "counter", "table", "door"),
    ("rock", "mountain", "stone wall"),
    ("food", "fruit"),
)
"""What one may call either way: a tiled wall is a wall, a lawn may be a playing field."""
_ALIKE_SHARE = 0.05
_USUAL = 0.1
_LEAST, _MOST = 0.01, 1.0


def numbers_of(names: Iterable[str]) -> list[int]:
    """Places in ``NAMES`` of those that are stuff."""
    wanted = set(names) - set(THING_NAMES)
    return [number for number, name in enumerate(NAMES) if name in wanted]


def shares_of(cells_khw: NDArray[np.float32], numbers: list[int]) -> NDArray[np.float32]:
    """(H, W) of some classes together; where they are there, what is like them counts a little.

    Args:
        cells_khw: share of each class of ``NAMES`` in each cell.
        numbers: of the classes.
    """
    share = cells_khw[numbers].sum(axis=0)
    alike = {other for number in numbers for other in _ALIKE[number]} - set(numbers)
    if alike:
        share = share + _ALIKE_SHARE * cells_khw[sorted(alike)].sum(axis=0)
    return np.asarray(share, np.float32)


def sureness(shares_khw: NDArray[np.float32], present_k: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K,) how surely each class is there: its best cell, and what the picture shows as a whole.

    The odds of the best cell, times the chance in such a picture over the usual one.

    Args:
        shares_khw: of each class in each cell.
        present_k: chance of each class in the picture as a whole.
    """
    best = np.clip(shares_khw.max(axis=(1, 2)), 1e-4, 1 - 1e-4)
    odds = best / (1 - best) * np.clip(present_k, _LEAST, _MOST) / _USUAL
    return np.asarray(odds / (1 + odds), np.float32)


_ALIKE = {
    number: frozenset(numbers_of(other for group in _GROUPS if name in group for other in group)) - {number}
    for number, name in enumerate(NAMES)
}
