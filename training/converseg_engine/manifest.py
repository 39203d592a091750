"""What lies in a folder of shards: a record of each shard with its sha256, and the list of all of them.

A record is written after its shard, so a shard without a record was cut off and is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Failure:
    """A scene that could not be made: its seed, the reason, and where in the code."""

    seed: int
    reason: str
    where: str


@dataclass(frozen=True)
class ShardRecord:
    """One finished shard.

    Attributes:
        name: file name within the folder.
        sha256, num_bytes: of the file.
        first_seed, num_scenes: scenes tried, one seed after the other.
        num_images, num_questions: rows of the file, and rows of questions.
        failures: scenes that could not be made.
    """

    name: str
    sha256: str
    num_bytes: int
    first_seed: int
    num_scenes: int
    num_images: int
    num_questions: int
    failures: tuple[Failure, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any], source: Path) -> ShardRecord:
        """Read what :meth:`as_json` wrote.

        Raises:
            ValueError: the fields are not those of a record.
        """
        try:
            failures = tuple(Failure(**failure) for failure in fields["failures"])
            return cls(**{**fields, "failures": failures})
        except (KeyError, TypeError) as error:
            raise ValueError(f"path: {source} is no record of a shard: {error}; delete it") from error


def sha256_of(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write JSON so that the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_path = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial_path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    partial_path.replace(path)


def manifest_path(folder: Path, split: str) -> Path:
    """Where the list of a split's shards lies."""
    return folder / f"manifest-{split}.json"


@dataclass(frozen=True)
class Manifest:
    """All shards of a split, in order.

    Attributes:
        split: train, val or test.
        recipe_sha256: digest of the recipe that made them.
        shards: their records.
    """

    split: str
    recipe_sha256: str
    shards: tuple[ShardRecord, ...]

    @property
    def num_questions(self) -> int:
        """Rows of questions."""
        return sum(shard.num_questions for shard in self.shards)

    @property
    def num_images(self) -> int:
        """Pictures."""
        return sum(shard.num_images for shard in self.shards)

    @property
    def num_scenes(self) -> int:
        """Scenes tried."""
        return sum(shard.num_scenes for shard in self.shards)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Scenes that could not be made."""
        return tuple(failure for shard in self.shards for failure in shard.failures)


def write_manifest(folder: Path, split: str, recipe_sha256: str, shards: Sequence[ShardRecord]) -> Manifest:
    """Write the list of a split's shards; the same shards give the same bytes."""
    manifest = Manifest(split, recipe_sha256, tuple(shards))
    write_json(
        manifest_path(folder, split),
        {
            "format": FORMAT,
            "split": split,
            "recipe_sha256": recipe_sha256,
            "num_questions": manifest.num_questions,
            "num_images": manifest.num_images,
            "num_scenes": manifest.num_scenes,
            "num_failures": len(manifest.failures),
            "shards": [shard.as_json() for shard in shards],
        },
    )
    return manifest


def read_manifest(folder: Path, split: str) -> Manifest:
    """Read the list of a split's shards.

    Raises:
        ValueError: there is none, or it is damaged or of another format.
    """
    path = manifest_path(folder, split)
    if not path.is_file():
        raise ValueError(f"folder: {path} is missing; run `converseg engine sim` to its end")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise ValueError(f"format: {path} is of format {fields['format']}; this version reads {FORMAT}")
        return Manifest(
            fields["split"],
            fields["recipe_sha256"],
            tuple(ShardRecord.from_json(shard, path) for shard in fields["shards"]),
        )
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"path: {path} is damaged ({error!r}); run `converseg engine sim` again") from error
