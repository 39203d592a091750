"""What the reader is told of things, and what they are called.

Legend of shape suffixes: b pictures, k things and parts, m names, c colours or features, g geometry.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor, nn

from converseg_training.mini.scene.geometry import NUM_GEOMETRY
from converseg_training.mini.scene.perception import NUM_POOLED

WORD_SIZE = 384
SHAPE_SIZE = 192
"""What a close look says of a thing as a whole."""
USUAL_QUALITY = 1.5
"""Logit of an IoU of 0.82, about what a thing that was found has with the true one."""


@dataclass(frozen=True)
class Things:
    """K things and parts of each of B pictures, as the reader is told of them.

    Attributes:
        pooled_bkc: what they look like; see :func:`converseg_training.mini.scene.perception.pooled`.
        geometry_bkg: of :func:`converseg_training.mini.scene.geometry.geometry`.
        pairs_bkkg: of :func:`converseg_training.mini.scene.geometry.pairs`.
        is_part_bk: 1 for a part, 0 for a thing.
        there_bk: 1 for a thing or part, 0 for padding.
        glance_names_bkm, glance_colors_bkc: logits of :mod:`converseg_training.mini.scene.glances`; zeros
            where nobody glanced.
        quality_bk: logits of the IoU with a true thing; that of a usual thing where nobody knows.
        shape_bkd: what a close look saw of the thing as a whole; zeros where nobody looked.
    """

    pooled_bkc: Tensor
    geometry_bkg: Tensor
    pairs_bkkg: Tensor
    is_part_bk: Tensor
    there_bk: Tensor
    glance_names_bkm: Tensor = field(default_factory=lambda: torch.zeros(()))
    glance_colors_bkc: Tensor = field(default_factory=lambda: torch.zeros(()))
    quality_bk: Tensor = field(default_factory=lambda: torch.tensor(USUAL_QUALITY))
    shape_bkd: Tensor = field(default_factory=lambda: torch.zeros(SHAPE_SIZE))


@dataclass(frozen=True)
class Told:
    """Names and colours as somebody says them.

    Attributes:
        only_b: 1 for pictures of which the reader knows nothing else.
        names_bk, colors_bk: numbers; -1 where nobody says it.
    """

    only_b: Tensor
    names_bk: Tensor
    colors_bk: Tensor


class Names(nn.Module):
    """What a thing looks like -> what it is called, and its colour; what a glance at it says counts too."""

    def __init__(self, names_me: Tensor, colors_ce: Tensor, width: int = 192) -> None:
        super().__init__()
        self.register_buffer("names_me", F.normalize(names_me, dim=1))
        self.register_buffer("colors_ce", F.normalize(colors_ce, dim=1))
        self.trunk = nn.Sequential(
            nn.LayerNorm(NUM_POOLED),
            nn.Linear(NUM_POOLED, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
        )
        self.geometry = nn.Linear(NUM_GEOMETRY + 1, width)
        self.name = nn.Linear(width, WORD_SIZE)
        self.bias = nn.Parameter(torch.zeros(len(names_me)))
        self.color = nn.Linear(width, len(colors_ce))
        self.scale = nn.Parameter(torch.tensor(12.0))
        self.glance_scale = nn.Parameter(torch.ones(2))

    names_me: Tensor
    colors_ce: Tensor

    def forward(self, things: Things) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of names (B, K, M), of colours (B, K, C), and the state (B, K, 192)."""
        place = self.geometry(torch.cat([things.geometry_bkg, things.is_part_bk[..., None]], dim=2))
        state = F.silu(self.trunk(things.pooled_bkc) + place)
        direction = F.normalize(self.name(state).float(), dim=2)
        names = self.scale * direction @ self.names_me.T + self.bias
        names = names + self.glance_scale[0] * things.glance_names_bkm
        return names, self.color(state) + self.glance_scale[1] * things.glance_colors_bkc, state
