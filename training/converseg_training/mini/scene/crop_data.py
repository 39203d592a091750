"""Crops to learn from: true things, and what the scene reader itself finds in the same pictures.

Legend of shape suffixes: n crops, k things of a picture, h, w, c, s cells of a crop a side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.crops import SIZE, Box, box_of, crop, pyramid, window
from converseg_training.mini.scene.batches import SceneSet

CROPS_NAME = "crops.pt"
"""Checkpoint of the network that looks closely, within the folder of its training."""
NUM_CROPS = 6
"""Things of each picture that are looked at closely in a step of the whole network."""
MASK_HW = (96, 128)
_SIDE = re.compile(r"left|right", re.IGNORECASE)
NO_PART = -1


@dataclass(frozen=True)
class Crops:
    """N crops of things and what they show.

    Attributes:
        pixels: (N, 4, 64, 64) uint8.
        log_side: (N,) of their sides over 64.
        masks: (N, 64, 64) uint8 share of the true thing, 255 for inside.
        parts: (N, 64, 64) number of the part's name, ``NO_PART`` beyond the thing, the number of names
            where the thing has no parts.
        names, colors: (N,) -1 where there is none.
        is_thing: (N,) whether a true thing was looked at.
    """

    pixels: NDArray[np.uint8]
    log_side: NDArray[np.float32]
    masks: NDArray[np.uint8]
    parts: NDArray[np.int16]
    names: NDArray[np.int64]
    colors: NDArray[np.int64]
    is_thing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Picture:
    """A whole picture and its truth.

    Attributes:
        full_hwc: (240, 320, 3) uint8.
        owner_hw, part_hw: (240, 320) 1 + the number of the object or part, 0 for none.
        names, colors: of the objects.
        part_names: of the parts.
        num_names: of all names that are told apart.
    """

    full_hwc: NDArray[np.uint8]
    owner_hw: NDArray[np.uint8]
    part_hw: NDArray[np.uint8]
    names: Sequence[int]
    colors: Sequence[int]
    part_names: Sequence[int]
    num_names: int

    def mask(self, number: int) -> NDArray[np.bool_]:
        """(96, 128) of an object."""
        share = cv2.resize(
            (self.owner_hw == number + 1).astype(np.float32), MASK_HW[::-1], interpolation=cv2.INTER_AREA
        )
        return np.asarray(share >= 0.5)


def picture_of(data: SceneSet, number: int, *, mirrored: bool = False) -> Picture:
    """A picture of a prepared set."""
    full, owner, part = (data.column(name)[number] for name in ("full", "owner_full", "part_full"))
    if mirrored:
        full, owner, part = (np.ascontiguousarray(item[:, ::-1]) for item in (full, owner, part))
    names, part_names, colors = data.names_of(number)
    return Picture(full, owner, part, names, colors, part_names, len(data.tables.names))


def look(
    picture: Picture,
    masks: Sequence[NDArray[np.bool_]],
    numbers: Sequence[int],
    rng: np.random.Generator | None = None,
) -> Crops:
    """Crops of some masks (96, 128), each a sight of a numbered object, or of nothing (-1).

    With ``rng`` crops are moved and resized a little, masks worn, and light varies.
    """
    levels = pyramid(picture.full_hwc if rng is None else vary_light(picture.full_hwc, rng))
    size = len(numbers)
    crops = Crops(
        np.zeros((size, 4, SIZE, SIZE), np.uint8),
        np.zeros(size, np.float32),
        np.zeros((size, SIZE, SIZE), np.uint8),
        np.full((size, SIZE, SIZE), NO_PART, np.int16),
        np.full(size, -1, np.int64),
        np.full(size, -1, np.int64),
        np.array(numbers, np.int64) >= 0,
    )
    called = np.array([NO_PART, *picture.part_names], np.int16)
    for row, (mask, number) in enumerate(zip(masks, numbers, strict=True)):
        worn, box = mask, box_of(mask)
        if rng is not None:
            worn = wear(mask, rng)
            box = moved(box_of(worn), rng)
        crops.pixels[row] = crop(levels, worn, box)
        crops.log_side[row] = np.log(box[2] / SIZE)
        if number < 0:
            continue
        inside = (picture.owner_hw == number + 1).astype(np.uint8)
        crops.masks[row] = window(inside * np.uint8(255), box, SIZE)
        own = window(inside, box, SIZE, nearest=True) > 0
        part = window(picture.part_hw, box, SIZE, nearest=True)
        crops.parts[row] = np.where(own, np.where(part > 0, called[part], picture.num_names), NO_PART)
        crops.names[row], crops.colors[row] = picture.names[number], picture.colors[number]
    return crops


def wear(mask_hw: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask as somebody less careful would draw it: wider, narrower, with a piece missing or too much."""
    worn: NDArray[Any] = mask_hw.astype(np.uint8)
    how = rng.random()
    if how < 0.5:
        kernel = np.ones((int(rng.integers(2, 5)), int(rng.integers(2, 5))), np.uint8)
        worn = cv2.dilate(worn, kernel) if how < 0.25 else cv2.erode(worn, kernel)
    if rng.random() < 0.3:
        rows, columns = np.nonzero(mask_hw)
        if len(rows):
            at = rng.integers(len(rows))
            high, wide = (
                max(1, round(rng.uniform(0.1, 0.35) * (np.ptp(side) + 1))) for side in (rows, columns)
            )
            top, left = max(0, rows[at] - high), max(0, columns[at] - wide)
            worn[top : rows[at] + high, left : columns[at] + wide] = rng.random() < 0.3
    return mask_hw if not worn.any() else worn.astype(bool)


def moved(box: Box, rng: np.random.Generator) -> Box:
    """A crop a little beside, of nearly that size."""
    x, y, side = box
    x, y = x + side * rng.uniform(-0.06, 0.06), y + side * rng.uniform(-0.06, 0.06)
    return x, y, side * rng.uniform(0.87, 1.15)


def vary_light(image_hwc: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Exposure, gamma, white balance; hues stay nameable."""
    level = np.linspace(1e-4, 1, 256)[:, None] ** rng.uniform(0.75, 1.35)
    level = level * rng.uniform(0.8, 1.2) * rng.uniform(0.95, 1.05, 3) + rng.uniform(-0.04, 0.04)
    table = np.clip(level * 255, 0, 255).astype(np.uint8)[None]
    return np.asarray(cv2.LUT(image_hwc, table), np.uint8)


class CropSet:
    """Sights of things in a prepared set.

    Args:
        data: with whole pictures and their maps.
        sights: of :func:`converseg_training.mini.scene.sights.load_or_find`.
    """

    def __init__(self, data: SceneSet, sights: dict[str, NDArray[Any]]) -> None:
        order = np.argsort(sights["picture"], kind="stable")
        self._data = data
        self._sights = {name: values[order] for name, values in sights.items()}
        self._first = np.searchsorted(self._sights["picture"], np.arange(len(data) + 1))

    def __len__(self) -> int:
        return len(self._data)

    def draw(self, rng: np.random.Generator, *, num_pictures: int, num_each: int) -> Crops:
        """Crops of some pictures, half of them mirrored: as many true things as found ones."""
        drawn = []
        for number in rng.integers(len(self._data), size=num_pictures).tolist():
            mirrored = bool(rng.random() < 0.5) and not self._sided(number)
            picture = picture_of(self._data, number, mirrored=mirrored)
            drawn.append(look_at_both(picture, *self._found(number, mirrored=mirrored), rng, num_each))
        return joined(drawn)

    def of(self, number: int) -> Crops:
        """All that was found in a picture, as it is."""
        return look(picture_of(self._data, number), *self._found(number))

    def _sided(self, number: int) -> bool:
        """Whether something there is called left or right."""
        names, part_names, _ = self._data.names_of(number)
        return is_sided(self._data.tables.names[name] for name in (*names, *part_names) if name >= 0)

    def _found(self, number: int, *, mirrored: bool = False) -> tuple[list[NDArray[np.bool_]], list[int]]:
        own = slice(int(self._first[number]), int(self._first[number + 1]))
        masks = unpacked(self._sights["masks"][own], mirrored=mirrored)
        return list(masks), self._sights["number"][own].tolist()


def unpacked(packed: NDArray[np.uint8], *, mirrored: bool = False) -> NDArray[np.bool_]:
    """(K, 96, 128) of (K, 1536) bits."""
    masks = np.unpackbits(packed, axis=1).reshape(-1, *MASK_HW).astype(bool)
    return np.ascontiguousarray(masks[:, :, ::-1]) if mirrored else masks


def look_at_both(
    picture: Picture,
    masks: Sequence[NDArray[np.bool_]],
    numbers: Sequence[int],
    rng: np.random.Generator,
    count: int,
) -> Crops:
    """As many true things as found ones, ``count`` in all; ``masks`` and ``numbers`` are of those found."""
    chosen = rng.permutation(len(numbers))[: count // 2].tolist()
    true = true_things(picture, rng, count - len(chosen))
    return look(
        picture,
        [*(masks[place] for place in chosen), *(picture.mask(number) for number in true)],
        [*(numbers[place] for place in chosen), *true],
        rng,
    )


def true_crops(data: SceneSet, pictures: Sequence[int], rng: np.random.Generator, *, num_each: int) -> Crops:
    """Some true things of some pictures."""
    drawn = []
    for number in pictures:
        picture = picture_of(data, number)
        chosen = true_things(picture, rng, num_each)
        drawn.append(look(picture, [picture.mask(item) for item in chosen], chosen, rng))
    return joined(drawn)


def is_sided(names: Iterable[str]) -> bool:
    """Whether something is called left or right, so that a mirror image would not be true."""
    return any(_SIDE.search(name) for name in names)


def true_things(picture: Picture, rng: np.random.Generator, count: int) -> list[int]:
    """Numbers of some objects that are in sight."""
    there = np.unique(picture.owner_hw).astype(np.int64) - 1
    there = there[there >= 0]
    return [int(item) for item in rng.permutation(there)[:count]]


def joined(parts: Iterable[Crops]) -> Crops:
    """All of them."""
    parts = list(parts)
    return Crops(*(np.concatenate([getattr(part, item.name) for part in parts]) for item in fields(Crops)))
