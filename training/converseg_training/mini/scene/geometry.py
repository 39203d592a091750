"""Where things are in a picture, and how two of them lie to each other.

Legend of shape suffixes: b pictures, k things and parts, h, w, g numbers.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody uses
from torch import Tensor

NUM_GEOMETRY = 12
NUM_PAIR = 13
_COVERED = 0.25


def geometry(masks_bkhw: Tensor) -> Tensor:
    """(B, K, 12) where each lies.

    Centre x, y; left, top, right, bottom; width, height; log area; share of its box; whether it touches the
    picture's sides, and top or bottom.

    Lengths are in half pictures, x and y from -1 to 1.

    Args:
        masks_bkhw: (B, K, 96, 128) in [0, 1].
    """
    height, width = masks_bkhw.shape[2:]
    device = masks_bkhw.device
    x_w = (torch.arange(width, dtype=torch.float32, device=device) + 0.5) / width * 2 - 1
    y_h = (torch.arange(height, dtype=torch.float32, device=device) + 0.5) / height * 2 - 1
    area_bk = masks_bkhw.sum((2, 3)).clamp(min=0.5)
    columns_bkw, rows_bkh = masks_bkhw.sum(2), masks_bkhw.sum(3)
    center_x, center_y = (columns_bkw * x_w).sum(2) / area_bk, (rows_bkh * y_h).sum(2) / area_bk
    left, right = _span(masks_bkhw.amax(2), x_w)
    top, bottom = _span(masks_bkhw.amax(3), y_h)
    wide, high = (right - left).clamp(min=0.0) + 2 / width, (bottom - top).clamp(min=0.0) + 2 / height
    sides = ((left < -0.98) | (right > 0.98)).float()
    ends = ((top < -0.98) | (bottom > 0.98)).float()
    fill = area_bk / (wide * width / 2 * high * height / 2).clamp(min=1.0)
    columns = [center_x, center_y, left, top, right, bottom, wide, high, area_bk.log() / 5 - 1, fill]
    return torch.stack([*columns, sides, ends], dim=2)


def _span(covered_bkn: Tensor, at_n: Tensor) -> tuple[Tensor, Tensor]:
    """First and last place that is covered; 1 and -1 where none is."""
    inside = (covered_bkn > _COVERED).float()
    return (at_n * inside + (1 - inside)).amin(2), (at_n * inside - (1 - inside)).amax(2)


def pairs(masks_bkhw: Tensor, geometry_bkg: Tensor) -> Tensor:
    """(B, K, K, 13): the second thing as seen from the first.

    Offset x, y; signed gaps x, y (below 0 they overlap); log ratio of areas; share of
    the first, and of the second, that both cover; how much they touch; top of the second against the first's
    bottom; bottom against bottom; shares of the boxes in common, x and y; 1 for the thing itself.
    """
    num, count = masks_bkhw.shape[:2]
    near = F.max_pool2d(masks_bkhw, (5, 1), stride=1, padding=(2, 0))
    near = F.max_pool2d(near, (1, 5), stride=1, padding=(0, 2)).flatten(2)
    flat = masks_bkhw.flatten(2)
    area = flat.sum(2).clamp(min=0.5)
    common = flat @ flat.transpose(1, 2)
    touching = (near @ flat.transpose(1, 2) - common).clamp(min=0)
    smaller = torch.minimum(area[:, :, None], area[:, None])
    touch = (touching / smaller.sqrt() / 4).clamp(max=1.0)
    a, b = geometry_bkg[:, :, None], geometry_bkg[:, None]
    gap_x = torch.maximum(b[..., 2] - a[..., 4], a[..., 2] - b[..., 4])
    gap_y = torch.maximum(b[..., 3] - a[..., 5], a[..., 3] - b[..., 5])
    both_x = (-gap_x).clamp(min=0) / torch.minimum(a[..., 6], b[..., 6])
    both_y = (-gap_y).clamp(min=0) / torch.minimum(a[..., 7], b[..., 7])
    own = torch.eye(count, device=masks_bkhw.device).expand(num, -1, -1)
    return torch.stack(
        [
            b[..., 0] - a[..., 0],
            b[..., 1] - a[..., 1],
            gap_x,
            gap_y,
            b[..., 8] - a[..., 8],
            common / area[:, :, None],
            common / area[:, None],
            touch,
            b[..., 3] - a[..., 5],
            b[..., 5] - a[..., 5],
            both_x.clamp(max=1.0),
            both_y.clamp(max=1.0),
            own,
        ],
        dim=3,
    )


def turned_geometry(geometry_bkg: Tensor) -> Tensor:
    """What :func:`geometry` says of the mirrored masks."""
    x, y, left, top, right, *others = geometry_bkg.unbind(-1)
    return torch.stack([-x, y, -right, top, -left, *others], dim=-1)


def turned_pairs(pairs_bkkg: Tensor) -> Tensor:
    """What :func:`pairs` says of the mirrored masks."""
    offset_x, *others = pairs_bkkg.unbind(-1)
    return torch.stack([-offset_x, *others], dim=-1)
