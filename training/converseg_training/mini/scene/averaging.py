"""Weights averaged over the last steps, which are what is used."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, *, step: int, decay: float) -> None:
    """Move the averaged weights towards the present ones; faster in the first steps."""
    rate = 1 - min(decay, (1 + step) / (10 + step))
    own = model.state_dict()
    for name, mean in average.state_dict().items():
        if mean.dtype.is_floating_point:
            mean.lerp_(own[name], rate)
        else:
            mean.copy_(own[name])
