"""Weight-only quantisation: linear layers keep their weights in 8 or 4 bits and widen them when they run.

It saves memory, not time: on a CPU it is slower than bfloat16.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

GROUP = 64
"""Weights of one row that share a scale in 4 bits."""


class QuantizedLinear(nn.Module):
    """A linear layer with symmetric integer weights: one scale a row (8 bits) or a group (4 bits)."""

    weight_int: Tensor
    scale: Tensor

    def __init__(self, linear: nn.Linear, *, bits: int) -> None:
        super().__init__()
        if bits not in (4, 8):
            raise ValueError(f"bits: must be 4 or 8, not {bits}")
        self.bits = bits
        self.in_features = linear.in_features
        weight = linear.weight.detach().float()
        if bits == 4:
            padding = -weight.shape[1] % GROUP
            weight = functional.pad(weight, (0, padding)).reshape(weight.shape[0], -1, GROUP)
        limit = float(2 ** (bits - 1) - 1)
        scale = weight.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12) / limit
        levels = (weight / scale).round().clamp(-limit, limit).to(torch.int8)
        if bits == 4:
            unsigned = (levels + 8).to(torch.uint8)
            levels = unsigned[..., 0::2] | (unsigned[..., 1::2] << 4)
        self.register_buffer("weight_int", levels)
        self.register_buffer("scale", scale.to(linear.weight.dtype))
        self.bias = linear.bias

    def weight(self) -> Tensor:
        """The weights as the layer uses them, (out, in)."""
        if self.bits == 8:
            return self.weight_int.to(self.scale.dtype) * self.scale
        low, high = (self.weight_int & 15), (self.weight_int >> 4)
        levels = torch.stack([low, high], dim=-1).flatten(-2).to(self.scale.dtype) - 8
        return (levels * self.scale).flatten(1)[:, : self.in_features]

    def forward(self, inputs: Tensor) -> Tensor:
        """As a linear layer."""
        return functional.linear(inputs, self.weight(), self.bias)


def quantize_linears(module: nn.Module, *, bits: int, min_features: int = 64) -> int:
    """Replace the linear layers below ``module``; small ones stay. Returns how many were replaced."""
    num_replaced = 0
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear) and min(child.in_features, child.out_features) >= min_features:
            setattr(module, name, QuantizedLinear(child, bits=bits))
            num_replaced += 1
        else:
            num_replaced += quantize_linears(child, bits=bits, min_features=min_features)
    return num_replaced
