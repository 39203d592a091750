"""The scene reader as five graphs, as a runtime opens them.

Legend of shape suffixes: as in :mod:`converseg_training.mini.scene.model`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody uses

from converseg_core.mini.scene.closeups import CLOSE_UPS
from converseg_core.mini.scene.network import SIGHT, THINGS, TOLD
from converseg_training.mini.features import Projection
from converseg_training.mini.pixels import HEIGHT, WIDTH
from converseg_training.mini.projection import as_layer
from converseg_training.mini.scene.further import NANO, NanoProjection
from converseg_training.mini.scene.geometry import geometry, pairs
from converseg_training.mini.scene.model import SceneModel
from converseg_training.mini.scene.perception import Sight, draw_masks, pooled
from converseg_training.mini.scene.things import Things

Projections = tuple[Projection, NanoProjection]
"""Of the first detector's layers, and of NanoDet's."""
NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scene_sight": (("pixels", "semantic", "middle", *NANO), SIGHT),
    "scene_masks": (("mask_features", "kernel", "cells"), ("logits",)),
    "scene_crops": (("crops", "log_sides"), CLOSE_UPS),
    "scene_things": (
        (
            *("features_4", "features_8", "features_16", "pixels", "masks", "is_part"),
            *("glance_names", "glance_colors", "quality", "shape"),
        ),
        THINGS,
    ),
    "scene_prompt": ((*TOLD, "words", "is_word"), ("meant", "present")),
}
"""Role -> names of a graph's inputs and outputs."""


class SightGraph(nn.Module):
    """The picture's side, from the detectors' own outputs on."""

    def __init__(self, model: SceneModel, projections: Projections) -> None:
        super().__init__()
        self.perception = model.perception
        first, nano = projections
        self.semantic = as_layer(first.semantic_mean, first.semantic_cd)
        self.middle = as_layer(first.middle_mean, first.middle_cd)
        self.nano32, self.nano16, self.nano8 = (as_layer(nano.means[name], nano.bases[name]) for name in NANO)

    def forward(
        self, pixels: Tensor, semantic: Tensor, middle: Tensor, nano32: Tensor, nano16: Tensor, nano8: Tensor
    ) -> tuple[Tensor, ...]:
        """What ``SIGHT`` names."""
        grids = {
            "semantic": F.interpolate(self.semantic(semantic), (HEIGHT // 16, WIDTH // 16), mode="bilinear"),
            "middle": F.interpolate(self.middle(middle), (HEIGHT // 8, WIDTH // 8), mode="bilinear"),
            "nano32": self.nano32(nano32),
            "nano16": self.nano16(nano16),
            "nano8": self.nano8(nano8),
        }
        sight: Sight = self.perception(pixels, grids)
        return (
            sight.heat_bkhw,
            sight.mask_features_bchw,
            sight.kernel_bchw,
            sight.features_4,
            sight.features_8,
            sight.features_16,
        )


class MasksGraph(nn.Module):
    """Cells -> masks."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.perception = model.perception

    def forward(self, mask_features: Tensor, kernel: Tensor, cells: Tensor) -> tuple[Tensor]:
        """(1, K, 96, 128) logits, alone in a tuple."""
        kernels = self.perception.kernels_at(kernel, cells)
        return (draw_masks(mask_features, kernels, cells),)


class ThingsGraph(nn.Module):
    """Masks -> what the reader knows of each thing."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.reader = model.reader

    def forward(
        self,
        features_4: Tensor,
        features_8: Tensor,
        features_16: Tensor,
        pixels: Tensor,
        masks: Tensor,
        is_part: Tensor,
        glance_names: Tensor,
        glance_colors: Tensor,
        quality: Tensor,
        shape: Tensor,
    ) -> tuple[Tensor, ...]:
        """What ``THINGS`` names; ``pixels`` (1, 3, 192, 256) in [0, 1]."""
        place = geometry(masks)
        looks = pooled((features_4, features_8, features_16), F.avg_pool2d(pixels, 2), masks)
        between = pairs(masks, place)
        things = Things(looks, place, between, is_part, is_part, glance_names, glance_colors, quality, shape)
        known = self.reader.know(things)
        return tuple(known[name] for name in THINGS)


class PromptGraph(nn.Module):
    """Words -> which things are meant, for one prompt."""

    def __init__(self, model: SceneModel) -> None:
        super().__init__()
        self.reader = model.reader

    def forward(
        self,
        x: Tensor,
        means: Tensor,
        tints: Tensor,
        pairs: Tensor,
        trust: Tensor,
        there: Tensor,
        words: Tensor,
        is_word: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits (1, K) and (1,)."""
        chosen: tuple[Tensor, Tensor] = self.reader.choose(
            {"x": x, "means": means, "tints": tints, "pairs": pairs, "trust": trust}, there, words, is_word
        )
        return chosen
