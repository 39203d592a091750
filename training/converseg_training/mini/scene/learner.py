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
from converseg_training.mini.scene.glances import glance
from converseg_training.mini.scene.losses import (
    centers,
    choice_loss,
    heat_loss,
    heat_targets,
    mask_loss,
    meaning_loss,
    name_loss,
)
from converseg_training.mini.scene.model import SceneModel, describe, found_labels
from converseg_training.mini.scene.things import Told

WEIGHTS: Mapping[str, float] = {
    "heat": 0.5,
    "mask": 2.0,
    "name": 0.5,
    "color": 0.3,
    "meant": 1.0,
    "choice": 1.0,
    "present": 1.0,
    "meaning": 0.2,
}


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """How a step's losses are made.

    Attributes:
        weights: of the terms.
        blind: share of pictures of which the reader is told true names and colours, and no looks.
        negatives: whether questions without a target count.
        glances: whether the network that names crops learns too; it has a training of its own.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    blind: float = 0.4
    negatives: bool = True
    glances: bool = True


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
    things = describe(sight, pixels_bhwc, truth.masks_bkhw, truth.is_part_bk, truth.there_bk, paired=False)
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
    autocast: bool = True,
) -> dict[str, Tensor]:
    """Scalar terms, ``loss`` among them; ``*_right`` and ``mask_iou`` are told only.

    Args:
        model: in training mode.
        batch: pictures, truth and questions.
        pixels_bhwc: the pictures in [0, 1], colours varied.
        config: weights.
        generator: of all that is drawn.
        uses_found: read what the network itself finds, in place of the true things.
        autocast: bfloat16 where torch thinks it safe.
    """
    truth, asked = batch.truth, batch.questions
    middle = centers(truth.masks_bkhw)
    device = pixels_bhwc.device
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        sight = model.see(batch, pixels_bhwc)
        masks_term, mask_iou = mask_loss(model.perception, sight, truth, middle, generator)
    if uses_found:
        found = find(model.perception, sight)
        own = found_labels(found, batch)
        masks, is_part, there = found.masks_bkhw, found.is_part_bk, found.there_bk
        names, colors, labels = own.names_bk, own.colors_bk, own.labels_nk
    else:
        masks, is_part, there = truth.masks_bkhw, truth.is_part_bk, truth.there_bk
        nowhere = torch.tensor(-1, device=device)
        names = truth.names_bk.where(there > 0, nowhere)
        colors = truth.colors_bk.where(there > 0, nowhere)
        labels = asked.labels_nk
    with (
        torch.set_grad_enabled(config.glances),
        torch.autocast(device.type, torch.bfloat16, enabled=autocast),
    ):
        glances = glance(model.crops, batch.full_bhwc, masks, is_part, there)
    things = describe(sight, pixels_bhwc, masks, is_part, there, glances=glances)
    only_b = (torch.rand(len(masks), generator=generator) < config.blind).float().to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        known = model.reader.know(things, Told(only_b, names, colors))
        meant, present, means = model.reader.decide(
            known, there, asked.words_nle, asked.is_word_nl, batch.num_per_image
        )
    name_term, name_right = name_loss(known["names"], names)
    color_term, color_right = name_loss(known["colors"], colors)
    there_n = there.repeat_interleave(batch.num_per_image, dim=0)
    terms = {
        "heat": heat_loss(sight.heat_bkhw, heat_targets(truth, middle)),
        "mask": masks_term,
        "name": name_term,
        "color": color_term,
        **choice_loss(meant, present, labels, there_n, asked.no_target_n, negatives=config.negatives),
        **meaning_loss(means, asked.meanings_n),
    }
    total = sum((config.weights[name] * term for name, term in terms.items()), torch.zeros((), device=device))
    told = {"name_right": name_right, "color_right": color_right, "mask_iou": mask_iou}
    return {"loss": total, **terms, **told}
