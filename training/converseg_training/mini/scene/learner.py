"""What one training step asks of the scene reader: its losses on a batch, with their weights.

Legend of shape suffixes: b pictures, k things and parts, n prompts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from converseg_training.mini.scene.batch import Batch
from converseg_training.mini.scene.candidates import find
from converseg_training.mini.scene.crop_data import Crops
from converseg_training.mini.scene.crop_losses import CROP_WEIGHTS, crop_losses
from converseg_training.mini.scene.geometry import geometry
from converseg_training.mini.scene.glances import glance, true_things
from converseg_training.mini.scene.losses import (
    centers,
    choice_loss,
    heat_loss,
    heat_targets,
    mask_loss,
    meaning_loss,
    name_loss,
)
from converseg_training.mini.scene.model import SceneModel, describe, found_labels, looks_of
from converseg_training.mini.scene.things import Things, Told

WEIGHTS: Mapping[str, float] = {
    "heat": 0.5,
    "mask": 2.0,
    "name": 0.5,
    "color": 0.3,
    "meant": 1.0,
    "choice": 1.0,
    "present": 1.0,
    "meaning": 0.2,
    **CROP_WEIGHTS,
}


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """How a step's losses are made.

    Attributes:
        weights: of the terms.
        blind: share of pictures of which the reader is told true names and colours, and no looks.
        negatives: whether questions without a target count.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    blind: float = 0.4
    negatives: bool = True


def sight_losses(
    model: SceneModel,
    batch: Batch,
    pixels_bhwc: Tensor,
    generator: torch.Generator,
    *,
    autocast: bool = True,
) -> dict[str, Tensor]:
    """Scalar terms of seeing alone, ``loss`` among them: no prompt is read, masks on a quarter of the cells.

    Arguments as for :func:`losses`.
    """
    truth = batch.truth
    middle = centers(truth.masks_bkhw)
    lattice = tuple(torch.randint(2, (2,), generator=generator).tolist())
    with torch.autocast(pixels_bhwc.device.type, torch.bfloat16, enabled=autocast):
        sight = model.see(batch, pixels_bhwc)
        masks_term, mask_iou = mask_loss(
            model.perception, sight, truth, middle, generator, lattice=(lattice[0], lattice[1])
        )
    place = geometry(truth.masks_bkhw)
    looks = looks_of(sight, pixels_bhwc, truth.masks_bkhw)
    things = Things(looks, place, place.new_zeros(0), truth.is_part_bk, truth.there_bk)
    with torch.autocast(pixels_bhwc.device.type, torch.bfloat16, enabled=autocast):
        names, colors, _ = model.reader.names(things)
    nowhere = torch.tensor(-1, device=pixels_bhwc.device)
    name_term, name_right = name_loss(names, truth.names_bk.where(truth.there_bk > 0, nowhere))
    color_term, color_right = name_loss(colors, truth.colors_bk.where(truth.there_bk > 0, nowhere))
    terms = {
        "heat": heat_loss(sight.heat_bkhw, heat_targets(truth, middle)),
        "mask": masks_term,
        "name": name_term,
        "color": color_term,
    }
    total = sum((WEIGHTS[name] * term for name, term in terms.items()), torch.zeros(()))
    told = {"name_right": name_right, "color_right": color_right, "mask_iou": mask_iou}
    return {"loss": total, **terms, **told}


def losses(
    model: SceneModel,
    batch: Batch,
    pixels_bhwc: Tensor,
    config: LossConfig,
    generator: torch.Generator,
    *,
    uses_found: bool,
    crops: Crops | None = None,
    autocast: bool = True,
) -> dict[str, Tensor]:
    """Scalar terms, ``loss`` among them; ``*_right`` and ``mask_iou`` are told only.

    Args:
        model: in training mode.
        batch: pictures, truth and questions.
        pixels_bhwc: the pictures in [0, 1], colours varied.
        config: weights.
        generator: of all that is drawn.
        uses_found: look closely at what the network itself finds, in place of the true things.
        crops: what the network that looks closely learns from; nothing where left out, it has a training of
            its own.
        autocast: bfloat16 where torch thinks it safe.
    """
    truth, asked = batch.truth, batch.questions
    middle = centers(truth.masks_bkhw)
    device = pixels_bhwc.device
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        sight = model.see(batch, pixels_bhwc)
        masks_term, mask_iou = mask_loss(model.perception, sight, truth, middle, generator)
        things = find(model.perception, sight) if uses_found else true_things(truth)
        found = glance(model.crops, batch.full_bhwc, things)
    own = found_labels(found, batch)
    only_b = (torch.rand(len(found.there_bk), generator=generator) < config.blind).float().to(device)
    told = Told(only_b, own.names_bk, own.colors_bk)
    seen = describe(sight, pixels_bhwc, found)
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        known = model.reader.know(seen, told)
        meant, present, means = model.reader.decide(
            known, found.there_bk, asked.words_nle, asked.is_word_nl, batch.num_per_image
        )
    name_term, name_right = name_loss(known["names"], own.names_bk)
    color_term, color_right = name_loss(known["colors"], own.colors_bk)
    there_n = found.there_bk.repeat_interleave(batch.num_per_image, dim=0)
    choice = choice_loss(
        meant, present, own.labels_nk, there_n, asked.no_target_n, negatives=config.negatives
    )
    terms = {
        "heat": heat_loss(sight.heat_bkhw, heat_targets(truth, middle)),
        "mask": masks_term,
        "name": name_term,
        "color": color_term,
        **choice,
        **meaning_loss(means, asked.meanings_n),
    }
    if crops is not None:
        terms |= crop_losses(model.crops, crops, generator, autocast=autocast)
    total = sum((config.weights[name] * term for name, term in terms.items()), torch.zeros((), device=device))
    right = {"name_right": name_right, "color_right": color_right, "mask_iou": mask_iou}
    return {"loss": total, **terms, **right}
