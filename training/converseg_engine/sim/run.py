"""A whole data set, unattended: rounds of shards until there are enough rows, resumed after any stop."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from converseg_core.executors import ExecutorSettings, forget_task, new_executor
from converseg_core.worker_processes import WorkerDiedError
from converseg_engine.manifest import Manifest, write_json, write_manifest
from converseg_engine.shards import remove_leftovers
from converseg_engine.sim.job import Job, make_shard, read_record
from converseg_engine.sim.plan import cut_to_rows, first_round, is_finished, missing_shards, next_round
from converseg_engine.sim.provenance import resolved
from converseg_engine.sim.watch import Watch, note_progress

MAX_WORKER_DEATHS = 3


@dataclass(frozen=True)
class ShardTask:
    """What a worker does: make shard number n of a job, unless it is there."""

    job: Job
    parent_pid: int | None = None

    def __call__(self, number: int) -> None:
        """Make one shard.

        Raises:
            RuntimeError: most of its scenes failed.
        """

        def after_scene(num_scenes: int, num_rows: int) -> None:
            # Who started this worker was killed: stop, or two runs would work on the same files.
            if self.parent_pid is not None and os.getpid() != self.parent_pid != os.getppid():
                raise SystemExit(1)
            note_progress(self.job, number, num_scenes, num_rows)

        record = read_record(self.job, number)
        if record is None or record.num_scenes < self.job.scenes_per_shard:
            # A record that says less than the shard will hold must not outlive a kill in the middle.
            self.job.record_path(number).unlink(missing_ok=True)
            make_shard(self.job, number, after_scene)


@contextlib.contextmanager
def _alone(job: Job) -> Iterator[None]:
    """Hold the folder's lock; the system gives it back when this process ends, however it ends."""
    job.state_path.mkdir(parents=True, exist_ok=True)
    with (job.state_path / "lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(f"out: another run is writing split {job.split!r} in {job.out}") from error
        yield


def _save_recipe(job: Job) -> None:
    path = job.out / "recipe.json"
    wanted = resolved(job.recipe)
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        for name in wanted:
            if found.get(name) != wanted[name]:
                raise ValueError(
                    f"out: {path} was written with another {name.replace('_', ' ')} ({found.get(name)}; now"
                    f" {wanted[name]}); rows of the two must not mix, so choose an empty folder"
                )
    else:
        write_json(path, wanted)


def run(job: Job, *, num_workers: int = 1, settings: ExecutorSettings | None = None) -> Manifest | None:
    """Make a data set, or what is missing of it.

    Args:
        job: what to make.
        num_workers: processes on this machine.
        settings: where tasks run; default: here.

    Returns:
        The list of its shards; None where another machine has been given work and is not done: call again
        when it is.

    Raises:
        ValueError: the folder holds another data set, or another run is writing there.
        RuntimeError: most scenes of a shard failed, or workers died again and again.
    """
    if num_workers < 1:
        raise ValueError("workers: at least 1")
    settings = settings or ExecutorSettings()
    # Sums over many threads may differ in the last bit from those of one.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with _alone(job):
        _save_recipe(job)
        if settings.is_local:
            remove_leftovers(job.out)
            remove_leftovers(job.state_path / "records")
        start_s = time.time()
        num_shards = first_round(job)
        while not is_finished(job):
            if missing_shards(job, num_shards):
                _make_round(job, num_shards, num_workers, settings)
            if missing_shards(job, num_shards):
                return None
            records = [record for k in range(num_shards) if (record := read_record(job, k))]
            num_shards = next_round(job, records)
        kept = cut_to_rows(job)
        manifest = write_manifest(job.out, job.split, job.recipe.digest, kept)
        _note_run(job, start_s, num_workers, settings)
    return manifest


def _make_round(job: Job, num_shards: int, num_workers: int, settings: ExecutorSettings) -> None:
    log_path = job.state_path / "logs"
    for number in missing_shards(job, num_shards):
        forget_task(log_path, number)
    task = ShardTask(job, os.getpid() if settings.is_local else None)

    def once() -> None:
        new_executor(task, num_shards, settings=settings, num_workers=num_workers, log_path=log_path).run()

    if not settings.is_local:
        once()
        return
    deaths = 0
    while True:
        num_missing = len(missing_shards(job, num_shards))
        watch = Watch(job)
        try:
            with watch:
                once()
            return
        except WorkerDiedError as error:
            deaths = 1 if len(missing_shards(job, num_shards)) < num_missing else deaths + 1
            if deaths >= MAX_WORKER_DEATHS:
                raise RuntimeError(_where_it_died(job, watch, error, deaths)) from None


def _where_it_died(job: Job, watch: Watch, error: WorkerDiedError, deaths: int) -> str:
    words = f"a worker died {deaths} times"
    if (shard := watch.shard_of(error.process_ids)) is not None:
        words += (
            f" on shard {shard.number}, seeds from {job.seeds_of(shard.number).start}, scene"
            f" {shard.num_scenes} of it"
        )
    return f"{words}; the system's log may say why (memory?)"


def _note_run(job: Job, start_s: float, num_workers: int, settings: ExecutorSettings) -> None:
    """Add a line about this run to the folder's diary; it is no part of the data."""
    line = {
        "start_s": round(start_s, 1),
        "duration_s": round(time.time() - start_s, 1),
        "executor": settings.kind,
        "num_workers": num_workers,
        "rows": job.rows,
    }
    with (job.state_path / "runs.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
