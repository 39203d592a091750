"""How many scenes give the rows asked for: a pure function of what the scenes gave, not of who made them."""

from __future__ import annotations

import math

from converseg_engine.manifest import ShardRecord
from converseg_engine.shards import read_shard
from converseg_engine.sim.job import Job, read_record, save_shard

FULLNESS = 0.95
"""Pictures that give fewer questions than wanted: a little too many scenes cost less than a second round."""


def first_round(job: Job) -> int:
    """Shards for the first round, from the questions that a picture is meant to have."""
    recipe = job.recipe
    per_picture = 1.0
    if recipe.max_questions:
        per_picture = FULLNESS * (recipe.min_questions + recipe.max_questions) / 2
    per_shard = per_picture * recipe.frames_per_scene * job.scenes_per_shard
    return max(1, math.ceil(job.rows / per_shard))


def next_round(job: Job, records: list[ShardRecord]) -> int:
    """Shards to have after the next round, from the mean of those made; as many as now when it is enough.

    Raises:
        ValueError: the scenes give no questions at all.
    """
    rows = sum(job.num_rows(record) for record in records)
    if rows >= job.rows:
        return len(records)
    scenes = sum(record.num_scenes for record in records)
    if rows == 0:
        raise ValueError(f"rows: {scenes} scenes gave not one question; the recipe leaves nothing to ask")
    missing = (job.rows - rows) * scenes / rows
    return len(records) + max(1, math.ceil(missing / job.scenes_per_shard))


def missing_shards(job: Job, num_shards: int) -> list[int]:
    """Numbers below ``num_shards`` that have to be made, also those that a smaller run had cut short.

    Raises:
        ValueError: the folder holds shards of other scenes.
    """
    missing = []
    rows = 0
    for number in range(num_shards):
        record = read_record(job, number)
        if record is None:
            missing.append(number)
            continue
        rows += job.num_rows(record)
        # A short shard is fine as the last of a run that has enough, and nowhere else.
        if record.num_scenes < job.scenes_per_shard and (rows < job.rows or missing):
            missing.append(number)
    return missing


def is_finished(job: Job) -> bool:
    """Whether shards 0, 1, ... are whole and have the rows asked for."""
    rows = number = 0
    while rows < job.rows:
        record = read_record(job, number)
        if record is None:
            return False
        rows += job.num_rows(record)
        if record.num_scenes < job.scenes_per_shard and rows < job.rows:
            return False
        number += 1
    return True


def cut_to_rows(job: Job) -> list[ShardRecord]:
    """Drop the scenes after the one that completes the rows asked for; returns the records that stay.

    Doing it again, or after a stop in the middle, gives the same files.
    """
    kept: list[ShardRecord] = []
    rows = 0
    while rows < job.rows:
        record = read_record(job, len(kept))
        if record is None:
            raise RuntimeError(f"shard {len(kept)} of {job.out} is missing although it was made; run again")
        if rows + job.num_rows(record) >= job.rows:
            record = _cut_shard(job, len(kept), record, job.rows - rows)
        rows += job.num_rows(record)
        kept.append(record)
    number = len(kept)
    while job.record_path(number).exists() or job.shard_path(number).exists():
        # The record goes first: what is left without one counts as not made.
        job.record_path(number).unlink(missing_ok=True)
        job.shard_path(number).unlink(missing_ok=True)
        number += 1
    return kept


def _cut_shard(job: Job, number: int, record: ShardRecord, wanted: int) -> ShardRecord:
    rows = read_shard(job.shard_path(number))
    total, last_seed = 0, record.first_seed
    for row in rows:
        if total >= wanted and row.scene_seed != last_seed:
            break
        total, last_seed = total + job.num_rows([row]), row.scene_seed
    num_scenes = last_seed - record.first_seed + 1
    if num_scenes == record.num_scenes:
        return record
    return save_shard(
        job,
        number,
        [row for row in rows if row.scene_seed <= last_seed],
        num_scenes,
        [failure for failure in record.failures if failure.seed <= last_seed],
    )
