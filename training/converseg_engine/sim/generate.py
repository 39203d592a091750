"""Many scenes, several processes: shard by shard, safe to stop and to run again."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from converseg_engine.progress import new_progress
from converseg_engine.shards import (
    ROWS_PER_SHARD,
    read_shard,
    remove_leftovers,
    shard_path,
    write_shard,
)
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.rows import plain_row
from converseg_engine.sim.scene import tabletop_scene

SPLIT_SEEDS: dict[str, range] = {
    "train": range(800_000),
    "val": range(800_000, 900_000),
    "test": range(900_000, 1_000_000),
}
"""Scene seeds of each split: no scene can be in two of them."""


@dataclass(frozen=True, kw_only=True)
class GenerateConfig:
    """Render scenes with questions into Parquet shards; run again to go on after a stop.

    Attributes:
        out: folder of the shards.
        split: train, val or test.
        num_scenes: pictures in all.
        seed: seed of the first scene; scene k has seed + k.
        workers: processes.
        width, height: picture size, pixels.
        scenes_per_shard: pictures in a file.
    """

    out: Path
    split: str = "train"
    num_scenes: int = 64
    seed: int = 1000
    workers: int = 1
    width: int = 320
    height: int = 240
    scenes_per_shard: int = ROWS_PER_SHARD

    def __post_init__(self) -> None:
        if self.split not in SPLIT_SEEDS:
            raise ValueError(f"split: {self.split!r} is none of {', '.join(SPLIT_SEEDS)}")
        allowed = SPLIT_SEEDS[self.split]
        if min(self.num_scenes, self.workers, self.scenes_per_shard) < 1:
            raise ValueError("num_scenes, workers, scenes_per_shard: at least 1")
        if self.seed not in allowed or self.seed + self.num_scenes - 1 not in allowed:
            raise ValueError(
                f"seed: scenes {self.seed} to {self.seed + self.num_scenes - 1} leave the range of split"
                f" {self.split!r}, {allowed.start} to {allowed.stop - 1}; choose another seed or fewer scenes"
            )
        if not (64 <= self.width <= 4096 and 48 <= self.height <= 4096):
            raise ValueError("width, height: 64x48 to 4096x4096 pixels")

    @property
    def num_shards(self) -> int:
        """Shards in all; the last may be short."""
        return -(-self.num_scenes // self.scenes_per_shard)

    def seeds_of(self, shard: int) -> range:
        """Scene seeds of one shard."""
        first = shard * self.scenes_per_shard
        return range(self.seed + first, self.seed + min(first + self.scenes_per_shard, self.num_scenes))


_RENDERERS: dict[tuple[int, int], Renderer] = {}
"""One GL context a worker process; it lives as long as the worker."""


def _shared_renderer(width: int, height: int) -> Renderer:
    if (width, height) not in _RENDERERS:
        _RENDERERS[width, height] = Renderer(width=width, height=height)
    return _RENDERERS[width, height]


def make_shard(config: GenerateConfig, shard: int) -> int:
    """Make one shard and write it; returns its number of pictures."""
    renderer = _shared_renderer(config.width, config.height)
    rows = [
        plain_row(tabletop_scene(seed, renderer, width=config.width, height=config.height), config.split)
        for seed in config.seeds_of(shard)
    ]
    write_shard(shard_path(config.out, config.split, shard), rows)
    return len(rows)


def _is_done(config: GenerateConfig, shard: int) -> bool:
    """Whether the shard is there and is what this configuration would make.

    Raises:
        ValueError: a shard of other scenes or sizes is in the way.
    """
    path = shard_path(config.out, config.split, shard)
    if not path.exists():
        return False
    rows = read_shard(path)
    made = [row.scene_seed for row in rows]
    wanted = list(config.seeds_of(shard))
    if (
        any((row.width, row.height) != (config.width, config.height) for row in rows)
        or made[:1] != wanted[:1]
    ):
        raise ValueError(f"out: {path} holds other scenes than asked for; choose an empty folder")
    # A short last shard of an earlier, smaller run is made again at full length.
    return made == wanted


def generate(config: GenerateConfig) -> int:
    """Make every shard that is missing; returns how many pictures were made now.

    Raises:
        ValueError: the folder holds shards of another configuration.
    """
    remove_leftovers(config.out)
    todo = [shard for shard in range(config.num_shards) if not _is_done(config, shard)]
    made = 0
    with new_progress() as progress:
        task = progress.add_task(f"scenes, {config.split}", total=config.num_scenes)
        progress.advance(task, config.num_scenes - sum(len(config.seeds_of(s)) for s in todo))
        if config.workers == 1:
            for shard in todo:
                count = make_shard(config, shard)
                made += count
                progress.advance(task, count)
            return made
        for count in _in_parallel(config, todo):
            made += count
            progress.advance(task, count)
    return made


def _in_parallel(config: GenerateConfig, shards: list[int]) -> Iterator[int]:
    """Make shards in worker processes; a stop ends the workers at once, half-made shards leave no trace."""
    others = set(multiprocessing.active_children())
    # GL contexts do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(config.workers, max(1, len(shards))), mp_context=context) as pool:
        try:
            for future in as_completed([pool.submit(make_shard, config, shard) for shard in shards]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise
