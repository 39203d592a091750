"""Crops of things and parts -> what each is called, and its colour.

The scene reader's own features are means over a mask: what a thing is made of, not how it is shaped. A crop
at one size shows a fork from a knife, and a small thing as large as a table.

Legend of shape suffixes: k crops, m names, c colours.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from converseg_training.embedded.image_encoder import ConvNormAct, ResidualBlock

CHANNELS = (32, 64, 128, 160)
WIDTH = 192


class CropNames(nn.Module):
    """A small residual network; which kind is asked for (thing or part) and how large it is come last."""

    def __init__(self, num_names: int, num_colors: int) -> None:
        super().__init__()
        first, second, third, last = CHANNELS
        self.trunk = nn.Sequential(
            ConvNormAct(4, first, stride=2),
            ConvNormAct(first, second, stride=2),
            ResidualBlock(second),
            ConvNormAct(second, third, stride=2),
            ResidualBlock(third),
            ConvNormAct(third, last, stride=2),
        )
        self.state = nn.Sequential(nn.Linear(9 * last + 2, WIDTH), nn.SiLU(), nn.Dropout(0.2))
        self.names = nn.Linear(WIDTH, num_names)
        self.colors = nn.Linear(WIDTH, num_colors)

    def forward(self, crops_kchw: Tensor, is_part_k: Tensor, log_side_k: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of names (K, M) and of colours (K, C).

        Args:
            crops_kchw: (K, 4, 48, 48) of :func:`converseg_core.mini.scene.crops.crops`, as floats to 255.
            is_part_k: 1 for a part.
            log_side_k: natural logarithm of the crop's side over 48 pixels of the full picture.
        """
        x = self.trunk(crops_kchw / 128 - 1)
        told = torch.stack([is_part_k, log_side_k], dim=1).to(x.dtype)
        state = self.state(torch.cat([x.flatten(1), told], dim=1))
        return self.names(state), self.colors(state)
