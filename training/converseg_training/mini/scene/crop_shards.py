"""Crops to learn from straight out of the data engine's shards: pictures that nothing else is made of.

What a prepared file keeps of a picture takes 400 kB of memory, its JPEG and masks take 25: there can be many
more, and fewer are learnt by heart. True things are cut out, with masks worn as if they had been found, and
what ``scene.shard_sights`` found in the same pictures where that is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.mini.scene.crops import full_picture
from converseg_engine.shards import ImageRow, read_shard
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.crop_data import (
    MASK_HW,
    Crops,
    Picture,
    is_sided,
    joined,
    look_at_both,
    unpacked,
)
from converseg_training.mini.scene.further import maps_of
from converseg_training.mini.scene.prepare import listed_parts
from converseg_training.mini.scene.sights import PREFIX

FoundIn = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Of a picture: packed masks (K, 1536), and the number of the object that each is a sight of, -1 for none."""
NOTHING_FOUND: FoundIn = (np.zeros((0, MASK_HW[0] * MASK_HW[1] // 8), np.uint8), np.zeros(0, np.int64))


class ShardCrops:
    """Pictures of some shards, unpacked when they are drawn.

    Args:
        rows: pictures with objects; what is asked of them is not kept.
        tables: names and colours that are told apart.
        found: what was found in each of them; nothing where left out.

    Raises:
        ValueError: what was found is of another number of pictures.
    """

    def __init__(
        self, rows: Iterable[ImageRow], tables: Tables, found: Iterable[FoundIn] | None = None
    ) -> None:
        every = [replace(row, questions=()) for row in rows]
        sights = [NOTHING_FOUND] * len(every) if found is None else list(found)
        if len(sights) != len(every):
            raise ValueError(f"found: of {len(sights)} pictures, where there are {len(every)}")
        both = [(row, sight) for row, sight in zip(every, sights, strict=True) if row.objects]
        self._rows, self._found = [row for row, _ in both], [sight for _, sight in both]
        self._names = {name: number for number, name in enumerate(tables.names)}
        self._colors = {color: number for number, color in enumerate(tables.colors)}

    @classmethod
    def read(cls, shards: Sequence[Path], tables: Tables, sights: Path | None = None) -> ShardCrops:
        """All pictures of some shards, and what was found there, where ``scene.shard_sights`` wrote that.

        Raises:
            ValueError: there is no shard, or one holds no objects with masks.
            FileNotFoundError: nobody looked at one of them.
        """
        if not shards:
            raise ValueError("--shards: none; make some with `converseg engine sim --recipe pictures`")
        seen = None if sights is None else (sight for shard in shards for sight in read_found(sights, shard))
        found = cls((row for shard in shards for row in read_shard(shard)), tables, seen)
        if not len(found):
            raise ValueError(f"--shards: no objects with masks in {shards[0].parent}")
        return found

    def __len__(self) -> int:
        return len(self._rows)

    def picture(self, number: int, *, mirrored: bool = False) -> Picture:
        """A picture with its maps; names and colours that are not told apart are -1."""
        row = self._rows[number]
        maps = maps_of(row)
        images = full_picture(row.pixels()), maps["owner_full"], maps["part_full"]
        if mirrored:
            full, owner, part = (np.ascontiguousarray(image[:, ::-1]) for image in images)
        else:
            full, owner, part = images
        objects, parts = listed_parts(row)
        return Picture(
            full,
            owner,
            part,
            [self._names.get(item.category, -1) for item in objects],
            [self._colors.get(item.color, -1) for item in objects],
            [self._names.get(item.name, -1) for _, item in parts],
            len(self._names),
        )

    def draw(self, rng: np.random.Generator, *, num_pictures: int, num_each: int) -> Crops:
        """Crops of true things of some pictures, half of them mirrored."""
        drawn = []
        for number in rng.integers(len(self._rows), size=num_pictures).tolist():
            mirrored = bool(rng.random() < 0.5) and not self._sided(number)
            picture = self.picture(number, mirrored=mirrored)
            packed, numbers = self._found[number]
            masks = unpacked(packed, mirrored=mirrored)
            drawn.append(look_at_both(picture, list(masks), numbers.tolist(), rng, num_each))
        return joined(drawn)

    def _sided(self, number: int) -> bool:
        objects, parts = listed_parts(self._rows[number])
        return is_sided([*(item.category for item in objects), *(item.name for _, item in parts)])


def read_found(sights: Path, shard: Path) -> list[FoundIn]:
    """What was found in each picture of a shard.

    Raises:
        FileNotFoundError: nobody looked at it.
    """
    path = sights / f"{PREFIX}{shard.stem}.npz"
    if not path.exists():
        raise FileNotFoundError(f"--sights: {path} is missing; run `scene.shard_sights` on {shard.parent}")
    with np.load(path) as stored:
        picture, masks, number = (stored[name] for name in ("picture", "masks", "number"))
        ends = np.searchsorted(picture, np.arange(int(stored["size"]) + 1))
    return [(masks[first:end], number[first:end]) for first, end in pairwise(ends.tolist())]
