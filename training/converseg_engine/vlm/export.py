"""From accepted rows to a data set: the benchmark's layout, Parquet shards for training, all rows, a card."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from converseg_core.evaluation.dataset import CONCEPTS
from converseg_engine.manifest import sha256_of, write_json
from converseg_engine.progress import counted
from converseg_engine.shards import ROWS_PER_SHARD, ImageRow, QuestionRow, shard_path, write_shard
from converseg_engine.vlm.balance import Balanced, balance
from converseg_engine.vlm.export_files import copy_photo, dataset_line, write_mask
from converseg_engine.vlm.job import Job, Planned, num_tasks
from converseg_engine.vlm.rows import Outcome, PromptRow, Row, count_outcomes, read_rows, to_line

SOURCE = "converseg_engine.vlm"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        path: the data set's folder.
        num_rows: rows by split.
        num_by_concept: rows by family.
        num_no_target: rows that nothing satisfies.
        outcomes: all rows by kind and outcome.
        note: shares that could not be reached; "" for none.
    """

    path: Path
    num_rows: dict[str, int]
    num_by_concept: dict[str, int]
    num_no_target: int
    outcomes: dict[str, dict[str, int]]
    note: str


def all_rows(job: Job, planned: Sequence[Planned]) -> Iterator[Row]:
    """Every row of a run, in the order of photos.

    Raises:
        ValueError: a task is not done.
    """
    for number in range(num_tasks(job, planned)):
        path = job.rows_path(number)
        if not path.is_file():
            raise ValueError(f"out: task {number} of {job.out} is not done; run `converseg engine vlm run`")
        yield from read_rows(path)


def export(job: Job, planned: Sequence[Planned]) -> Exported:
    """Write ``dataset/`` in the run's folder; it appears whole, in place of an earlier one.

    The same rows and settings give the same bytes.

    Raises:
        ValueError: a task is not done.
    """
    target = job.out / "dataset"
    made = target.with_name(f".dataset.{os.getpid()}.partial")
    for leftover in job.out.glob(".dataset.*"):
        shutil.rmtree(leftover)
    made.mkdir(parents=True)
    rows = list(all_rows(job, planned))
    accepted = [row for row in rows if isinstance(row, PromptRow) and row.outcome is Outcome.ACCEPT]
    settings = job.settings
    kept = (
        balance(accepted, settings.concepts, seed=settings.seed)
        if settings.balance
        else Balanced(tuple(accepted), "")
    )
    exported = Exported(
        path=target,
        num_rows=_write_splits(job, planned, kept.rows, made),
        num_by_concept={c: sum(row.concept == c for row in kept.rows) for c in CONCEPTS},
        num_no_target=sum(row.no_target for row in kept.rows),
        outcomes=count_outcomes(rows),
        note=kept.note,
    )
    _write_all_rows(rows, {row.id for row in kept.rows}, made / "rows.parquet")
    from converseg_engine.vlm.card import write_card

    write_card(job, planned, rows, kept, made)
    files = sorted(path for path in made.rglob("*") if path.is_file())
    write_json(
        made / "files.json",
        {str(p.relative_to(made)): {"sha256": sha256_of(p), "num_bytes": p.stat().st_size} for p in files},
    )
    old = target.with_name(".dataset.old")
    if target.exists():
        target.rename(old)
    made.rename(target)
    if old.exists():
        shutil.rmtree(old)
    return exported


def _write_splits(
    job: Job, planned: Sequence[Planned], rows: Sequence[PromptRow], out: Path
) -> dict[str, int]:
    by_photo: dict[str, list[PromptRow]] = {}
    for row in rows:
        by_photo.setdefault(row.photo, []).append(row)
    (out / "data").mkdir()
    num_rows: dict[str, int] = {}
    for split in job.settings.splits:
        used = [one for one in planned if one.split == split and one.photo.id in by_photo]
        lines: list[str] = []
        shard: list[ImageRow] = []
        num_shards = 0
        for one in counted(used, f"pictures exported, {split}", total=len(used)):
            image_name, content = copy_photo(job.photos, one.photo, out, split)
            mine = by_photo[one.photo.id]
            for row in mine:
                mask_name = write_mask(row, out, split)
                lines.append(dataset_line(row, one, image_name, mask_name, SOURCE))
            shard.append(_shard_row(one, mine, content))
            if len(shard) == ROWS_PER_SHARD:
                write_shard(shard_path(out / "parquet", split, num_shards), shard, version=2)
                shard, num_shards = [], num_shards + 1
        if shard:
            write_shard(shard_path(out / "parquet", split, num_shards), shard, version=2)
        if lines:
            path = out / "data" / f"{split}.jsonl"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        num_rows[split] = len(lines)
    return num_rows


def _shard_row(one: Planned, rows: Sequence[PromptRow], content: bytes) -> ImageRow:
    return ImageRow(
        image_id=one.photo.id,
        image=content,
        height=one.photo.height,
        width=one.photo.width,
        scene_seed=0,
        questions=tuple(
            QuestionRow(
                id=row.id,
                prompt=row.prompt,
                concept=row.concept,
                template=row.calls[0].template if row.calls else "",
                no_target=row.no_target,
                rle=row.rle.encode("ascii"),
                evidence=f"generator: {row.why} verifier: {row.reason}",
                no_target_reason="verified absent" if row.no_target else "",
            )
            for row in rows
        ),
        recipe=SOURCE,
    )


_ALL_ROWS = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("photo", pa.string()),
        ("photo_sha256", pa.string()),
        ("licence", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("in_dataset", pa.bool_()),
        ("concept", pa.string()),
        ("prompt", pa.string()),
        ("cost_usd", pa.float64()),
        ("row", pa.string()),
    ]
)


def _write_all_rows(rows: Sequence[Row], kept: set[str], path: Path) -> None:
    """Rows of every kind and outcome; ``row`` is the whole row as JSON, with replies and masks."""
    size = 5000
    with pq.ParquetWriter(path, _ALL_ROWS, compression="zstd") as writer:
        for first in range(0, len(rows), size):
            plain = [
                {
                    **{name: getattr(row, name, None) for name in _ALL_ROWS.names},
                    "parents": list(row.parents),
                    "outcome": str(row.outcome),
                    "in_dataset": row.id in kept,
                    "cost_usd": sum(call.cost_usd for call in row.calls),
                    "row": to_line(row),
                }
                for row in rows[first : first + size]
            ]
            writer.write_table(pa.Table.from_pylist(plain, schema=_ALL_ROWS))


def summary_json(exported: Exported) -> str:
    """For the command line."""
    return json.dumps({**vars(exported), "path": str(exported.path)})
