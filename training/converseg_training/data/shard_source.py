"""Shards as a map: question number -> picture and question, in an order that keeps reads near each other."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from converseg_engine.shards import ImageRow, QuestionRow, read_shard, split_paths

SHARDS_PER_WINDOW = 16
"""Rows are shuffled within so many shards (of 64 pictures); the shards themselves are shuffled too."""


class ShardSource:
    """All questions of a split that may be trained on; held-out wordings are left out."""

    def __init__(self, folder: Path, split: str) -> None:
        """Read which questions there are, not the pictures.

        Raises:
            ValueError: no shard of that split, or not one question in it.
        """
        self._paths = split_paths(folder, split)
        self._kept: OrderedDict[int, list[ImageRow]] = OrderedDict()
        numbers: list[tuple[int, int, int]] = []
        for shard, path in enumerate(self._paths):
            column = pq.read_table(path, columns=["questions"]).column("questions").to_pylist()
            numbers += [
                (shard, image, place)
                for image, questions in enumerate(column)
                for place, question in enumerate(questions)
                if not question.get("held_out", False)
            ]
        if not numbers:
            raise ValueError(f"data: the shards of split {split!r} in {folder} hold no question")
        self._index_n3 = np.asarray(numbers, np.int32)
        self._orders: OrderedDict[tuple[int, int], NDArray[np.int64]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._index_n3)

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Every question number once, shuffled; a function of seed and epoch alone."""
        key = (seed, epoch)
        if key not in self._orders:
            rng = np.random.default_rng((seed, epoch))
            shards = rng.permutation(len(self._paths))
            pieces = []
            for start in range(0, len(shards), SHARDS_PER_WINDOW):
                window = shards[start : start + SHARDS_PER_WINDOW]
                pieces.append(rng.permutation(np.flatnonzero(np.isin(self._index_n3[:, 0], window))))
            self._orders[key] = np.concatenate(pieces)
            if len(self._orders) > 2:
                self._orders.popitem(last=False)
        return self._orders[key]

    def row(self, number: int) -> tuple[ImageRow, QuestionRow]:
        """One picture and one of its questions."""
        shard, image, place = (int(value) for value in self._index_n3[number])
        if shard not in self._kept:
            self._kept[shard] = read_shard(self._paths[shard])
            if len(self._kept) > SHARDS_PER_WINDOW + 2:
                self._kept.popitem(last=False)
        self._kept.move_to_end(shard)
        found = self._kept[shard][image]
        return found, found.questions[place]
