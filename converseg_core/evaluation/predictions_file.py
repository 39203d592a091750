"""Predictions on disk: Parquet, one row an answer, masks as COCO run lengths."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from converseg_core.answer import Status
from converseg_core.evaluation.prediction import Prediction, View
from converseg_core.evaluation.rle import Rle, checked

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1
_METADATA_KEY = b"converseg.predictions"


class PredictionsError(ValueError):
    """A predictions file cannot be read; the message names the file, the row and the fault."""


class RunInfo(BaseModel):
    """What a predictions file says about the run that made it.

    Attributes:
        schema_version: version of the file format.
        model_id: name and weights hash.
        source: name of the data set or bag.
        source_path: where it lay when the run was made; images are looked for there.
        split: of the data set; empty for all.
        arguments: the resolved options of the run.
        software: name and version of what wrote the file.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA_VERSION
    model_id: str
    source: str
    source_path: str = ""
    split: str = ""
    arguments: Mapping[str, Any] = {}
    software: str = ""


@dataclass(frozen=True)
class PredictionsFile:
    """All rows of a file, and what it says about its run."""

    info: RunInfo
    predictions: tuple[Prediction, ...]


def require_parquet() -> None:
    """Find out before hours of work, not after them, that nothing could be stored.

    Raises:
        PredictionsError: pyarrow is not installed.
    """
    _parquet()


def write_predictions(path: Path, predictions: Iterable[Prediction], info: RunInfo) -> int:
    """Write a file, whole or not at all, a thousand rows in memory at a time.

    Returns:
        The number of rows.

    Raises:
        PredictionsError: pyarrow is not installed.
    """
    parquet = _parquet()
    schema = _schema().with_metadata({_METADATA_KEY: info.model_dump_json().encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    num_rows = 0
    try:
        with parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for batch in _batched(predictions, 1000):
                writer.write_table(_table(batch, schema))
                num_rows += len(batch)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return num_rows


def read_predictions(path: Path) -> PredictionsFile:
    """Read a file, every row checked.

    Raises:
        PredictionsError: missing, damaged, not a predictions file, or of a newer version.
    """
    return PredictionsFile(info=read_info(path), predictions=tuple(iter_predictions(path)))


def read_info(path: Path) -> RunInfo:
    """What a file says about its run.

    Raises:
        PredictionsError: as :func:`read_predictions`.
    """
    metadata = _open(path).schema_arrow.metadata or {}
    text = metadata.get(_METADATA_KEY)
    if text is None:
        raise PredictionsError(f"{path}: is Parquet, but not a predictions file of `converseg eval`")
    try:
        version = json.loads(text).get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise PredictionsError(
                f"{path}: schema_version {version} is newer than {SCHEMA_VERSION}; update converseg-ros"
            )
        return RunInfo.model_validate_json(text)
    except (ValidationError, ValueError, AttributeError) as error:
        if isinstance(error, PredictionsError):
            raise
        raise PredictionsError(f"{path}: its description of the run is damaged ({error})") from error


def iter_predictions(path: Path) -> Iterator[Prediction]:
    """The rows of a file, in order, a thousand in memory at a time.

    Raises:
        PredictionsError: as :func:`read_predictions`.
    """
    import pyarrow as pa

    file = _open(path)
    number = 0
    try:
        for batch in file.iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                number += 1
                yield _parse(row)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PredictionsError(f"{path}: row {number}: {error}") from error


def _parquet() -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise PredictionsError(
            f"predictions are stored as Parquet, which needs pyarrow ({error}): "
            "pip install 'converseg-ros[eval]'"
        ) from error
    return parquet


def _open(path: Path) -> Any:
    parquet = _parquet()
    import pyarrow as pa

    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise PredictionsError(f"{path}: cannot be read as Parquet ({error})") from error


def _schema() -> pa.Schema:
    import pyarrow as pa

    required = {
        "id": pa.string(), "image": pa.string(), "image_sha256": pa.string(), "height": pa.int32(),
        "width": pa.int32(), "prompt": pa.string(), "concept": pa.string(), "status": pa.string(),
        "status_text": pa.string(), "confidence": pa.float64(), "no_target_score": pa.float64(),
        "timings_s": pa.map_(pa.string(), pa.float64()), "model_id": pa.string(),
    }  # fmt: skip
    optional = {
        "truth_rle": pa.binary(), "answer_rle": pa.binary(), "time_ns": pa.int64(),
        "stamp_ns": pa.int64(), "truth_offset_ns": pa.int64(), "frame_id": pa.string(),
        **{name: pa.float64() for name in _VIEW[1:-1]}, _VIEW[-1]: pa.int64(),
    }  # fmt: skip
    fields = [pa.field(name, kind, nullable=False) for name, kind in required.items()]
    return pa.schema([*fields, *(pa.field(name, kind) for name, kind in optional.items())])


def _table(batch: Sequence[Prediction], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([_row(prediction) for prediction in batch], schema=schema)


_PLAIN = (
    "id", "image", "image_sha256", "height", "width", "prompt", "concept", "status_text", "confidence",
    "no_target_score", "model_id", "time_ns", "stamp_ns",
    "truth_offset_ns",
)  # fmt: skip


# Columns since 0.1.0's first files: a file without them is read as having no view.
_VIEW = ("frame_id", "fx", "fy", "cx", "cy", "depth_median_m", "depth_invalid_share", "depth_offset_ns")

_REPEATED = ("prompt", "concept", "status_text", "model_id")


def _row(prediction: Prediction) -> dict[str, Any]:
    plain = {name: getattr(prediction, name) for name in _PLAIN}
    view = {} if prediction.view is None else {name: getattr(prediction.view, name) for name in _VIEW}
    return (
        plain
        | view
        | {
            "status": prediction.status.name,
            "timings_s": list(prediction.timings_s.items()),
            "truth_rle": None if prediction.truth is None else prediction.truth.counts,
            "answer_rle": None if prediction.answer is None else prediction.answer.counts,
        }
    )


def _parse(row: Mapping[str, Any]) -> Prediction:
    size_hw = (int(row["height"]), int(row["width"]))

    def mask(counts: bytes | None) -> Rle | None:
        return None if counts is None else checked(size_hw, counts)

    # The same few words in every row: one object for all rows of a long run.
    shared = {name: sys.intern(row[name]) for name in _REPEATED}
    if row["status"] not in Status.__members__:
        raise ValueError(f"status: {row['status']!r} is none of {', '.join(Status.__members__)}")
    return Prediction(
        **({name: row[name] for name in _PLAIN} | shared),
        status=Status[row["status"]],
        timings_s={sys.intern(stage): seconds for stage, seconds in row["timings_s"]},
        truth=mask(row["truth_rle"]),
        answer=mask(row["answer_rle"]),
        view=None if row.get("frame_id") is None else View(**{name: row[name] for name in _VIEW}),
    )


def _batched(predictions: Iterable[Prediction], size: int) -> Iterator[list[Prediction]]:
    batch: list[Prediction] = []
    for prediction in predictions:
        batch.append(prediction)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
