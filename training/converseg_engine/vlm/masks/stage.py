"""The mask stage: for each region an initial mask and, where the pool has a better one, a refined mask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from converseg_core.evaluation.rle import Rle, encode, iou
from converseg_engine.vlm.masks.protocol import Box, ImageHWC, MaskPool, RegionFinder, Wanted
from converseg_engine.vlm.replies import SceneRegion
from converseg_engine.vlm.stages.regions import Proposal

MIN_REFINE_IOU = 0.5
MIN_AREA_SHARE = 1000 / (1024 * 1024)
"""1,000 pixels at 1024x1024, the working size of the segmenters; a share, so that it holds at any size."""
SAME_IOU = 0.995
"""A refined mask this close to the initial one is the same answer; asking about both would be paid twice."""


def phrase_of(region: SceneRegion) -> str:
    """What detectors are asked: attributes before the label, as in "small red mug"."""
    return " ".join([*region.attributes[:2], region.label])


def hint_of(region: SceneRegion, height: int, width: int) -> Box:
    """The generator's box in pixels."""
    left, top, right, bottom = region.box
    return Box(left * width / 1000, top * height / 1000, right * width / 1000, bottom * height / 1000)


def make_proposals(
    image: ImageHWC, regions: Sequence[SceneRegion], finder: RegionFinder, pool: MaskPool | None
) -> list[list[Proposal]]:
    """For each region none, one or two proposals; every mask is of the image's size."""
    height, width = image.shape[:2]
    wanted = [Wanted(phrase_of(region), hint_of(region, height, width)) for region in regions]
    found = finder.find(image, wanted)
    min_area_px = MIN_AREA_SHARE * height * width
    pooled: list[Rle] = []
    if pool is not None and any(found):
        masks = [encode(np.ascontiguousarray(mask)) for mask in pool.pool(image)]
        pooled = [mask for mask in masks if mask.area_px >= min_area_px]
    proposals: list[list[Proposal]] = []
    for one in found:
        mine: list[Proposal] = []
        if one is not None:
            initial = encode(np.ascontiguousarray(one.mask))
            if initial.area_px >= min_area_px:
                mine.append(Proposal("initial", finder.id, one.score, initial))
            best = max(pooled, key=lambda mask: iou(mask, initial), default=None)
            if (
                best is not None
                and pool is not None
                and iou(best, initial) >= MIN_REFINE_IOU
                and (not mine or iou(best, initial) < SAME_IOU)
            ):
                mine.append(Proposal("refined", pool.id, one.score, best))
        proposals.append(mine)
    return proposals


def proposals_key(
    photo_sha256: str, regions: Sequence[SceneRegion], finder: RegionFinder, pool: MaskPool | None
) -> str:
    """Key of the proposals in the cache: everything that decides them."""
    facts = [
        "proposals.v1",
        photo_sha256,
        [region.model_dump() for region in regions],
        finder.id,
        None if pool is None else pool.id,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def pack(proposals: Sequence[Sequence[Proposal]]) -> list[list[dict[str, Any]]]:
    """Proposals as plain values."""
    return [
        [
            {
                "source": one.source,
                "finder": one.finder,
                "score": one.score,
                "size_hw": list(one.mask.size_hw),
                "rle": one.mask.counts.decode("ascii"),
            }
            for one in mine
        ]
        for mine in proposals
    ]


def unpack(packed: Any) -> list[list[Proposal]]:
    """What :func:`pack` gave."""
    return [
        [
            Proposal(
                one["source"],
                one["finder"],
                one["score"],
                Rle(size_hw=(one["size_hw"][0], one["size_hw"][1]), counts=one["rle"].encode("ascii")),
            )
            for one in mine
        ]
        for mine in packed
    ]
