"""Which row stands at which position of a run: a function of the seed, so a run can go on anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converseg_training.data.shard_source import ShardSource

_BLOCK = 4096


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Position ``position`` of a run is row ``number`` of source ``source``."""

    position: int
    source: int
    number: int


class Mixture:
    """Sources by weight; each goes through its own epochs, every row once before any comes again."""

    def __init__(self, sources: Sequence[ShardSource], weights: Sequence[float], *, seed: int) -> None:
        self.sources = tuple(sources)
        self._edges = np.cumsum(np.asarray(weights, np.float64) / sum(weights))[:-1]
        self._seed = seed
        self._blocks: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    def draws(self, start: int, count: int) -> list[Draw]:
        """The rows at positions ``start`` to ``start + count - 1``."""
        return [self._draw(position) for position in range(start, start + count)]

    def _draw(self, position: int) -> Draw:
        block, place = divmod(position, _BLOCK)
        choices, before = self._block(block)
        source = int(choices[place])
        drawn = int(before[source] + np.count_nonzero(choices[:place] == source))
        epoch, rank = divmod(drawn, len(self.sources[source]))
        order = self.sources[source].order(self._seed * 1000 + source, epoch)
        return Draw(position=position, source=source, number=int(order[rank]))

    def _block(self, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sources chosen in a block, and how often each was chosen in all blocks before."""
        for number in range(len(self._blocks), block + 1):
            chance = np.random.default_rng((self._seed, number)).random(_BLOCK)
            choices = np.searchsorted(self._edges, chance, side="right").astype(np.int64)
            if number:
                earlier, before = self._blocks[number - 1]
                before = before + np.bincount(earlier, minlength=len(self.sources))
            else:
                before = np.zeros(len(self.sources), np.int64)
            self._blocks[number] = (choices, before)
        return self._blocks[block]
