"""A whole run: list, plan, tasks through an executor, and at the end the data set. Run again to go on."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from converseg_core.executors import ExecutorSettings, forget_task, new_executor
from converseg_engine.manifest import write_json
from converseg_engine.vlm.duplicates import find_alike, split_of
from converseg_engine.vlm.export import Exported, export
from converseg_engine.vlm.job import (
    Job,
    Planned,
    num_tasks,
    photos_of_task,
    read_record,
    write_plan,
)
from converseg_engine.vlm.photos import Photo, list_photos
from converseg_engine.vlm.work import PhotoTask


@dataclass(frozen=True)
class Planning:
    """What was found in the folder of photos.

    Attributes:
        planned: photos that are used.
        num_found: pictures in the folder.
        num_unusable: damaged, too small or too large ones.
        num_duplicates: near duplicates of earlier ones, or the same file twice.
    """

    planned: tuple[Planned, ...]
    num_found: int
    num_unusable: int
    num_duplicates: int


def plan(job: Job, *, licence: str = "", limit: int | None = None) -> Planning:
    """List the photos, drop unusable ones and near duplicates, and give each a split.

    Photos that are alike, or of one group, fall into one split.

    Raises:
        ValueError: no photos, or one without a licence.
    """
    if limit is not None and limit < 1:
        raise ValueError("limit: at least 1")
    found = list_photos(job.photos, job.index_path, licence=licence)
    good = [photo for photo in found if not photo.fault]
    alike = find_alike([photo.fingerprint for photo in good])
    group_first: dict[str, int] = {}
    planned: list[Planned] = []
    seen: set[str] = set()
    num_duplicates = 0
    for k, photo in enumerate(good):
        if k in alike.duplicate_of or photo.sha256 in seen:
            num_duplicates += 1
            continue
        seen.add(photo.sha256)
        planned.append(Planned(photo, _split(job, good, alike.cluster[k], photo, group_first)))
    return Planning(
        tuple(planned if limit is None else planned[:limit]),
        len(found),
        len(found) - len(good),
        num_duplicates,
    )


def _split(job: Job, good: list[Photo], first: int, photo: Photo, group_first: dict[str, int]) -> str:
    if photo.group:
        first = group_first.setdefault(photo.group, first)
    leader = good[first]
    return split_of(leader.group or leader.sha256, job.settings.splits, job.settings.seed)


@contextlib.contextmanager
def _alone(job: Job) -> Iterator[None]:
    job.out.mkdir(parents=True, exist_ok=True)
    with (job.out / "lock").open("w") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(f"out: another run is writing in {job.out}") from error
        yield


def _check_layout(job: Job) -> None:
    """Replies lie in a file for each task: with other tasks they would not be found, and paid again."""
    path = job.out / "layout.json"
    wanted = {"format": 1, "photos_per_task": job.settings.photos_per_task}
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != wanted:
            raise ValueError(
                f"photos_per_task: {job.out} was started with {found.get('photos_per_task')}; keep it, or"
                " choose another folder"
            )
    else:
        write_json(path, wanted)


def run(
    job: Job,
    *,
    licence: str = "",
    limit: int | None = None,
    num_workers: int = 1,
    executor: ExecutorSettings | None = None,
    retry_errors: bool = False,
) -> Exported | None:
    """Make the rows of all photos, or those that are missing, and export them.

    Args:
        job: what to do.
        licence: of photos that ``photos.csv`` says nothing about.
        limit: use the first so many photos only.
        num_workers: processes on this machine.
        executor: where tasks run; default: here.
        retry_errors: do tasks again in which a row ended in ERROR because no reply came.

    Returns:
        What was exported; None where another machine has been given work: call again when it is done.

    Raises:
        ValueError: wrong use, or another run is writing there.
        RuntimeError: a budget is spent or a server unusable; run again to go on.
    """
    if num_workers < 1:
        raise ValueError("workers: at least 1")
    executor = executor or ExecutorSettings()
    with _alone(job):
        _check_layout(job)
        planning = plan(job, licence=licence, limit=limit)
        write_plan(job, planning.planned)
        missing = _missing(job, planning.planned, retry_errors=retry_errors)
        if missing:
            _run_tasks(job, planning, missing, num_workers, executor)
            left = _missing(job, planning.planned)
            if left and not executor.is_local:
                return None
            if left:
                raise RuntimeError(_why_stopped(job, left))
        return export(job, planning.planned)


def _missing(job: Job, planned: tuple[Planned, ...], *, retry_errors: bool = False) -> list[int]:
    missing = []
    for number in range(num_tasks(job, planned)):
        record = read_record(job, number, photos_of_task(job, planned, number))
        if record is None:
            missing.append(number)
        elif retry_errors and record.num_without_reply:
            job.record_path(number).unlink()
            missing.append(number)
    return missing


def _run_tasks(
    job: Job, planning: Planning, missing: list[int], num_workers: int, executor: ExecutorSettings
) -> None:
    for number in missing:
        forget_task(job.log_path, number)
        job.stop_path(number).unlink(missing_ok=True)
    total = num_tasks(job, planning.planned)
    local = executor.is_local
    num_sharing = num_workers if local else int(executor.options.get("workers", -1))
    if num_sharing < 1:  # -1: the cluster runs every task at once
        num_sharing = len(missing)
    task = PhotoTask(
        job,
        num_workers=min(num_sharing, len(missing)),
        start_s=time.time() if local else None,
        parent_pid=os.getpid() if local else None,
    )
    new_executor(task, total, settings=executor, num_workers=num_workers, log_path=job.log_path).run()


def _why_stopped(job: Job, left: list[int]) -> str:
    for number in left:
        if job.stop_path(number).is_file():
            return f"{len(left)} tasks are left: {job.stop_path(number).read_text(encoding='utf-8')}"
    return f"{len(left)} tasks ended without rows; {job.log_path} says why, then run the same command again"
