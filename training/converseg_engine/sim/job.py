"""One shard of a data set: scenes from a run of seeds, written with a record; safe to do twice."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from converseg_engine.manifest import Failure, ShardRecord, sha256_of, write_json
from converseg_engine.shards import ImageRow, shard_path, write_shard
from converseg_engine.sim.recipe import Recipe
from converseg_engine.sim.render import Renderer
from converseg_engine.sim.rows import full_row
from converseg_engine.sim.scene import Painter, make_scene

MAX_FAILED_SHARE = 0.5
"""More failures than this in a shard are no bad luck: something is broken, and the run must say so."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run shall make.

    Attributes:
        recipe: what scenes are drawn from.
        out: folder of the shards.
        split: train, val or test.
        rows: rows of questions, at least; the last scene is kept whole.
        first_seed: seed of the first scene; scene k has seed first_seed + k.
        scenes_per_shard: scenes in a file.
    """

    recipe: Recipe
    out: Path
    split: str
    rows: int
    first_seed: int
    scenes_per_shard: int

    def __post_init__(self) -> None:
        if min(self.rows, self.scenes_per_shard) < 1:
            raise ValueError("rows, scenes_per_shard: at least 1")
        seeds = self.recipe.seeds(self.split)
        if self.first_seed not in seeds:
            raise ValueError(
                f"first_seed: {self.first_seed} is outside split {self.split!r}, {seeds.start} to"
                f" {seeds.stop - 1}; choose one inside"
            )

    @property
    def state_path(self) -> Path:
        """Folder of what a run remembers: records, logs, progress."""
        return self.out / ".sim" / self.split

    def shard_path(self, number: int) -> Path:
        """Where shard ``number`` lies."""
        return shard_path(self.out, self.split, number)

    @property
    def row_name(self) -> str:
        """What ``rows`` counts."""
        return "rows of questions" if self.recipe.max_questions else "pictures"

    def num_rows(self, made: ShardRecord | Sequence[ImageRow]) -> int:
        """Rows of a shard or of some pictures: of questions, or pictures where the recipe asks nothing."""
        if isinstance(made, ShardRecord):
            return made.num_questions if self.recipe.max_questions else made.num_images
        return sum(len(row.questions) for row in made) if self.recipe.max_questions else len(made)

    def record_path(self, number: int) -> Path:
        """Where the record of shard ``number`` lies."""
        return self.state_path / "records" / f"{number:05d}.json"

    def seeds_of(self, number: int) -> range:
        """Scene seeds of one shard.

        Raises:
            ValueError: the split has no more seeds.
        """
        first = self.first_seed + number * self.scenes_per_shard
        if first + self.scenes_per_shard > self.recipe.seeds(self.split).stop:
            raise ValueError(
                f"rows: split {self.split!r} has no more seeds after {first}; ask for fewer rows"
            )
        return range(first, first + self.scenes_per_shard)


def read_record(job: Job, number: int) -> ShardRecord | None:
    """The record of a shard that is whole; None where it has to be made.

    Raises:
        ValueError: the folder holds shards of other scenes.
    """
    path = job.record_path(number)
    if not path.is_file():
        return None
    record = ShardRecord.from_json(json.loads(path.read_text(encoding="utf-8")), path)
    if record.first_seed != job.seeds_of(number).start or record.num_scenes > job.scenes_per_shard:
        raise ValueError(
            f"out: {job.shard_path(number)} holds other scenes than asked for; keep first_seed and"
            " scenes_per_shard, or choose an empty folder"
        )
    shard = job.shard_path(number)
    whole = shard.is_file() and shard.stat().st_size == record.num_bytes and sha256_of(shard) == record.sha256
    return record if whole else None


def save_shard(
    job: Job, number: int, rows: list[ImageRow], num_scenes: int, failures: list[Failure]
) -> ShardRecord:
    """Write a shard, then its record."""
    path = job.shard_path(number)
    write_shard(path, rows, version=2)
    record = ShardRecord(
        name=path.name,
        sha256=sha256_of(path),
        num_bytes=path.stat().st_size,
        first_seed=job.seeds_of(number).start,
        num_scenes=num_scenes,
        num_images=len(rows),
        num_questions=sum(len(row.questions) for row in rows),
        failures=tuple(failures),
    )
    write_json(job.record_path(number), record.as_json())
    return record


_RENDERERS: dict[tuple[int, int], Renderer] = {}
"""One GL context a worker process; it lives as long as the worker."""


def _shared_renderer(recipe: Recipe) -> Renderer:
    size = (recipe.width, recipe.height)
    if size not in _RENDERERS:
        # Mesa's software renderer would take every core for each worker.
        os.environ.setdefault("LP_NUM_THREADS", "1")
        _RENDERERS[size] = Renderer(width=recipe.width, height=recipe.height)
    return _RENDERERS[size]


def _shared_painter(recipe: Recipe) -> Painter | None:
    if recipe.renderer == "mujoco":
        return None
    from converseg_engine.sim.cycles.painter import shared_painter

    return shared_painter(recipe.cycles_samples)


def make_shard(job: Job, number: int, after_scene: Callable[[int, int], None]) -> ShardRecord:
    """Make one shard; the same job and number give the same bytes.

    Args:
        job: what to make.
        number: which shard.
        after_scene: called before the first and after every scene with the scenes and rows so far.

    Raises:
        RuntimeError: most scenes failed, or nothing can be rendered on this machine.
    """
    renderer, painter = _shared_renderer(job.recipe), _shared_painter(job.recipe)
    rows: list[ImageRow] = []
    failures: list[Failure] = []
    num_rows = num_scenes = 0
    after_scene(0, 0)
    for seed in job.seeds_of(number):
        try:
            scenes = make_scene(job.recipe, seed, renderer, painter=painter)
            made = [full_row(scene, job.recipe) for scene in scenes]
        except Exception as error:  # noqa: BLE001 - one odd scene in ten thousand must not end a night's run
            failures.append(_failure(seed, error))
        else:
            rows += made
            num_rows += job.num_rows(made)
        num_scenes += 1
        after_scene(num_scenes, num_rows)
        if num_rows >= job.rows:
            break  # this shard alone has all that was asked for
    if len(failures) > MAX_FAILED_SHARE * num_scenes:
        raise RuntimeError(
            f"{len(failures)} of {num_scenes} scenes of shard {number} failed, the first (seed"
            f" {failures[0].seed}) at {failures[0].where}: {failures[0].reason}"
        )
    return save_shard(job, number, rows, num_scenes, failures)


def _failure(seed: int, error: Exception) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    return Failure(seed, f"{type(error).__name__}: {error}", where)
