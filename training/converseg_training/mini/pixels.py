"""Pixels as the trained networks of ``mini`` take them, and how colours are varied in training."""

from __future__ import annotations

import torch
from torch import Tensor

HEIGHT, WIDTH = 192, 256
MEAN, STD = (0.45, 0.42, 0.40), (0.25, 0.25, 0.25)


def normalise(image_bhwc: Tensor) -> Tensor:
    """Float [0, 1] (B, H, W, 3) -> (B, 3, H, W) as the runtime does it."""
    image = (image_bhwc - torch.tensor(MEAN)) / torch.tensor(STD)
    return image.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def vary_colors(image_bhwc: Tensor, generator: torch.Generator) -> Tensor:
    """Exposure, gamma, white balance and noise; hues stay nameable. uint8 in, float [0, 1] out."""
    num = image_bhwc.shape[0]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(num, *shape, generator=generator)

    image = (image_bhwc.float() / 255.0).clamp(min=1e-4) ** uniform(0.75, 1.35, 1, 1, 1)
    image = image * uniform(0.8, 1.2, 1, 1, 1) * uniform(0.95, 1.05, 1, 1, 3) + uniform(-0.04, 0.04, 1, 1, 1)
    noise = torch.randn(image.shape, generator=generator) * uniform(0.0, 0.02, 1, 1, 1)
    return (image + noise).clamp(0, 1)
