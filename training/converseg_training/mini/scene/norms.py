"""Batch norms that an export folded into the convolutions before them, and how they come back.

Only the product of a norm's scale and the convolution's weights is kept, and a bias. So such a norm has a
scale of one and that bias, and the statistics of nothing: right in use, but not in training, where those of
a batch count. :func:`settling` gives it statistics, and changes its scale and bias so that its answers stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FOLDED = ".weight_bias"
"""What follows a convolution's name in that of the bias which a norm left behind."""
_EPS = nn.BatchNorm2d(1).eps


def norm_after(convolution: str) -> str:
    """Name of the norm behind a convolution: in a residual block of its own, else next in a sequence."""
    block, _, last = convolution.rpartition(".")
    return f"{block}.norm" if last == "second" else f"{block}.{int(last) + 1}"


def unfolded(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Scales, biases and statistics of all norms that were folded, by name."""
    norms: dict[str, Tensor] = {}
    for name, bias in weights.items():
        if not name.endswith(FOLDED):
            continue
        norm, ones = norm_after(name.removesuffix(FOLDED)), torch.ones(len(bias))
        norms[f"{norm}.running_mean"], norms[f"{norm}.running_var"] = torch.zeros(len(bias)), ones
        norms[f"{norm}.weight"], norms[f"{norm}.bias"] = (ones + _EPS).sqrt(), torch.tensor(bias)
    return norms


def unsettled(network: nn.Module) -> list[nn.BatchNorm2d]:
    """Norms that were folded and have no statistics yet; a new network has scales of just one or none."""
    return [
        module
        for module in network.modules()
        if isinstance(module, nn.BatchNorm2d)
        and module.running_mean is not None
        and module.running_var is not None
        and bool((module.running_mean == 0).all())
        and bool((module.running_var == 1).all())
        and not bool((module.weight == 1).all() or (module.weight == 0).all())
    ]


@contextmanager
def settling(network: nn.Module) -> Iterator[None]:
    """Meanwhile each unsettled norm takes the statistics of what comes through, and answers as before.

    The network has to be asked in evaluation mode.
    """
    handles = [norm.register_forward_pre_hook(_settle) for norm in unsettled(network)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def _settle(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    shift = norm.bias - norm.running_mean * scale
    mean, variance = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3))
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_(scale * (variance + norm.eps).sqrt())
    norm.bias.copy_(shift + mean * scale)
