"""Pixels -> the things in a picture: where they are, their masks, and what each looks like.

A point on a thing makes the weights of a small network that draws the thing's mask (CondInst, arXiv
2003.05664); points to ask at are the peaks of a heat map (arXiv 1904.07850).

Legend of shape suffixes: b pictures, k things or parts of a picture, c channels, h, w, d width, t cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.embedded.image_encoder import ConvNormAct, ImageEncoder
from converseg_training.embedded.prompt_decoder import Attention
from converseg_training.mini.pixels import HEIGHT, WIDTH

CHANNELS = (24, 48, 96, 160)
GRIDS: Mapping[str, tuple[int, tuple[int, int]]] = {
    "semantic": (128, (12, 16)),
    "middle": (64, (24, 32)),
    "nano32": (64, (24, 32)),
    "nano16": (64, (24, 32)),
    "nano8": (48, (48, 64)),
}
"""Channels and size of what the two detectors' layers are projected to: SSD's first, then NanoDet's."""
WIDE, NUM_8, NUM_4 = 128, 96, 64
NUM_MASK_FEATURES, NUM_HIDDEN = 24, 8
KERNEL_SIZE = (NUM_MASK_FEATURES + 2) * NUM_HIDDEN + NUM_HIDDEN + NUM_HIDDEN + 1
NUM_POOLED = WIDE + NUM_8 + NUM_4 + 6


@dataclass(frozen=True)
class Sight:
    """What is seen in B pictures.

    Attributes:
        heat_bkhw: (B, 1, 48, 64) logits: centres of things.
        mask_features_bchw: (B, 24, 96, 128).
        kernel_bchw: (B, 128, 48, 64) what :meth:`Perception.kernels_at` starts from.
        features_4, features_8, features_16: (B, 64, 48, 64), (B, 96, 24, 32), (B, 128, 12, 16).
    """

    heat_bkhw: Tensor
    mask_features_bchw: Tensor
    kernel_bchw: Tensor
    features_4: Tensor
    features_8: Tensor
    features_16: Tensor


class Perception(nn.Module):
    """The picture's side; it never sees a word."""

    def __init__(self, num_layers: int = 2) -> None:
        super().__init__()
        self.image_encoder = ImageEncoder(channels=CHANNELS)
        self.project = nn.Conv2d(CHANNELS[3], WIDE, 1)
        self.semantic = nn.Conv2d(GRIDS["semantic"][0], WIDE, 1)
        self.positions = nn.Parameter(torch.randn(HEIGHT * WIDTH // 256, WIDE) * 0.02)
        self.look_around = nn.ModuleList(Attention(WIDE, feed_forward=2) for _ in range(num_layers))
        self.norm = nn.LayerNorm(WIDE)
        self.middle = nn.Conv2d(GRIDS["middle"][0], NUM_8, 1)
        coarse = GRIDS["nano32"][0] + GRIDS["nano16"][0]
        self.nano_16 = nn.Conv2d(coarse, WIDE, 2, stride=2, bias=False)
        self.nano_8 = nn.Conv2d(coarse, NUM_8, 1, bias=False)
        self.nano_4 = nn.Conv2d(GRIDS["nano8"][0], NUM_4, 1, bias=False)
        self.lateral_8 = nn.Conv2d(CHANNELS[2], NUM_8, 1)
        self.down_8 = nn.Conv2d(WIDE, NUM_8, 1)
        self.mix_8 = ConvNormAct(NUM_8, NUM_8)
        self.lateral_4 = nn.Conv2d(CHANNELS[1], NUM_4, 1)
        self.down_4 = nn.Conv2d(NUM_8, NUM_4, 1)
        self.mix_4 = ConvNormAct(NUM_4, NUM_4)
        self.heads = nn.Sequential(ConvNormAct(NUM_4, NUM_4), nn.Conv2d(NUM_4, 1, 1))
        self.lateral_2 = nn.Conv2d(CHANNELS[0], 32, 1)
        self.down_2 = nn.Conv2d(NUM_4, 32, 1)
        self.mix_2 = nn.Sequential(ConvNormAct(32, 32), nn.Conv2d(32, NUM_MASK_FEATURES, 1))
        self.kernel_4 = nn.Conv2d(NUM_4, 128, 3, padding=1)
        self.kernel_8 = nn.Conv2d(NUM_8, 128, 1)
        self.kernel = nn.Sequential(nn.SiLU(), nn.Conv2d(128, KERNEL_SIZE, 1))
        with torch.no_grad():
            head = self.heads[1]
            assert isinstance(head, nn.Conv2d) and head.bias is not None
            head.bias.fill_(-4.0)
            last = self.kernel[1]
            assert isinstance(last, nn.Conv2d) and last.bias is not None
            last.weight.mul_(0.5)
            last.bias[-1] = -3.0

    def forward(self, pixels_bchw: Tensor, grids: Mapping[str, Tensor]) -> Sight:
        """Pixels (B, 3, 192, 256) normalised, and features as in ``GRIDS`` -> what is seen."""
        f2, f4, f8, f16 = self.image_encoder(pixels_bchw)
        coarse = torch.cat([grids["nano32"], grids["nano16"]], dim=1)
        x = self.project(f16) + self.semantic(grids["semantic"]) + self.nano_16(coarse)
        num, _, height, width = x.shape
        x_btd = x.flatten(2).transpose(1, 2) + self.positions
        for layer in self.look_around:
            x_btd = layer(x_btd, x_btd, None)
        x16 = self.norm(x_btd).transpose(1, 2).reshape(num, WIDE, height, width)
        told_8 = self.middle(grids["middle"]) + self.nano_8(coarse)
        x8 = self.mix_8(self.lateral_8(f8) + told_8 + _twice(self.down_8(x16)))
        x4 = self.mix_4(self.lateral_4(f4) + self.nano_4(grids["nano8"]) + _twice(self.down_4(x8)))
        heads = self.heads(x4)
        mask_features = self.mix_2(F.silu(self.lateral_2(f2) + _twice(self.down_2(x4))))
        kernel = self.kernel_4(x4) + _twice(self.kernel_8(x8))
        return Sight(heads, mask_features, kernel, x4, x8, x16)

    def kernels_at(self, kernel_bchw: Tensor, cells_bk: Tensor) -> Tensor:
        """(B, K, KERNEL_SIZE): weights of the masks of the things at some cells (row * 64 + column).

        ``kernel_bchw`` is that of :class:`Sight`.
        """
        index_bck = cells_bk[:, None].expand(-1, kernel_bchw.shape[1], -1)
        picked_bckw = kernel_bchw.flatten(2).gather(2, index_bck)[..., None]
        kernels: Tensor = self.kernel(picked_bckw)[..., 0].transpose(1, 2)
        return kernels


def draw_masks(
    mask_features_bchw: Tensor,
    kernels_bkn: Tensor,
    cells_bk: Tensor,
    *,
    lattice: tuple[int, int] | None = None,
) -> Tensor:
    """(B, K, 96, 128) mask logits; with ``lattice`` (row, column) only every second cell from there on.

    Args:
        mask_features_bchw: of :class:`Sight`.
        kernels_bkn: weights of K small networks a picture.
        cells_bk: where each was asked for, row * 64 + column at stride 4.
    """
    num, channels, height, width = mask_features_bchw.shape
    count = kernels_bkn.shape[1]
    inputs = channels + 2
    kernels_bkn = kernels_bkn.float()
    first, bias, second, last = kernels_bkn.split([inputs * NUM_HIDDEN, NUM_HIDDEN, NUM_HIDDEN, 1], dim=2)
    first = first.reshape(num, count, NUM_HIDDEN, inputs)
    # Where a cell lies from the one that was asked for is linear, so places are three more channels.
    rows = (torch.arange(height, device=first.device) + 0.5) / 32 - 0.5 / 16
    columns = (torch.arange(width, device=first.device) + 0.5) / 32 - 0.5 / 16
    # Made from an input, or the export would fold them into a constant and round that to a byte.
    nothing = (mask_features_bchw[:, :1] * 0).float()
    planes = [nothing + rows[:, None], nothing + columns, nothing + 1]
    whole = torch.cat([mask_features_bchw.float(), *planes], dim=1)
    if lattice is not None:
        whole = whole[:, :, lattice[0] :: 2, lattice[1] :: 2]
        height, width = whole.shape[2:]
    seen = whole.flatten(2)
    cells_wide = mask_features_bchw.shape[3] // 2
    row_bk = torch.div(cells_bk, cells_wide, rounding_mode="floor").to(first.dtype) / 16
    column_bk = (cells_bk % cells_wide).to(first.dtype) / 16
    offset = bias - first[..., channels] * row_bk[..., None] - first[..., channels + 1] * column_bk[..., None]
    weights = torch.cat([first, offset[..., None]], dim=3).flatten(1, 2)
    with torch.autocast(weights.device.type, enabled=False):
        hidden = torch.bmm(weights, seen).relu().view(num * count, NUM_HIDDEN, height * width)
        drawn = torch.baddbmm(last.reshape(-1, 1, 1), second.reshape(-1, 1, NUM_HIDDEN), hidden)
    return drawn.view(num, count, height, width)


def pooled(features: tuple[Tensor, Tensor, Tensor], small_bchw: Tensor, masks_bkhw: Tensor) -> Tensor:
    """(B, K, NUM_POOLED): means over each mask of the features, of the colours and their spread.

    Args:
        features: ``features_4``, ``features_8``, ``features_16`` of :class:`Sight`.
        small_bchw: (B, 3, 96, 128) the picture, [0, 1].
        masks_bkhw: (B, K, 96, 128) in [0, 1].
    """
    mask_2 = masks_bkhw.float()
    mask_4 = F.avg_pool2d(mask_2, 2)
    mask_8 = F.avg_pool2d(mask_4, 2)
    mask_16 = F.avg_pool2d(mask_8, 2)
    color = _mean(torch.cat([small_bchw, small_bchw.square()], dim=1), mask_2)
    mean, square = color.split(3, dim=2)
    spread = (square - mean.square()).clamp(min=1e-5).sqrt()
    return torch.cat(
        [
            _mean(features[2].float(), mask_16),
            _mean(features[1].float(), mask_8),
            _mean(features[0].float(), mask_4),
            mean,
            spread,
        ],
        dim=2,
    )


def _mean(features_bchw: Tensor, masks_bkhw: Tensor) -> Tensor:
    """(B, K, C)."""
    weights_bkt = masks_bkhw.flatten(2)
    weights_bkt = weights_bkt / weights_bkt.sum(2, keepdim=True).clamp(min=1e-4)
    return weights_bkt @ features_bchw.flatten(2).transpose(1, 2)


def _twice(x_bchw: Tensor) -> Tensor:
    return F.interpolate(x_bchw, scale_factor=2.0, mode="bilinear")
