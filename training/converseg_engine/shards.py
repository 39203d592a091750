"""Parquet shards of pictures with questions: the form in which training reads simulated scenes.

One row a picture. Masks are COCO compressed run lengths; an empty answer has an empty mask.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from converseg_engine.shard_schema import SCHEMAS, version_of
from converseg_engine.shard_truth import ObjectRow, PartRow, ShotCamera

ROWS_PER_SHARD = 64


@dataclass(frozen=True)
class QuestionRow:
    """One question of a picture.

    Attributes:
        id: unique within a data set.
        prompt: what is asked.
        concept: one of the five families.
        template: which wording it is (version 1: which meaning).
        no_target: True where nothing in the picture fits.
        rle: counts of its COCO compressed mask.
        subfamily, meaning: finer than the concept; "" in version 1.
        evidence: what was measured or tried in the simulator, in words; "" where nothing was.
        no_target_reason: absent object, false attribute, false relation or false state; else "".
        held_out: True for a wording or a category that training must never see.
    """

    id: str
    prompt: str
    concept: str
    template: str
    no_target: bool
    rle: bytes
    subfamily: str = ""
    meaning: str = ""
    evidence: str = ""
    no_target_reason: str = ""
    held_out: bool = False

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """The answer as an (H, W) bool mask."""
        return decode_mask(self.rle, height, width)


@dataclass(frozen=True)
class ImageRow:
    """One picture (JPEG bytes) with its questions and, from version 2 on, the scene's truth.

    Attributes:
        image_id: unique within a data set.
        image: JPEG bytes.
        height, width: pixels.
        scene_seed: the scene is a function of the recipe and this.
        questions: with their masks.
        recipe, place: names; "" in version 1.
        frame: number of the picture within its scene.
        camera: where it was taken from; None in version 1.
        objects: everything seen, with the masks of whole and parts; empty in version 1.
        depth_png: 16 bit PNG, millimetres along the optical axis, 0 for nothing; None where not stored.
    """

    image_id: str
    image: bytes
    height: int
    width: int
    scene_seed: int
    questions: tuple[QuestionRow, ...]
    recipe: str = ""
    place: str = ""
    frame: int = 0
    camera: ShotCamera | None = None
    objects: tuple[ObjectRow, ...] = ()
    depth_png: bytes | None = None

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


def decode_mask(rle: bytes, height: int, width: int) -> NDArray[np.bool_]:
    """COCO compressed run-length counts to (H, W) bool."""
    decoded: NDArray[np.uint8] = coco_mask.decode({"size": [height, width], "counts": rle})
    return decoded.astype(np.bool_)


def shard_path(folder: Path, split: str, number: int) -> Path:
    """Where shard ``number`` of a split lies."""
    return folder / f"{split}-{number:05d}.parquet"


def write_shard(path: Path, rows: Sequence[ImageRow], *, version: int = 1) -> None:
    """Write rows so that the file appears whole or not at all; version 1 leaves the newer fields out."""
    schema = SCHEMAS[version]
    table = pa.Table.from_pylist([_as_dict(row, schema) for row in rows], schema=schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    # The pictures are compressed already; dictionary pages would only cost time.
    pq.write_table(table, partial_path, compression="zstd", use_dictionary=False)
    partial_path.replace(path)


def remove_leftovers(folder: Path) -> None:
    """Delete what writers that were killed left half-written; call it while nobody writes here."""
    for path in folder.glob(".*.partial"):
        path.unlink(missing_ok=True)


def _as_dict(row: ImageRow, schema: pa.Schema) -> dict[str, object]:
    # Arrow takes the fields that the schema names and leaves the others.
    plain: dict[str, object] = {name: getattr(row, name) for name in schema.names}
    plain["questions"] = [vars(q) for q in row.questions]
    if "objects" in plain:
        plain["objects"] = [{**vars(o), "parts": [vars(p) for p in o.parts]} for o in row.objects]
        plain["camera"] = None if row.camera is None else vars(row.camera)
    return plain


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
    """All rows of one shard, of any version.

    Raises:
        ValueError: the file has other columns than a shard has.
    """
    table = pq.read_table(path)
    if version_of(table.schema) is None:
        raise ValueError(f"path: {path} is not a shard of this version; make it again")
    return [_from_dict(row) for row in table.to_pylist()]


def _from_dict(row: dict[str, Any]) -> ImageRow:
    row["questions"] = tuple(QuestionRow(**q) for q in row["questions"])
    if "objects" in row:
        row["objects"] = tuple(
            ObjectRow(**{**o, "parts": tuple(PartRow(**p) for p in o["parts"])}) for o in row["objects"]
        )
        camera = row["camera"]
        row["camera"] = camera and ShotCamera(**{name: tuple(values) for name, values in camera.items()})
    return ImageRow(**row)


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
