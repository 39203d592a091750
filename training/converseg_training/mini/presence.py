"""Which classes a photo shows at all, from its features as a whole: ridge regression, solved at once.

The cell classifier says where; a class that it puts into one cell of a photo which does not look like a place
for it is most often not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from converseg_core.mini.lexicon import NAMES

LAYERS = ("semantic", "middle", "nano32", "nano16")
_NUM_VIEWS = 5
"""Of each photo; the further ones are crops, and too many of these say less of whole photos."""
_MIN_SHARE = 0.002
_RIDGE = 1.0


def pooled(layers: Mapping[str, Tensor], painted: Tensor) -> Tensor:
    """Layers (B, C, h, w) and painted detections (B, 80, 24, 32) -> (B, D): means, and the most of each."""
    parts = [part for name in LAYERS for part in (layers[name].mean((2, 3)), layers[name].amax((2, 3)))]
    return torch.cat([*parts, painted.amax((2, 3))], dim=1)


def fit_presence(paths: Sequence[Path]) -> nn.Linear:
    """(B, D) of :func:`pooled` -> (B, 133) about the chance that a photo shows each class.

    Args:
        paths: views of photos, from ``converseg_training.mini.cell_views``.
    """
    rows, labels = [], []
    for path in paths:
        with np.load(path) as stored:
            layers = {name: torch.from_numpy(stored[name][:_NUM_VIEWS]).float() for name in LAYERS}
            painted = torch.from_numpy(stored["painted"][:_NUM_VIEWS]).float() / 255.0
            rows.append(pooled(layers, painted).numpy())
            cells = stored["labels"][:_NUM_VIEWS].reshape(len(rows[-1]), 1, -1)
        shares = (cells == np.arange(len(NAMES))[:, np.newaxis]).mean(axis=2)
        labels.append(shares > _MIN_SHARE)
    x, y = np.concatenate(rows).astype(np.float64), np.concatenate(labels).astype(np.float64)
    middle, spread, mean = x.mean(axis=0), x.std(axis=0) + 1e-3, y.mean(axis=0)
    z = (x - middle) / spread
    solved = np.linalg.solve(z.T @ z / len(z) + _RIDGE * np.eye(z.shape[1]), z.T @ (y - mean) / len(z))
    slopes = solved / spread[:, np.newaxis]
    layer = nn.Linear(x.shape[1], len(NAMES))
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(slopes.T)).float()
    layer.bias.data = torch.from_numpy(mean - middle @ slopes).float()
    return layer
