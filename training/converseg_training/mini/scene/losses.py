"""What the scene reader is trained for.

Legend of shape suffixes: b pictures, k things and parts, n prompts, m sampled masks, h, w.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor

from converseg_training.mini.scene.batch import Truth
from converseg_training.mini.scene.perception import Perception, Sight, draw_masks

NUM_SAMPLED = 20


@dataclass(frozen=True)
class Centers:
    """Centre cells (B, K) at stride 4 and how much each mask covers of each cell (B, K, 48, 64)."""

    cells_bk: Tensor
    share_bkhw: Tensor


def centers(masks_bkhw: Tensor) -> Centers:
    """For each mask the cell nearest its middle that it covers well."""
    share = F.avg_pool2d(masks_bkhw, 2)
    height, width = share.shape[2:]
    area = share.sum((2, 3)).clamp(min=1e-3)
    rows = torch.arange(height, dtype=share.dtype, device=share.device)
    columns = torch.arange(width, dtype=share.dtype, device=share.device)
    middle_y = (share.sum(3) * rows).sum(2) / area
    middle_x = (share.sum(2) * columns).sum(2) / area
    away = (
        (rows - middle_y[..., None]).square()[..., None]
        + (columns - middle_x[..., None]).square()[:, :, None]
    ).sqrt()
    cells = (share.clamp(max=0.6) - 0.02 * away).flatten(2).argmax(2)
    return Centers(cells, share)


def heat_targets(truth: Truth, middle: Centers) -> Tensor:
    """(B, 1, 48, 64) in [0, 1]: bumps at the centres of things, wider for large ones."""
    height, width = middle.share_bkhw.shape[2:]
    device = middle.cells_bk.device
    rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
    y, x = middle.cells_bk // width, middle.cells_bk % width
    sigma = (0.08 * middle.share_bkhw.sum((2, 3)).sqrt()).clamp(min=0.6, max=2.0)
    scale = 0.5 / sigma.square()
    bump_y = torch.exp(-scale[..., None] * (rows - y[..., None]).square())
    bump_x = torch.exp(-scale[..., None] * (columns - x[..., None]).square())
    bump = bump_y[..., None] * bump_x[:, :, None]
    own = (truth.there_bk * (1 - truth.is_part_bk))[..., None, None]
    return (bump * own).amax(1, keepdim=True)


def heat_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Focal loss of heat maps (CornerNet, arXiv 1808.01244), per centre."""
    logits = logits.float()
    chance = logits.sigmoid()
    center = target > 0.999
    positive = -F.logsigmoid(logits) * (1 - chance).square() * center
    negative = -F.logsigmoid(-logits) * chance.square() * (1 - target).pow(4) * ~center
    return (positive.sum() + negative.sum()) / center.sum().clamp(min=1)


def mask_loss(
    perception: Perception,
    sight: Sight,
    truth: Truth,
    middle: Centers,
    generator: torch.Generator,
    *,
    lattice: tuple[int, int] | None = None,
) -> tuple[Tensor, Tensor]:
    """BCE and dice of some things' masks, asked for at their centres or elsewhere on them; mean IoU.

    With ``lattice`` (row, column), on every second cell from there on, which costs a quarter.
    """
    weight = truth.there_bk * (1 - truth.is_part_bk) + 1e-6
    count = min(NUM_SAMPLED, weight.shape[1])
    chosen = torch.multinomial(weight.cpu(), count, generator=generator).to(weight.device)
    share = middle.share_bkhw.flatten(2)
    share = torch.gather(share, 1, chosen[..., None].expand(-1, -1, share.shape[2]))
    anywhere = torch.multinomial(share.flatten(0, 1).cpu() + 1e-7, 1, generator=generator)
    anywhere = anywhere.view(chosen.shape).to(weight.device)
    at_center = (torch.rand(chosen.shape, generator=generator) < 0.6).to(weight.device)
    cells = torch.where(at_center, middle.cells_bk.gather(1, chosen), anywhere)
    kernels = perception.kernels_at(sight.kernel_bchw, cells)
    logits = draw_masks(sight.mask_features_bchw, kernels, cells, lattice=lattice).float()
    masks, part = truth.masks_bkhw, 1.0
    if lattice is not None:
        masks, part = masks[:, :, lattice[0] :: 2, lattice[1] :: 2], 0.25
    target = torch.gather(masks, 1, chosen[..., None, None].expand(-1, -1, *logits.shape[2:]))
    there = (truth.there_bk * (1 - truth.is_part_bk)).gather(1, chosen)
    chance = logits.sigmoid()
    overlap = 2 * (chance * target).sum((2, 3))
    both = chance.square().sum((2, 3)) + target.square().sum((2, 3))
    dice = 1 - (overlap + part) / (both + part)
    bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none").sum((2, 3))
    bce = bce / (target.sum((2, 3)) + 20 * part)
    total = ((dice + 0.5 * bce) * there).sum() / there.sum().clamp(min=1)
    with torch.no_grad():
        own, true = logits > 0, target > 0.5
        iou = (own & true).sum((2, 3)) / (own | true).sum((2, 3)).clamp(min=1)
        good = (iou * there).sum() / there.sum().clamp(min=1)
    return total, good


def name_loss(logits_bkm: Tensor, numbers_bk: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy where there is a name (number >= 0), and the share that is right."""
    flat, numbers = logits_bkm.float().flatten(0, 1), numbers_bk.flatten()
    known = numbers >= 0
    if not known.any():
        return flat.sum() * 0, flat.new_zeros(())
    right = (flat.argmax(1) == numbers)[known].float().mean()
    return F.cross_entropy(flat[known], numbers[known]), right


def meaning_loss(logits_nm: Tensor | None, meanings_n: Tensor) -> dict[str, Tensor]:
    """Cross entropy of what the sentences mean; nothing where no meanings are told apart.

    A question is asked in many ways, and what they have in common need not be found out from the answers.
    """
    if logits_nm is None or not (meanings_n >= 0).any():
        return {}
    return {"meaning": F.cross_entropy(logits_nm, meanings_n, ignore_index=-1)}


def choice_loss(
    meant_nk: Tensor,
    present_n: Tensor,
    labels_nk: Tensor,
    there_nk: Tensor,
    no_target_n: Tensor,
    *,
    negatives: bool = True,
) -> dict[str, Tensor]:
    """Binary cross entropy of each thing, dice over a prompt's things, and presence.

    Without ``negatives`` a prompt that nothing fits teaches nothing: all are held to be answerable.
    """
    if not negatives:
        there_nk = there_nk * (~no_target_n).float()[:, None]
        no_target_n = torch.zeros_like(no_target_n)
    weight = there_nk * (1 + 2 * labels_nk)
    bce = F.binary_cross_entropy_with_logits(meant_nk, labels_nk, reduction="none") * weight
    chance = meant_nk.sigmoid() * there_nk
    asked = (labels_nk.sum(1) > 0).float()
    dice = 1 - (2 * (chance * labels_nk).sum(1) + 0.2) / (chance.sum(1) + labels_nk.sum(1) + 0.2)
    return {
        "meant": bce.sum() / there_nk.sum().clamp(min=1) * 3,
        "choice": (dice * asked).sum() / asked.sum().clamp(min=1),
        "present": F.binary_cross_entropy_with_logits(present_n, (~no_target_n).float()),
    }
