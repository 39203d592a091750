"""Corners of a picture, shown at full size so that small things in them are seen larger, and put back.

Legend of shape suffixes: k things, h, w, c.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.cell_features import between
from converseg_core.mini.scene.crops import OUTSIDE


@dataclass(frozen=True)
class Tile:
    """A part of a picture; all three are shares of its height and width.

    Attributes:
        top, left: where it begins.
        share: how much of the height, and of the width, it takes.
    """

    top: float
    left: float
    share: float


SHARE = 0.75
TILES = tuple(Tile(top, left, SHARE) for top in (0.0, 1 - SHARE) for left in (0.0, 1 - SHARE))
HEAT = 0.6
"""How much the heat of what is found in a corner counts, against that of what the whole picture shows."""


def cut(image_hwc: NDArray[np.uint8], tile: Tile) -> NDArray[np.uint8]:
    """(H, W, C) -> what lies in the tile, to whole pixels."""
    height, width = image_hwc.shape[:2]
    top, bottom = _ends(tile.top, tile.share, height)
    left, right = _ends(tile.left, tile.share, width)
    return image_hwc[top:bottom, left:right]


def cut_grid(grid: NDArray[np.float32], tile: Tile) -> NDArray[np.float32]:
    """Features (..., h, w) over a picture -> the same size over the tile, linear between cells' centres."""
    height, width = grid.shape[-2:]
    rows = between(height, height, start=tile.top, share=tile.share)
    columns = between(width, width, start=tile.left, share=tile.share)
    return np.asarray(rows @ grid @ columns.T, np.float32)


def put_back(
    logits_khw: NDArray[np.float32], heat_k: NDArray[np.float32], tile: Tile
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Masks drawn in a tile -> logits over the whole picture, and how much their heat counts there.

    What reaches an edge of the tile that is none of the picture may go on beyond it; it is seen whole
    elsewhere, so its heat is 0.

    Args:
        logits_khw: (K, H, W) over the tile.
        heat_k: heat of each; 0 where there is none.
        tile: where.
    """
    height, width = logits_khw.shape[1:]
    top, bottom = _ends(tile.top, tile.share, height)
    left, right = _ends(tile.left, tile.share, width)
    inside = logits_khw > 0
    is_cut = np.zeros(len(logits_khw), np.bool_)
    for is_inner, edge in (
        (top > 0, inside[:, 0]),
        (bottom < height, inside[:, -1]),
        (left > 0, inside[..., 0]),
        (right < width, inside[..., -1]),
    ):
        is_cut |= is_inner & edge.any(axis=1)
    heat_k = np.where(is_cut, 0, heat_k * np.float32(HEAT)).astype(np.float32)
    whole = np.full_like(logits_khw, OUTSIDE)
    size = (right - left, bottom - top)
    for number in np.flatnonzero(heat_k):
        whole[number, top:bottom, left:right] = cv2.resize(
            logits_khw[number], size, interpolation=cv2.INTER_AREA
        )
    return whole, heat_k


def _ends(start: float, share: float, size: int) -> tuple[int, int]:
    first = round(start * size)
    return first, min(size, max(first + 1, round((start + share) * size)))
