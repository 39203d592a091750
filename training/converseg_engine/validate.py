"""Everything that must hold of a folder of shards; each thing that does not, in a line of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converseg_core.evaluation.rle import Rle, RleError
from converseg_engine.held_out import held_out_wording
from converseg_engine.manifest import manifest_path, read_manifest, sha256_of
from converseg_engine.shards import ImageRow, read_shard

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, and what."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def validate(folder: Path) -> Iterator[Problem]:
    """All problems of a folder, as they are found.

    Raises:
        ValueError: the folder has no shards.
    """
    splits = [s for s in SPLITS if list(folder.glob(f"{s}-*.parquet"))]
    if not splits:
        raise ValueError(f"data: no shard in {folder}; run `converseg engine sim`")
    seen = _Seen()
    for split in splits:
        yield from _check_files(folder, split)
        for path in sorted(folder.glob(f"{split}-*.parquet")):
            try:
                rows = read_shard(path)
            except (ValueError, OSError) as error:
                yield Problem(path.name, f"cannot be read: {error}")
                continue
            for row in rows:
                where = f"{path.name} {row.image_id}"
                for what in (*_check_picture(row), *seen.check(row, split), *_check_questions(row, split)):
                    yield Problem(where, what)


def _check_files(folder: Path, split: str) -> Iterator[Problem]:
    """The manifest and the files must agree; the tabletop's old shards have none."""
    there = {path.name for path in folder.glob(f"{split}-*.parquet")}
    if not manifest_path(folder, split).is_file():
        if (folder / "recipe.json").is_file():
            yield Problem(manifest_path(folder, split).name, "missing: the run did not come to its end")
        return
    manifest = read_manifest(folder, split)
    for shard in manifest.shards:
        if shard.name not in there:
            yield Problem(shard.name, "in the manifest, but not in the folder")
        elif sha256_of(folder / shard.name) != shard.sha256:
            yield Problem(shard.name, "its sha256 is not the manifest's; make it again")
    for name in sorted(there - {shard.name for shard in manifest.shards}):
        yield Problem(name, "in the folder, but not in the manifest")


class _Seen:
    """What must not come twice."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._pictures: dict[str, tuple[str, str]] = {}
        self._scenes: dict[tuple[str, int], str] = {}

    def check(self, row: ImageRow, split: str) -> Iterator[str]:
        for some_id in (row.image_id, *(question.id for question in row.questions)):
            if some_id in self._ids:
                yield f"id {some_id} is used twice"
            self._ids.add(some_id)
        digest = hashlib.sha256(row.image).hexdigest()
        other_split, other_id = self._pictures.setdefault(digest, (split, row.image_id))
        if other_split != split:
            yield f"the same picture is in {other_split} as {other_id}"
        scene_split = self._scenes.setdefault((row.recipe, row.scene_seed), split)
        if scene_split != split:
            yield f"scene {row.scene_seed} is in {scene_split} too"


def _check_picture(row: ImageRow) -> Iterator[str]:
    try:
        height, width = row.pixels().shape[:2]
    except ValueError as error:
        yield str(error)
        return
    if (height, width) != (row.height, row.width):
        yield f"the picture has {width}x{height} pixels, the row says {row.width}x{row.height}"
    taken = np.zeros((row.height, row.width), dtype=np.bool_)
    for item in row.objects:
        name = f"object {item.number} ({item.category})"
        whole = _decoded(item.rle, row)
        if whole is None:
            yield f"{name}: its mask is no mask of the picture's size"
            continue
        if (taken & whole).any():
            yield f"{name}: overlaps another object"
        taken |= whole
        yield from (f"{name}: {what}" for what in _check_parts(row, whole, [p.rle for p in item.parts]))


def _check_parts(row: ImageRow, whole: NDArray[np.bool_], rles: list[bytes]) -> Iterator[str]:
    together = np.zeros_like(whole)
    for rle in rles:
        part = _decoded(rle, row)
        if part is None:
            yield "a part's mask is no mask of the picture's size"
            return
        if (together & part).any():
            yield "its parts overlap"
        together |= part
    if (together & ~whole).any():
        yield "a part reaches out of it"
    elif (whole & ~together).any():
        yield "its parts do not cover it"


def _check_questions(row: ImageRow, split: str) -> Iterator[str]:
    seen = np.zeros((row.height, row.width), dtype=np.bool_)
    for item in row.objects:
        whole = _decoded(item.rle, row)
        seen |= whole if whole is not None else False
        if split == "train" and item.held_out:
            yield f"{item.category} is held out, and this is train"
    for question in row.questions:
        mask = _decoded(question.rle, row)
        if mask is None:
            yield f"{question.id}: its mask is no mask of the picture's size"
            continue
        if mask.any() == question.no_target:
            yield f"{question.id}: no_target is {question.no_target}, and its mask has {mask.sum()} pixels"
        if row.place not in ("", "tabletop") and (mask & ~seen).any():
            yield f"{question.id}: its mask reaches beyond all objects"
        if not question.prompt.strip():
            yield f"{question.id}: its prompt is empty"
        if question.no_target_reason and not question.no_target:
            yield f"{question.id}: has a target and a reason for none"
        if split == "train" and (question.held_out or held_out_wording(question.meaning, question.prompt)):
            yield f"{question.id}: {question.prompt!r} is held out, and this is train"


def _decoded(rle: bytes, row: ImageRow) -> NDArray[np.bool_] | None:
    try:
        return Rle((row.height, row.width), rle).decode()
    except (RleError, ValueError):
        return None
