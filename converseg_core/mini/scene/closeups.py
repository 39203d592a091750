"""What close looks at things give: finer masks, names, colours, and their parts; all are candidates.

Legend of shape suffixes: k things, then parts; s cells of a crop a side, p names of parts, m names,
c colours, h, w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.candidates import MIN_CELLS, NUM_PARTS, NUM_THINGS, distinct
from converseg_core.mini.scene.crops import FULL_HW, Box, paste

NUM_PART_NAMES = 6
CLOSE_UPS = ("mask", "names", "colors", "quality", "part_names", "part_shares", "part_logits", "shape")
"""Outputs of the network that looks closely, by the order of :class:`CloseUps`."""
MIN_QUALITY = 0.3
"""A thing whose mask is expected to have a lower IoU with any true thing is none."""
SAME_IOU = 0.7
"""Of two things that have so much in common one is a second sight of the other."""
MIN_PART_SHARE = 0.03
LARGE_SIDE = 190.0
"""Side of a crop, in pixels of the full picture, from which on the mask over the whole picture is finer."""
UNLIKELY = -9.0
"""Logarithm of the chance of a name that a part probably does not have."""


@dataclass(frozen=True)
class CloseUps:
    """What the network says of K crops.

    Attributes:
        mask_kss: (K, 64, 64) logits.
        names_km, colors_kc: logits.
        quality_k: logits of the IoU with a true thing.
        part_names_kp: (K, 6) numbers of the names that cover most of it; M for a thing without parts.
        part_shares_kp: how much of it each covers.
        part_logits_kpss: (K, 6, 64, 64) where.
        shape_kd: (K, 192) the thing as a whole, for the reader.
    """

    mask_kss: NDArray[np.float32]
    names_km: NDArray[np.float32]
    colors_kc: NDArray[np.float32]
    quality_k: NDArray[np.float32]
    part_names_kp: NDArray[np.int64]
    part_shares_kp: NDArray[np.float32]
    part_logits_kpss: NDArray[np.float32]
    shape_kd: NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """Mask logits within a crop, or over the whole picture where ``box`` is None."""

    logits_hw: NDArray[np.float32]
    box: Box | None

    def over_picture(self) -> NDArray[np.float32]:
        """(240, 320) logits."""
        if self.box is None:
            return np.asarray(cv2.resize(self.logits_hw, FULL_HW[::-1], interpolation=cv2.INTER_LINEAR))
        return paste(self.logits_hw, self.box)


@dataclass(frozen=True)
class Candidates:
    """Things, then parts, of which the prompts choose.

    Attributes:
        windows: their masks as fine as they are known.
        masks_khw: (K, 96, 128) where at least half of a cell is inside.
        is_part_k: True for parts.
        names_km, colors_kc: logits.
        quality_k: logits of the IoU that a thing has with a true one; of a part, those of its thing.
        shape_kd: what was seen of the whole thing; of a part, of its thing.
    """

    windows: tuple[Window, ...]
    masks_khw: NDArray[np.bool_]
    is_part_k: NDArray[np.bool_]
    names_km: NDArray[np.float32]
    colors_kc: NDArray[np.float32]
    quality_k: NDArray[np.float32]
    shape_kd: NDArray[np.float32]


def candidates(looks: CloseUps, boxes: Sequence[Box], coarse_khw: NDArray[np.float32]) -> Candidates:
    """Things that are no second sights of others, and the parts of each.

    Args:
        looks: at K things.
        boxes: of their crops.
        coarse_khw: (K, 96, 128) logits over the whole picture that the crops were made from.
    """
    size_hw = coarse_khw.shape[1:]
    windows = [
        Window(looks.mask_kss[number], box) if box[2] < LARGE_SIDE else Window(coarse_khw[number], None)
        for number, box in enumerate(boxes)
    ]
    masks = np.array([_cells(window, size_hw) for window in windows], bool).reshape(-1, *size_hw)
    quality_k = np.asarray(1 / (1 + np.exp(-looks.quality_k)), np.float32)
    kept = distinct(masks, quality_k, same_iou=SAME_IOU, min_score=MIN_QUALITY, most=NUM_THINGS)
    parts: list[tuple[Window, NDArray[np.bool_], NDArray[np.float32]]] = []
    of_thing: list[int] = []
    for number in kept:
        for window, names_m in _parts(looks, number, boxes[number]):
            mask = _cells(window, size_hw)
            if mask.sum() >= MIN_CELLS:
                parts.append((window, mask, names_m))
                of_thing.append(number)
    parts, of_thing = parts[:NUM_PARTS], of_thing[:NUM_PARTS]
    num_colors = looks.colors_kc.shape[1]
    part_masks = np.array([mask for _, mask, _ in parts], bool).reshape(-1, *size_hw)
    part_names = np.array([names for *_, names in parts], np.float32).reshape(-1, looks.names_km.shape[1])
    return Candidates(
        (*(windows[number] for number in kept), *(window for window, *_ in parts)),
        np.concatenate([masks[kept], part_masks]),
        np.arange(len(kept) + len(parts)) >= len(kept),
        np.concatenate([looks.names_km[kept], part_names]),
        np.concatenate([looks.colors_kc[kept], np.zeros((len(parts), num_colors), np.float32)]),
        np.asarray(looks.quality_k[[*kept, *of_thing]], np.float32),
        np.asarray(looks.shape_kd[[*kept, *of_thing]], np.float32),
    )


def _cells(window: Window, size_hw: Sequence[int]) -> NDArray[np.bool_]:
    """(96, 128) where at least half of a cell is inside."""
    if window.box is None:
        return window.logits_hw > 0
    share = (window.over_picture() > 0).astype(np.float32)
    return np.asarray(cv2.resize(share, (size_hw[1], size_hw[0]), interpolation=cv2.INTER_AREA) >= 0.5)


def _parts(looks: CloseUps, number: int, box: Box) -> list[tuple[Window, NDArray[np.float32]]]:
    """Windows and names of a thing's parts; nothing for one that has none."""
    num_names = looks.names_km.shape[1]
    names, shares = looks.part_names_kp[number].astype(np.int64), looks.part_shares_kp[number]
    own = np.flatnonzero((names < num_names) & (shares >= MIN_PART_SHARE))
    if names[0] == num_names or not len(own):
        return []
    logits_pss = looks.part_logits_kpss[number, own]
    chances = np.exp(logits_pss - logits_pss.max(axis=0))
    chances /= chances.sum(axis=0)
    found = []
    for place in range(len(own)):
        window = looks.mask_kss[number]
        if len(own) > 1:
            others = np.delete(logits_pss, place, axis=0).max(axis=0)
            window = np.minimum(window, logits_pss[place] - others)
        inside = window > 0
        called = np.full(num_names, UNLIKELY, np.float32)
        if inside.any():
            called[names[own]] = np.maximum(np.log(chances[:, inside].mean(axis=1) + 1e-6), UNLIKELY)
        found.append((Window(window, box), called))
    return found
