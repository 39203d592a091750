"""Perception and reader as one network, on batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from numpy.typing import NDArray
from torch import Tensor, nn

from converseg_core.mini.scene.network import FEATURES
from converseg_core.mini.scene.tiles import TILES
from converseg_training.mini.pixels import normalise
from converseg_training.mini.scene.batch import Batch, Truth
from converseg_training.mini.scene.candidates import find
from converseg_training.mini.scene.crop_network import CropNetwork
from converseg_training.mini.scene.geometry import geometry, pairs
from converseg_training.mini.scene.glances import Found, glance, true_things
from converseg_training.mini.scene.perception import Perception, Sight, pooled
from converseg_training.mini.scene.prepare import MIN_SHARE
from converseg_training.mini.scene.reader import SceneReader
from converseg_training.mini.scene.things import Things

SAME_THING_IOU = 0.5


class SceneModel(nn.Module):
    """Pictures and prompts -> masks; see :mod:`converseg_training.mini.scene`."""

    def __init__(
        self,
        names: Sequence[str],
        names_me: Tensor,
        colors_ce: Tensor,
        *,
        width: int = 128,
        num_layers: int = 4,
        num_meanings: int = 0,
    ) -> None:
        super().__init__()
        self.perception = Perception()
        self.crops = CropNetwork(names, len(colors_ce))
        self.reader = SceneReader(
            names_me, colors_ce, width=width, num_layers=num_layers, num_meanings=num_meanings
        )

    def see(self, batch: Batch, pixels_bhwc: Tensor | None = None) -> Sight:
        """The pictures; ``pixels_bhwc`` in [0, 1] where their colours were varied."""
        pixels = batch.small_bhwc.float() / 255 if pixels_bhwc is None else pixels_bhwc
        sight: Sight = self.perception(normalise(pixels), batch.grids)
        return sight


@torch.no_grad()
def look_around(model: SceneModel, batch: Batch) -> tuple[Sight, list[NDArray[np.float32]]]:
    """What is seen in the pictures, and what is found in them, in mirror images and corners; as at run time.

    What things look like is the mean of the pictures and of their mirror images.
    """
    sight, turned = model.see(batch), model.see(batch.mirrored())
    both = {name: (getattr(sight, name) + getattr(turned, name).flip(3)) / 2 for name in FEATURES}
    tiles = [(tile, model.see(batch.tile(tile))) for tile in TILES]
    return replace(sight, **both), find(model.perception, sight, turned, tiles)


def describe(sight: Sight, small_bhwc: Tensor, found: Found) -> Things:
    """What the reader is told of what was found; ``small_bhwc`` (B, 192, 256, 3) pictures in [0, 1]."""
    place = geometry(found.masks_bkhw)
    return Things(
        looks_of(sight, small_bhwc, found.masks_bkhw),
        place,
        pairs(found.masks_bkhw, place),
        found.is_part_bk,
        found.there_bk,
        found.names_bkm,
        found.colors_bkc,
        found.quality_bk,
        found.shape_bkd,
    )


def looks_of(sight: Sight, small_bhwc: Tensor, masks_bkhw: Tensor) -> Tensor:
    """What things look like: see :func:`converseg_training.mini.scene.perception.pooled`."""
    half = F.avg_pool2d(small_bhwc.permute(0, 3, 1, 2), 2)
    return pooled((sight.features_4, sight.features_8, sight.features_16), half, masks_bkhw)


@dataclass(frozen=True)
class Labels:
    """For found things: names and colours of the true things that they are, -1 for none; prompts' labels."""

    names_bk: Tensor
    colors_bk: Tensor
    labels_nk: Tensor


def matched(found: Found, truth: Truth) -> tuple[Tensor, Tensor]:
    """(B, K) the true thing of the same kind that each overlaps most, and whether it is that one."""
    mine = found.masks_bkhw.flatten(2)
    true = (truth.masks_bkhw > 0.5).float().flatten(2)
    common = mine @ true.transpose(1, 2)
    union = mine.sum(2)[..., None] + true.sum(2)[:, None] - common
    same_kind = (found.is_part_bk[..., None] == truth.is_part_bk[:, None]).float() * truth.there_bk[:, None]
    best, which = (common / union.clamp(min=1) * same_kind).max(2)
    return which, (best >= SAME_THING_IOU) & (found.there_bk > 0)


def inside_answers(masks_bkp: Tensor, target_nhw: Tensor, num_per_image: int) -> Tensor:
    """(N, K) 1 where nearly all of a mask (0 or 1 a cell) lies in the answer."""
    target_bnp = target_nhw.flatten(1).view(len(masks_bkp), num_per_image, -1).float()
    mine = masks_bkp.float()
    share = target_bnp @ mine.transpose(1, 2) / mine.sum(2).clamp(min=1)[:, None]
    return (share >= MIN_SHARE).float().flatten(0, 1)


def found_labels(found: Found, batch: Batch) -> Labels:
    """Labels of what was found, from the true thing of the same kind that it overlaps most.

    What is no true thing is meant where nearly all of it lies in the answer.
    """
    truth: Truth = batch.truth
    which, good = matched(found, truth)
    none = torch.full_like(which, -1)
    per = batch.num_per_image
    wide = which.repeat_interleave(per, dim=0)
    inherited = batch.questions.labels_nk.gather(1, wide)
    inside = inside_answers(found.masks_bkhw.flatten(2), batch.questions.target_nhw, per)
    good_n = good.repeat_interleave(per, dim=0)
    there_n = found.there_bk.repeat_interleave(per, dim=0)
    return Labels(
        torch.where(good, truth.names_bk.gather(1, which), none),
        torch.where(good, truth.colors_bk.gather(1, which), none),
        torch.where(good_n, inherited, inside) * there_n,
    )


@torch.no_grad()
def answer(model: SceneModel, batch: Batch, *, knows_things: bool = False) -> tuple[Tensor, Tensor]:
    """Masks (N, 96, 128) bool, all False where presence is below a half; presence logits (N,).

    With ``knows_things`` it looks closely at the true things instead of found ones.
    """
    if knows_things:
        sight, things = model.see(batch), true_things(batch.truth)
    else:
        sight, things = look_around(model, batch)
    found = glance(model.crops, batch.full_bhwc, things)
    seen = describe(sight, batch.small_bhwc.float() / 255, found)
    asked = batch.questions
    meant, present = model.reader.choose(
        model.reader.know(seen), found.there_bk, asked.words_nle, asked.is_word_nl, batch.num_per_image
    )
    chosen = (meant > 0) & (present > 0)[:, None]
    # Who says that something fits must point at something.
    first = F.one_hot(meant.argmax(1), meant.shape[1]).bool() & (present > 0)[:, None]
    chosen = torch.where(chosen.any(1, keepdim=True), chosen, first)
    wide = found.masks_bkhw.repeat_interleave(batch.num_per_image, dim=0)
    return ((wide > 0.5) & chosen[..., None, None]).any(1), present


def ious(masks_nhw: Tensor, target_nhw: Tensor) -> Tensor:
    """(N,); 1 where both are empty."""
    common = (masks_nhw & target_nhw).sum((1, 2)).float()
    union = (masks_nhw | target_nhw).sum((1, 2)).float()
    return torch.where(union > 0, common / union.clamp(min=1), torch.ones_like(union))
