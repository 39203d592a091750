"""``converseg train convert``: other data sets as shards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converseg_core.evaluation.formats import open_dataset
from converseg_engine.shards import ImageRow
from converseg_training.data.converters import from_panoptic, from_regions, from_samples, write_rows


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Write a data set as shards, split by picture: the same photo never stands on both sides."""

    kind: Literal["dataset", "panoptic", "regions"]
    """dataset: what `converseg eval` reads; panoptic: COCO or COCONut; regions: COCO with phrases."""
    data: Path
    """The folder, or the JSON file of the annotations."""
    out: Path
    """Folder of shards to make."""
    images: Path | None = None
    """Folder of the photos."""
    masks: Path | None = None
    """panoptic: folder of the PNG files."""
    split: str | None = None
    """dataset: one split of it; all without."""
    num_absent: int = 1
    """panoptic: questions about absent classes for each picture."""
    val_share: float = 0.02
    test_share: float = 0.02


def convert(command: Convert) -> str:
    """Run one conversion; returns a line on what was written.

    Raises:
        ValueError: a folder is missing that the kind needs, or the data can't be read.
    """
    rows: Iterable[ImageRow]
    if command.kind == "dataset":
        rows = from_samples(open_dataset(command.data, command.split, images=command.images))
    else:
        if command.images is None:
            raise ValueError(f"images: {command.kind} needs the folder of the photos")
        if command.kind == "regions":
            rows = from_regions(command.data, command.images)
        elif command.masks is None:
            raise ValueError("masks: panoptic needs the folder of the PNG files")
        else:
            rows = from_panoptic(command.data, command.masks, command.images, num_absent=command.num_absent)
    num = write_rows(rows, command.out, val_share=command.val_share, test_share=command.test_share)
    return f"{num['train']} pictures to train on, {num['val']} to calibrate, {num['test']} to measure on"
