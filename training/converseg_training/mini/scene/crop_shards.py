"""Crops to learn from straight out of the data engine's shards: pictures that nothing else is made of.

What a prepared file keeps of a picture takes 400 kB of memory, its JPEG and masks take 25: there can be many
more, and fewer are learnt by heart. Only true things are cut out, with masks worn as if they had been found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from converseg_core.mini.scene.crops import full_picture
from converseg_engine.shards import ImageRow, read_shard
from converseg_training.mini.scene.batch import Tables
from converseg_training.mini.scene.crop_data import Crops, Picture, is_sided, joined, look, true_things
from converseg_training.mini.scene.further import maps_of
from converseg_training.mini.scene.prepare import listed_parts


class ShardCrops:
    """Pictures of some shards, unpacked when they are drawn.

    Args:
        rows: pictures with objects; what is asked of them is not kept.
        tables: names and colours that are told apart.
    """

    def __init__(self, rows: Iterable[ImageRow], tables: Tables) -> None:
        self._rows = [replace(row, questions=()) for row in rows if row.objects]
        self._names = {name: number for number, name in enumerate(tables.names)}
        self._colors = {color: number for number, color in enumerate(tables.colors)}

    @classmethod
    def read(cls, shards: Sequence[Path], tables: Tables) -> ShardCrops:
        """All pictures of some shards.

        Raises:
            ValueError: there is no shard, or one holds no objects with masks.
        """
        if not shards:
            raise ValueError("--shards: none; make some with `converseg engine sim --recipe pictures`")
        found = cls((row for shard in shards for row in read_shard(shard)), tables)
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
            chosen = true_things(picture, rng, num_each)
            drawn.append(look(picture, [picture.mask(item) for item in chosen], chosen, rng))
        return joined(drawn)

    def _sided(self, number: int) -> bool:
        objects, parts = listed_parts(self._rows[number])
        return is_sided([*(item.category for item in objects), *(item.name for _, item in parts)])
