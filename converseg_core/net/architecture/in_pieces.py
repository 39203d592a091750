"""The same numbers with less memory at once: layers that treat rows alone run on a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

NUM_PIECES = 4


def run_in_pieces(module: nn.Module, *, dim: int, min_size: int) -> None:
    """Make ``module`` treat long inputs in pieces along ``dim``, where nothing has to be kept for gradients.

    For modules that do not mix entries along ``dim``. The intermediate tensors of a wide layer are several
    times its input; in pieces, only a part of them exists at a time. Names of weights stay as they are, and
    graphs that are traced for export or compiling hold the module once, whole.

    Args:
        module: its forward takes ``hidden_states`` and returns a tensor with the same entries along ``dim``.
        dim: the axis to cut.
        min_size: shorter inputs run whole.
    """
    whole: Callable[..., Any] = module.forward

    def forward(hidden_states: Tensor, **kwargs: Any) -> Any:
        is_whole = torch.is_grad_enabled() or torch.compiler.is_compiling()
        if is_whole or hidden_states.shape[dim] < min_size:
            return whole(hidden_states, **kwargs)
        pieces = [whole(piece, **kwargs) for piece in hidden_states.chunk(NUM_PIECES, dim=dim)]
        return torch.cat(pieces, dim=dim)

    module.forward = forward
