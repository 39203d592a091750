"""Multimodal rotary positions: text counts up alike on three axes, an image spans rows and columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from converseg_core.net.config import Grid


def prefix_positions(num_before: int, grid: Grid, num_after: int) -> tuple[NDArray[np.int64], int]:
    """Positions of text, one image, text.

    Returns:
        (3, tokens) positions for time, height, width; and the position of the token that follows.
    """
    before = np.broadcast_to(np.arange(num_before), (3, num_before))
    rows, cols = np.divmod(np.arange(grid.num_tokens), grid.num_cols)
    image = num_before + np.stack([np.zeros_like(rows), rows, cols])
    start = num_before + max(grid.num_rows, grid.num_cols)
    after = np.broadcast_to(start + np.arange(num_after), (3, num_after))
    return np.concatenate([before, image, after], axis=1), start + num_after


def suffix_positions(next_position: int, num_tokens: int) -> NDArray[np.int64]:
    """(3, tokens) positions of text that follows."""
    return np.broadcast_to(next_position + np.arange(num_tokens), (3, num_tokens)).copy()
