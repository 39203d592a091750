"""The image path: a residual convolutional pyramid that never sees the prompt.

Legend of shape suffixes: b batch, c channels, h height, w width; the number is the stride.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvNormAct(nn.Sequential):
    """3x3 (or ``kernel_size``) convolution, batch norm, SiLU."""

    def __init__(self, in_channels: int, out_channels: int, *, kernel_size: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels, out_channels, kernel_size, stride=stride, padding=kernel_size // 2, bias=False
            ),
            nn.BatchNorm2d(out_channels),
            nn.SiLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with an identity path (He et al., arXiv 1512.03385, basic block)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNormAct(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.act: nn.Module = nn.SiLU(inplace=True)

    def forward(self, x_bchw: Tensor) -> Tensor:
        """Same shape in and out."""
        y_bchw: Tensor = self.act(x_bchw + self.norm(self.second(self.first(x_bchw))))
        return y_bchw


class ImageEncoder(nn.Module):
    """(B, 3, H, W) normalised pixels -> features at strides 2, 4, 8 and 16.

    Args:
        channels: width at strides 2, 4, 8, 16.
        num_blocks: residual blocks at strides 4, 8, 16.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, int, int, int] = (24, 48, 96, 160),
        num_blocks: tuple[int, int, int] = (2, 3, 3),
    ) -> None:
        super().__init__()
        self.channels = channels
        self.stem = ConvNormAct(3, channels[0], kernel_size=5, stride=2)
        self.stages = nn.ModuleList(
            nn.Sequential(
                ConvNormAct(channels[level], channels[level + 1], stride=2),
                *(ResidualBlock(channels[level + 1]) for _ in range(num_blocks[level])),
            )
            for level in range(3)
        )

    def forward(self, image_bchw: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Features (stride 2, 4, 8, 16), each (B, channels[i], H / stride, W / stride)."""
        features = [self.stem(image_bchw)]
        for stage in self.stages:
            features.append(stage(features[-1]))
        return features[0], features[1], features[2], features[3]


def position_channels(height: int, width: int) -> Tensor:
    """(2, H, W) row and column of each cell's centre in [-1, 1]: words such as "left" need them."""
    rows = (torch.arange(height) + 0.5) / height * 2 - 1
    columns = (torch.arange(width) + 0.5) / width * 2 - 1
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
