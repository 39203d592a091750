"""Parquet shards of pictures with questions: the form in which training reads simulated scenes.

One row a picture. Masks are COCO compressed run lengths; an empty answer has an empty mask.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

ROWS_PER_SHARD = 64

SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),
        ("image", pa.binary()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("scene_seed", pa.int64()),
        (
            "questions",
            pa.list_(
                pa.struct(
                    [
                        ("id", pa.string()),
                        ("prompt", pa.string()),
                        ("concept", pa.string()),
                        ("template", pa.string()),
                        ("no_target", pa.bool_()),
                        ("rle", pa.binary()),
                    ]
                )
            ),
        ),
    ]
)


@dataclass(frozen=True)
class QuestionRow:
    """One question of a picture; ``rle`` holds the counts of its COCO compressed mask."""

    id: str
    prompt: str
    concept: str
    template: str
    no_target: bool
    rle: bytes

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """The answer as an (H, W) bool mask."""
        decoded: NDArray[np.uint8] = coco_mask.decode({"size": [height, width], "counts": self.rle})
        return decoded.astype(np.bool_)


@dataclass(frozen=True)
class ImageRow:
    """One picture (JPEG bytes) with its questions."""

    image_id: str
    image: bytes
    height: int
    width: int
    scene_seed: int
    questions: tuple[QuestionRow, ...]

    def pixels(self) -> NDArray[np.uint8]:
        """The picture, (H, W, 3) uint8 RGB.

        Raises:
            ValueError: the bytes are no picture.
        """
        decoded = cv2.imdecode(np.frombuffer(self.image, dtype=np.uint8), cv2.IMREAD_COLOR)
        if decoded is None:
            raise ValueError(f"image: the bytes of {self.image_id} are no picture; make the shard again")
        return np.ascontiguousarray(decoded[..., ::-1]).astype(np.uint8, copy=False)


def encode_mask(mask: NDArray[np.bool_]) -> bytes:
    """(H, W) bool to COCO compressed run-length counts."""
    counts: bytes = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]
    return counts


def shard_path(folder: Path, split: str, number: int) -> Path:
    """Where shard ``number`` of a split lies."""
    return folder / f"{split}-{number:05d}.parquet"


def write_shard(path: Path, rows: Sequence[ImageRow]) -> None:
    """Write rows so that the file appears whole or not at all."""
    table = pa.Table.from_pylist([_as_dict(row) for row in rows], schema=SCHEMA)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    # The pictures are compressed already; dictionary pages would only cost time.
    pq.write_table(table, partial_path, compression="zstd", use_dictionary=False)
    partial_path.replace(path)


def remove_leftovers(folder: Path) -> None:
    """Delete what writers that were killed left half-written; call it while nobody writes here."""
    for path in folder.glob(".*.parquet.*.partial"):
        path.unlink(missing_ok=True)


def _as_dict(row: ImageRow) -> dict[str, object]:
    return {
        "image_id": row.image_id,
        "image": row.image,
        "height": row.height,
        "width": row.width,
        "scene_seed": row.scene_seed,
        "questions": [vars(q) for q in row.questions],
    }


def split_paths(folder: Path, split: str) -> list[Path]:
    """The shards of a split, in order.

    Raises:
        ValueError: there is none.
    """
    paths = sorted(folder.glob(f"{split}-*.parquet"))
    if not paths:
        raise ValueError(f"folder: no shard of split {split!r} in {folder}; run `converseg engine sim`")
    return paths


def read_shard(path: Path) -> list[ImageRow]:
    """All rows of one shard.

    Raises:
        ValueError: the file has other columns than a shard has.
    """
    table = pq.read_table(path)
    if not table.schema.equals(SCHEMA):
        raise ValueError(f"path: {path} is not a shard of this version; make it again")
    return [
        ImageRow(
            image_id=row["image_id"],
            image=row["image"],
            height=row["height"],
            width=row["width"],
            scene_seed=row["scene_seed"],
            questions=tuple(QuestionRow(**q) for q in row["questions"]),
        )
        for row in table.to_pylist()
    ]


def read_split(folder: Path, split: str) -> Iterator[ImageRow]:
    """All rows of a split, shard by shard, in order.

    Raises:
        ValueError: there is no shard of it, or one is not of this version.
    """
    for path in split_paths(folder, split):
        yield from read_shard(path)


def num_contrasting_pairs(rows: Iterable[ImageRow], *, max_iou: float = 0.5) -> int:
    """Pairs of prompts on one picture with different right answers: two targets, IoU at most ``max_iou``.

    A model that does not read the prompt gets at most one of each pair right.
    """
    total = 0
    for row in rows:
        rles = [{"size": [row.height, row.width], "counts": q.rle} for q in row.questions if not q.no_target]
        if len(rles) < 2:
            continue
        overlap = np.asarray(coco_mask.iou(rles, rles, [0] * len(rles)))
        total += int(np.count_nonzero(np.triu(overlap <= max_iou, k=1)))
    return total
