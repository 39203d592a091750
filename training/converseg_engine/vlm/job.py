"""A run's folder: where things lie in it, which photos are in which task, and which tasks are done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converseg_engine.manifest import sha256_of, write_json
from converseg_engine.vlm.cache import Spent
from converseg_engine.vlm.client import NO_REPLY
from converseg_engine.vlm.photos import Photo
from converseg_engine.vlm.rows import Row, count_outcomes, to_line
from converseg_engine.vlm.settings import Settings


@dataclass(frozen=True)
class Planned:
    """A photo that the run uses, and the split that it falls into."""

    photo: Photo
    split: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run does.

    Attributes:
        photos: folder of the photos.
        out: folder of the run.
        settings: models, masks, budgets.
    """

    photos: Path
    out: Path
    settings: Settings

    @property
    def index_path(self) -> Path:
        """All photos that were found, one a line."""
        return self.out / "photos.jsonl"

    @property
    def plan_path(self) -> Path:
        """Photos that are used, in the order of tasks."""
        return self.out / "plan.jsonl"

    @property
    def log_path(self) -> Path:
        """Folder of the executor's logs."""
        return self.out / "logs"

    def rows_path(self, number: int) -> Path:
        """Rows of a task."""
        return self.out / "rows" / f"{number:05d}.jsonl"

    def record_path(self, number: int) -> Path:
        """Record of a finished task."""
        return self.out / "records" / f"{number:05d}.json"

    def cache_path(self, number: int) -> Path:
        """Paid replies of a task."""
        return self.out / "cache" / f"{number:05d}.sqlite"

    def spending_path(self, number: int) -> Path:
        """What a task has spent, as far as it has said."""
        return self.out / "spending" / f"{number:05d}.json"

    def stop_path(self, number: int) -> Path:
        """Why a task stopped before its end."""
        return self.out / "stops" / f"{number:05d}.txt"

    def digest(self, planned: Sequence[Planned]) -> str:
        """sha256 of everything that decides a task's rows."""
        facts = [self.settings.rows_digest(), [(p.photo.sha256, p.photo.licence) for p in planned]]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True)
class Record:
    """A finished task.

    Attributes:
        digest: see :meth:`Job.digest`.
        sha256: of its file of rows.
        counts: rows by kind and outcome.
        num_without_reply: rows that ended in ERROR because no reply came; worth another try.
    """

    digest: str
    sha256: str
    counts: Mapping[str, Mapping[str, int]]
    num_without_reply: int


def write_plan(job: Job, planned: Sequence[Planned]) -> None:
    """Write the photos of the run so that the file appears whole or not at all."""
    lines = (json.dumps({"split": one.split, **asdict(one.photo)}) for one in planned)
    partial_path = job.plan_path.with_name(f".{job.plan_path.name}.partial")
    partial_path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    partial_path.replace(job.plan_path)


def read_plan(job: Job) -> list[Planned]:
    """The photos of the run.

    Raises:
        ValueError: the run was never started.
    """
    if not job.plan_path.is_file():
        raise ValueError(f"out: {job.plan_path} is missing; start with `converseg engine vlm run`")
    planned = []
    for line in job.plan_path.read_text(encoding="utf-8").splitlines():
        fields: dict[str, Any] = json.loads(line)
        split = fields.pop("split")
        planned.append(Planned(Photo(**fields), split))
    return planned


def photos_of_task(job: Job, planned: Sequence[Planned], number: int) -> Sequence[Planned]:
    """The photos of one task."""
    size = job.settings.photos_per_task
    return planned[number * size : (number + 1) * size]


def num_tasks(job: Job, planned: Sequence[Planned]) -> int:
    """How many tasks the photos make."""
    return -(-len(planned) // job.settings.photos_per_task)


def save_task(job: Job, number: int, planned: Sequence[Planned], rows: Sequence[Row]) -> None:
    """Write a task's rows, then its record."""
    path = job.rows_path(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.partial")
    partial_path.write_text("".join(f"{to_line(row)}\n" for row in rows), encoding="utf-8")
    partial_path.replace(path)
    record = Record(
        digest=job.digest(planned),
        sha256=sha256_of(path),
        counts=count_outcomes(rows),
        num_without_reply=sum(NO_REPLY in row.reason for row in rows if row.outcome == "ERROR"),
    )
    write_json(job.record_path(number), asdict(record))


def read_record(job: Job, number: int, planned: Sequence[Planned]) -> Record | None:
    """The record of a task whose rows are there and are those of these settings; else None."""
    path = job.record_path(number)
    if not path.is_file():
        return None
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError):
        return None
    rows_path = job.rows_path(number)
    whole = rows_path.is_file() and sha256_of(rows_path) == record.sha256
    return record if whole and record.digest == job.digest(planned) else None


def note_spending(job: Job, number: int, spent: Mapping[str, Spent]) -> None:
    """Tell the other workers what this task has spent."""
    write_json(job.spending_path(number), {stage: asdict(one) for stage, one in sorted(spent.items())})


def read_spending(job: Job, *, but: int | None = None) -> dict[str, Spent]:
    """What all tasks have spent, by stage; without task ``but``."""
    total: dict[str, Spent] = {}
    for path in sorted((job.out / "spending").glob("[0-9]*.json")):
        if but is None or int(path.stem) != but:
            for stage, fields in json.loads(path.read_text(encoding="utf-8")).items():
                total[stage] = total.get(stage, Spent()) + Spent(**fields)
    return total
