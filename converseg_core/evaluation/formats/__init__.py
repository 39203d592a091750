"""Data sets of other layouts, read as our own samples."""

from __future__ import annotations

from pathlib import Path

from converseg_core.evaluation.dataset import DatasetError, Sample, read_dataset
from converseg_core.evaluation.formats.reasonseg import is_reasonseg, read_reasonseg
from converseg_core.evaluation.formats.refcoco import read_refcoco, refs_files

FORMATS = ("converseg", "refcoco", "reasonseg")


def open_dataset(
    folder: Path,
    split: str | None = None,
    *,
    format: str = "auto",
    images: Path | None = None,
    split_by: str | None = None,
) -> list[Sample]:
    """Read a data set of any layout that is known here.

    Args:
        folder: of the data set.
        split: one split; None for all.
        format: ``auto`` or one of :data:`FORMATS`.
        images: where RefCOCO's images lie, if not inside the folder.
        split_by: which refs file of RefCOCO (``unc``, ``umd``, ``google``).

    Raises:
        DatasetError: nothing there that is known, or it is damaged.
    """
    chosen = format if format != "auto" else _guess(folder)
    if chosen == "converseg":
        return read_dataset(folder, split)
    if chosen == "refcoco":
        return read_refcoco(folder, split, split_by=split_by, images=images)
    if chosen == "reasonseg":
        return read_reasonseg(folder, split)
    raise DatasetError(f"format: {format!r} is none of auto, {', '.join(FORMATS)}")


def _guess(folder: Path) -> str:
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; is this a data set folder?")
    if any((folder / "data").glob("*.jsonl")):
        return "converseg"
    if refs_files(folder):
        return "refcoco"
    if is_reasonseg(folder):
        return "reasonseg"
    raise DatasetError(
        f"{folder}: no data/*.jsonl (ConverSeg), no refs(*).p (RefCOCO) and no SPLIT/*.json (ReasonSeg) "
        "there; is this a data set folder?"
    )
