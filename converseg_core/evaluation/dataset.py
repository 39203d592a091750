"""Data sets in the ConverSeg benchmark's layout: ``data/<split>.jsonl`` with paths relative to the folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, ValidationError

from converseg_core.model import ImageHWC

CONCEPTS = ("entities", "spatial", "relations", "affordances", "physics")


class DatasetError(ValueError):
    """A data set cannot be read; the message names the file, the line and the fault."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: str
    image: str
    mask: str
    prompt: str
    concept: str
    no_target: bool = False


@dataclass(frozen=True)
class Sample:
    """One image-prompt-mask triple; files are opened when asked for."""

    id: str
    image_path: Path
    mask_path: Path
    prompt: str
    concept: str
    no_target: bool

    def load_image(self) -> ImageHWC:
        """(H, W, 3) uint8 RGB."""
        return np.asarray(_open(self.image_path).convert("RGB"))

    def load_mask(self) -> NDArray[np.bool_]:
        """(H, W) bool; every value above 127 is inside."""
        return np.asarray(_open(self.mask_path).convert("L")) > 127


def _open(path: Path) -> Image.Image:
    try:
        return Image.open(path)
    except (OSError, UnidentifiedImageError) as error:
        raise DatasetError(f"{path}: cannot be read as a picture ({error})") from error


def read_dataset(folder: str | Path, split: str | None = None) -> list[Sample]:
    """All rows of a data set, of one split or of every split.

    Raises:
        DatasetError: no such folder or split, or a broken row (named by file and line).
    """
    root = Path(folder)
    paths = sorted((root / "data").glob("*.jsonl")) if split is None else [root / "data" / f"{split}.jsonl"]
    if not paths or not all(path.is_file() for path in paths):
        raise DatasetError(f"{root}: no data/{split or '*'}.jsonl there; is this a data set folder?")
    return [sample for path in paths for sample in _read_rows(root, path)]


def _read_rows(root: Path, path: Path) -> Sequence[Sample]:
    samples = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = _Row.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"]) or "row"
                raise DatasetError(f"{path}:{number}: {field}: {first['msg']}") from error
            samples.append(
                Sample(
                    id=row.id,
                    image_path=root / row.image,
                    mask_path=root / row.mask,
                    prompt=row.prompt,
                    concept=row.concept,
                    no_target=row.no_target,
                )
            )
    return samples
