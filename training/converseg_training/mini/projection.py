"""A projection of the detector's features, inside a graph: how it gets in, and out again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from converseg_training.mini.features import Projection
from converseg_training.mini.scene.further import NANO, NanoProjection
from converseg_training.mini.scene.graph_weights import GraphWeights


def as_layer(mean_c: NDArray[np.float32], basis_cd: NDArray[np.float32]) -> nn.Conv2d:
    """A projection of features as a convolution of single cells."""
    layer = nn.Conv2d(basis_cd.shape[0], basis_cd.shape[1], 1)
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(basis_cd.T))[:, :, None, None]
    layer.bias = nn.Parameter(torch.from_numpy(-mean_c @ basis_cd))
    return layer


def projections_of(graph_path: Path) -> tuple[Projection, NanoProjection]:
    """The projections inside a graph of a built ``mini``: of the first detector, and of NanoDet.

    Raises:
        ValueError: the graph holds none.
    """
    values = GraphWeights(graph_path).named
    try:
        semantic = _mean_and_basis(values["semantic.weight"], values["semantic.bias"])
        middle = _mean_and_basis(values["middle.weight"], values["middle.bias"])
        nano = {name: _mean_and_basis(values[f"{name}.weight"], values[f"{name}.bias"]) for name in NANO}
    except KeyError as error:
        raise ValueError(f"{graph_path}: holds no {error}; build mini again") from error
    means, bases = ({name: both[index] for name, both in nano.items()} for index in range(2))
    return Projection(*semantic, *middle), NanoProjection(means, bases)


def _mean_and_basis(
    weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A mean whose projection is minus the bias: any such mean gives the same features."""
    basis_cd = weight[:, :, 0, 0].T
    mean_c = -bias.astype(np.float64) @ np.linalg.pinv(basis_cd.astype(np.float64))
    return np.asarray(mean_c, np.float32), np.ascontiguousarray(basis_cd)
