"""Crops of things -> their masks drawn closer, what each is called, its colour, and which parts it has.

The scene reader's own features are means over a mask: what a thing is made of, not how it is shaped; and its
masks have 96x128 cells. A crop at one size shows a fork from a knife, a small thing as large as a table, and
a handle as something with an outline.

Legend of shape suffixes: k crops, m names, c colours, e, s cells a side, p parts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_core.mini.scene.closeups import NUM_PART_NAMES
from converseg_training.embedded.image_encoder import ConvNormAct, ResidualBlock
from converseg_training.mini.scene.things import SHAPE_SIZE

CHANNELS = (24, 48, 128, 160)
WIDTH = SHAPE_SIZE
NUM_SQUEEZED = 64
NUM_PART_FEATURES = 32
NUM_FINE = 16
_OTHER = {"left": "right", "right": "left"}
_SIDE = re.compile(r"\b(left|right)\b")


@dataclass(frozen=True)
class Looks:
    """What is seen in K crops.

    Attributes:
        mask_kss: (K, 64, 64) logits of the thing's mask.
        names_km, colors_kc: logits.
        quality_k: logit of the IoU that the mask has with a true thing, 0 for what is none.
        part_features_kess: (K, 32, 64, 64); see :meth:`CropNetwork.part_logits`.
        shape_kd: (K, 192) the thing as a whole, before it is called anything.
    """

    mask_kss: Tensor
    names_km: Tensor
    colors_kc: Tensor
    quality_k: Tensor
    part_features_kess: Tensor
    shape_kd: Tensor


class CropNetwork(nn.Module):
    """A small residual network down to 4x4 cells, and up again (U-Net, arXiv 1505.04597)."""

    turned: Tensor

    def __init__(self, names: Sequence[str], num_colors: int) -> None:
        super().__init__()
        num_names = len(names)
        self.register_buffer("turned", torch.tensor([*turned_names(names), num_names]), persistent=False)
        first, second, third, last = CHANNELS
        self.to_32 = ConvNormAct(4, first, stride=2)
        self.to_16 = nn.Sequential(ConvNormAct(first, second, stride=2), ResidualBlock(second))
        self.to_8 = nn.Sequential(ConvNormAct(second, third, stride=2), ResidualBlock(third))
        self.to_4 = nn.Sequential(ConvNormAct(third, last, stride=2), ResidualBlock(last))
        self.more_16 = _Deeper(second)
        self.more_8 = nn.Sequential(_Deeper(third), _Deeper(third))
        self.more_4 = nn.Sequential(_Deeper(last), _Deeper(last))
        self.squeeze = nn.Conv2d(last, NUM_SQUEEZED, 1)
        self.state = nn.Sequential(nn.Linear(16 * NUM_SQUEEZED + 1, WIDTH), nn.SiLU(), nn.Dropout(0.2))
        self.names = nn.Linear(WIDTH, num_names)
        self.colors = nn.Linear(WIDTH, num_colors)
        self.quality = nn.Linear(WIDTH, 1)
        self.up_8 = _Up(last, third, 64)
        self.up_16 = _Up(64, second, 48)
        self.up_32 = _Up(48, first, 32)
        self.more_up_16, self.more_up_32 = _Deeper(48), _Deeper(32)
        self.up_64 = _Up(32, 4, 12)
        self.told = nn.Linear(WIDTH, 64)
        self.mask = nn.Conv2d(12, 1, 1)
        self.part_features = nn.Conv2d(32, NUM_PART_FEATURES, 1)
        self.parts_64 = _Up(32, 4, NUM_FINE)
        self.finer_part_features = nn.Conv2d(NUM_FINE, NUM_PART_FEATURES, 1)
        nn.init.zeros_(self.finer_part_features.weight)
        self.part_names = nn.Linear(NUM_PART_FEATURES, num_names + 1)

    def forward(self, crops_kchw: Tensor, log_side_k: Tensor) -> Looks:
        """See :class:`Looks`.

        Args:
            crops_kchw: (K, 4, 64, 64) of :func:`converseg_core.mini.scene.crops.crops`, as floats to 255.
            log_side_k: natural logarithm of the crop's side over 64 pixels of the full picture.
        """
        pixels = crops_kchw / 128 - 1
        x32 = self.to_32(pixels)
        x16 = self.more_16(self.to_16(x32))
        x8 = self.more_8(self.to_8(x16))
        x4 = self.more_4(self.to_4(x8))
        flat = self.squeeze(x4).flatten(1)
        state = self.state(torch.cat([flat, log_side_k[:, None].to(flat.dtype)], dim=1))
        y8 = self.up_8(x4, x8) + self.told(state)[..., None, None]
        y16 = self.more_up_16(self.up_16(y8, x16))
        y32 = self.more_up_32(self.up_32(y16, x32))
        mask = self.mask(self.up_64(y32, pixels)).squeeze(1)
        quality = self.quality(state).squeeze(1)
        parts = F.interpolate(self.part_features(y32), scale_factor=2.0, mode="bilinear")
        parts = parts + self.finer_part_features(self.parts_64(y32, pixels))
        return Looks(mask, self.names(state), self.colors(state), quality, parts, state)

    def part_logits(self, features_xe: Tensor) -> Tensor:
        """(..., M + 1) logits of the part's name at some cells; the last is for a thing without parts."""
        logits: Tensor = self.part_names(features_xe)
        return logits


class _Deeper(ResidualBlock):
    """A residual block that changes nothing at first: so a network that has learnt goes on deeper."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.act = nn.Identity()
        nn.init.zeros_(self.norm.weight)


class _Up(nn.Module):
    """Twice as fine, with what was seen at that size on the way down."""

    def __init__(self, coarse: int, lateral: int, out: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(coarse, out, 1)
        self.lateral = nn.Conv2d(lateral, out, 1)
        self.mix = ConvNormAct(out, out)

    def forward(self, coarse_bchw: Tensor, fine_bchw: Tensor) -> Tensor:
        """(B, out, 2 h, 2 w)."""
        wide = F.interpolate(self.down(coarse_bchw), scale_factor=2.0, mode="bilinear")
        mixed: Tensor = self.mix(F.silu(wide + self.lateral(fine_bchw)))
        return mixed


class CropGraph(nn.Module):
    """The network as a runtime asks it: of each thing's part names only the few that cover most.

    Each crop is seen as it is and mirrored, and the mean counts. Which parts there are is told from means of
    four cells each, where those are on all cells.
    """

    def __init__(self, network: CropNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor, log_sides: Tensor) -> tuple[Tensor, ...]:
        """What ``CLOSE_UPS`` of :mod:`converseg_core.mini.scene.closeups` names."""
        looks: Looks = self.network(crops, log_sides)
        turned: Looks = self.network(crops.flip(3), log_sides)
        of_name = self.network.turned
        fine_kxe = looks.part_features_kess.flatten(2).transpose(1, 2)
        turned_fine_kxe = turned.part_features_kess.flip(3).flatten(2).transpose(1, 2)
        coarse_kte, turned_coarse_kte = (
            F.avg_pool2d(features, 2).flatten(2).transpose(1, 2)
            for features in (looks.part_features_kess, turned.part_features_kess.flip(3))
        )
        logits_ktm = self.network.part_logits(coarse_kte)
        logits_ktm = (logits_ktm + self.network.part_logits(turned_coarse_kte)[..., of_name]).float() / 2
        mask_kss = (looks.mask_kss + turned.mask_kss.flip(2)) / 2
        inside_kt = F.avg_pool2d(mask_kss.float().sigmoid()[:, None], 2).flatten(1)
        weight_kt = inside_kt / inside_kt.sum(1, keepdim=True).clamp(min=1e-3)
        shares_km = (weight_kt[:, None] @ logits_ktm.softmax(2)).squeeze(1)
        count = min(NUM_PART_NAMES, shares_km.shape[1])
        shares, numbers = shares_km.topk(count, dim=1)
        own_kxp = self._logits_of(fine_kxe, numbers) + self._logits_of(turned_fine_kxe, of_name[numbers])
        size = looks.part_features_kess.shape[2]
        own = (own_kxp / 2).transpose(1, 2).reshape(len(own_kxp), count, size, size)
        return (
            mask_kss,
            (looks.names_km + turned.names_km[:, of_name[:-1]]) / 2,
            (looks.colors_kc + turned.colors_kc) / 2,
            (looks.quality_k + turned.quality_k) / 2,
            numbers,
            shares,
            own,
            (looks.shape_kd + turned.shape_kd) / 2,
        )

    def _logits_of(self, features_kxe: Tensor, numbers_kp: Tensor) -> Tensor:
        """(K, X, P) logits of a few names, others for each crop."""
        layer = self.network.part_names
        logits: Tensor = features_kxe @ layer.weight[numbers_kp].transpose(1, 2)
        return (logits + layer.bias[numbers_kp][:, None]).float()


def turned_names(names: Sequence[str]) -> list[int]:
    """For each name the number of what it is called in a mirror: left is right there, all else stays."""
    numbers = {name: number for number, name in enumerate(names)}
    return [
        numbers.get(_SIDE.sub(lambda side: _OTHER[side[0]], name), number) for name, number in numbers.items()
    ]
