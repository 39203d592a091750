"""The network that tells a followed target's pixels: small enough for every frame of a camera on one core."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from converseg_core.tracking.reading import NUM_PLANES, Plane

WIDTHS = (32, 48, 64)
"""Channels at a half, a quarter and an eighth of the patch."""

_FINE_PLANES = (
    *range(Plane.BEHIND_KNOWN),
    int(Plane.FROM_ANSWERED),
    int(Plane.FROM_EXPECTED),
    int(Plane.OFF),
    int(Plane.OF_NEAR),
    int(Plane.OF_ALL),
    int(Plane.SHOWN),
    int(Plane.SHOWN_BEFORE),
)
_FINE_WIDTH = 8
_LEAST_SHARE = 0.02
LEANING = 0.5
"""Added to the logits of what is exported: of pixels that are as likely as not, most are the target's."""


class _Block(nn.Module):
    """Two convolutions past which the features go on as they were."""

    def __init__(self, width: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, h, w) likewise."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class PixelModel(nn.Module):
    """Planes (B, ``NUM_PLANES``, h, w) -> (B, 1, h, w) logits; h and w multiples of eight.

    It learns what to add to what colours alone say. A U-shaped network (Ronneberger et al., arXiv 1505.04597)
    that begins at half the size.
    """

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.begin = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * NUM_PLANES, half, 1),
            nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1),
        )
        self.down = nn.Sequential(nn.ReLU(), nn.Conv2d(half, quarter, 3, stride=2, padding=1), nn.ReLU())
        self.at_quarter = _Block(quarter)
        self.deeper = nn.Sequential(nn.Conv2d(quarter, eighth, 3, stride=2, padding=1), nn.ReLU())
        self.at_eighth = nn.Sequential(_Block(eighth), _Block(eighth, dilation=2))
        self.up = nn.Conv2d(eighth, quarter, 1)
        self.again_at_quarter = nn.Sequential(nn.Conv2d(quarter, quarter, 3, padding=1), nn.ReLU())
        self.up_again = nn.Conv2d(quarter, half, 1)
        self.again_at_half = nn.Sequential(nn.Conv2d(half, half, 3, padding=1), nn.ReLU())
        self.forget = nn.Dropout2d(0.1)
        self.to_fine = nn.Sequential(nn.Conv2d(half, 4 * _FINE_WIDTH, 1), nn.PixelShuffle(2))
        self.fine = nn.Conv2d(len(_FINE_PLANES), _FINE_WIDTH, 3, padding=1)
        self.last = nn.Conv2d(_FINE_WIDTH, 1, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        self.trust = nn.Parameter(torch.ones(()))

    def forward(self, planes: Tensor) -> Tensor:
        """Logits."""
        at_half = self.begin(planes)
        at_quarter = self.at_quarter(self.down(at_half))
        deep = self.forget(self.at_eighth(self.deeper(self.forget(at_quarter))))
        at_quarter = self.again_at_quarter(at_quarter + _twice(self.up(deep)))
        at_half = self.again_at_half(torch.relu(at_half) + _twice(self.up_again(at_quarter)))
        fine = torch.relu(self.to_fine(at_half) + self.fine(planes[:, _FINE_PLANES]))
        said = planes[:, Plane.SHOWN : Plane.SHOWN + 1].clamp(_LEAST_SHARE, 1 - _LEAST_SHARE)
        return self.last(fine) + self.trust * (said.log() - (1 - said).log())


class PixelGraph(nn.Module):
    """What is exported: planes -> soft mask."""

    def __init__(self, model: PixelModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, planes: Tensor) -> Tensor:
        """(B, 1, h, w) in [0, 1]."""
        return torch.sigmoid(self.model(planes) + LEANING)


def _twice(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
