"""Data sets in the ConverSeg benchmark's layout: ``data/<split>.jsonl`` with paths relative to the folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, ValidationError

from converseg_core.model import ImageHWC

CONCEPTS = ("entities", "spatial", "relations", "affordances", "physics")


class DatasetError(ValueError):
    """A data set cannot be read; the message names the file, the line and the fault."""


class Row(BaseModel):
    """One line of ``data/<split>.jsonl``; further fields are allowed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    image: str
    mask: str
    prompt: str
    concept: str
    no_target: bool = False


@dataclass(frozen=True)
class Truth:
    """What is right for one question.

    Attributes:
        mask: (H, W) bool.
        ignore: (H, W) bool, pixels that are neither right nor wrong; None for none.
    """

    mask: NDArray[np.bool_]
    ignore: NDArray[np.bool_] | None = None


class TruthSource(Protocol):
    """Where a true mask comes from; opened when asked for."""

    @property
    def place(self) -> str:
        """File (and entry), for messages."""

    def load(self, size_hw: tuple[int, int]) -> Truth:
        """The truth for an image of this size.

        Raises:
            DatasetError: missing, damaged, or of another size.
        """


@dataclass(frozen=True)
class MaskFile:
    """A mono8 picture; every value above 127 is inside."""

    path: Path

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def load(self, size_hw: tuple[int, int]) -> Truth:
        """Read the file; see :class:`TruthSource`."""
        mask = read_mask(self.path)
        if mask.shape != size_hw:
            raise DatasetError(f"{self.path}: mask is {mask.shape}, its image {size_hw}")
        return Truth(mask)


@dataclass(frozen=True)
class Sample:
    """One question about an image with its true mask; files are opened when asked for.

    Attributes:
        id: unique in the data set.
        image: name of the image, relative to the data set.
        image_path: the image file.
        truth: where the true mask comes from.
        prompt: the question.
        concept: concept family, or what the data set has in its place.
    """

    id: str
    image: str
    image_path: Path
    truth: TruthSource
    prompt: str
    concept: str

    def load_image(self) -> ImageHWC:
        """(H, W, 3) uint8 RGB."""
        return decode_image(read_bytes(self.image_path), self.image_path)


def read_bytes(path: Path) -> bytes:
    """All of a file.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error


def decode_image(content: bytes, path: Path) -> ImageHWC:
    """(H, W, 3) uint8 RGB of an image file's bytes; ``path`` is for messages.

    Raises:
        DatasetError: not a picture, or a damaged one.
    """
    return np.asarray(_picture(content, path, "RGB"))


def read_mask(path: Path) -> NDArray[np.bool_]:
    """(H, W) bool of a mask file: every value above 127 is inside.

    Raises:
        DatasetError: it cannot be read.
    """
    return np.asarray(_picture(read_bytes(path), path, "L")) > 127


def _picture(content: bytes, path: Path, mode: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.convert(mode)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError(f"{path}: cannot be read as a picture ({error})") from error


def split_files(folder: Path, split: str | None = None) -> list[Path]:
    """The ``data/*.jsonl`` of one split, or of all of them by name.

    Raises:
        DatasetError: no such folder or split.
    """
    paths = (
        sorted((folder / "data").glob("*.jsonl")) if split is None else [folder / "data" / f"{split}.jsonl"]
    )
    if not paths or not all(path.is_file() for path in paths):
        raise DatasetError(f"{folder}: no data/{split or '*'}.jsonl there; is this a data set folder?")
    return paths


def read_dataset(folder: str | Path, split: str | None = None) -> list[Sample]:
    """All rows of a data set in this layout, of one split or of every split.

    Raises:
        DatasetError: no such folder or split, or a broken row (named by file and line).
    """
    root = Path(folder)
    return [sample for path in split_files(root, split) for sample in _read_rows(root, path)]


def parse_row(line: str, place: str) -> Row:
    """One line, checked; ``place`` (file and line number) is for messages.

    Raises:
        DatasetError: not JSON, or a field is missing or of the wrong type.
    """
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "row"
        raise DatasetError(f"{place}: {field}: {first['msg']}") from error


def _read_rows(root: Path, path: Path) -> Sequence[Sample]:
    samples = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = parse_row(line, f"{path}:{number}")
            samples.append(
                Sample(
                    id=row.id,
                    image=row.image,
                    image_path=root / row.image,
                    truth=MaskFile(root / row.mask),
                    prompt=row.prompt,
                    concept=row.concept,
                )
            )
    return samples
