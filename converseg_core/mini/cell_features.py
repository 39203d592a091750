"""NanoDet's features on the grids that the cell classifier reads: three depths, resampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# Name, channels and (rows, columns) of what the classifier is given.
GRIDS: Mapping[str, tuple[int, tuple[int, int]]] = {
    "nano32": (512, (24, 32)),
    "nano16": (256, (24, 32)),
    "nano8": (128, (48, 64)),
}


def cell_features(raw: Sequence[NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Raw (1, C, h, w) features of a picture of any shape -> (1, C, rows, columns) of the stretched one.

    Args:
        raw: the deep, middle and fine features, as the graph gives them after its heads.
    """
    found = {}
    for (name, (channels, (rows, columns))), layer in zip(GRIDS.items(), raw, strict=True):
        assert layer.shape[1] == channels
        height, width = layer.shape[2:]
        found[name] = np.asarray(between(height, rows) @ layer @ between(width, columns).T, np.float32)
    return found


def between(num_from: int, num_to: int, *, start: float = 0.0, share: float = 1.0) -> NDArray[np.float32]:
    """(to, from): linear interpolation between cell centres along one axis, as a matrix.

    Args:
        num_from: cells along the whole axis.
        num_to: cells wanted.
        start: where what they cover begins, as a share of the axis.
        share: how much of it they cover.
    """
    place = (start + (np.arange(num_to) + 0.5) / num_to * share) * num_from - 0.5
    distance = np.abs(place.clip(0, num_from - 1)[:, np.newaxis] - np.arange(num_from))
    return np.asarray(np.maximum(0.0, 1.0 - distance), np.float32)
