"""Masks as COCO run lengths: what predictions are stored as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco

MaskHW = NDArray[np.bool_]


class RleError(ValueError):
    """Run lengths that are no mask of the size they claim."""


@dataclass(frozen=True, slots=True)
class Rle:
    """A mask as COCO's compressed run lengths.

    Attributes:
        size_hw: height and width, pixels.
        counts: COCO's compressed counts, column by column.
    """

    size_hw: tuple[int, int]
    counts: bytes

    @property
    def area_px(self) -> int:
        """Number of mask pixels."""
        return int(coco.area(self._coco()))

    @property
    def box_xywh(self) -> tuple[int, int, int, int]:
        """Tight box (x, y, width, height), pixels; all zero for an empty mask."""
        x, y, width, height = (int(value) for value in coco.toBbox(self._coco()))
        return x, y, width, height

    def decode(self) -> MaskHW:
        """(H, W) bool.

        Raises:
            RleError: the counts are damaged.
        """
        # COCO's own decoder leaves memory as it finds it where the runs are too short.
        height, width = self.size_hw
        runs = _filling_runs(self)
        inside = np.zeros(len(runs), np.bool_)
        inside[1::2] = True
        return np.ascontiguousarray(np.repeat(inside, runs).reshape(width, height).T)

    def _coco(self) -> dict[str, Any]:
        return {"size": list(self.size_hw), "counts": self.counts}


def encode(mask: MaskHW) -> Rle:
    """Run lengths of an (H, W) bool mask.

    Raises:
        ValueError: another type or number of dimensions.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise ValueError(f"mask: {mask.dtype}{mask.shape}; give (H, W) bool")
    packed = coco.encode(np.asfortranarray(mask.view(np.uint8)))
    return Rle(size_hw=(int(mask.shape[0]), int(mask.shape[1])), counts=packed["counts"])


def checked(size_hw: tuple[int, int], counts: bytes) -> Rle:
    """An :class:`Rle` from bytes of unknown origin.

    Raises:
        RleError: the counts are damaged, or their runs do not fill the size.
    """
    mask = Rle(size_hw=size_hw, counts=counts)
    _filling_runs(mask)
    return mask


def intersection_union(a: Rle, b: Rle) -> tuple[int, int]:
    """Pixels in both masks and pixels in either, without decoding.

    Raises:
        ValueError: the masks differ in size.
    """
    if a.size_hw != b.size_hw:
        raise ValueError(f"masks must be of one size, not {a.size_hw} and {b.size_hw}")
    both = int(coco.area(coco.merge([a._coco(), b._coco()], intersect=True)))
    return both, a.area_px + b.area_px - both


def iou(a: Rle, b: Rle) -> float:
    """Intersection over union; two empty masks agree (1.0), one empty mask does not (0.0)."""
    intersection, union = intersection_union(a, b)
    return 1.0 if union == 0 else intersection / union


def union_of(masks: Sequence[Rle]) -> Rle:
    """All pixels of any of the masks, which are of one size."""
    merged = coco.merge([mask._coco() for mask in masks])
    return Rle(size_hw=masks[0].size_hw, counts=merged["counts"])


def _filling_runs(mask: Rle) -> list[int]:
    runs = _runs(mask.counts)
    area, covered = mask.size_hw[0] * mask.size_hw[1], sum(runs)
    if covered != area:
        raise RleError(f"rle: its runs cover {covered} pixels of {area}; the file is damaged")
    return runs


def _runs(counts: bytes) -> list[int]:
    """The run lengths behind compressed counts: five bits a byte, each run a difference from the third on."""
    runs: list[int] = []
    value = shift = 0
    for byte in counts:
        bits = byte - 48
        if not 0 <= bits < 64 or shift > 60:
            raise RleError("rle: a byte of its counts is none of COCO's; the file is damaged")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        if len(runs) > 2:
            value += runs[-2]
        if value < 0:
            raise RleError("rle: a run is negative; the file is damaged")
        runs.append(value)
        value = shift = 0
    if shift:
        raise RleError("rle: its counts end in the middle of a run; the file is damaged")
    return runs
